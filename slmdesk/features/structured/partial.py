"""JSON that is still being written, read as far as it goes. Each character is looked at once."""

import json
from typing import Any

LONGEST = 256_000
DEEPEST = 64

_OPENING = {"{": "}", "[": "]"}
_UNICODE_DIGITS = 4


class PartialJson:
    """Feed the pieces of an answer; `value` is what they hold so far. Text before the JSON is passed over."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._length = 0
        self._closers: list[str] = []
        self._safe = (0, "")  # up to where the text is whole, and what closes it
        self._is_in_text = False
        self._is_key = False
        self._escape_left = 0
        self._is_bare = False  # inside a number or a word such as true
        self._is_stuck = False
        self._read: tuple[tuple[int, str], Any] = ((0, ""), None)
        self.is_complete = False

    def feed(self, piece: str) -> None:
        """Take the next piece; what comes after the end of the JSON, or beyond LONGEST, is ignored."""
        for character in piece:
            if self.is_complete or self._is_stuck:
                return
            if not self._closers and character not in _OPENING:
                continue
            self._text.append(character)
            self._length += 1
            self._step(character)
            self._is_stuck |= self._length >= LONGEST or len(self._closers) > DEEPEST

    @property
    def value(self) -> Any:
        """The value so far: an unfinished text as far as it is written, an unfinished number not at all."""
        if self._safe != self._read[0]:
            end, closing = self._safe
            try:
                self._read = (self._safe, json.loads("".join(self._text[:end]) + closing))
            except (ValueError, RecursionError):
                self._read = (self._safe, self._read[1])
        return self._read[1]

    def _step(self, character: str) -> None:
        if self._is_in_text:
            self._step_in_text(character)
        elif character == '"':
            self._is_in_text = True
            if not self._is_key:
                self._mark_safe(in_text=True)
        elif character in _OPENING:
            self._closers.append(_OPENING[character])
            self._is_key = character == "{"
            self._mark_safe()
        elif character in "}]" and character != self._closers[-1]:
            self._is_stuck = True
        elif character in "}]":
            self._end_bare()
            self._closers.pop()
            self._is_key = False
            self._mark_safe()
            self.is_complete = not self._closers
        elif character == ",":
            self._end_bare()
            self._is_key = self._closers[-1] == "}"
        elif character == ":":
            self._is_key = False
        elif character.isspace():
            self._end_bare()
        else:
            self._is_bare = True

    def _step_in_text(self, character: str) -> None:
        if self._escape_left:
            is_unicode = self._escape_left == 1 and character == "u" and self._text[-2] == "\\"
            self._escape_left = _UNICODE_DIGITS if is_unicode else self._escape_left - 1
        elif character == "\\":
            self._escape_left = 1
            return
        elif character == '"':
            self._is_in_text = False
        if not self._is_key and not self._escape_left:
            self._mark_safe(in_text=self._is_in_text)

    def _end_bare(self) -> None:
        """A number or word has ended before this character."""
        if self._is_bare:
            self._is_bare = False
            self._safe = (self._length - 1, self._closing())

    def _mark_safe(self, *, in_text: bool = False) -> None:
        self._safe = (self._length, ('"' if in_text else "") + self._closing())

    def _closing(self) -> str:
        return "".join(reversed(self._closers))
