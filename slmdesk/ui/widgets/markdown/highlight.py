"""Colours of code, from Pygments, for languages whose lexers are known to be quick."""

import functools
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QColor, QTextCharFormat, QTextLayout

from slmdesk.base.text_cleaning import utf16_length
from slmdesk.ui.theme import Theme

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MAX_LINE = 400
"""Lexers are regular expressions: a longer line, or a longer text, stays plain."""
MAX_TEXT = 12_000
_LANGUAGES = frozenset(
    """
    python py python3 pycon javascript js typescript ts jsx tsx json json5 bash sh shell zsh console
    powershell ps1 html xml svg css scss sql c h cpp c++ cxx java go golang rust rs yaml yml toml
    ini cfg diff patch ruby rb php kotlin kt swift r lua perl pl scala haskell hs dart csharp cs c#
    objective-c makefile make docker dockerfile cmake nginx graphql proto vim elixir ex erlang
    clojure julia matlab octave latex tex http csv
    """.split()  # noqa: SIM905
)


def line_formats(line: str, language: str, theme: Theme) -> list[QTextLayout.FormatRange]:
    """Colours of one line, taken for itself."""
    if len(line) > MAX_LINE or not line.strip() or (lexer := _lexer(language)) is None:
        return []
    return _ranges(lexer, line, theme)[0]


def text_formats(text: str, language: str, theme: Theme) -> list[list[QTextLayout.FormatRange]]:
    """Colours of each line of `text`, or nothing where it is too long or its language unknown."""
    if len(text) > MAX_TEXT or (lexer := _lexer(language)) is None:
        return []
    if any(len(line) > MAX_LINE for line in text.split("\n")):
        return [line_formats(line, language, theme) for line in text.split("\n")]
    return _ranges(lexer, text, theme)


def _ranges(lexer: "Lexer", text: str, theme: Theme) -> list[list[QTextLayout.FormatRange]]:
    lines: list[list[QTextLayout.FormatRange]] = [[] for _ in range(text.count("\n") + 1)]
    number, column = 0, 0
    for _index, kind, value in lexer.get_tokens_unprocessed(text):
        colour = _colour(kind, theme)
        parts = value.split("\n")
        for at, part in enumerate(parts):
            if at:
                number, column = number + 1, 0
            if part and colour and not part.isspace():
                lines[number].append(_range(column, utf16_length(part), colour))
            column += utf16_length(part)
    return lines


def _range(start: int, length: int, colour: str) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length, made.format = start, length, _format(colour)
    return made


@functools.lru_cache(maxsize=64)
def _format(colour: str) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(QColor(colour))
    return form


@functools.lru_cache(maxsize=512)
def _colour(kind: Any, theme: Theme) -> str:
    from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String

    for family, colour in (
        (Comment, theme.muted),
        (Keyword, theme.accent),
        (Operator.Word, theme.accent),
        (String, theme.good),
        (Number, theme.warn),
        (Literal, theme.warn),
        (Name.Decorator, theme.warn),
        (Name.Tag, theme.accent),
        (Name.Attribute, theme.warn),
    ):
        if kind in family:
            return colour
    return ""


@functools.cache
def _lexer(language: str) -> "Lexer | None":
    if language.lower() not in _LANGUAGES:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
