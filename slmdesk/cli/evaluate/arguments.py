"""What can be typed after `slmdesk eval`; each action registers its own."""

import argparse
from collections.abc import Iterable

from slmdesk.cli.evaluate import dataset_arguments

_ACTIONS = (dataset_arguments,)


def register(evaluation: argparse.ArgumentParser) -> Iterable[argparse.ArgumentParser]:
    """The parsers of all actions, for what every one of them takes."""
    actions = evaluation.add_subparsers(dest="action", title="actions", required=True)
    return [action.register(actions) for action in _ACTIONS]
