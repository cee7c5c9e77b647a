"""Stretches of an answer that stand out from the rest, which steps back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from slmdesk.base.text_cleaning import ZERO_WIDTH_SPACE, utf16_length
from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import Message, Slot


class Stretch(Protocol):
    """Characters `start` to `end` of `Highlights.text_of`; `shared_by` counts who has them, too."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def shared_by(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Highlight:
    """In the text of one block; `kind` is "own" or "some"."""

    start: int
    end: int
    kind: str


class Highlights:
    """Those of one transcript. `take_in` gives a message what is pending; `redraw` arranges and draws."""

    def __init__(
        self, column: Column, take_in: Callable[[str], object], redraw: Callable[[], object]
    ) -> None:
        self._column = column
        self._take_in = take_in
        self._redraw = redraw
        self._by_slot: dict[Slot, list[Highlight]] = {}

    @property
    def is_active(self) -> bool:
        return bool(self._by_slot)

    def text_of(self, message_id: str) -> str:
        """The answer as it is read, without Markdown: what stretches count in."""
        self._take_in(message_id)
        if (message := self._message(message_id)) is None:
            return ""
        if not message.is_parsed:
            message.parse()
            self._column.set_width(self._column.width)
        return "\n".join(slot.block.text for slot in message.answer.slots)

    def set(self, message_id: str, stretches: Iterable[Stretch]) -> None:
        """Highlight these in place of those before; without any all looks as always."""
        self._by_slot = {}
        message = self._message(message_id)
        slots = message.answer.slots if message else []
        wanted = list(stretches)
        start = 0
        for slot in slots if wanted else ():
            end = start + len(slot.block.text)
            self._by_slot[slot] = [
                Highlight(
                    max(each.start, start) - start,
                    min(each.end, end) - start,
                    "some" if each.shared_by else "own",
                )
                for each in wanted
                if each.start < end and each.end > start
            ]
            start = end + 1
        self._redraw()

    def ranges(self, slot: Slot) -> list[tuple[int, int, str]]:
        """Start, end and kind in the slot's document; the first is the whole, which steps back."""
        if slot not in self._by_slot or slot.sheet is None:
            return []
        shown = slot.sheet.document.toPlainText()
        positions = slot.sheet.positions() or _rough_positions(shown)

        def place_of(character: int) -> int:
            return positions[min(character, len(positions) - 1)]

        found = [(place_of(each.start), place_of(each.end), each.kind) for each in self._by_slot[slot]]
        return [(0, utf16_length(shown), "shared"), *found]

    def _message(self, message_id: str) -> Message | None:
        return next((message for message in self._column.messages if message.id == message_id), None)


def _rough_positions(shown: str) -> list[int]:
    """Where a formula stands as it was written, what follows it is marked too far to the left."""
    places = [place for place, sign in enumerate(shown) if sign != ZERO_WIDTH_SPACE]
    return [utf16_length(shown[:place]) for place in (*places, len(shown))]
