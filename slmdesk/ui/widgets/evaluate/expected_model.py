"""The expected answers as a table: a line a document, a column a question."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from slmdesk.features.evaluate.pack import Document, ExpectedKey, Pack, Question
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_tip, tr

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class ExpectedModel(QAbstractTableModel):
    """`edited` carries answers by (document, question id); the pack is changed by who listens."""

    edited = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._pack = Pack("")
        self._problems: Mapping[ExpectedKey, str] = {}

    def show_pack(self, pack: Pack) -> None:
        """Draw anew; cells alone where documents and questions are the same."""
        before, self._pack = self._pack, pack
        is_same = _names(before.documents) == _names(pack.documents) and before.questions == pack.questions
        if not is_same:
            self.beginResetModel()
            self.endResetModel()
        elif before.expected != pack.expected:
            self._redraw()

    def show_problems(self, problems: Mapping[ExpectedKey, str]) -> None:
        """What is wrong with single answers, in words."""
        if problems != self._problems:
            self._problems = problems
            self._redraw()

    def question(self, column: int) -> Question:
        return self._pack.questions[column]

    def document(self, row: int) -> str:
        return self._pack.documents[row].name

    def key(self, row: int, column: int) -> ExpectedKey:
        return self._pack.documents[row].name, self._pack.questions[column].id

    def place_of(self, key: ExpectedKey) -> Index:
        """The cell of an answer; an invalid index where there is none."""
        names, ids = _names(self._pack.documents), [each.id for each in self._pack.questions]
        if key[0] in names and key[1] in ids:
            return self.index(names.index(key[0]), ids.index(key[1]))
        return ROOT

    def put(self, rows: Sequence[Sequence[str]], row: int, column: int) -> None:
        """A block of answers from this cell on; what lies beyond the table is left out."""
        self.edited.emit(
            {
                self.key(row + down, column + right): text
                for down, line in enumerate(rows)
                for right, text in enumerate(line)
                if row + down < self.rowCount() and column + right < self.columnCount()
            }
        )

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._pack.documents)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._pack.questions)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        is_row = orientation is Qt.Orientation.Vertical
        text = self.document(section) if is_row else self.question(section).text or self.question(section).id
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return " ".join(text.split())
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(text)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        key = self.key(index.row(), index.column())
        answer = self._pack.expected.get(key, "")
        problem = self._problems.get(key, "")
        match role:
            case Qt.ItemDataRole.DisplayRole:
                words = " ".join(answer.split())
                return f"⚠ {words}" if problem else words
            case Qt.ItemDataRole.EditRole:
                return answer
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(problem or answer)
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(filter(None, (key[0], answer or tr("nothing expected"), problem)))
            case Qt.ItemDataRole.ForegroundRole:
                return QColor(theme.current().bad if problem else theme.current().text)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        self.edited.emit({self.key(index.row(), index.column()): str(value)})
        return True

    def _redraw(self) -> None:
        if self.rowCount() and self.columnCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))


def _names(documents: Sequence[Document]) -> list[str]:
    return [document.name for document in documents]
