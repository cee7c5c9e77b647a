"""Keeps what is in view laid out, the scroll bar true, and the reader where they are."""

import weakref
from collections.abc import Sequence
from typing import TypeAlias

from PySide6.QtWidgets import QAbstractScrollArea

from slmdesk.ui.widgets.transcript.intake import Intake
from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import Message, Slot

NEAR_END_PX = 8
Anchor: TypeAlias = tuple[Slot, int]
"""A block, and its distance from the upper edge in pixels"""


class Arranger:
    """Lays out blocks as they come into view."""

    def __init__(self, area: QAbstractScrollArea, column: Column, intake: Intake) -> None:
        self._area: QAbstractScrollArea = weakref.proxy(area)  # no cycle
        self._column, self._intake = column, intake
        self.is_following = True
        self.is_busy = False
        self._range = (0, 0)

    @property
    def offset(self) -> int:
        """Pixels scrolled."""
        return self._area.verticalScrollBar().value()

    def is_read_back(self, message: Message) -> bool:
        """Whether the reader went back into this message, the last one, while it grew."""
        return not self.is_following and message.top < self.offset + self._area.viewport().height()

    def arrange(self, anchor: Anchor | None = None) -> None:
        """Lay out what is in view, until its true heights are in place; keep the reader where they are.

        Whoever moves everything asks for the `anchor` before, else it is what stands there now.
        """
        if self.is_busy or not self._area.isVisible():
            return
        self.is_busy = True
        anchor = anchor or self.anchor()
        for _round in range(8):
            self._go_to(anchor)
            if not self._lay_out_visible():
                break
        self._go_to(anchor)
        self._column.drop_old(self.offset, self.offset + self._area.viewport().height())
        self.is_busy = False

    def place(self, messages: Sequence[Message]) -> None:
        """Messages that a search parsed; what stands in the others is not laid out anew."""
        self._column.place_all(messages)
        for message in messages:
            if message.backlog:
                self._intake.add(message)

    def _go_to(self, anchor: Anchor | None) -> None:
        self._set_range()
        if anchor and not self.is_following:
            slot, distance = anchor
            self._area.verticalScrollBar().setValue(self._column.y_of(slot) - distance)

    def _set_range(self) -> None:
        page = self._area.viewport().height()
        wanted = max(0, self._column.height - page), page
        if wanted == self._range and not (self.is_following and self.offset != wanted[0]):
            return
        self._range = wanted
        bar = self._area.verticalScrollBar()
        bar.setPageStep(page)
        bar.setRange(0, wanted[0])
        if self.is_following:
            bar.setValue(wanted[0])

    def anchor(self) -> Anchor | None:
        """A block in view that keeps its place on the screen while heights above it become known.

        None as long as the end is followed.
        """
        if self.is_following:
            return None
        offset = self.offset
        fallback = None
        for message in self._column.messages_between(offset, offset + self._area.viewport().height()):
            for slot in self._column.slots_between(message, offset, offset + self._area.viewport().height()):
                y = self._column.y_of(slot)
                if slot.is_measured and y >= offset:
                    return slot, y - offset
                fallback = fallback or (slot, y - offset)
        return fallback

    def _lay_out_visible(self) -> bool:
        """Lay out what is in view; whether anything moved by it."""
        column = self._column
        top, bottom = self.offset, self.offset + self._area.viewport().height()
        for message in column.messages_between(top, bottom):
            if not message.is_parsed:
                message.parse()
                if message.backlog:
                    self._intake.add(message)
                column.place(message)
                column.sum_up(message.index)
                return True
            first = None
            for slot in column.slots_between(message, top, bottom):
                is_ready = slot.sheet is not None and slot.is_measured
                if not is_ready and column.lay_out(slot) and first is None:
                    first = slot.index if slot.section is message.answer else 0
            if first is not None:
                column.place(message, first)
                column.sum_up(message.index)
                return True
        return False

    def show(self, slot: Slot) -> None:
        """Scroll so that `slot` stands in the upper third."""
        for _round in range(3):
            wanted = self._column.y_of(slot) - self._area.viewport().height() // 3
            self._set_range()
            self._area.verticalScrollBar().setValue(max(0, wanted))
            self.arrange()
