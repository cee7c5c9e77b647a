"""How the columns stand: four buttons in a row, or one with a menu where the window is narrow."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.compare.lane_columns import ColumnLayout

KINDS: tuple[ColumnLayout, ...] = ("columns", "grid", "single", "differences")


class LayoutSwitch(QWidget):
    """`chosen` carries the kind."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = plain_label(self.tr("Layout"))
        self._label.setProperty("role", "muted")
        self.buttons: dict[ColumnLayout, QPushButton] = {}
        self.menu_button = QPushButton()
        self.menu_button.setAccessibleName(self.tr("Layout"))
        menu = QMenu(self)
        self.menu_button.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._label)
        row.addWidget(self.menu_button)
        for kind in KINDS:
            button = QPushButton(layout_word(kind))
            button.setCheckable(True)
            button.clicked.connect(partial(self.choose, kind))
            menu.addAction(layout_word(kind)).triggered.connect(partial(self.choose, kind))
            self.buttons[kind] = button
            row.addWidget(button)
        self.show_kind("columns")
        self.set_narrow(False)

    def show_kind(self, kind: ColumnLayout) -> None:
        for each, button in self.buttons.items():  # no group: Tab reaches only the chosen one of a group
            button.setChecked(each == kind)
        self.menu_button.setText(self.tr("{0} ▾").format(layout_word(kind)))

    def set_narrow(self, is_narrow: bool) -> None:
        self._label.setVisible(not is_narrow)
        self.menu_button.setVisible(is_narrow)
        for button in self.buttons.values():
            button.setVisible(not is_narrow)

    def choose(self, kind: ColumnLayout, _is_checked: bool = False) -> None:
        """Show this kind as pressed, and tell."""
        self.show_kind(kind)
        self.chosen.emit(kind)


def layout_word(kind: ColumnLayout) -> str:
    """The kind in a word."""
    match kind:
        case "columns":
            return tr("Columns")
        case "grid":
            return tr("Grid")
        case "single":
            return tr("One")
        case "differences":
            return tr("Differences")
