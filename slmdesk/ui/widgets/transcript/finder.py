"""Finds text in a transcript and says where it stands in the documents."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.text_cleaning import utf16_length
from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import Message, Slot


@dataclass(frozen=True, slots=True)
class Hit:
    slot: Slot
    number: int
    """Which of the hits inside the slot"""


class Finder:
    """The hits of one needle, and which of them is the current one."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._pattern: re.Pattern[str] | None = None
        self.current: Hit | None = None
        self._parsed: list[Message] = []

    def clear(self) -> None:
        self._pattern = self.current = None

    @property
    def is_active(self) -> bool:
        return self._pattern is not None

    def search(self, text: str, is_backward: bool) -> tuple[int, int]:
        """Go to the next hit; its number from 1 and how many there are, or (0, 0)."""
        if not text:
            self.clear()
            return 0, 0
        pattern = re.compile(re.escape(text), re.IGNORECASE)
        is_new = self._pattern is None or self._pattern.pattern != pattern.pattern
        self._pattern = pattern
        hits = self._hits(pattern)
        if not hits:
            self.current = None
            return 0, 0
        step = -1 if is_backward else 1
        if is_new or self.current is None or self.current not in hits:
            index = len(hits) - 1 if is_backward else 0
        else:
            index = (hits.index(self.current) + step) % len(hits)
        self.current = hits[index]
        return index + 1, len(hits)

    def mark(self, words: Sequence[str], message: Message) -> None:
        """Mark these words everywhere; the first of them in `message` is the current hit."""
        self.clear()
        if words:
            self._pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
            hits = (hit for hit in self._hits(self._pattern) if hit.slot.section.message is message)
            self.current = next(hits, None)

    def _hits(self, pattern: re.Pattern[str]) -> list[Hit]:
        hits: list[Hit] = []
        for message in self._column.messages:
            if not message.is_parsed:
                if not pattern.search(_without_marks(message.source)):
                    continue
                message.parse()
                self._parsed.append(message)
            for section in message.sections:
                for slot in section.slots:
                    count = sum(1 for _ in pattern.finditer(slot.block.text))
                    hits.extend(Hit(slot, number) for number in range(count))
        return hits

    def take_parsed(self) -> list[Message]:
        """The messages that had to be parsed since this was asked last: they have no place yet."""
        parsed, self._parsed = self._parsed, []
        return parsed

    def ranges(self, slot: Slot) -> list[tuple[int, int, bool]]:
        """Start, end and whether it is the current one, in the slot's document."""
        if self._pattern is None or slot.sheet is None:
            return []
        text = slot.sheet.document.toPlainText()
        found = []
        for number, match in enumerate(self._pattern.finditer(text)):
            start = utf16_length(text[: match.start()])
            is_current = self.current == Hit(slot, number)
            found.append((start, start + utf16_length(match[0]), is_current))
        return found


def _without_marks(source: str) -> str:
    """A rough text of a message that was not parsed: a hit may go through an emphasis."""
    return re.sub(r"[*_`~\\]", "", source) + "\n" + source
