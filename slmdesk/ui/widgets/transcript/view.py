"""The transcript: messages of a chat, or a column of a comparison, drawn block by block while they stream in."""

import time
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontInfo,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from slmdesk.ui import theme as themes
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.markdown.look import Look
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.transcript.accessible import announce, describe
from slmdesk.ui.widgets.transcript.finder import Finder
from slmdesk.ui.widgets.transcript.layout import Column, chrome_of
from slmdesk.ui.widgets.transcript.message import Message, Section, Slot
from slmdesk.ui.widgets.transcript.painting import Brush, Mark, Scene
from slmdesk.ui.widgets.transcript.pointer import Pointer
from slmdesk.ui.widgets.transcript.selection import END, Place, Selection

BACKLOG_SLICE = 12_000
NEAR_END_PX = 8


class BlockView(QAbstractScrollArea):
    """Messages as blocks; only what is seen has a document, only what changed is drawn."""

    link_clicked = Signal(str)
    action_clicked = Signal(str, str)
    code_copied = Signal()

    def __init__(
        self,
        scheduler: PaintScheduler,
        parent: QWidget | None = None,
        *,
        is_card: bool = True,
        theme: Theme | None = None,
    ) -> None:
        super().__init__(parent)
        self._scheduler = scheduler
        self._is_card = is_card
        self._theme = theme or themes.current()
        self._column = Column(*self._looks(), chrome_of(is_card, self._font().pixelSize()))
        self._selection = Selection(self._column)
        self._finder = Finder(self._column)
        self._messages: dict[str, Message] = {}
        self._changed: dict[Message, None] = {}
        self._is_following = True
        self._is_arranging = False
        self._hovered = ("", "", "")
        self.painted_rows = 0
        self._pointer = Pointer(self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Conversation") if is_card else self.tr("Answer"))
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().setSingleStep(3 * self._column.look.line_px)
        if theme is None:
            themes.changed.connect(self.set_theme)

    # What the panes use

    def clear(self) -> None:
        """Forget all messages."""
        self._messages.clear()
        self._changed.clear()
        self._selection.clear()
        self._finder.clear()
        self._column.forget_sheets()
        self._column.messages.clear()
        self._column.sum_up(0)
        self._is_following = True
        self._arrange()
        self.viewport().update()

    def add_message(
        self, message_id: str, role: str, text: str, thinking: str = "", footer: str = "", note: str = ""
    ) -> None:
        """A message that is there already; it is parsed and laid out when it comes into view."""
        message = Message(message_id, role, len(self._column.messages), text, thinking, footer=footer)
        if thinking:
            message.thinking_label = self.tr("Thoughts")
        if note:
            message.note.set_plain(note)
            message.note.tone = "warn"
        self._messages[message_id] = message
        self._column.messages.append(message)
        self._column.place(message)
        self._column.sum_up(message.index)
        self._scheduler.request(self)

    def begin_answer(self, message_id: str) -> None:
        """An empty answer that `append` fills."""
        if message_id not in self._messages:
            self.add_message(message_id, "assistant", "")
        message = self._messages[message_id]
        message.is_streaming = message.is_parsed = True
        self._place(message)

    def append(self, message_id: str, text: str = "", thinking: str = "") -> None:
        """Add to a running answer; drawn when the scheduler says so."""
        message = self._messages[message_id]
        is_first = bool(text) and not message.answer.slots and not message.pending
        if thinking:
            message.pending.append((True, thinking))
        if text:
            message.pending.append((False, text))
        self._changed[message] = None
        self._scheduler.request(self, is_first=is_first)

    def end_answer(self, message_id: str) -> None:
        """The answer is complete: one canonical parse, and what it says is read out."""
        message = self._messages[message_id]
        self._take(message)
        message.is_streaming = False
        first = message.finish(message.answer)
        message.finish(message.thinking)
        for slot in message.answer.slots[-2:]:
            if slot.sheet:
                slot.sheet.highlight_all()
        message.source = message.answer.splitter.source
        message.status.set_plain("")
        self._place(message, first)
        describe(self, self._column)
        announce(self, message)

    def set_status(self, message_id: str, text: str) -> None:
        """Words in place of the text as long as there is none."""
        message = self._messages[message_id]
        message.status.set_plain(text)
        if not message.answer.slots:
            self._place(message)

    def set_thinking_label(self, message_id: str, text: str) -> None:
        """Such as "Thought for 3.2 s"."""
        self._messages[message_id].thinking_label = text
        self.viewport().update()

    def set_footer(self, message_id: str, text: str, actions: Sequence[tuple[str, str]] = ()) -> None:
        """Figures and links below an answer; `actions` are (id, label)."""
        message = self._messages[message_id]
        message.footer, message.actions = text, tuple(actions)
        self._place(message, len(message.answer.slots))

    def set_note(self, message_id: str, text: str, is_error: bool = False) -> None:
        """What happened to an answer: stopped, interrupted, an error."""
        message = self._messages[message_id]
        message.note.tone = "bad" if is_error else "warn"
        message.note.set_plain(text)
        self._place(message, len(message.answer.slots))

    def remove_message(self, message_id: str) -> None:
        message = self._messages.pop(message_id)
        self._changed.pop(message, None)
        self._selection.clear()
        self._finder.clear()
        self._column.messages.remove(message)
        self._column.sum_up(0)
        self._arrange()
        self.viewport().update()

    def plain_text(self) -> str:
        """All messages without their Markdown."""
        self._take_all()
        return "\n\n".join(message.plain_text() for message in self._column.messages)

    def message_text(self, message_id: str) -> str:
        """One message as it was written."""
        message = self._messages[message_id]
        self._take(message)
        return message.text

    def selected_text(self) -> str:
        return self._selection.text()

    def selected_markdown(self) -> str:
        return self._selection.markdown()

    def select_all(self) -> None:
        messages = self._column.messages
        if messages:
            self._selection.select(Place(messages[0].thinking, 0, 0), Place(messages[-1].note, END, END))
            self.viewport().update()

    def copy(self) -> None:
        if text := self._selection.text():
            QGuiApplication.clipboard().setText(text)

    def copy_markdown(self) -> None:
        if text := self._selection.markdown():
            QGuiApplication.clipboard().setText(text)

    def find_text(self, text: str, is_backward: bool = False) -> tuple[int, int]:
        """Go to the next place; its number and how many there are. An empty text ends the search."""
        found = self._finder.search(text, is_backward)
        self._column.set_width(self._column.width)
        self._column.sum_up(0)
        if hit := self._finder.current:
            self._is_following = False
            self._show(hit.slot)
        self.viewport().update()
        return found

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._restyle()

    def scroll_to_end(self) -> None:
        """Show the end and stay there while it grows."""
        self._is_following = True
        self._arrange()
        self.viewport().update()

    @property
    def is_at_end(self) -> bool:
        return self._is_following

    @property
    def column(self) -> Column:
        """Where everything stands; for the parts of this package and the measurements."""
        return self._column

    @property
    def selection(self) -> Selection:
        return self._selection

    @property
    def offset(self) -> int:
        """Pixels scrolled."""
        return self.verticalScrollBar().value()

    def flush(self) -> None:
        """Show what came since; called by the scheduler."""
        dirty = self._column.height
        for message in list(self._changed):
            dirty = min(dirty, self._take(message))
        self._arrange()
        top = max(0, dirty - self.offset)
        view = self.viewport()
        view.update(0, top, view.width(), max(0, view.height() - top))

    # How it is done

    def _take_all(self) -> None:
        for message in list(self._changed):
            self._take(message)

    def _take(self, message: Message) -> int:
        """Take in what is pending of one message; the y below which it must be drawn again."""
        self._changed.pop(message, None)
        pending, message.pending = message.pending, []
        thinking = "".join(text for is_thinking, text in pending if is_thinking)
        text = "".join(text for is_thinking, text in pending if not is_thinking)
        if message.backlog:
            text = message.backlog[:BACKLOG_SLICE] + text
            message.backlog = message.backlog[BACKLOG_SLICE:]
        dirty = self._column.height
        first = len(message.answer.slots)
        if thinking:
            if not message.has_thinking and not message.answer.slots:
                message.is_thinking_open = True
            self._feed(message.thinking, thinking)
            dirty = message.top
        if text:
            if not message.answer.slots:
                dirty = message.top
                message.is_thinking_open = message.is_thinking_open and message.has_reader_opened
            first, y = self._feed(message.answer, text)
            dirty = min(dirty, y)
        if message.backlog:
            self._changed[message] = None
            self._scheduler.request(self)
        elif text and not message.is_streaming:
            first = min(first, message.finish(message.answer))
        if thinking or text:
            height = message.height
            self._column.place(message, first)
            self._column.sum_up(message.index if height == message.height else message.index + 0)
        return dirty

    def _feed(self, section: Section, text: str) -> tuple[int, int]:
        """Feed a section; its first slot that moved, and the y below which it must be drawn again."""
        message = section.message
        fence = section.splitter.open_fence
        was = {id(slot.block): slot for slot in section.slots[-2:]}
        first, change = message.take(section, text)
        if change is None:
            return len(section.slots), self._column.height
        base = message.top + section.top
        dirty = base + (section.slots[first].top if first < len(section.slots) else 0)
        for growth in change.growths:
            slot = was.get(id(growth.block))
            if slot is None:
                continue
            bottom = base + slot.top + slot.height
            if slot.sheet is not None:
                slot.sheet.grow(growth.removed, growth.text, growth.rows)
                slot.is_measured = False
                self._column.measure(slot)
                if len(change.growths) == 1 and first == slot.index:
                    dirty = max(base + slot.top, bottom - 3 * self._column.look.line_px)
            else:
                slot.height, slot.is_measured = 0, False
        ended = was.get(id(fence)) if fence is not None else None
        if ended and ended.sheet and section.splitter.open_fence is not fence:
            ended.sheet.highlight_all()
            self._column.measure(ended)
        return first, dirty

    def _place(self, message: Message, first: int = 0) -> None:
        """Something around a message's text changed."""
        self._column.place(message, first)
        self._column.sum_up(message.index)
        self._arrange()
        view = self.viewport()
        top = max(0, message.top - self.offset)
        view.update(0, top, view.width(), max(0, view.height() - top))

    def _arrange(self) -> None:
        """Lay out what is in view, until its true heights are in place; keep the reader where they are."""
        if self._is_arranging or not self.isVisible():
            return
        self._is_arranging = True
        anchor = None if self._is_following else self._anchor()
        for _round in range(8):
            self._set_range()
            if not self._lay_out_visible():
                break
            if anchor and not self._is_following:
                slot, distance = anchor
                self._set_range()
                self.verticalScrollBar().setValue(self._column.y_of(slot) - distance)
        self._set_range()
        self._is_arranging = False

    def _set_range(self) -> None:
        bar, page = self.verticalScrollBar(), self.viewport().height()
        last = max(0, self._column.height - page)
        if bar.maximum() != last or bar.pageStep() != page:
            bar.setPageStep(page)
            bar.setRange(0, last)
        if self._is_following:
            bar.setValue(last)

    def _anchor(self) -> tuple[Slot, int] | None:
        """A block in view that keeps its place on the screen while heights above it become known."""
        offset = self.offset
        fallback = None
        for message in self._column.messages_between(offset, offset + self.viewport().height()):
            for slot in self._column.slots_between(message, offset, offset + self.viewport().height()):
                y = self._column.y_of(slot)
                if slot.is_measured and y >= offset:
                    return slot, y - offset
                fallback = fallback or (slot, y - offset)
        return fallback

    def _lay_out_visible(self) -> bool:
        """Lay out what is in view; whether anything moved by it."""
        column = self._column
        top, bottom = self.offset, self.offset + self.viewport().height()
        seen: set[Slot] = set()
        for message in column.messages_between(top, bottom):
            if not message.is_parsed:
                message.parse()
                if message.backlog:
                    self._changed[message] = None
                    self._scheduler.request(self)
                column.place(message)
                column.sum_up(message.index)
                return True
            first = None
            for slot in column.slots_between(message, top, bottom):
                seen.add(slot)
                if slot.sheet is None or not slot.is_measured:
                    if column.lay_out(slot) and first is None:
                        first = slot.index if slot.section is message.answer else 0
                else:
                    column.touch(slot)
            if first is not None:
                column.place(message, first)
                column.sum_up(message.index)
                column.drop_old(seen)
                return True
        column.drop_old(seen)
        return False

    def _show(self, slot: Slot) -> None:
        """Scroll so that `slot` stands in the upper third."""
        for _round in range(3):
            wanted = self._column.y_of(slot) - self.viewport().height() // 3
            self._set_range()
            self.verticalScrollBar().setValue(max(0, wanted))
            self._arrange()

    def _marks(self) -> dict[Slot, list[Mark]]:
        if self._selection.bounds is None and not self._finder.is_active:
            return {}
        marks: dict[Slot, list[Mark]] = {}
        top, bottom = self.offset, self.offset + self.viewport().height()
        for message in self._column.messages_between(top, bottom):
            for slot in self._column.slots_between(message, top, bottom):
                found = [
                    Mark(start, end, "current" if is_current else "hit")
                    for start, end, is_current in self._finder.ranges(slot)
                ]
                if marked := self._selection.range_of(slot):
                    found.append(Mark(*marked, "selection"))
                if found:
                    marks[slot] = found
        return marks

    def _font(self) -> QFont:
        font = QFont(self.font())
        if font.pixelSize() <= 0:
            font.setPixelSize(QFontInfo(font).pixelSize())
        return font

    def _looks(self) -> tuple[Look, Look]:
        font = self._font()
        mono = themes.monospaced(12)
        mono.setPixelSize(max(9, font.pixelSize() - 1))
        return Look(self._theme, font, mono), Look(self._theme, font, mono, is_muted=True)

    def _restyle(self) -> None:
        self._column.restyle(*self._looks(), chrome_of(self._is_card, self._font().pixelSize()))
        self._column.sum_up(0)
        self._arrange()
        self.viewport().update()

    # Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        began = time.thread_time()
        painter = QPainter(self.viewport())
        clip = event.rect()
        Brush(Scene(self._column, self.offset, self._hovered, self._marks()), painter, clip).paint()
        painter.end()
        self.painted_rows += clip.height()
        self._scheduler.add_cost(self, time.thread_time() - began)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._column.width != self.viewport().width():
            self._column.set_width(self.viewport().width())
            self._column.sum_up(0)
        self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().scroll(0, dy)
        if not self._is_arranging:
            bar = self.verticalScrollBar()
            self._is_following = bar.value() >= bar.maximum() - NEAR_END_PX
            height = self._column.height
            self._arrange()
            if self._column.height != height:
                self.viewport().update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._scheduler.shown(self)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._restyle()

    def hover(self, what: tuple[str, str, str], rect: QRect) -> None:
        """A link of ours is under the mouse, or no longer."""
        if what != self._hovered:
            self._hovered = what
            self.viewport().update()

    def toggle_thinking(self, message: Message) -> None:
        """Open or fold what a model thought; once opened by the reader it is never folded again by itself."""
        message.parse()
        message.is_thinking_open = not message.is_thinking_open
        message.has_reader_opened = message.is_thinking_open
        self._is_following = self._is_following and message.is_streaming
        self._place(message)

    def copy_code(self, slot: Slot) -> None:
        """Put a whole code block on the clipboard."""
        blocks = [other.block for other in slot.section.slots]
        parts = [slot.block.text, *(block.text for block in blocks if block.first is slot.block)]
        QGuiApplication.clipboard().setText("\n".join(parts))
        self.code_copied.emit()

    def to_column(self, point: QPoint) -> QPoint:
        return QPoint(point.x(), point.y() + self.offset)
