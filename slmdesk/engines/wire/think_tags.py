"""Splits `<think>…</think>` at the beginning of a text from the answer, piece by piece."""

from typing import Literal, TypeAlias

_OPEN, _CLOSE = "<think>", "</think>"
_State: TypeAlias = Literal["start", "thinking", "gap", "text"]


class ThinkTags:
    """For servers that do not separate thinking themselves; what may become a tag is held back."""

    def __init__(self) -> None:
        self._state: _State = "start"
        self._held = ""

    def feed(self, piece: str) -> tuple[str, str]:
        """The text and the thinking that are certain now."""
        if self._state == "text":
            return self._release() + piece, ""
        self._held += piece
        thinking = ""
        if self._state == "start":
            self._open()
        if self._state == "thinking":
            thinking = self._close()
        if self._state == "gap":
            self._held = self._held.lstrip()
            self._state = "text" if self._held else "gap"
        return (self._release(), thinking) if self._state == "text" else ("", thinking)

    def separate(self, answer: str, thinking: str) -> tuple[str, str]:
        """The same for a chunk in which the server may have separated thinking itself."""
        if thinking:
            self.switch_off()
        if answer:
            answer, tagged = self.feed(answer)
            thinking += tagged
        return answer, thinking

    def finish(self) -> tuple[str, str]:
        """What was held back when the stream ended."""
        held = self._release()
        return ("", held) if self._state == "thinking" else (held, "")

    def switch_off(self) -> None:
        """The server separates thinking itself: tags are text from here on."""
        if self._state == "start":
            self._state = "text"

    def _open(self) -> None:
        begun = self._held.lstrip()
        if begun.startswith(_OPEN):
            self._held, self._state = begun.removeprefix(_OPEN), "thinking"
        elif not _OPEN.startswith(begun):
            self._state = "text"

    def _close(self) -> str:
        thinking, tag, rest = self._held.partition(_CLOSE)
        if tag:
            self._held, self._state = rest, "gap"
            return thinking
        keep = _tag_start(self._held)
        self._held, certain = self._held[len(self._held) - keep :], self._held[: len(self._held) - keep]
        return certain

    def _release(self) -> str:
        held, self._held = self._held, ""
        return held


def _tag_start(text: str) -> int:
    """How many characters at the end of `text` may be the beginning of the closing tag."""
    return next((size for size in range(len(_CLOSE) - 1, 0, -1) if text.endswith(_CLOSE[:size])), 0)
