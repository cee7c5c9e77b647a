"""The fields of a JSON object from outside, read one by one: what is wrong is refused with its place."""

import difflib
import math
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say

LONGEST_SHOWN = 60

Word = TypeVar("Word", bound=StrEnum)


class Fields:
    """One object; `place` says where it stands ("Question 3"). Every reader raises BadInput."""

    def __init__(self, value: Any, place: str, known: Collection[str]) -> None:
        if not isinstance(value, Mapping):
            raise misplaced(place, say("it must be an object with fields"))
        self.place = place
        self._values = value
        for name in value:
            if name not in known:
                raise _unknown(place, name, known)

    def raw(self, name: str) -> Any:
        """The value as it is, None where there is none."""
        return self._values.get(name)

    def text(self, name: str, longest: int, default: str = "") -> str:
        """A text that can be stored: no NUL, no half of a surrogate pair."""
        value = self._values.get(name, default)
        if not isinstance(value, str) or len(value) > longest:
            raise self.wrong(
                say(
                    "“{name}” must be a text of at most {longest:,} characters",
                    name=name,
                    longest=longest,
                )
            )
        return value.encode("utf-8", "replace").decode().replace("\0", "")

    def name(self, name: str, longest: int) -> str:
        """A text that must be there and must not be blank."""
        text = self.text(name, longest).strip()
        if not text:
            raise self.wrong(say("“{name}” is missing or empty", name=name))
        return text

    def texts(self, name: str, most: int, longest: int) -> tuple[str, ...]:
        """A list of texts, empty where there is none."""
        items = self._list(name, most)
        if not all(isinstance(item, str) and len(item) <= longest for item in items):
            raise self.wrong(
                say(
                    "“{name}” must be a list of texts of at most {longest:,} characters each",
                    name=name,
                    longest=longest,
                )
            )
        return tuple(item.encode("utf-8", "replace").decode().replace("\0", "") for item in items)

    def number(self, name: str, low: float, high: float, default: float) -> float:
        value = self._values.get(name, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not low <= value <= high:
            raise self.wrong(
                say("“{name}” must be a number from {low} to {high}", name=name, low=low, high=high)
            )
        return float(value)

    def whole(self, name: str, low: int, high: int, default: int) -> int:
        value = self.number(name, low, high, default)
        if not value.is_integer():
            raise self.wrong(say("“{name}” must be a whole number", name=name))
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise self.wrong(say("“{name}” must be true or false", name=name))
        return value

    def word(self, name: str, words: type[Word], default: Word | None = None) -> Word:
        """One of the words of an enumeration; without a default it must be there."""
        value = self._values.get(name, default)
        try:
            return words(value)
        except ValueError:
            known = ", ".join(words)
            said = say("“{name}” must be one of {known}", name=name, known=known)
            raise self.wrong(said) from None

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """An object as it is, None where there is none."""
        if name not in self._values:
            return None
        value = self._values[name]
        if not isinstance(value, Mapping):
            raise self.wrong(say("“{name}” must be an object", name=name))
        return value

    def items(self, name: str, most: int) -> Iterator[tuple[int, Any]]:
        """The items of a list with their numbers, from 1."""
        return enumerate(self._list(name, most), 1)

    def wrong(self, what: str) -> BadInput:
        """What is wrong with this object, as an error to raise."""
        return misplaced(self.place, what)

    def _list(self, name: str, most: int) -> list[Any]:
        value = self._values.get(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise self.wrong(say("“{name}” must be a list of at most {most:,} items", name=name, most=most))
        return value


def misplaced(place: str, what: str) -> BadInput:
    """ "Question 3: “kind” must be one of …", with what to do."""
    return BadInput(
        say("{place}: {what}.", place=place, what=what),
        next_step=say("Mend this place in the file and open it again."),
    )


def _unknown(place: str, name: object, known: Collection[str]) -> BadInput:
    shown = str(name)[:LONGEST_SHOWN]
    near = difflib.get_close_matches(shown, known, 1)
    return BadInput(
        say("{place}: there is no field “{name}”.", place=place, name=shown),
        next_step=say("Did you mean “{near}”?", near=near[0])
        if near
        else say("Take it out; the fields are {known}.", known=", ".join(sorted(known))),
    )
