"""One pull as a line: its name, how far it is in a bar and in words, and what can be done with it."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.features.pulls.queue import Pull, PullState
from slmdesk.ui import theme
from slmdesk.ui.icons import icon
from slmdesk.ui.labels import short_name
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.models.pull_words import state_words

STEPS = 1000
BAR_PX = 160


class PullRow(QFrame):
    """`acted` carries what is wanted: "pause", "resume", "up", "cancel", "forget", "chat" or "measure"."""

    acted = Signal(str, str)

    def __init__(self, pull: Pull, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._id = pull.id
        self._name = ElidedLabel(short_name(pull.name))
        self._name.setProperty("role", "heading")
        self._name.setToolTip(pull.name.replace("<", "‹"))
        self.bar = QProgressBar()
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(theme.scaled(BAR_PX))
        self.bar.setAccessibleName(self.tr("Progress of {0}").format(short_name(pull.name)))
        self.words = ElidedLabel()
        self.words.setProperty("role", "small")
        name = short_name(pull.name)
        self.chat = self._button(self.tr("Chat"), "chat")
        self.measure = self._button(self.tr("Measure speed (20 s)"), "measure")
        self.up = self._tool("up", self.tr("Fetch {0} earlier").format(name))
        self.pause = self._tool("pause", self.tr("Pause {0}").format(name))
        self.resume = self._tool("resume", self.tr("Go on with {0}").format(name), "play")
        self.cancel = self._tool("cancel", self.tr("Cancel {0}").format(name), "close")
        self.forget = self._tool("forget", self.tr("Take {0} off the list").format(name), "close")
        self._lay_out()
        theme.changed.connect(self._colour)
        self._colour()
        self.show_pull(pull, is_first=True)

    def show_pull(self, pull: Pull, *, is_first: bool) -> None:
        """As it stands now; the first of those that wait cannot go further up."""
        state = pull.state
        is_open = state != PullState.DONE
        self.bar.setVisible(is_open)
        self.bar.setValue(round(STEPS * (pull.progress.fraction or 0)))
        self.words.set_full_text(state_words(pull))
        self._dress("error" if state == PullState.FAILED else "small")
        self.chat.setVisible(not is_open)
        self.measure.setVisible(not is_open)
        self.up.setVisible(state == PullState.WAITING and not is_first)
        self.pause.setVisible(state in (PullState.RUNNING, PullState.WAITING))
        self.resume.setVisible(state in (PullState.PAUSED, PullState.FAILED))
        self.cancel.setVisible(is_open)
        self.forget.setVisible(not is_open)

    def _lay_out(self) -> None:
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self._name)
        told.addWidget(self.words)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addLayout(told, 1)
        row.addWidget(self.bar)
        for button in self._buttons():
            row.addWidget(button)

    def _buttons(self) -> Sequence[QPushButton | QToolButton]:
        return (self.measure, self.chat, self.up, self.pause, self.resume, self.cancel, self.forget)

    def _button(self, text: str, wanted: str) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda: self.acted.emit(self._id, wanted))
        return button

    def _tool(self, wanted: str, tip: str, picture: str = "") -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setProperty("picture", picture or wanted)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFixedSize(theme.scaled(28), theme.scaled(26))
        button.clicked.connect(lambda: self.acted.emit(self._id, wanted))
        return button

    def _colour(self) -> None:
        for button in self._buttons():
            if isinstance(button, QToolButton):
                button.setIcon(icon(button.property("picture"), theme.current().muted, 16))

    def _dress(self, role: str) -> None:
        if self.words.property("role") != role:
            self.words.setProperty("role", role)
            self.words.style().polish(self.words)
