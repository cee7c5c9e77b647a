"""The card in which an earlier message is written anew; it stands in the place of the prompt."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.prompt.prompt_edit import PromptEdit


class EditCard(QFrame):
    """Says `sent` with the new text, and `left` when the message stays as it is."""

    sent = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._was = ""
        head = plain_label(self.tr("Editing an earlier message: what was there stays as another version"))
        head.setProperty("role", "muted")
        head.setWordWrap(True)
        self.edit = PromptEdit(self)
        self.edit.setAccessibleName(self.tr("The message to be edited"))
        self._notice = plain_label()
        self._notice.setProperty("role", "error")
        self._notice.setWordWrap(True)
        self._notice.hide()
        self.leave_button = QPushButton(self.tr("Leave (Esc)"))
        self.send_button = QPushButton(self.tr("Send as new version"))
        self.send_button.setProperty("role", "primary")
        foot = QHBoxLayout()
        foot.setSpacing(10)
        foot.addStretch(1)
        foot.addWidget(self.leave_button)
        foot.addWidget(self.send_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(head)
        layout.addWidget(self.edit)
        layout.addWidget(self._notice)
        layout.addLayout(foot)
        self.edit.textChanged.connect(lambda: self.say(""))
        self.edit.send_pressed.connect(self._send)
        self.edit.stop_pressed.connect(self.left)
        self.edit.refused.connect(self.say)
        self.send_button.clicked.connect(self._send)
        self.leave_button.clicked.connect(self.left)
        self.hide()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.edit.setFocus(event.reason())

    def take(self, text: str) -> None:
        """Begin with the text that the message has."""
        self._was = text
        self.edit.set_text(text)

    def say(self, sentence: str) -> None:
        """A quiet line above the buttons; "" takes it away."""
        self._notice.setText(sentence)
        self._notice.setVisible(bool(sentence))

    def _send(self) -> None:
        text = self.edit.toPlainText()
        if not text.strip():
            self.say(self.tr("Write something first."))
        elif text == self._was:
            self.say(self.tr("Nothing is changed yet. Again, below the answer, asks once more."))
        else:
            self.sent.emit(text)
