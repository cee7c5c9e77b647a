"""The card in which a prompt is written: the field, its settings, the token estimate, Send and Stop."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.ui import theme
from slmdesk.ui.notify import WRITTEN_IN, plain_label
from slmdesk.ui.widgets.answer_words import count, estimate_tokens
from slmdesk.ui.widgets.prompt.prompt_edit import PromptEdit

LEAST_WIDTH_PX = 320
DRAFT_DELAY_MS = 400
ESTIMATE_DELAY_MS = 120


class PromptBox(QFrame):
    """Says `sent` with the text and keeps it: the owner clears it once the message is safe.

    `measured` comes a moment after the text has changed, when its tokens have been estimated.
    """

    sent = Signal(str)
    stopped = Signal()
    draft_changed = Signal(str)
    model_file_dropped = Signal(str)
    measured = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        has_own_stop: bool = False,
        takes_attachments: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setObjectName(WRITTEN_IN)
        self._has_own_stop = has_own_stop
        self._is_running = False
        self._send_text = self.tr("Send")
        self.edit = PromptEdit(self, takes_attachments=takes_attachments)
        self.edit.setPlaceholderText(self.tr("Write a message — Enter sends, Shift+Enter starts a new line"))
        self.edit.setAccessibleName(self.tr("Message"))
        self._notice = plain_label()
        self._notice.setProperty("role", "error")
        self._notice.setWordWrap(True)
        self._notice.hide()
        self._tokens = plain_label(count(0))
        self._tokens.setProperty("role", "muted")
        self.send_button = QPushButton()
        self.send_button.setProperty("role", "primary")
        self._above = QVBoxLayout()
        self._tools = QHBoxLayout()
        self._foot = QHBoxLayout()
        self._is_narrow = False
        self._buttons = QHBoxLayout()
        self._lay_out()
        self._draft_timer = self._timer(DRAFT_DELAY_MS, self._tell_draft)
        self._estimate_timer = self._timer(ESTIMATE_DELAY_MS, self._estimate)
        self.edit.textChanged.connect(self._on_edit_text_changed)
        self.edit.send_pressed.connect(self._on_edit_send_pressed)
        self.edit.stop_pressed.connect(self.stop)
        self.edit.refused.connect(self.say)
        self.edit.model_file_dropped.connect(self.model_file_dropped)
        self.send_button.clicked.connect(self._on_send_button_clicked)
        self._show_button()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.edit.setFocus(event.reason())  # a focus proxy would catch Tab on its way through the window

    def text(self) -> str:
        return self.edit.toPlainText()

    def set_text(self, text: str) -> None:
        """Show a draft or an example; no draft is reported for it."""
        self.edit.blockSignals(True)
        self.edit.set_text(text)
        self.edit.blockSignals(False)
        self._draft_timer.stop()
        self._estimate()
        self.say("")
        self._show_button()

    def clear(self) -> None:
        self.set_text("")

    def say(self, sentence: str) -> None:
        """A quiet line above the buttons, until the text changes; "" takes it away."""
        self._notice.setText(sentence)
        self._notice.setVisible(bool(sentence))

    def set_running(self, is_running: bool) -> None:
        """While an answer runs the button stops it; with a stop button of its own it only rests."""
        self._is_running = is_running
        self._show_button()

    @property
    def is_running(self) -> bool:
        return self._is_running

    def set_send_text(self, text: str) -> None:
        """The verb on the button: "Send", "Send to 3"."""
        self._send_text = text
        self._show_button()

    def add_tool(self, widget: QWidget, place: int = -1) -> None:
        """Put a settings chip at the left of the foot, the last one there or at this place."""
        self._tools.insertWidget(place, widget)

    def add_above(self, widget: QWidget) -> None:
        """Put something that belongs to the message over its text."""
        self._above.addWidget(widget)

    def add_button(self, button: QPushButton) -> None:
        """Put a button left of Send."""
        self._buttons.addWidget(button)

    def flush_draft(self) -> None:
        """Report the draft now, for instance before another chat is opened."""
        if self._draft_timer.isActive():
            self._draft_timer.stop()
            self._tell_draft()

    def _lay_out(self) -> None:
        foot = self._foot
        foot.setSpacing(10)
        self._tools.setSpacing(10)
        self._buttons.setSpacing(10)
        foot.addLayout(self._tools)
        foot.addStretch(1)
        foot.addWidget(self._tokens)
        foot.addLayout(self._buttons)
        foot.addWidget(self.send_button)
        layout = self._column = QVBoxLayout(self)
        self.setMinimumWidth(theme.scaled(LEAST_WIDTH_PX))
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(self._above)
        layout.addWidget(self.edit)
        layout.addWidget(self._notice)
        layout.addLayout(foot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange_foot()

    def _arrange_foot(self) -> None:
        """The chips get a line of their own where they and the buttons do not fit into one."""
        margins = self._column.contentsMargins()
        needed = self._foot.minimumSize().width() + margins.left() + margins.right()
        if self._is_narrow:
            needed += self._tools.minimumSize().width() + self._foot.spacing()
        if (needed > self.width()) == self._is_narrow:
            return
        self._is_narrow = not self._is_narrow
        home: QBoxLayout = self._foot if self._is_narrow else self._column
        home.removeItem(self._tools)
        self._tools.setParent(None)
        if self._is_narrow:
            self._column.insertLayout(self._column.count() - 1, self._tools)
        else:
            self._foot.insertLayout(0, self._tools)

    def _timer(self, delay_ms: int, callback: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(delay_ms)
        timer.timeout.connect(callback)
        return timer

    def _on_edit_text_changed(self) -> None:
        self.say("")
        self._show_button()
        # Started once and not pushed back by every key: whoever types on and on is kept, too.
        for timer in (self._draft_timer, self._estimate_timer):
            if not timer.isActive():
                timer.start()

    def _on_edit_send_pressed(self) -> None:
        if not self._is_running:
            self._send()

    def _on_send_button_clicked(self) -> None:
        if self._is_running:
            self.stop()
        else:
            self._send()

    def _send(self) -> None:
        text = self.text()
        if text.strip():
            self.sent.emit(text)  # still a draft: it may not be taken
        else:
            self.say(self.tr("Write something first."))

    def stop(self) -> None:
        """Ask for an end of what runs, if anything does; a popup above it comes first."""
        if popup := QApplication.activePopupWidget():
            popup.close()
        elif self._is_running:
            self.stopped.emit()

    def _tell_draft(self) -> None:
        self.draft_changed.emit(self.text())

    def show_counted(self, tokens: int) -> None:
        """The tokens of the text as its model counts them."""
        self._tokens.setText(count(tokens))

    def _estimate(self) -> None:
        tokens = estimate_tokens(self.text())
        self._tokens.setText(count(tokens, is_estimate=tokens > 0))
        self.measured.emit()

    def _show_button(self) -> None:
        self.send_button.setEnabled(not (self._is_running and self._has_own_stop))
        if self._is_running and not self._has_own_stop:
            self.send_button.setText(self.tr("Stop"))
            self.send_button.setToolTip(self.tr("Stop the answer (Esc)"))
            self.send_button.setAccessibleName(self.tr("Stop"))
        else:
            self.send_button.setText(f"{self._send_text} ⏎")
            self.send_button.setToolTip(self.tr("Send the message (Enter)"))
            self.send_button.setAccessibleName(self._send_text)
