"""What can be typed after `slmdesk eval dataset`."""

import argparse
from pathlib import Path

from slmdesk.cli.models.shared_arguments import Actions, add_json
from slmdesk.cli.numbers import number

_ENDS = (
    "A table has the columns question, context (may be missing) and answer. The files are train.jsonl and "
    "test.jsonl, an object with instruction, input and output a line; no document is in both."
)


def register(actions: Actions) -> argparse.ArgumentParser:
    """The parser of the action."""
    dataset = actions.add_parser(
        "dataset", help="expected answers as an instruction dataset for training", epilog=_ENDS
    )
    dataset.add_argument("pack", metavar="PACK|CSV", help="a pack's file, a starter's name, or a table")
    dataset.add_argument(
        "-o",
        "--output",
        dest="folder",
        type=Path,
        required=True,
        metavar="DIR",
        help="a folder, made if needed",
    )
    dataset.add_argument(
        "--test-share", type=number("a number from 0 to 1", float, 0, 1), default=0.2, metavar="SHARE",
        help="of the documents that are kept for the test (default 0.2)",
    )  # fmt: skip
    dataset.add_argument(
        "--seed", type=number("a whole number from 0", int, 0), metavar="N",
        help="which documents these are (default 1)",
    )  # fmt: skip
    dataset.add_argument(
        "--most-tokens", type=number("a whole number from 0", int, 0), default=2_048, metavar="N",
        help="longer rows are left out; 0 is no limit (default 2048, as estimated)",
    )  # fmt: skip
    dataset.add_argument(
        "--most-characters", type=number("a whole number from 0", int, 0), default=0, metavar="N",
        help="longer rows are left out; 0 is no limit (default)",
    )  # fmt: skip
    dataset.add_argument(
        "--without-personal-data", action="store_true",
        help="leave out rows with what looks like an address, a telephone number, an account or a card",
    )  # fmt: skip
    add_json(dataset, default=False)
    return dataset
