"""What can be typed after `slmdesk eval import`."""

import argparse
from pathlib import Path

from slmdesk.cli.models.shared_arguments import Actions, add_json

_ENDS = (
    "The questions have the columns id, kind, text, choices, scorer, weight (text alone must be there), the "
    "expected answers document, question, answer; documents go by their file names. Tables are CSV, XLSX or "
    "JSON Lines."
)


def register(actions: Actions) -> argparse.ArgumentParser:
    """The parser of the action."""
    bring_in = actions.add_parser(
        "import", help="make a pack from a folder of documents and tables", epilog=_ENDS
    )
    bring_in.add_argument(
        "--documents", type=Path, nargs="+", required=True, metavar="DIR",
        help="folders, with all below them, or files: txt, md, html, pdf, docx",
    )  # fmt: skip
    bring_in.add_argument(
        "--questions", type=Path, required=True, metavar="FILE", help="a table of questions"
    )
    bring_in.add_argument("--expected", type=Path, metavar="FILE", help="a table of expected answers")
    bring_in.add_argument("--title", default="", help="of the pack (default: the name of its file)")
    bring_in.add_argument(
        "-o", "--output", dest="pack_file", type=Path, required=True, metavar="PACK", help="the pack's file"
    )
    add_json(bring_in, default=False)
    return bring_in
