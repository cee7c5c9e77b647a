"""What the evaluate pane shows while no pack is open: what it is for, and a way to begin."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr

WIDTH_PX = 620


class StartPage(QWidget):
    """One button to begin with an example, and two for one's own."""

    example_wanted = Signal()
    new_wanted = Signal()
    open_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = plain_label(tr("Which small model is good enough for your task?"))
        title.setProperty("role", "title")
        what = plain_label(
            tr(
                "Put in the documents of your work, the questions about each of them and the answers that "
                "you expect. Several models answer them here, one after the other, and the smallest that is "
                "good enough is named, with how certain that is."
            )
        )
        what.setWordWrap(True)
        what.setProperty("role", "muted")
        self.example_button = QPushButton(tr("Start with an example: data-breach press reports"))
        self.example_button.setProperty("role", "primary")
        self.new_button = QPushButton(tr("New pack"))
        self.open_button = QPushButton(tr("Open a file…"))
        row = QHBoxLayout()
        row.setSpacing(10)
        for button in (self.new_button, self.open_button):
            row.addWidget(button)
        row.addStretch(1)
        first = QHBoxLayout()
        first.addWidget(self.example_button)
        first.addStretch(1)
        card = QFrame()
        card.setProperty("role", "card")
        card.setMaximumWidth(theme.scaled(WIDTH_PX))
        column = QVBoxLayout(card)
        column.setContentsMargins(24, 22, 24, 22)
        column.setSpacing(14)
        column.addWidget(title)
        column.addWidget(what)
        column.addLayout(first)
        column.addLayout(row)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card, 100)
        middle.addStretch(1)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(2)
        self.example_button.clicked.connect(self.example_wanted)
        self.new_button.clicked.connect(self.new_wanted)
        self.open_button.clicked.connect(self.open_wanted)
