"""Find in a chat: a bar over the transcript with the number of hits, next, previous and close."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QWidget

from slmdesk.base.words import number
from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.transcript import BlockView

DELAY_MS = 120


class FindBar(QFrame):
    """Enter goes to the next place, Shift+Enter to the one before, Esc closes."""

    closed = Signal()

    def __init__(self, view: BlockView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._view = view
        self.edit = _Edit()
        self.edit.setPlaceholderText(self.tr("Find in this chat"))
        self.edit.setAccessibleName(self.tr("Find in this chat"))
        self.edit.setClearButtonEnabled(True)
        self.count = plain_label()
        self.count.setProperty("role", "muted")
        self.previous_button = QPushButton("↑")
        self.previous_button.setAccessibleName(self.tr("Previous place"))
        self.previous_button.setToolTip(self.tr("Previous place (Shift+Enter)"))
        self.next_button = QPushButton("↓")
        self.next_button.setAccessibleName(self.tr("Next place"))
        self.next_button.setToolTip(self.tr("Next place (Enter)"))
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.setToolTip(self.tr("Close (Esc)"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(8)
        layout.addWidget(self.edit, 1)
        layout.addWidget(self.count)
        for button in (self.previous_button, self.next_button, self.close_button):
            layout.addWidget(button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._find)
        self.edit.textChanged.connect(lambda _text: self._timer.start())
        self.edit.step_pressed.connect(self.step)
        self.edit.closed.connect(self.close_bar)
        self.next_button.clicked.connect(lambda: self.step(is_backward=False))
        self.previous_button.clicked.connect(lambda: self.step(is_backward=True))
        self.close_button.clicked.connect(self.close_bar)
        self.hide()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.edit.setFocus(event.reason())

    def open(self) -> None:
        """Show the bar; what is marked in the chat, if it is one line, is looked for."""
        marked = self._view.selected_text().strip()
        if marked and "\n" not in marked:
            self.edit.setText(marked)
        self.show()
        self.edit.setFocus()
        self.edit.selectAll()
        self._timer.start()

    def close_bar(self) -> None:
        """Hide the bar and the marks; the place in the chat stays."""
        self._timer.stop()
        self.hide()
        self._view.find_text("")
        self.closed.emit()

    def step(self, is_backward: bool) -> None:
        """Go to another place; around at the end."""
        self._timer.stop()
        self._find(is_backward)

    def refresh(self) -> None:
        """Another chat is shown: look in that one."""
        if self.isVisible():
            self._timer.start()

    def _find(self, is_backward: bool = False) -> None:
        text = self.edit.text()
        place, count = self._view.find_text(text, is_backward)
        words = self.tr("{0} of {1}").format(number(place), number(count)) if count else self.tr("not found")
        self.count.setText(words if text else "")
        for button in (self.previous_button, self.next_button):
            button.setEnabled(count > 0)


class _Edit(QLineEdit):
    step_pressed = Signal(bool)
    closed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.step_pressed.emit(is_shifted)
        else:
            super().keyPressEvent(event)
