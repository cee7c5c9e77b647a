"""A list of plain values as Qt wants it: what all lists of the program share."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

AnyIndex = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
_Row = TypeVar("_Row")


class RowList(QAbstractListModel, Generic[_Row]):
    """`row_data` says what a row shows; rows are set all at once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: Sequence[_Row] = ()

    def set_rows(self, rows: Sequence[_Row]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    @abstractmethod
    def row_data(self, row: _Row, role: int) -> Any:
        """What stands for this row in a role of Qt's; None for nothing."""

    def rowCount(self, parent: AnyIndex = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self.row_data(self.rows[index.row()], role) if index.isValid() else None
