"""Where everything stands: tops as sums, heights estimated until seen, few documents alive."""

import bisect
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.markdown.look import Look
from slmdesk.ui.widgets.markdown.sheet import Sheet
from slmdesk.ui.widgets.transcript.message import UNSEEN, Message, Section, Slot

LIVE_SHEETS = 60
"""Documents kept; the rest is source text and a height."""
SPARE_SHEETS = 15
"""More than that before the oldest are let go of, so that this is not done at every flush."""


@dataclass(frozen=True, slots=True)
class Chrome:
    """What stands around the messages; lengths in pixels."""

    is_card: bool
    margin: int
    gap: int
    pad_x: int
    pad_y: int
    line: int
    """Height of the line that holds the thinking label, and of the footer"""


def chrome_of(is_card: bool, size_px: int) -> Chrome:
    unit = size_px / 13
    if is_card:
        return Chrome(
            True, round(2 * unit), round(12 * unit), round(14 * unit), round(12 * unit), round(24 * unit)
        )
    return Chrome(False, 0, round(12 * unit), round(12 * unit), round(12 * unit), round(24 * unit))


class Column:
    """All messages, one below the other."""

    def __init__(self, look: Look, muted: Look, chrome: Chrome) -> None:
        self.look, self.muted, self.chrome = look, muted, chrome
        self.messages: list[Message] = []
        self.tops: list[int] = []
        self.height = 0
        self.width = 0
        self._live: OrderedDict[Slot, None] = OrderedDict()

    @property
    def live_documents(self) -> int:
        return len(self._live)

    def restyle(self, look: Look, muted: Look, chrome: Chrome) -> None:
        """Other colours or fonts: every document is made again when it is seen."""
        self.look, self.muted, self.chrome = look, muted, chrome
        self.forget_sheets()
        self.set_width(self.width)

    def forget_sheets(self) -> None:
        for slot in list(self._live):
            slot.sheet = None
        self._live.clear()

    def forget_waiting(self) -> bool:
        """Let go of the documents whose formulas are drawn now; whether there were any."""
        waiting = [slot for slot in self._live if slot.sheet is not None and slot.sheet.is_waiting]
        for slot in waiting:
            del self._live[slot]
            slot.sheet = None
        return bool(waiting)

    def set_width(self, width: int) -> None:
        self.width = width
        for message in self.messages:
            message.forget_heights()
            self.place(message)
        self.sum_up(0)

    def place_all(self, messages: Sequence[Message]) -> None:
        """Compute the geometry of these alone, and the tops of all that follow."""
        for message in messages:
            self.place(message)
        if messages:
            self.sum_up(min(message.index for message in messages))

    def sum_up(self, first: int) -> None:
        """Compute the tops of all messages from `first` on."""
        messages = self.messages
        del self.tops[first:]
        y = messages[first - 1].top + messages[first - 1].height if first else self._head_room()
        for index in range(first, len(messages)):
            message = messages[index]
            y += self.chrome.gap if index else 0
            message.index, message.top = index, y
            self.tops.append(y)
            y += message.height
        self.height = y + (2 if self.chrome.is_card else 0)

    def _head_room(self) -> int:
        """Without cards the text has its own distance from the edge; a bubble would touch it."""
        is_bubble_first = bool(self.messages) and self.messages[0].role == "user"
        return self.chrome.pad_y if is_bubble_first and not self.chrome.is_card else 0

    def place(self, message: Message, first: int = 0) -> None:
        """Compute a message's own geometry; `first` is the first slot of the answer that moved."""
        chrome = self.chrome
        is_bubble = message.role == "user"
        room = max(80, self.width - 2 * chrome.margin)
        if is_bubble:
            self._place_bubble(message, room if chrome.is_card else room - chrome.pad_x)
            return
        message.left, message.width = chrome.margin, room
        if not message.is_parsed:
            message.height = self._estimate(message, room - 2 * chrome.pad_x)
            return
        y = chrome.pad_y if chrome.is_card or message.index == 0 else 0
        message.header_top = y
        if message.has_thinking:
            y += chrome.line
        for section in message.sections:
            section.left, section.width = message.left + chrome.pad_x, room - 2 * chrome.pad_x
            indent = chrome.pad_x if section is message.thinking else 0
            section.left, section.width = section.left + indent, section.width - indent
            section.place(first if section is message.answer else 0, self._look(section))
            section.top = y
            y += section.height + (self.look.size_px // 2 if section.slots else 0)
        y -= self.look.size_px // 2
        message.footer_top = y
        if message.footer or message.actions:
            y += self._footer_lines(message) * chrome.line
        message.height = y + (chrome.pad_y - (4 if message.footer or message.actions else 0))

    def _footer_lines(self, message: Message) -> int:
        labels = [label for action, label in message.actions if action not in UNSEEN]
        characters = len(message.footer) + sum(len(label) + 2 for label in labels)
        per_line = (message.width - 2 * self.chrome.pad_x) / (self.look.mono.pixelSize() * 0.61)
        return 2 if message.footer and message.actions and characters > per_line else 1

    def _place_bubble(self, message: Message, room: int) -> None:
        chrome, section = self.chrome, message.answer
        widest = max(60, round(room * 0.76) - 2 * chrome.pad_x)
        pad_y = chrome.pad_y - 3
        if not message.is_parsed:
            message.left, message.width = chrome.margin + room - widest, widest
            message.height = self._estimate(message, widest)
            return
        if section.slots and all(slot.sheet and slot.is_measured for slot in section.slots):
            sheets = [slot.sheet for slot in section.slots if slot.sheet]
            natural = max(-int(-sheet.document.idealWidth() // 1) for sheet in sheets)
            widest = min(widest, max(natural, 8))
            for sheet in sheets:
                sheet.document.setTextWidth(widest)
        message.width = widest + 2 * chrome.pad_x
        message.left = chrome.margin + room - message.width
        section.left, section.width, section.top = message.left + chrome.pad_x, widest, pad_y
        section.place(0, self.look)
        message.footer_top = section.height + 2 * pad_y
        message.height = message.footer_top + (chrome.line if message.actions else 0)

    def _estimate(self, message: Message, width: int) -> int:
        per_line = max(10, int(width / self.look.character_px))
        text = message.source
        lines = len(text) // per_line + text.count("\n") + 1
        return (
            lines * self.look.line_px
            + 2 * self.chrome.pad_y
            + (self.chrome.line if message.footer or message.actions else 0)
        )

    def _look(self, section: Section) -> Look:
        if section.order == 0:
            return self.muted
        return self.muted if section.order == 2 else self.look

    def insets(self, slot: Slot) -> tuple[int, int, int, int]:
        """Left, top, right and bottom room around a block's document."""
        kind = slot.block.kind
        if kind == "quote":
            return self.look.size_px, 0, 0, 0
        if kind == "code":
            unit = self.look.size_px
            above = 0 if slot.block.first is not None else round(unit * 0.65)
            slots = slot.section.slots
            is_followed = slot.index + 1 < len(slots) and slots[slot.index + 1].block.first is not None
            side = round(unit * 0.8)
            inset = self.code_indent(slot) + side
            return inset, above + slot.head_px, side, 0 if is_followed else round(unit * 0.65)
        return 0, 0, 0, 0

    def code_indent(self, slot: Slot) -> int:
        """Pixels from the left edge of the section to the box of a code block; not 0 in a list."""
        return slot.block.indent * self._look(slot.section).indent_px

    def lay_out(self, slot: Slot) -> bool:
        """Give `slot` its document and true height; whether the height is another."""
        if slot.sheet is None:
            slot.is_measured = False
            self._make(slot)
        self._live[slot] = None
        self._live.move_to_end(slot)
        return self.measure(slot)

    def _make(self, slot: Slot) -> Sheet:
        section = slot.section
        left, _top, right, _bottom = self.insets(slot)
        slot.sheet = Sheet(slot.block, self._sheet_look(section), section.width - left - right)
        if slot.block is not section.splitter.open_fence and not self._is_growing(slot):
            slot.sheet.highlight_all()
        return slot.sheet

    @staticmethod
    def _is_growing(slot: Slot) -> bool:
        """Code in a list is made anew with each line that comes: it is coloured once it has ended."""
        section = slot.section
        return section.message.is_streaming and bool(slot.block.indent) and slot is section.slots[-1]

    def _sheet_look(self, section: Section) -> Look:
        if section.tone:
            return Look(_toned(self.look.theme, section.tone), self.look.font, self.look.mono)
        return self._look(section)

    def _label_room(self, slot: Slot) -> float:
        """What the language and Copy, with the room around them, take of a code's first line."""
        characters = len(slot.block.language) + len(" · Copy") + 1
        return characters * self.look.fixed_px + 3 * self.look.size_px

    def measure(self, slot: Slot) -> bool:
        """Take a document's height over; whether it is another."""
        if slot.sheet is None:
            return False
        left, _top, right, _bottom = self.insets(slot)
        if slot.section.message.role != "user":
            slot.sheet.set_width(slot.section.width - left - right)
        elif not slot.is_measured:
            slot.sheet.set_width(slot.section.width)
        if slot.block.kind == "code" and slot.block.first is None:
            room = slot.section.width - self.code_indent(slot) - self._label_room(slot)
            is_wide = slot.sheet.first_line_width() > room
            slot.head_px = self.look.line_px if is_wide else 0
        _left, top, _right, bottom = self.insets(slot)
        height = slot.sheet.height + top + bottom
        changed = height != slot.height or not slot.is_measured
        slot.height, slot.is_measured = height, True
        return changed

    def sheet_of(self, slot: Slot) -> Sheet:
        """The document of a block, made if it has none."""
        self.lay_out(slot)
        return slot.sheet or self._make(slot)

    def drop_old(self, top: int, bottom: int) -> None:
        """Let go of the documents that were not made for longest, save those in view."""
        if len(self._live) <= LIVE_SHEETS + SPARE_SHEETS:
            return
        keep = {
            slot
            for message in self.messages_between(top, bottom)
            for slot in self.slots_between(message, top, bottom)
        }
        for slot in list(self._live)[: max(0, len(self._live) - LIVE_SHEETS)]:
            if slot in keep:
                self._live.move_to_end(slot)
            else:
                del self._live[slot]
                slot.sheet = None

    def message_at(self, y: int) -> int:
        """Index of the message at `y`, or the one above it."""
        return max(0, bisect.bisect_right(self.tops, y) - 1)

    def messages_between(self, top: int, bottom: int) -> Iterator[Message]:
        index = self.message_at(top)
        while index < len(self.messages) and self.messages[index].top < bottom:
            yield self.messages[index]
            index += 1

    def slots_between(self, message: Message, top: int, bottom: int) -> list[Slot]:
        """Slots of a message that cross `top` to `bottom`."""
        found: list[Slot] = []
        for section in message.sections:
            base = message.top + section.top
            slots = section.slots
            if not slots or base > bottom or base + section.height < top:
                continue
            first = max(0, bisect.bisect_right(slots, top - base, key=_slot_top) - 1)
            if base + slots[first].top + slots[first].height <= top:
                first += 1  # the strip begins in the gap below it
            found += slots[first : bisect.bisect_left(slots, bottom - base, key=_slot_top)]
        return found

    def y_of(self, slot: Slot) -> int:
        return slot.section.message.top + slot.section.top + slot.top


def _slot_top(slot: Slot) -> int:
    return slot.top


def _toned(theme: Theme, tone: str) -> Theme:
    return replace(theme, text=getattr(theme, tone))
