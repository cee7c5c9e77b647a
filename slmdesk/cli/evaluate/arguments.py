"""What can be typed after `slmdesk eval`; each family of actions registers its own."""

import argparse
from collections.abc import Iterable

from slmdesk.cli.evaluate import (
    dataset_arguments,
    importing_arguments,
    reporting_arguments,
    running_arguments,
)


def register(evaluate: argparse.ArgumentParser) -> Iterable[argparse.ArgumentParser]:
    """All parsers of the command, for what every one of them takes."""
    actions = evaluate.add_subparsers(dest="action", title="actions", required=True)
    return [
        running_arguments.register(actions),
        importing_arguments.register(actions),
        *reporting_arguments.register(actions),
        dataset_arguments.register(actions),
    ]
