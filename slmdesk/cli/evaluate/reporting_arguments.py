"""What can be typed after `slmdesk eval export`, `report` and `model`."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from slmdesk.cli.evaluate.setup_arguments import add_setup
from slmdesk.cli.models.shared_arguments import Actions, add_json

_PACK = "a pack's file, a starter's name, or the title of a pack of yours"
_STORED = (
    "Nothing is asked: the answers are those that are stored. Without --model those of all models that have "
    "any; a pack of yours is taken as it was last evaluated in the window. What else was set for the run "
    "must be given here, too."
)
_FORMATS = ("html", "csv", "xlsx", "json")  # report.writing knows them; it is not loaded for the usage


def register(actions: Actions) -> Iterable[argparse.ArgumentParser]:
    """The parsers of the actions."""
    export = actions.add_parser("export", help="stored answers as CSV, XLSX, JSON or HTML", epilog=_STORED)
    export.add_argument("--format", choices=_FORMATS, help="default: by the ending of the file")
    report = actions.add_parser("report", help="the report on stored answers as a page", epilog=_STORED)
    for action in (export, report):
        action.add_argument("pack", metavar="PACK", help=_PACK)
        action.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
        add_setup(action)
    model = actions.add_parser(
        "model",
        help="make a custom model that answers the questions of a pack",
        epilog="It is sent a document alone. With --json the schema of its answers is printed, too.",
    )
    model.add_argument("pack", metavar="PACK", help=_PACK)
    model.add_argument("--base", required=True, metavar="MODEL", help="the model that it is made from")
    model.add_argument("--name", dest="new_name", required=True, metavar="NAME", help="how it is called")
    add_json(model, default=False)
    return [export, report, model]
