"""Takes in what streams: feeds the sections of a message and keeps its documents in step."""

from slmdesk.ui.widgets.markdown.blocks import common_length
from slmdesk.ui.widgets.markdown.followers import Growth
from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import Message, Section, Slot

BACKLOG_SLICE = 12_000
"""Characters of a long message that are taken in between two frames."""
END = 1 << 30


class Region:
    """From where to where the column must be drawn again."""

    def __init__(self) -> None:
        self.top, self.bottom = END, 0
        self.is_moved = False
        """Something has another height, or no document yet"""

    def add(self, top: int, bottom: int) -> None:
        self.top, self.bottom = min(self.top, top), max(self.bottom, bottom)


class Intake:
    """What has changed in a column since it was drawn."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._changed: dict[Message, None] = {}

    def add(self, message: Message) -> None:
        """`message` has something pending."""
        self._changed[message] = None

    def forget(self, message: Message) -> None:
        self._changed.pop(message, None)

    def clear(self) -> None:
        self._changed.clear()

    @property
    def is_empty(self) -> bool:
        return not self._changed

    def take_all(self) -> Region:
        """Take in what is pending; what must be drawn again."""
        region = Region()
        for message in list(self._changed):
            self.take(message, region)
        return region

    def take(self, message: Message, region: Region) -> None:
        """Take in what is pending of one message."""
        self._changed.pop(message, None)
        pending, message.pending = message.pending, []
        thinking = "".join(text for is_thinking, text in pending if is_thinking)
        text = message.backlog[:BACKLOG_SLICE]
        text += "".join(text for is_thinking, text in pending if not is_thinking)
        message.backlog = message.backlog[BACKLOG_SLICE:]
        if not thinking and not text:
            return
        height, first = message.height, len(message.answer.slots)
        was_moved, region.is_moved = region.is_moved, False
        if thinking:
            if not message.has_thinking and not message.answer.slots:
                message.is_thinking_open = True
                region.add(message.top, END)
                region.is_moved = True
            self._feed(message.thinking, thinking, region)
        if text:
            if not message.answer.slots:
                region.add(message.top, END)
                region.is_moved = True
                message.is_thinking_open = message.is_thinking_open and message.has_reader_opened
            first = self._feed(message.answer, text, region)
        if message.backlog:
            self._changed[message] = None
        elif text and not message.is_streaming:
            first = min(first, message.finish(message.answer))
            region.is_moved = True
        if not region.is_moved:
            region.is_moved = was_moved
            return
        self._column.place(message, first)
        self._column.sum_up(message.index)
        if message.height != height:
            region.bottom = END

    def _feed(self, section: Section, text: str, region: Region) -> int:
        """Feed a section; its first slot that moved."""
        base = section.message.top + section.top
        fence = section.splitter.open_fence
        was, count = section.slots[-2:], len(section.slots)
        first, change = section.message.take(section, text)
        if change is None:
            return len(section.slots)
        for growth in change.growths:
            if slot := next((slot for slot in was if slot.block is growth.block), None):
                self._grow(slot, growth, base, region)
        if fence is not None and section.splitter.open_fence is not fence:
            self._colour(next((slot for slot in was if slot.block is fence), None), base, region)
        if change.first < len(section.slots) and section.slots[change.first] not in was:
            region.is_moved = True
            self._replace(was, section.slots[change.first], base, region)
        region.is_moved = region.is_moved or len(section.slots) != count
        if len(section.slots) > count and count:  # the caret leaves the block that was the last one
            before = section.slots[count - 1]
            if before.block.indent:
                self._colour(before, base, region)
            region.add(base + before.top + before.height - 2 * self._column.look.line_px, END)
        return first

    def _grow(self, slot: Slot, growth: Growth, base: int, region: Region) -> None:
        """Add to a block's document what the block gained."""
        if slot.sheet is None:
            slot.height, slot.is_measured, region.is_moved = 0, False, True
            return
        bottom, height = base + slot.top + slot.height, slot.height
        is_other = slot.sheet.grow(growth.removed, growth.text, growth.rows)
        self._column.measure(slot)
        _left, _top, _right, inset = self._column.insets(slot)
        rows = 1 if slot.height == height else 2
        first = bottom - inset - rows * self._column.look.line_px - 2
        first = base + slot.top if is_other else first
        region.add(first, bottom if slot.height == height else END)
        region.is_moved = region.is_moved or slot.height != height

    def _colour(self, slot: Slot | None, base: int, region: Region) -> None:
        """A fence has ended: colour it as a whole."""
        if slot is not None and slot.sheet is not None:
            slot.sheet.highlight_all()
            self._column.measure(slot)
            region.is_moved = True
            region.add(base + slot.top, base + slot.top + slot.height)

    def _replace(self, was: list[Slot], slot: Slot, base: int, region: Region) -> None:
        """A block was parsed again: draw from the line on where it became another."""
        old = next((other for other in was if other.index == slot.index), None)
        if old is None or old.sheet is None:
            if old is not None:
                region.add(base + old.top, END)
            return
        slot.top = old.top
        _left, inset, _right, _bottom = self._column.insets(old)
        line = old.sheet.line_top(common_length(old.block, slot.block))
        top = base + old.top + inset + line - self._column.look.line_px
        self._column.lay_out(slot)
        is_last = slot.index == len(slot.section.slots) - 1
        region.add(top, base + old.top + old.height if is_last and slot.height == old.height else END)
