"""What can be typed after `slmdesk eval run`."""

import argparse
from pathlib import Path

from slmdesk.cli.evaluate.setup_arguments import add_setup
from slmdesk.cli.models.shared_arguments import Actions, add_json

_ENDS = (
    "What was answered is stored and not asked again, also after Ctrl+C or a crash: the same command goes on "
    "from there. Exit code 1: an answer failed or could not be scored, or no model reaches the target."
)


def register(actions: Actions) -> argparse.ArgumentParser:
    """The parser of the action."""
    run = actions.add_parser(
        "run", help="ask models the questions of a pack, and get a verdict", epilog=_ENDS
    )
    run.add_argument("pack", metavar="PACK", help="a pack's file, a starter's name, or a title of yours")
    add_setup(run)
    run.add_argument(
        "--host", dest="hosts", action="append", default=[], metavar="ENGINE",
        help="another engine that takes part where it offers the same model; may come several times",
    )  # fmt: skip
    run.add_argument(
        "--resume",
        action="store_true",
        help="go on with what was begun; without -m with the models that have answers",
    )
    run.add_argument("--html", type=Path, metavar="FILE", help="save the report as a page, too")
    add_json(run, default=False)
    return run
