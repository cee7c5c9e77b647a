"""The way between panes: an icon with its word for each, settings at the foot."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from slmdesk.ui import theme
from slmdesk.ui.icons import pixmap

ICON_PX = 20


class Rail(QFrame):
    """`chosen` carries the id of the pane."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self._buttons: dict[str, QToolButton] = {}
        self._icons: dict[str, str] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(4, 8, 4, 8)
        self._layout.setSpacing(4)
        self._foot = QVBoxLayout()
        self._foot.setSpacing(4)
        self._layout.addStretch(1)
        self._layout.addLayout(self._foot)
        theme.changed.connect(self._colour)

    def add(self, pane_id: str, title: str, icon: str, *, is_at_foot: bool = False) -> None:
        button = QToolButton()
        button.setProperty("role", "rail")
        button.setText(title)
        button.setAccessibleName(title)
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setFixedHeight(theme.scaled(52))
        button.clicked.connect(lambda: self.chosen.emit(pane_id))
        self._buttons[pane_id] = button
        self._widen()
        self._icons[pane_id] = icon
        if is_at_foot:
            self._foot.addWidget(button)
        else:
            self._layout.insertWidget(len(self._buttons) - self._foot.count() - 1, button)
        self._colour()

    def _widen(self) -> None:
        """All as wide as the longest word, which is longer in other languages."""
        buttons = self._buttons.values()
        for button in buttons:
            button.ensurePolished()  # its words have the size of the style sheet from then on
        longest = max(button.fontMetrics().horizontalAdvance(button.text()) for button in buttons)
        width = max(theme.scaled(48), longest + theme.scaled(5))
        for button in buttons:
            button.setFixedWidth(width)
        self.setFixedWidth(width + theme.scaled(8))

    def set_tip(self, pane_id: str, tip: str) -> None:
        self._buttons[pane_id].setToolTip(tip)

    def mark(self, pane_id: str) -> None:
        """Show which pane is open. No button group: it would take the others out of the way of Tab."""
        for each, button in self._buttons.items():
            button.setChecked(each == pane_id)

    def _colour(self) -> None:
        now = theme.current()
        for pane_id, button in self._buttons.items():
            picture = QIcon(pixmap(self._icons[pane_id], now.muted, ICON_PX))
            picture.addPixmap(
                pixmap(self._icons[pane_id], now.accent, ICON_PX), QIcon.Mode.Normal, QIcon.State.On
            )
            button.setIcon(picture)
