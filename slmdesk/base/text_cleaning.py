"""What is taken out of a model's text before anything else sees it."""

import re

MAX_LINE = 16_000
"""Characters of one line; a longer one is broken, since parser and layout are quadratic in it."""

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls; U+0085 is one of them
    "\u202a-\u202e\u2066-\u2069"  # bidi embeddings, overrides and isolates
    "\u2028\u2029\ufdd0-\ufdef\ufffc\ufffe\uffff"  # Qt's own marks inside a document
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e007f]"  # invisible tags
)
_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_COMBINING = re.compile(f"({_MARKS}{{4}}){_MARKS}+")
_RUN = re.compile(r"\S{200}(?=\S)")
ZERO_WIDTH_SPACE = "\u200b"


def clean(text: str) -> str:
    """Without controls, bidi overrides, Qt's own marks, and piles of combining marks."""
    if not text.isascii():
        text = _COMBINING.sub(r"\1", text)
    return _FORBIDDEN.sub("", text)


def break_runs(text: str) -> str:
    """Give long runs without a space places to break: the line breaker is quadratic in the run."""
    return _RUN.sub(rf"\g<0>{ZERO_WIDTH_SPACE}", text) if len(text) > 200 else text


def utf16_length(text: str) -> int:
    """Length as Qt counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


class Cleaner:
    """Cleans a stream; remembers how long the open line is."""

    def __init__(self) -> None:
        self._column = 0

    def feed(self, delta: str) -> str:
        delta = clean(delta)
        if len(delta) + self._column <= MAX_LINE:
            newline = delta.rfind("\n")
            self._column = self._column + len(delta) if newline < 0 else len(delta) - newline - 1
            return delta
        return self._broken(delta)

    def _broken(self, delta: str) -> str:
        lines: list[str] = []
        for number, line in enumerate(delta.split("\n")):
            column = self._column if number == 0 else 0
            while column + len(line) > MAX_LINE:
                lines.append(line[: MAX_LINE - column])
                line, column = line[MAX_LINE - column :], 0
            lines.append(line)
            self._column = column + len(line)
        return "\n".join(lines)
