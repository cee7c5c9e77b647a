"""Answers in one spelling, so that only what they say is compared: NFKC, plain dashes, no invisible marks."""

import re
import unicodedata
from functools import lru_cache

LONGEST = 20_000
"""Characters of an answer that are looked at; no answer to a question is longer."""
_MOST_MARKS = 4  # on one letter; normalising a long row of them takes the square of its length
_SHOWN = 60

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        **dict.fromkeys("‘’‚‛′´`ʼ＇", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        "\u00a0": " ",
        "\t": " ",
        "\r": "\n",
        "\u2028": "\n",
        "\u2029": "\n",
    }
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_ENDS = " \n\"'*"
_WORD = re.compile(r"\w+")


def normal(text: str) -> str:
    """NFKC with plain dashes and quotes, its lines kept; at most LONGEST characters."""
    return _normal(text[:LONGEST])


@lru_cache(maxsize=64)  # an answer is looked at from several sides, one after the other
def _normal(text: str) -> str:
    if not text.isascii():
        text = with_few_marks(_INVISIBLE.sub("", text).translate(_PLAIN))
        text = unicodedata.normalize("NFKC", text)[:LONGEST]
    return _CONTROL.sub(" ", text.replace("\r", "\n").replace("`", "'")).strip()


def with_few_marks(text: str) -> str:
    """Without the marks that are heaped on one letter."""
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def folded(text: str) -> str:
    """In one line and without a difference between capitals and small letters."""
    return " ".join(normal(text).casefold().split())


def bare(text: str) -> str:
    """Folded, and without the quotation marks, stars and full stop around it."""
    line = folded(text)
    while line and (stripped := line.strip(_ENDS).rstrip(".,;:!?")) != line:
        line = stripped
    return line[1:-1].strip() if _is_in_brackets(line) else line


def _is_in_brackets(line: str) -> bool:
    return line[:1] + line[-1:] in ("()", "[]") and not any(mark in line[1:-1] for mark in "()[]")


def words_of(text: str) -> list[str]:
    """Letters and digits in a row, folded."""
    return _WORD.findall(folded(text))


def shown(text: str) -> str:
    """For a sentence about an answer: one line, shortened."""
    line = " ".join(normal(text).split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1].rstrip()}…"
