"""What the reader has marked, over blocks and messages, and what of it is copied."""

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtGui import QGuiApplication, QTextCursor, QTextDocument

from slmdesk.base.text_cleaning import ZERO_WIDTH_SPACE
from slmdesk.ui.widgets.markdown.blocks import Block
from slmdesk.ui.widgets.markdown.runs import FORMULA_MARK
from slmdesk.ui.widgets.transcript.layout import Column
from slmdesk.ui.widgets.transcript.message import Message, Section, Slot, copy_text

END = 1 << 30


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the text; the section and index outlive the slot itself, which streaming may replace."""

    section: Section
    index: int
    position: int

    @property
    def key(self) -> tuple[int, int, int, int]:
        return self.section.message.index, self.section.order, self.index, self.position


def to_clipboard(text: str) -> None:
    """Nothing marked leaves there what is there."""
    if text:
        QGuiApplication.clipboard().setText(text)


class Selection:
    """From an anchor to where the mouse is."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self.anchor: Place | None = None
        self.focus: Place | None = None

    def clear(self) -> None:
        self.anchor = self.focus = None

    def start(self, place: Place) -> None:
        self.anchor = self.focus = place

    def select(self, start: Place, end: Place) -> None:
        self.anchor, self.focus = start, end

    @property
    def bounds(self) -> tuple[Place, Place] | None:
        """First and last place; None when nothing is marked."""
        if self.anchor is None or self.focus is None or self.anchor.key == self.focus.key:
            return None
        first, last = sorted((self.anchor, self.focus), key=lambda place: place.key)
        return first, last

    def range_of(self, slot: Slot) -> tuple[int, int] | None:
        """Marked positions inside one slot."""
        if (bounds := self.bounds) is None:
            return None
        key = (slot.section.message.index, slot.section.order, slot.index)
        first, last = bounds
        if key < first.key[:3] or key > last.key[:3]:
            return None
        start = first.position if key == first.key[:3] else 0
        end = last.position if key == last.key[:3] else END
        return (start, end) if end > start else None

    def text(self) -> str:
        """As plain text."""
        return "\n\n".join(
            "\n".join(self._part(slot, start, end) for slot, start, end in group)
            for _m, group in self._groups()
        )

    def markdown(self) -> str:
        """As Markdown: whole messages as they were written, else the blocks that are touched."""
        parts = []
        for message, group in self._groups():
            slots = [slot for slot, _start, _end in group]
            answer = message.answer.slots
            if slots == answer and all(self._is_whole(*part) for part in group):
                parts.append(message.text)
            elif len(group) == 1 and not self._is_whole(*group[0]):
                parts.append(self._part(*group[0]))
            else:
                parts.append("\n\n".join(source_of(slots)))
        return "\n\n".join(parts)

    def _groups(self) -> Iterator[tuple[Message, list[tuple[Slot, int, int]]]]:
        if (bounds := self.bounds) is None:
            return
        first, last = bounds
        for message in self._column.messages[first.key[0] : last.key[0] + 1]:
            message.parse()
            slots = [
                slot
                for section in message.sections
                if section is not message.status
                for slot in section.slots
            ]
            group = [(slot, *found) for slot in slots if (found := self.range_of(slot))]
            if group:
                yield message, group

    def _is_whole(self, slot: Slot, start: int, end: int) -> bool:
        if end == END:
            return start == 0
        return start == 0 and slot.sheet is not None and end >= slot.sheet.document.characterCount() - 1

    def _part(self, slot: Slot, start: int, end: int) -> str:
        if self._is_whole(slot, start, end):
            return copy_text(slot.block)
        document = self._column.sheet_of(slot).document
        last = document.characterCount() - 1
        cursor = QTextCursor(document)
        cursor.setPosition(min(start, last))
        cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
        text = cursor.selection().toPlainText().replace(ZERO_WIDTH_SPACE, "").strip("\n")
        formulas = iter(_formulas(document, cursor.selectionStart(), cursor.selectionEnd()))
        return "".join(next(formulas, "") if char == FORMULA_MARK else char for char in text)


def _formulas(document: QTextDocument, start: int, end: int) -> Iterator[str]:
    """The sources of the drawn formulas between two positions."""
    cursor = QTextCursor(document)
    for position in range(start, end):
        if document.characterAt(position) == FORMULA_MARK:
            cursor.setPosition(position + 1)
            yield cursor.charFormat().toolTip()


def _whole_items(slots: list[Slot]) -> set[Block]:
    """The list items of which every part is marked."""
    marked, sections = set(slots), {slot.section for slot in slots}
    others = {each.block.part_of for section in sections for each in section.slots if each not in marked}
    return {slot.block.part_of for slot in slots if slot.block.part_of is not None} - others


def source_of(slots: list[Slot]) -> list[str]:
    """The Markdown of blocks; the pieces of a long fence become one fence again."""
    parts: list[str] = []
    fences: list[str] = []
    whole, done = _whole_items(slots), set[Block | None]()
    for slot in slots:
        block = slot.block
        if block.part_of is not None and block.part_of in whole:
            parts.append(block.part_of.source)
            whole.remove(block.part_of)
            done.add(block.part_of)
        elif block.part_of in done:
            continue
        elif block.kind == "code":
            fences.append(block.text)
            following = slot.section.slots[slot.index + 1 : slot.index + 2]
            if following and following[0].block.first is not None and following[0] in slots:
                continue
            parts.append(f"```{block.language}\n" + "\n".join(fences) + "\n```")
            fences = []
        else:
            parts.append(block.source)
    return parts
