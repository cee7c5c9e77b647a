"""The sentences of the program in the reader's language: English in the source, the others in a table.

The source says `say("{name} was closed.", name=label)`; the English sentence is the key of its translation.
Nothing here knows Qt: `speak` is told the language once, before the first sentence is made.
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Text = TypeVar("Text", bound=str)


@dataclass(frozen=True, slots=True)
class Language:
    """How a language says things: its sentences by the English ones, its marks in numbers."""

    code: str = "en"
    sentences: Mapping[str, str] = field(default_factory=dict)
    decimal_mark: str = "."
    thousands_mark: str = ","


ENGLISH = Language()


class _Formatter(string.Formatter):
    """As str.format, but numbers are written as the language does."""

    def format_field(self, value: Any, format_spec: str) -> str:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return number(value, format_spec) if is_number else format(value, format_spec)


class _Spoken:
    """The language that is spoken now."""

    def __init__(self) -> None:
        self.language = ENGLISH
        self.marks: dict[int, str] = {}


_spoken = _Spoken()
_formatter = _Formatter()


def speak(language: Language) -> None:
    """Say everything in this language from now on."""
    _spoken.language = language
    marks = str.maketrans(
        {",": language.thousands_mark, ".": language.decimal_mark},
    )
    _spoken.marks = {} if language.decimal_mark == "." else marks


def spoken() -> Language:
    """The language that is spoken now."""
    return _spoken.language


def say(text: str, /, **values: object) -> str:
    """A sentence in the language that is spoken, with its named values."""
    sentence = _spoken.language.sentences.get(text, text)
    if not values:
        return sentence
    return _formatter.vformat(sentence, (), values) if _spoken.marks else sentence.format(**values)


def counted(count: int, one: str, many: str, /, **values: object) -> str:
    """The sentence for one or for many; `{count}` is the number: "1 prompt", "3 prompts"."""
    return say(one if count == 1 else many, count=count, **values)


def later(text: Text) -> Text:
    """Mark a text that is kept in English and said with `say` where it is shown."""
    return text


def number(value: float, spec: str = ",") -> str:
    """A number as the language writes it; `spec` as in an f-string: "1,234.5" in English."""
    return format(value, spec).translate(_spoken.marks)


def joined(names: Sequence[str]) -> str:
    """ "a, b and c"; an empty text for no names."""
    if len(names) < 2:
        return "".join(names)
    return say("{most} and {last}", most=", ".join(names[:-1]), last=names[-1])
