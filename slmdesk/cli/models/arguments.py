"""What can be typed after `slmdesk models`; each family of actions registers its own."""

import argparse
from collections.abc import Iterable

from slmdesk.cli.models import finding_arguments, keeping_arguments
from slmdesk.cli.models.shared_arguments import add_json

_FAMILIES = (finding_arguments, keeping_arguments)


def register(models: argparse.ArgumentParser) -> Iterable[argparse.ArgumentParser]:
    """All parsers of the command, for what every one of them takes."""
    add_json(models, default=False)
    actions = models.add_subparsers(dest="action", title="actions")
    return [models, *(action for family in _FAMILIES for action in family.register(actions))]
