"""The actions of `slmdesk models` that help to find a model."""

import argparse
from collections.abc import Iterable

from slmdesk.cli.models.shared_arguments import Actions, add_json


def register(actions: Actions) -> Iterable[argparse.ArgumentParser]:
    """The parsers of these actions."""
    listing = actions.add_parser("list", help="the models of all engines found (also without an action)")
    add_json(listing)
    return (listing,)
