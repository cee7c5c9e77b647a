"""Which stretches of the documents in view are drawn on another ground."""

from collections.abc import Sequence
from typing import Protocol

from slmdesk.ui.widgets.transcript.finder import Finder
from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import Slot
from slmdesk.ui.widgets.transcript.painting import Mark
from slmdesk.ui.widgets.transcript.selection import Selection


class Layer(Protocol):
    """Stretches of a slot's document that stand out: start, end and kind of each."""

    @property
    def is_active(self) -> bool: ...
    def ranges(self, slot: Slot) -> list[tuple[int, int, str]]: ...


def marks_of(
    column: Column, selection: Selection, finder: Finder, layers: Sequence[Layer], top: int, height: int
) -> dict[Slot, list[Mark]]:
    """What stands out, over it the hits of the search, and over them what the reader has marked."""
    marks: dict[Slot, list[Mark]] = {}
    active = [layer for layer in layers if layer.is_active]
    if selection.bounds is None and not finder.is_active and not active:
        return marks
    bottom = top + height
    for message in column.messages_between(top, bottom):
        for slot in column.slots_between(message, top, bottom):
            found = [Mark(*stretch) for layer in active for stretch in layer.ranges(slot)]
            found += [
                Mark(start, end, "current" if is_current else "hit")
                for start, end, is_current in finder.ranges(slot)
            ]
            if marked := selection.range_of(slot):
                found.append(Mark(*marked, "selection"))
            if found:
                marks[slot] = found
    return marks
