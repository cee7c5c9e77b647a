"""The rows of the table of models: narrowed, sorted, and told apart by their keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from slmdesk.base.memory import size_words
from slmdesk.base.words import later, say
from slmdesk.features.catalog.facts import context_words, count_words, maker_words
from slmdesk.features.catalog.listed import COLUMNS, ListedModel, ListFilter, in_order, narrowed
from slmdesk.ui.labels import plain_tip, tr
from slmdesk.ui.widgets.chip import Tone
from slmdesk.ui.widgets.models.row_pulls import RowPull
from slmdesk.ui.widgets.two_line_delegate import Index

ROOT = QModelIndex()
ROW_ROLE = Qt.ItemDataRole.UserRole
ACTION = len(COLUMNS)  # the column of the button
NOTHING = "–"  # where a fact is not known
VERDICT_TONES: dict[str, Tone] = {
    later("fits"): "good",
    later("fits, slow (CPU)"): "warn",
    later("partly on GPU"): "warn",
    later("tight"): "warn",
    later("too large"): "bad",
    later("unknown"): "plain",
}


class CatalogueModel(QAbstractTableModel):
    """`rows` are those on the screen; `all_rows` those of every filter."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.all_rows: Sequence[ListedModel] = ()
        self.rows: Sequence[ListedModel] = ()
        self.is_measured = False
        self.pulls: Mapping[str, RowPull] = {}
        self._kind: ListFilter = "all"
        self._words = ""
        self._sorted_by: int | None = None
        self._is_reversed = False

    def set_rows(self, rows: Sequence[ListedModel], *, is_measured: bool = True) -> None:
        """Show these; before the machine `is_measured` nothing is said of what fits."""
        self.all_rows, self.is_measured = rows, is_measured
        self._show()

    def set_pulls(self, pulls: Mapping[str, RowPull]) -> None:
        """Show how far the pulls are, by the keys of their rows; only what differs is drawn again."""
        changed = {key for key in pulls.keys() | self.pulls.keys() if pulls.get(key) != self.pulls.get(key)}
        self.pulls = pulls
        for key in changed:
            if (number := self.row_of(key)) is not None:
                place = self.index(number, ACTION)
                self.dataChanged.emit(place, place)

    def action_words(self, row: ListedModel) -> str:
        """What the button of a row does; "" where there is nothing to do."""
        if pull := self.pulls.get(row.key):
            return tr("Pause") if pull.is_going else tr("Go on")
        return action_words(row)

    def narrow(self, kind: ListFilter, words: str) -> None:
        """Only those of this kind in which all words occur."""
        self._kind, self._words = kind, words
        self._show()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By what the column shows; -1 for the order in which they came."""
        self._sorted_by = column if 0 <= column < ACTION else None
        self._is_reversed = order == Qt.SortOrder.DescendingOrder
        self._show()

    def row_of(self, key: str) -> int | None:
        """Where a model stands now; None while a filter hides it."""
        return next((number for number, row in enumerate(self.rows) if row.key == key), None)

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else ACTION + 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole or orientation is Qt.Orientation.Vertical:
            return None
        return _headings()[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._cell(row, index.column())
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(self._tip(row, index.column()))
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{_headings()[index.column()]}: {self._spoken(row, index.column())}"
            case Qt.ItemDataRole.UserRole:
                return row
        return None

    def _show(self) -> None:
        found = narrowed(self.all_rows, self._kind, self._words)
        if self._sorted_by is not None:
            found = in_order(found, COLUMNS[self._sorted_by], is_reversed=self._is_reversed)
        self.beginResetModel()
        self.rows = found
        self.endResetModel()

    def _cell(self, row: ListedModel, column: int) -> str:
        if column == ACTION and (pull := self.pulls.get(row.key)):
            return pull.words
        return self.fit_words(row) if column == COLUMNS.index("fit") else _words(row, column)

    def _spoken(self, row: ListedModel, column: int) -> str:
        words = self._cell(row, column)
        if column == ACTION and row.key in self.pulls:
            return f"{words}, {self.action_words(row)}"
        return f"{words} ({tr('custom')})" if column == 0 and row.is_custom else words

    def fit_words(self, row: ListedModel) -> str:
        """The verdict in a word or two."""
        if not self.is_measured:
            return tr("measuring…")
        return say(row.verdict)

    def _tip(self, row: ListedModel, column: int) -> str:
        if column == ACTION:
            return self.action_words(row)
        if column != COLUMNS.index("fit"):
            return self._name_tip(row) if column == 0 else ""
        return row.fit.explanation if self.is_measured else tr("Memory and its speed are being measured.")

    @staticmethod
    def _name_tip(row: ListedModel) -> str:
        if row.model is not None and row.is_custom:
            return f"{row.key}\n" + tr("A custom model over {0}.").format(row.model.base)
        return row.key


def action_words(row: ListedModel) -> str:
    """What the button of a row does that is not being pulled; "" where there is nothing to do."""
    if row.is_installed:
        return tr("Chat") if "embedding" not in row.capabilities else ""
    return tr("Pull") if row.pull_name else ""


def _words(row: ListedModel, column: int) -> str:
    card = row.card
    if column == ACTION:
        return action_words(row)
    match COLUMNS[column]:
        case "name":
            return row.name
        case "class":
            return class_words(row.size_class) if row.size_class else NOTHING
        case "parameters":
            return count_words(row.parameters) if row.parameters else NOTHING
        case "size":
            return size_words(row.size_bytes) if row.size_bytes else NOTHING
        case "quantization":
            return row.quantization or NOTHING
        case "context":
            return context_words(row.context_tokens) if row.context_tokens else NOTHING
        case "licence":
            return card.licence.name if card else NOTHING
    return maker_words(card.entry) if card else NOTHING


def class_words(name: str) -> str:
    """A size class in the language of the window."""
    return {"Tiny": tr("Tiny"), "Small": tr("Small"), "Medium": tr("Medium"), "Large": tr("Large")}[name]


def _headings() -> tuple[str, ...]:
    shape = tr("Class"), tr("Parameters"), tr("Size"), tr("Quant"), tr("Context")
    return tr("Model"), *shape, tr("Licence"), tr("Maker · origin"), tr("This machine"), tr("Action")
