"""Which stretches of the documents in view are drawn on another ground."""

from slmdesk.ui.widgets.transcript.finder import Finder
from slmdesk.ui.widgets.transcript.highlights import Highlights
from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import Slot
from slmdesk.ui.widgets.transcript.painting import Mark
from slmdesk.ui.widgets.transcript.selection import Selection


def marks_of(
    column: Column, selection: Selection, finder: Finder, highlights: Highlights, top: int, bottom: int
) -> dict[Slot, list[Mark]]:
    """What stands out, over it the hits of the search, and over them what the reader has marked."""
    marks: dict[Slot, list[Mark]] = {}
    if selection.bounds is None and not finder.is_active and not highlights.is_active:
        return marks
    for message in column.messages_between(top, bottom):
        for slot in column.slots_between(message, top, bottom):
            found = [Mark(*stretch) for stretch in highlights.ranges(slot)]
            found += [
                Mark(start, end, "current" if is_current else "hit")
                for start, end, is_current in finder.ranges(slot)
            ]
            if marked := selection.range_of(slot):
                found.append(Mark(*marked, "selection"))
            if found:
                marks[slot] = found
    return marks
