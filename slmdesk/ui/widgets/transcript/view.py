"""The transcript: messages of a chat, or a column of a comparison, drawn block by block as they stream in."""

import time
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from slmdesk.ui import theme as themes
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.markdown.formulas import shelf
from slmdesk.ui.widgets.markdown.look import looks_of
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.transcript.accessible import announce, describe
from slmdesk.ui.widgets.transcript.arranger import NEAR_END_PX, Anchor, Arranger
from slmdesk.ui.widgets.transcript.finder import Finder
from slmdesk.ui.widgets.transcript.highlights import Highlights
from slmdesk.ui.widgets.transcript.intake import Intake, Region
from slmdesk.ui.widgets.transcript.keyboard import Keyboard
from slmdesk.ui.widgets.transcript.layout import Column, chrome_of
from slmdesk.ui.widgets.transcript.marks import marks_of
from slmdesk.ui.widgets.transcript.message import Message
from slmdesk.ui.widgets.transcript.navigator import Navigator
from slmdesk.ui.widgets.transcript.painting import Brush, Scene
from slmdesk.ui.widgets.transcript.pointer import Pointer
from slmdesk.ui.widgets.transcript.selection import END, Place, Selection, to_clipboard
from slmdesk.ui.widgets.transcript.token_marks import TokenMarks


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
        look, muted = looks_of(self._theme, self.font())
        self._column = Column(look, muted, chrome_of(is_card, look.size_px))
        self._selection = Selection(self._column)
        self._finder = Finder(self._column)
        self._messages: dict[str, Message] = {}
        self.highlights = Highlights(self._column, self.message_text, self._redraw)
        self._is_arranged = True
        self._intake = Intake(self._column)
        self._arranger = Arranger(self, self._column, self._intake)
        self.navigator = Navigator(self, self._finder, self._arranger)
        self._hovered = ("", "", "")
        self.painted_rows = 0
        self._pointer = Pointer(self)
        self.tokens = TokenMarks(self, self._pointer)
        self._keyboard = Keyboard(self, self._pointer)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Conversation") if is_card else self.tr("Answer"))
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().setSingleStep(3 * self._column.look.line_px)
        shelf.drawn.connect(self._on_shelf_drawn)
        if theme is None:
            themes.changed.connect(self.set_theme)

    # What the panes use

    def clear(self) -> None:
        """Forget all messages."""
        self._messages.clear()
        self._intake.clear()
        self._selection.clear()
        self._finder.clear()
        self.tokens.clear()
        self._column.forget_sheets()
        self._column.messages.clear()
        self._column.sum_up(0)
        self._arranger.is_following = self._is_card  # a single answer is read from its beginning
        self._redraw()

    def add_message(
        self,
        message_id: str,
        role: str,
        text: str,
        thinking: str = "",
        footer: str = "",
        actions: Sequence[tuple[str, str]] = (),
    ) -> None:
        """A message that is there already; it is parsed and laid out when it comes into view."""
        place = len(self._column.messages)
        message = Message(message_id, role, place, text, thinking, footer=footer, actions=tuple(actions))
        if thinking:
            message.thinking_label = self.tr("Thoughts")
        self._messages[message_id] = message
        self._column.messages.append(message)
        self._is_arranged = False
        if self._column.width:
            self._column.place(message)
            self._column.sum_up(message.index)
        self._scheduler.request(self)

    def begin_answer(self, message_id: str) -> None:
        """An empty answer that `append` fills."""
        if message_id not in self._messages:
            self.add_message(message_id, "assistant", "")
        message = self._messages[message_id]
        message.is_streaming = message.is_parsed = self._arranger.is_following = True
        self._place(message)

    def append(self, message_id: str, text: str = "", thinking: str = "") -> None:
        """Add to a running answer; drawn when the scheduler says so."""
        message = self._messages[message_id]
        is_first = bool(text) and not message.answer.slots and not message.pending
        if thinking:
            message.pending.append((True, thinking))
        if text:
            if not message.answer.slots and self._arranger.is_read_back(message):
                message.has_reader_opened = message.is_thinking_open
            message.pending.append((False, text))
        self._intake.add(message)
        self._scheduler.request(self, is_first=is_first)

    def end_answer(self, message_id: str) -> None:
        """The answer is complete: one canonical parse, and what it says is read out."""
        message = self._messages[message_id]
        self._intake.take(message, Region())
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
        height = message.height
        self._column.place(message, len(message.answer.slots))
        if message.height != height:
            self._place(message, len(message.answer.slots))
        else:  # figures tick while an answer is written: nothing else is drawn again
            self._draw(message.top + message.footer_top, message.top + message.height)

    def set_note(self, message_id: str, text: str, is_error: bool = False) -> None:
        """What happened to an answer: stopped, interrupted, an error."""
        message = self._messages[message_id]
        message.note.tone = "bad" if is_error else "warn"
        message.note.set_plain(text)
        self._place(message, len(message.answer.slots))

    def remove_message(self, message_id: str) -> None:
        message = self._messages.pop(message_id)
        self._intake.forget(message)
        self._selection.clear()
        self._finder.clear()
        self._column.messages.remove(message)
        self._column.sum_up(0)
        self._redraw()

    def plain_text(self) -> str:
        """All messages without their Markdown."""
        self._intake.take_all()
        return "\n\n".join(message.plain_text() for message in self._column.messages)

    def message_text(self, message_id: str) -> str:
        """One message as it was written."""
        self._intake.take(self._messages[message_id], Region())
        return self._messages[message_id].text

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
        to_clipboard(self._selection.text())

    def copy_markdown(self) -> None:
        to_clipboard(self._selection.markdown())

    def find_text(self, text: str, is_backward: bool = False) -> tuple[int, int]:
        """Go to the next place; its number and how many there are. An empty text ends the search."""
        return self.navigator.find(text, is_backward)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._restyle()

    def scroll_to_end(self) -> None:
        """Show the end and stay there while it grows."""
        self._arranger.is_following = True
        self._redraw()

    @property
    def is_at_end(self) -> bool:
        return self._arranger.is_following

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
        region = self._intake.take_all()
        if not self._is_arranged:
            self._redraw()
        elif region.is_moved:
            self._arrange()
        self._draw(region.top, region.bottom)

    # How it is done

    def _place(self, message: Message, first: int = 0) -> None:
        """Something around a message's text changed."""
        self._column.place(message, first)
        self._column.sum_up(message.index)
        self._arrange()
        self._draw(message.top, END)

    def _arrange(self, anchor: Anchor | None = None) -> None:
        self._arranger.arrange(anchor)
        self._is_arranged = True
        if not self._intake.is_empty:
            self._scheduler.request(self)

    def _redraw(self, anchor: Anchor | None = None) -> None:
        self._arrange(anchor)
        self.viewport().update()

    def _draw(self, top: int, bottom: int) -> None:
        """Have a part of the column drawn again."""
        view = self.viewport()
        first = max(0, top - self.offset)
        last = min(view.height(), max(bottom, 0) - self.offset)
        if last > first:
            view.update(0, first, view.width(), last - first)

    def _on_shelf_drawn(self) -> None:
        if self._column.forget_waiting():
            self._redraw()

    def _restyle(self) -> None:
        anchor = self._arranger.anchor()
        look, muted = looks_of(self._theme, self.font())
        self._column.restyle(look, muted, chrome_of(self._is_card, look.size_px))
        self._redraw(anchor)

    # Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        began = time.perf_counter()
        painter = QPainter(self.viewport())
        clip = event.rect()
        layers, height = (self.highlights, self.tokens), self.viewport().height()
        marks = marks_of(self._column, self._selection, self._finder, layers, self.offset, height)
        Brush(Scene(self._column, self.offset, self._hovered, marks), painter, clip).paint()
        self._keyboard.paint(painter)
        painter.end()
        self.painted_rows += clip.height()
        self._scheduler.add_cost(self, time.perf_counter() - began)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        anchor = self._arranger.anchor()
        if self._column.width != self.viewport().width():
            self._column.set_width(self.viewport().width())
        self._arrange(anchor)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if self._keyboard.is_framed:
            self.viewport().update()
        else:
            self.viewport().scroll(0, dy)
        if not self._arranger.is_busy:
            bar = self.verticalScrollBar()
            self._arranger.is_following = bar.value() >= bar.maximum() - NEAR_END_PX
            height = self._column.height
            self._arrange()
            if self._column.height != height:
                self.viewport().update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._scheduler.shown(self)
        self._arrange()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._keyboard.enter(event.reason())
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def focusNextPrevChild(self, is_next: bool) -> bool:
        return self._keyboard.step(is_next) or super().focusNextPrevChild(is_next)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._keyboard.leave()
        self._pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._keyboard.leave()
        self._pointer.double_click(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._pointer.context_menu(event.pos()).popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keyboard.press(event):
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hover(("", "", ""))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._restyle()

    def hover(self, what: tuple[str, str, str]) -> None:
        """A link of ours is under the mouse, or no longer."""
        if what != self._hovered:
            self.viewport().update()
        self._hovered = what

    def toggle_thinking(self, message: Message) -> None:
        """Open or fold what a model thought; once opened by the reader it is never folded again by itself."""
        message.parse()
        message.is_thinking_open = not message.is_thinking_open
        message.has_reader_opened = message.is_thinking_open
        self._arranger.is_following = self._arranger.is_following and message.is_streaming
        self._place(message)

    def to_column(self, point: QPoint) -> QPoint:
        return QPoint(point.x(), point.y() + self.offset)
