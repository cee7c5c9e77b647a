"""The actions of `slmdesk models` that get models and change those that are there."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from slmdesk.cli.models.shared_arguments import Actions, add_json

# They write into the data folder.
KEEPING = ("pull", "import", "create", "copy", "check", "rm")


def register(actions: Actions) -> Iterable[argparse.ArgumentParser]:
    """The parsers of these actions."""
    found = [_pull(actions), _import(actions), _create(actions)]
    copy = actions.add_parser("copy", help="the same model under another name")
    copy.add_argument("model", metavar="MODEL")
    copy.add_argument("new_name", metavar="NAME")
    details = actions.add_parser("details", help="licence, template, system prompt, settings as plain text")
    details.add_argument("model", metavar="MODEL")
    details.add_argument("--modelfile", action="store_true", help="its Modelfile, to build it elsewhere")
    check = actions.add_parser("check", help="whether the source has another version now")
    check.add_argument("model", metavar="MODEL")
    remove = actions.add_parser("rm", help="delete models; a file of your own is only taken off the list")
    remove.add_argument("models", nargs="+", metavar="MODEL")
    found += [copy, details, check, remove]
    for action in found:
        add_json(action)
    return found


def _pull(actions: Actions) -> argparse.ArgumentParser:
    pull = actions.add_parser(
        "pull", help="get a model, or go on with what was begun", description=_WHAT, epilog=_ENDS
    )
    pull.add_argument(
        "what", nargs="*", metavar="WHAT", help="without it, all that is unfinished is gone on with"
    )
    pull.add_argument(
        "--with",
        dest="engine",
        default="",
        metavar="ENGINE",
        help="such as builtin or ollama (default: by its name)",
    )
    pull.add_argument(
        "-y", "--yes", action="store_true", help="yes to what would be asked: other registries, plain http"
    )
    pull.add_argument("--drop", action="store_true", help="fetch nothing: forget it and delete what has come")
    return pull


def _import(actions: Actions) -> argparse.ArgumentParser:
    bring_in = actions.add_parser("import", help="offer a GGUF file of this machine")
    bring_in.add_argument("file", type=Path, metavar="FILE", help="of a model in parts, any one of them")
    bring_in.add_argument("--copy", action="store_true", help="copy it into the folder of models")
    bring_in.add_argument("--look", action="store_true", help="only show what its header says")
    return bring_in


def _create(actions: Actions) -> argparse.ArgumentParser:
    create = actions.add_parser("create", help="a custom model from another one; once more to change it")
    create.add_argument("new_name", metavar="NAME")
    create.add_argument("--from", dest="base", required=True, metavar="MODEL", help="the base")
    prompt = create.add_mutually_exclusive_group()
    prompt.add_argument("--system", default="", metavar="TEXT", help="its system prompt")
    prompt.add_argument("--system-file", type=Path, metavar="FILE", help="a text file with it")
    create.add_argument(
        "--set", dest="parameters", action="append", default=[], metavar="KEY=VALUE",
        help="such as temperature=0.2 or stop=END; may come several times",
    )  # fmt: skip
    create.add_argument("--adapter", type=Path, metavar="FILE", help="a LoRA adapter as a GGUF file")
    return create


_WHAT = (
    "WHAT is what people paste: a name of Ollama (qwen3:4b), “ollama run …”, hf.co/org/name:Q4_K_M, a page "
    "or a file of Hugging Face, or the https address of a .gguf file."
)
_ENDS = "Ctrl+C keeps what has come; the same command goes on from there."
