"""How a pack is asked, as it can be typed: the same words for a run and for what was stored of one."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from slmdesk.cli.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slmdesk.cli.parser import Arguments
    from slmdesk.features.evaluate.setup import Setup


def add_setup(command: argparse.ArgumentParser) -> None:
    """Models, way of asking, target, seeds and options."""
    command.add_argument(
        "-m", "--model", action="append", default=[], metavar="MODEL", help="may come several times"
    )
    way = command.add_mutually_exclusive_group()
    for value, words in (
        ("together", "one request a document, with a JSON schema of all questions"),
        ("one_by_one", "one request a question, with the document first"),
    ):
        way.add_argument(
            f"--{value.replace('_', '-')}", dest="asking", action="store_const", const=value, help=words
        )
    command.add_argument(
        "--target", type=number("a number from 0 to 100", float, 0, 100), metavar="PERCENT",
        help="the score that is good enough (default 85); exit code 1 if no model reaches it",
    )  # fmt: skip
    command.add_argument(
        "--of-best", action="store_true", help="the target is a share of the best model's score"
    )
    command.add_argument(
        "--seed", dest="seeds", action="append", default=[], metavar="N",
        type=number("a whole number from 0", int, 0),
        help="a run for each (default 1); the first one counts, the others show how stable it is",
    )  # fmt: skip
    command.add_argument(
        "--temperature", type=number("a number from 0 to 2", float, 0, 2), metavar="T", help="default 0"
    )
    command.add_argument("--max-tokens", type=number("a whole number from 1", int, 1), metavar="N")
    command.add_argument("--context", type=number("a whole number from 64", int, 64), metavar="N")
    command.add_argument("--think", action="store_true", help="let models think that can")
    command.set_defaults(hosts=[], seed=None)  # which seed is one of the options elsewhere


def setup_of(chosen: "Arguments", model_refs: "Sequence[str]", base: "Setup") -> "Setup":
    """`base` with what was typed in place."""
    from slmdesk.features.evaluate.setup import Asking, Target, TargetKind

    target = base.target
    if chosen.target is not None or chosen.of_best:
        kind = TargetKind.SHARE_OF_BEST if chosen.of_best else TargetKind.SHARE
        target = Target(kind, target.value if chosen.target is None else chosen.target / 100)
    return replace(
        base,
        model_refs=tuple(model_refs),
        asking=Asking(chosen.asking) if chosen.asking else base.asking,
        options=chosen.options(base.options),
        seeds=tuple(chosen.seeds) or base.seeds,
        target=target,
        is_thinking=chosen.think or base.is_thinking,
        hosts=tuple(chosen.hosts) or base.hosts,
    )
