"""How far an import has come, with the button that stops it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from slmdesk.base.words import counted
from slmdesk.ui.widgets.elided_label import ElidedLabel


class ImportLine(QWidget):
    """Hidden while nothing is imported."""

    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = ElidedLabel()
        self.label.setProperty("role", "muted")
        self.stop_button = QPushButton(self.tr("Stop"))
        self.stop_button.setProperty("role", "link")
        self.stop_button.setAccessibleName(self.tr("Stop the import"))
        self.stop_button.clicked.connect(self.stopped)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.stop_button)
        self.hide()

    def show_count(self, count: int) -> None:
        """Chats stored so far."""
        self.label.set_full_text(counted(count, "Importing… {count:,} chat", "Importing… {count:,} chats"))
        self.show()
