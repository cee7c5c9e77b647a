"""The line above a branch that leads back to the chat in which it began."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from slmdesk.ui.labels import plain_button_text, plain_tip
from slmdesk.ui.widgets.elided_button import ElidedButton


class BranchLine(QWidget):
    """Hidden for a chat that began by itself, and when the other one is gone."""

    back_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chat_id = ""
        self.button = ElidedButton(mode=Qt.TextElideMode.ElideMiddle)
        self.button.setProperty("role", "link")
        self.button.clicked.connect(lambda: self.back_requested.emit(self._chat_id))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addStretch(1)
        self.hide()

    def set_origin(self, chat_id: str, title: str | None) -> None:
        """The chat to go back to; None as title hides the line."""
        self._chat_id = chat_id
        self.setVisible(title is not None)
        if title is not None:
            name = " ".join(title.split()) or self.tr("New chat")
            words = self.tr("← Branched from “{0}”").format(name)
            self.button.set_full_text(plain_button_text(words))
            self.button.setAccessibleName(words)
            self.button.setToolTip(plain_tip(words))
