"""What can be typed after `slmdesk`."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from slmdesk import __version__
from slmdesk.cli.evaluate.arguments import register as register_evaluate
from slmdesk.cli.models.arguments import register as register_models
from slmdesk.cli.numbers import number
from slmdesk.engines.base import Options

_DESCRIPTION = (
    "Run small language models on your own machine and see them side by side. "
    "Without a command the window opens."
)
_EPILOG = (
    "A model is named engine/model, such as builtin/smollm2-135m-instruct or ollama/qwen3:4b; "
    "the bare name will do where only one engine has it. Exit code: 0 all answers are whole, "
    "1 an answer or the start failed, 2 wrong use, 130 stopped with Ctrl+C."
)


class Arguments(argparse.Namespace):
    """What was typed; only the fields of the command are there."""

    command: str | None
    data_dir: Path | None
    model: Any  # chat: str or None; compare: list[str]
    prompt: str | None
    system: str
    temperature: float | None
    max_tokens: int | None
    context: int | None
    preset: str
    seed: int | None
    think: bool
    load_anyway: bool
    json: bool
    is_sequential: bool | None
    screenshots: Path | None
    action: str | None  # of models, config and data
    name: str  # config: of a setting
    value: str
    file: Path
    folder: Path
    files: list[Path]
    chat: str | None
    all: bool
    format: str
    output: Path | None
    prompts: Path | None
    export: Path | None
    # of models
    models: list[str]
    words: list[str]
    catalogue: bool
    family: list[str]
    size_class: list[str]
    can: list[str]
    task: str
    fits: bool
    not_from: list[str]
    not_under: list[str]
    commercial: bool
    sort: Any
    reverse: bool
    quantization: str
    cache: Any
    measure: bool
    memory: float | None
    has_gpu: bool
    anywhere: bool
    source: str | None
    back: bool
    # of models: getting and changing them
    what: list[str]
    engine: str
    yes: bool
    drop: bool
    copy: bool
    look: bool
    new_name: str
    base: str
    system_file: Path | None
    parameters: list[str]
    adapter: Path | None
    modelfile: bool
    # of eval
    pack: str
    test_share: float
    most_tokens: int
    most_characters: int
    without_personal_data: bool
    asking: str | None
    target: float | None
    of_best: bool
    seeds: list[int]
    hosts: list[str]
    resume: bool
    html: Path | None
    # of eval import
    documents: list[Path]
    questions: Path
    expected: Path | None
    title: str
    pack_file: Path

    def options(self, base: Options | None = None) -> Options:
        """`base`, or the defaults, with what was typed in place."""
        typed: dict[str, Any] = {
            "context_tokens": self.context,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
        }
        return replace(base or Options(), **{key: value for key, value in typed.items() if value is not None})


def parse(arguments: Sequence[str]) -> Arguments:
    """Exits with code 2 and the usage on stderr when the line makes no sense."""
    return _parser().parse_args(arguments, Arguments())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("slmdesk", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"slmdesk {__version__}")
    _add_data_dir(parser, default=None)
    commands = parser.add_subparsers(
        dest="command", title="commands", metavar="{chat,compare,eval,models,import,export,config,data,demo}"
    )
    chat = commands.add_parser("chat", help="ask one model, once or in turns", epilog=_EPILOG)
    chat.add_argument("prompt", nargs="?", metavar="PROMPT", help="the question; without it, stdin is read")
    chat.add_argument(
        "-m", "--model", type=_no_blank, metavar="MODEL", help="default: the model of new chats"
    )
    chat.add_argument(
        "--preset", default="", metavar="NAME", help="such as summary; “quick answer” and so on"
    )
    _add_options(chat)
    _add_compare(commands.add_parser("compare", help="ask several models the same", epilog=_EPILOG))
    evaluate = commands.add_parser("eval", help="documents, questions and models: what answers well enough")
    models = commands.add_parser("models", help="list the models of all engines found, and more")
    bring_in = commands.add_parser("import", help="add chats of SLM Desk, ChatGPT or Open WebUI")
    bring_in.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a JSON export")
    take_out = commands.add_parser("export", help="write chats to a file, or to stdout")
    _add_export(take_out)
    demo = commands.add_parser("demo", help="compare two answers here, and save a picture of the pane")
    demo.add_argument(
        "--screenshots", type=_folder, metavar="DIR", help="save pictures of every pane and state there"
    )
    config = commands.add_parser("config", help="list, change, export or import the settings")
    _add_data(commands.add_parser("data", help="show the data folder, move it, go back"))
    others = (chat, commands.choices["compare"], bring_in, take_out, demo)
    for command in (*others, *register_evaluate(evaluate), *register_models(models), *_add_config(config)):
        _add_data_dir(command, default=argparse.SUPPRESS)
    return parser


def _add_config(config: argparse.ArgumentParser) -> Iterable[argparse.ArgumentParser]:
    actions = config.add_subparsers(
        dest="action", required=True, metavar="{list,get,set,reset,export,import}"
    )
    show = actions.add_parser("list", help="every setting with its value")
    get = actions.add_parser("get", help="the value of one setting")
    change = actions.add_parser("set", help="change one setting; lists are written as JSON")
    reset = actions.add_parser("reset", help="one setting, or all, back to the default")
    out = actions.add_parser("export", help="write the settings to a file, without keys")
    back = actions.add_parser("import", help="take the settings of an exported file")
    for action in (get, change):
        action.add_argument("name", metavar="NAME")
    reset.add_argument("name", metavar="NAME", nargs="?", default="")
    change.add_argument("value", metavar="VALUE")
    for action in (out, back):
        action.add_argument("file", type=Path, metavar="FILE")
    for action in (show, get, change, reset, back):
        action.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    return (show, get, change, reset, out, back)


def _add_data(data: argparse.ArgumentParser) -> None:
    actions = data.add_subparsers(dest="action", required=True, metavar="{show,move,back,confirm}")
    show = actions.add_parser("show", help="where the data is")
    move = actions.add_parser("move", help="copy everything to another folder and use that from then on")
    move.add_argument("folder", type=Path, metavar="FOLDER")
    actions.add_parser("back", help="use the folder from before the move again")
    actions.add_parser("confirm", help="delete the data in the folder that was used before")
    show.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def _add_compare(compare: argparse.ArgumentParser) -> None:
    asked = compare.add_mutually_exclusive_group(required=True)
    asked.add_argument("prompt", nargs="?", metavar="PROMPT", help="or a list of them with --prompts")
    asked.add_argument(
        "--prompts",
        type=Path,
        metavar="FILE",
        help="a prompt a line, blocks between --- or blank lines, CSV with a column “prompt”, or JSON Lines",
    )
    compare.add_argument(
        "--export", type=Path, metavar="FILE", help="save the answers as FILE.html, FILE.md or FILE.csv"
    )
    compare.add_argument(
        "-m",
        "--model",
        action="append",
        type=_no_blank,
        required=True,
        metavar="MODEL",
        help="give it two to eight times; the same model may come twice",
    )
    compare.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    order = compare.add_mutually_exclusive_group()
    order.add_argument(
        "--sequential",
        dest="is_sequential",
        action="store_const",
        const=True,
        help="one after the other, whatever fits",
    )
    order.add_argument(
        "--side-by-side",
        dest="is_sequential",
        action="store_const",
        const=False,
        help="all at once, whatever fits",
    )
    _add_options(compare)


def _add_export(export: argparse.ArgumentParser) -> None:
    which = export.add_mutually_exclusive_group(required=True)
    which.add_argument("chat", nargs="?", metavar="CHAT", help="the id of a chat, or a part of its title")
    which.add_argument("--all", action="store_true", help="every chat, archived ones too")
    export.add_argument(
        "--format",
        choices=("markdown", "json", "html"),
        default="markdown",
        help="json holds all branches and can be imported (default markdown)",
    )
    export.add_argument(
        "-o", "--output", type=Path, metavar="PATH", help="a file; with --all a folder, made if needed"
    )


def _add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--system", default="", metavar="TEXT", help="system prompt")
    command.add_argument("--temperature", type=number("a number from 0 to 2", float, 0, 2), metavar="T")
    command.add_argument("--max-tokens", type=number("a whole number from 1", int, 1), metavar="N")
    command.add_argument(
        "--context",
        type=number("a whole number from 64", int, 64),
        metavar="N",
        help="context length in tokens (default: that of new chats)",
    )
    command.add_argument("--seed", type=number("a whole number from 0", int, 0), metavar="N")
    command.add_argument("--think", action="store_true", help="let models think that can")
    command.add_argument(
        "--load-anyway", action="store_true", help="also a model that needs more memory than is free"
    )


def _add_data_dir(parser: argparse.ArgumentParser, *, default: Any) -> None:
    parser.add_argument(
        "--data-dir",
        type=_folder,
        default=default,
        metavar="DIR",
        help="keep chats, settings and models there",
    )


def _no_blank(text: str) -> str:
    """A variable of a script that is not set must not choose something else in silence."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a name is expected, not an empty text")
    return text


def _folder(text: str) -> Path:
    return Path(_no_blank(text))
