"""The tokens of answers on the screen: which words a model was unsure of, and what it might have written."""

import bisect
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip

from slmdesk.engines.token_trail import PlacedToken
from slmdesk.ui.widgets.markdown.sheet import Sheet
from slmdesk.ui.widgets.markdown.source_map import UNKNOWN, SourceMap
from slmdesk.ui.widgets.token_words import token_tip, unsure_step
from slmdesk.ui.widgets.transcript.message import Slot
from slmdesk.ui.widgets.transcript.pointer import Pointer


@dataclass(frozen=True, slots=True)
class Span:
    """A token in the document of a slot, without the spaces around it."""

    start: int
    end: int
    number: int


class Measured:
    """An answer's text and its tokens; read when they are first needed."""

    def __init__(self, text: str, load: Callable[[], Sequence[PlacedToken]]) -> None:
        self.text = text
        self._load = load
        self.map: SourceMap | None = None

    @cached_property
    def tokens(self) -> list[PlacedToken]:
        """Those whose place is certain, in their order; two may share a character."""
        placed = (token for token in self._load() if token.is_placed and self._stands(token))
        return sorted(placed, key=lambda token: token.start)

    @cached_property
    def owners(self) -> list[int]:
        """For each character of the text the first token that covers it, UNKNOWN if there is none."""
        found = [UNKNOWN] * len(self.text)
        for number in range(len(self.tokens) - 1, -1, -1):
            token = self.tokens[number]
            found[token.start : token.end] = [number] * (token.end - token.start)
        return found

    def sharing(self, number: int) -> list[PlacedToken]:
        """This token and those after it that are pieces of the same character."""
        first = self.tokens[number]
        end = bisect.bisect_left(self.tokens, first.end, key=lambda token: token.start)
        return self.tokens[number:end]

    def _stands(self, token: PlacedToken) -> bool:
        """A piece of a character was compared byte by byte when it came."""
        written = self.text[token.start : token.end]
        is_piece = any("\udc80" <= sign <= "\udcff" for sign in token.text)
        return bool(written) and (written == token.text or is_piece)


@dataclass(slots=True)
class Placed:
    """The spans of a document."""

    measured: Measured
    spans: list[Span] = field(default_factory=list)


class TokenMarks(QObject):
    """Those of one transcript; no event is looked at until an answer with tokens is there."""

    def __init__(self, view: QAbstractScrollArea, pointer: Pointer) -> None:
        super().__init__(view)
        self._view: QAbstractScrollArea = weakref.proxy(view)  # no cycle
        self._pointer = pointer
        self._by_message: dict[str, Measured] = {}
        # Documents are thrown away when they have not been seen for long: this must not keep them.
        self._by_sheet: WeakKeyDictionary[Sheet, Placed] = WeakKeyDictionary()

    @property
    def is_active(self) -> bool:
        return bool(self._by_message)

    def put(self, message_id: str, text: str, load: Callable[[], Sequence[PlacedToken]]) -> None:
        """The tokens of an answer that has ended; `text` is what their places count in."""
        if not self._by_message:
            self._view.viewport().installEventFilter(self)
        self._by_message[message_id] = Measured(text, load)
        self._view.viewport().update()

    def clear(self) -> None:
        self._by_message.clear()
        self._by_sheet.clear()
        self._view.viewport().removeEventFilter(self)

    def ranges(self, slot: Slot) -> list[tuple[int, int, str]]:
        """Start, end and step of each word of a slot's document that the model was unsure of."""
        placed = self._placed(slot)
        if placed is None:
            return []
        tokens = placed.measured.tokens
        found = ((span, unsure_step(tokens[span.number].probability)) for span in placed.spans)
        return [(span.start, span.end, f"unsure{step}") for span, step in found if step]

    def tokens_at(self, slot: Slot, position: int) -> list[PlacedToken]:
        """What stands at this position of the slot's document; more than one if a character has pieces."""
        placed = self._placed(slot)
        if placed is None:
            return []
        at = bisect.bisect_right(placed.spans, position, key=lambda span: span.start) - 1
        span = placed.spans[at] if at >= 0 else None
        return placed.measured.sharing(span.number) if span and position < span.end else []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            return self._tell(event)
        return super().eventFilter(watched, event)

    def _tell(self, event: QHelpEvent) -> bool:
        found = self._pointer.character_at(event.pos())
        tokens = self.tokens_at(*found) if found else []
        if tokens:
            QToolTip.showText(event.globalPos(), token_tip(tokens), self._view.viewport())
        else:
            QToolTip.hideText()
        return True

    def _placed(self, slot: Slot) -> Placed | None:
        message, sheet = slot.section.message, slot.sheet
        measured = self._by_message.get(message.id)
        if measured is None or sheet is None or slot.section is not message.answer or message.is_streaming:
            return None
        known = self._by_sheet.get(sheet)
        if known is None or known.measured is not measured:
            known = self._by_sheet[sheet] = Placed(measured, _spans(slot, sheet, measured))
        return known


def _spans(slot: Slot, sheet: Sheet, measured: Measured) -> list[Span]:
    """Empty where the text on the screen is not the text that was measured, character by character."""
    positions, message = sheet.positions(), slot.section.message
    if positions is None or message.backlog or message.text != measured.text:
        return []
    if measured.map is None:
        measured.map = SourceMap(measured.text, [each.block for each in message.answer.slots])
    spans: list[Span] = []
    before = UNKNOWN
    for index, place in enumerate(measured.map.places(slot.block)):
        number = measured.owners[place] if place != UNKNOWN else UNKNOWN
        is_space = slot.block.text[index].isspace()
        if number != UNKNOWN and not is_space:
            start = spans.pop().start if number == before else positions[index]
            spans.append(Span(start, positions[index + 1], number))
            before = number
        elif number != before:
            before = UNKNOWN
    return spans
