"""Every word that a reader of the program can meet, gathered from the source and its resources."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from slmdesk.config.paths import resources
from slmdesk.config.settings import describe
from slmdesk.engines.answer import AnswerState
from slmdesk.engines.base import Phase

PACKAGE = Path(__file__).parents[2] / "slmdesk"
# Which arguments are words to be said: Qt's own `translate` has the context first.
TRANSLATING = {
    "tr": slice(0, 1),
    "translate": slice(1, 2),
    "say": slice(0, 1),
    "later": slice(0, 1),
    "counted": slice(1, 3),
}


def words() -> set[str]:
    """The English words and sentences that a language translates."""
    found = {*source_words(), *_words_of_settings(), *_words_of_resources(), *AnswerState, *Phase}
    return {str(text) for text in found if text}


def source_words() -> Iterator[str]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if not {"_resources", "cli"} & set(path.parts):  # the terminal speaks English
            yield from words_in(ast.parse(path.read_text("utf-8")))


def words_in(tree: ast.AST) -> Iterator[str]:
    """The texts in the calls of `tr` and its like."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            taken = node.args[TRANSLATING[name]] if name in TRANSLATING else []
            if name == "tr" and len(node.args) == 2:  # QApplication.translate under a short name
                taken = node.args[1:]
            for argument in taken:
                yield from _texts(argument)


def _texts(argument: ast.AST) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)


def _words_of_settings() -> Iterator[str]:
    for field in describe():
        if field.is_in_form and field.name != "language":  # its names are those of the languages themselves
            yield from (choice.capitalize() for choice in field.choices)
    yield "System"


def _words_of_resources() -> Iterator[str]:
    """Names, purposes, reasons and conditions; never the text of a prompt, which a model reads."""
    for licence in json.loads((resources() / "catalog.json").read_bytes())["licences"].values():
        yield from licence["conditions"]
    for name in ("presets", "prompts", "schemas"):
        for item in json.loads((resources() / f"{name}.json").read_bytes())[name]:
            yield from (item[key] for key in ("name", "task", "purpose") if item.get(key))
            yield from item.get("reasons", {}).values()
