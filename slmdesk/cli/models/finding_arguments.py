"""The actions of `slmdesk models` that help to find a model."""

import argparse
from collections.abc import Iterable

from slmdesk.cli.models.shared_arguments import Actions, add_json

_NAME_HELP = "an id of the catalogue, an Ollama name, or engine/model"


def register(actions: Actions) -> Iterable[argparse.ArgumentParser]:
    """The parsers of these actions."""
    listing = actions.add_parser("list", help="the models of all engines found (also without an action)")
    _add_filters(listing)
    show = actions.add_parser("show", help="all facts of one model, or two to four side by side")
    show.add_argument("models", nargs="+", metavar="MODEL", help=_NAME_HELP)
    fit = actions.add_parser("fit", help="does it run here: memory as a sum, speed, what is missing")
    fit.add_argument("model", metavar="MODEL", help=_NAME_HELP)
    fit.add_argument("--quantization", default="", metavar="Q", help="such as Q4_K_M (default: the best)")
    fit.add_argument("--cache", choices=("f16", "q8_0", "q4_0"), default="f16", help="of the context")
    fit.add_argument("--measure", action="store_true", help="measure the memory of this machine again")
    guide = actions.add_parser("guide", help="a few questions, then three models with reasons")
    _add_answers(guide)
    update = actions.add_parser("update", help="take a newer catalogue from a file or an https address")
    which = update.add_mutually_exclusive_group(required=True)
    which.add_argument("source", nargs="?", metavar="FILE|ADDRESS")
    which.add_argument("--back", action="store_true", help="return to the catalogue from before")
    for parser in (listing, show, fit, guide):
        parser.add_argument(
            "--context", type=_tokens, metavar="N", help="tokens for the estimate (default: of new chats)"
        )
    found = (listing, show, fit, guide, update)
    for parser in found:
        add_json(parser)
    return found


def _add_filters(listing: argparse.ArgumentParser) -> None:
    listing.add_argument(
        "words", nargs="*", metavar="WORD", help="only models in whose facts all words occur"
    )
    listing.add_argument("--catalogue", action="store_true", help="what can be had, instead of what is there")
    listing.add_argument("--family", action="append", default=[], metavar="NAME", help="such as Qwen3")
    listing.add_argument(
        "--class",
        dest="size_class",
        action="append",
        default=[],
        choices=("tiny", "small", "medium", "large"),
        help="tiny is below 1B, small to 3B, medium to 9B",
    )
    listing.add_argument(
        "--can",
        action="append",
        default=[],
        choices=("chat", "embedding", "insert", "thinking", "tools", "vision"),
    )
    listing.add_argument("--for", dest="task", default="", metavar="TASK", help="such as summary or code")
    listing.add_argument("--fits", action="store_true", help="only what fits this machine now")
    _add_refusals(listing)
    listing.add_argument(
        "--sort",
        default="name",
        choices=("name", "parameters", "memory", "context", "openness", "released", "speed"),
    )
    listing.add_argument("--reverse", action="store_true", help="the largest or newest first")


def _add_answers(guide: argparse.ArgumentParser) -> None:
    guide.add_argument("--for", dest="task", default="", metavar="TASK", help="such as summary or code")
    guide.add_argument("--memory", type=_gigabytes, metavar="GB", help="the most that a model may take")
    guide.add_argument("--no-gpu", dest="has_gpu", action="store_false", help="leave the graphics card alone")
    guide.add_argument("--anywhere", action="store_true", help="it need not stay on this machine")
    _add_refusals(guide)


def _add_refusals(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--not-from", action="append", default=[], metavar="COUNTRY", help="two letters, such as CN or US"
    )
    parser.add_argument(
        "--not-under", action="append", default=[], metavar="LICENCE", help="such as gemma or llama3.2"
    )
    parser.add_argument("--commercial", action="store_true", help="only where commercial use is allowed")


def _tokens(text: str) -> int:
    if not text.isdecimal() or not 64 <= int(text) <= 10_000_000:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 64")
    return int(text)


def _gigabytes(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number of gigabytes") from None
    if not 0 < number <= 100_000:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number of gigabytes")
    return number
