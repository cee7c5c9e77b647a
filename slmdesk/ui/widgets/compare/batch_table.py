"""A list of prompts as a table: a line a prompt, a column a model, live."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QColor

from slmdesk.base.words import counted, number
from slmdesk.features.compare.batch import Batch, Cell
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_tip, tr
from slmdesk.ui.widgets.two_line_delegate import Index

ROOT = QModelIndex()
MOST_CHARACTERS = 200  # of a text in a cell: it is cut by its width anyway


class BatchTable(QAbstractTableModel):
    """The first column holds the prompts; the others hold what the batch has."""

    def __init__(self, batch: Batch, parent: Any = None) -> None:
        super().__init__(parent)
        self._batch = batch
        for unsubscribe in (
            batch.changed.subscribe(lambda _none: self._on_changed()),
            batch.cell_changed.subscribe(self._on_cell_changed),
        ):
            self.destroyed.connect(unsubscribe)
        self._shown_id = batch.id

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._batch.prompts)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else 1 + len(self._batch.names)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        is_row = orientation is Qt.Orientation.Vertical
        name = "" if is_row else self._batch.names[section - 1] if section else tr("Prompt")
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return str(section + 1) if is_row else name
            case Qt.ItemDataRole.ToolTipRole:  # what has no room, or is scrolled away
                return plain_tip(self._batch.prompts[section][:MOST_CHARACTERS] if is_row else name)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        prompt = self._batch.prompts[index.row()]
        if index.column() == 0:
            return _prompt_data(prompt, role)
        cell = self._batch.cell(index.row(), index.column() - 1)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cell_words(cell)
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(figures_of(cell))
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self._batch.names[index.column() - 1]}: {cell_words(cell)}"
            case Qt.ItemDataRole.ForegroundRole:
                return QColor(_ink(cell))
        return None

    def _on_changed(self) -> None:
        if self._batch.id != self._shown_id:
            self._shown_id = self._batch.id
            self.beginResetModel()
            self.endResetModel()
        elif rows := self.rowCount():
            last = self.index(rows - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _on_cell_changed(self, place: tuple[int, int]) -> None:
        row, column = place
        index = self.index(row, column + 1)
        self.dataChanged.emit(index, index)


def cell_words(cell: Cell) -> str:
    """The beginning of the answer, or what became of it."""
    match cell.state:
        case "waiting":
            return tr("waiting")
        case "writing":
            return tr("running…")
        case "failed":
            return tr("failed: {0}").format(cell.error)
        case "done":
            return _one_line(cell.text) or tr("no answer")
        case "interrupted":
            return f"{tr('interrupted')} {_one_line(cell.text)}".strip()
    return f"{tr('stopped')} {_one_line(cell.text)}".strip()


def figures_of(cell: Cell) -> str:
    """ "20.0 tok/s · 188 tokens · 12.4 s"; "" where nothing is known."""
    parts = (
        tr("{0} tok/s").format(number(cell.tokens_per_s, ".1f")) if cell.tokens_per_s is not None else "",
        counted(cell.tokens, "{count:,} token", "{count:,} tokens") if cell.tokens is not None else "",
        tr("{0} s").format(number(cell.seconds, ".1f")) if cell.seconds is not None else "",
    )
    return " · ".join(part for part in parts if part)


def _prompt_data(prompt: str, role: int) -> Any:
    match role:
        case Qt.ItemDataRole.DisplayRole:
            return _one_line(prompt)
        case Qt.ItemDataRole.ToolTipRole:
            return plain_tip(prompt[:MOST_CHARACTERS])
    return None


def _one_line(text: str) -> str:
    return " ".join(text[: 2 * MOST_CHARACTERS].split())[:MOST_CHARACTERS]


def _ink(cell: Cell) -> str:
    now = theme.current()
    match cell.state:
        case "done":
            return now.text
        case "failed" | "interrupted":
            return now.bad
        case "writing":
            return now.accent
    return now.muted
