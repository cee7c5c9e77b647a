"""The foot of the window in words, and the bar for notices that wait to be read."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from slmdesk.ui import theme
from slmdesk.ui.icons import icon
from slmdesk.ui.labels import plain_label, plain_tip
from slmdesk.ui.widgets.elided_label import ElidedLabel

MOST_NAMED = 2
NAME_CHARACTERS = 24


class StatusLine(QFrame):
    """What is going on at the left, what leaves this machine and what happened before at the right."""

    activity_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self.setFixedHeight(theme.scaled(27))
        self._activity = ElidedLabel(self.tr("Ready"))
        self._pulls = plain_label()
        self._pulls.hide()
        self._privacy = plain_label()
        self._past = QToolButton()
        self._past.setProperty("role", "flat")
        self._past.setToolTip(self.tr("Activity: what happened before"))
        self._past.setAccessibleName(self.tr("Activity"))
        self._past.setFixedSize(theme.scaled(24), theme.scaled(22))
        self._past.clicked.connect(self.activity_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 10, 0)
        layout.setSpacing(12)
        layout.addWidget(self._activity, 1)
        layout.addWidget(self._pulls)
        layout.addWidget(self._privacy)
        layout.addWidget(self._past)
        theme.changed.connect(self._colour)
        self._colour()

    def set_activity(self, text: str) -> None:
        self._activity.set_full_text(text or self.tr("Ready"))

    def set_pulls(self, text: str) -> None:
        """How far what is fetched has come, "" for nothing."""
        self._pulls.setText(text)
        self._pulls.setVisible(bool(text))

    def _colour(self) -> None:
        self._past.setIcon(icon("activity", theme.current().muted, 14))

    def set_places(self, places: list[str]) -> None:
        """Name the engines elsewhere, to which prompts may go: the first two, and all in the tip."""
        self._privacy.setToolTip(plain_tip("\n".join(places)))
        if not places:
            self._privacy.setText(self.tr("All data stays on this machine"))
            return
        named = [_shortened(place) for place in places[:MOST_NAMED]]
        if left := len(places) - len(named):
            named.append(self.tr("{0} more").format(left))
        self._privacy.setText(self.tr("Prompts to {0} leave this machine").format(", ".join(named)))


def _shortened(name: str) -> str:
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1].rstrip()}…"


class NoticeBar(QFrame):
    """Quiet lines above the panes, one at a time, each closed by the reader."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice_bar")
        self._waiting: list[str] = []
        self._text = plain_label()
        self._text.setWordWrap(True)
        close = QToolButton()
        close.setProperty("role", "flat")
        close.setToolTip(self.tr("Close this notice"))
        close.setAccessibleName(self.tr("Close this notice"))
        close.clicked.connect(self._on_close_clicked)
        self._close = close
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 4, 10, 4)
        layout.addWidget(self._text, 1)
        layout.addWidget(close)
        theme.changed.connect(self._colour)
        self._colour()
        self.hide()

    def add(self, text: str) -> None:
        """Show it once those before it are closed; what waits already does not wait twice."""
        if text not in self._waiting:
            self._waiting.append(text)
        self._show_first()

    def remove(self, text: str) -> None:
        """Nobody needs to read it any more."""
        self._waiting = [each for each in self._waiting if each != text]
        self._show_first()

    def _on_close_clicked(self) -> None:
        del self._waiting[:1]
        self._show_first()

    def _show_first(self) -> None:
        self.setVisible(bool(self._waiting))
        self._text.setText(self._waiting[0] if self._waiting else "")

    def _colour(self) -> None:
        self._close.setIcon(icon("close", theme.current().warn, 14))
