"""Two to four models as a table, a line for each thing that tells them apart."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from slmdesk.base.words import say
from slmdesk.features.catalog.cards import Card
from slmdesk.features.catalog.comparing import compared
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_tip, tr
from slmdesk.ui.notify import Dialog

WIDTH_PX = 980
HEIGHT_PX = 460
NAMES_PX, COLUMN_PX = 170, 260


class CompareSheet(Dialog):
    """What all have in common is quiet, and can be left out. Raises BadInput for a wrong number of models."""

    def __init__(self, parent: QWidget, chosen: Sequence[Card]) -> None:
        lines = compared(chosen)
        super().__init__(parent, tr("Compare models"), tr("Facts and estimates for this machine."))
        self._shared = [number for number, line in enumerate(lines) if line.is_same]
        self.table = QTableWidget(len(lines) - 1, len(chosen))
        self.table.setAccessibleName(tr("Compare models"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.setCornerButtonEnabled(False)
        self.table.setHorizontalHeaderLabels(lines[0].values)
        self.table.setVerticalHeaderLabels([say(line.name) for line in lines[1:]])
        for number, line in enumerate(lines[1:]):
            for column, value in enumerate(line.values):
                self.table.setItem(number, column, _item(say(value), is_same=line.is_same))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.table.setMinimumHeight(theme.scaled(HEIGHT_PX))
        wanted = theme.scaled(min(WIDTH_PX, NAMES_PX + COLUMN_PX * len(chosen)))
        self.setMinimumWidth(min(wanted, parent.window().width()))
        self.differences = QCheckBox(tr("Only what differs"))
        self.differences.toggled.connect(self._on_differences_toggled)
        self.body.addWidget(self.table)
        self.body.addWidget(self.differences)
        self.add_close_button()

    def _on_differences_toggled(self, is_on: bool) -> None:
        for number in self._shared:
            if number:
                self.table.setRowHidden(number - 1, is_on)


def _item(text: str, *, is_same: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(plain_tip(text))
    if is_same:
        item.setForeground(QColor(theme.current().muted))
    return item
