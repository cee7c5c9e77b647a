"""A table of words and figures that are there already: sorted by a click, best values in bold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from slmdesk.ui import theme
from slmdesk.ui.labels import plain_tip, tr
from slmdesk.ui.widgets.chip import Tone, tone_colours
from slmdesk.ui.widgets.two_line_delegate import Index

ROOT = QModelIndex()
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
LEAST_PX, TEXT_PX, MOST_PX = 58, 120, 260
MEASURED_ROWS = 60  # for the width of a column: more would take long in a large table


@dataclass(frozen=True, slots=True)
class Entry:
    """`value` is what the column is sorted by, the text without one. `tone` colours the ground."""

    text: str
    value: float | None = None
    is_best: bool = False
    tip: str = ""
    tone: Tone | None = None


class PlainTable(QAbstractTableModel):
    """The first column names its row; the others are figures unless `text_columns` has them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._headings: Sequence[str] = ()
        self._rows: Sequence[Sequence[Entry]] = ()
        self._text_columns: frozenset[int] = frozenset({0})

    def set_rows(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[Entry]],
        text_columns: frozenset[int] = frozenset(),
    ) -> None:
        self.beginResetModel()
        self._headings, self._rows = tuple(headings), tuple(rows)
        self._text_columns = text_columns | {0}
        self.endResetModel()

    @property
    def text_columns(self) -> frozenset[int]:
        return self._text_columns

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._headings)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._headings[section]
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(self._headings[section])
            case Qt.ItemDataRole.TextAlignmentRole:
                return self._alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._rows[index.row()][index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return " ".join(entry.text.split())
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(entry.tip or entry.text)
            case Qt.ItemDataRole.AccessibleTextRole:
                words = f"{self._headings[index.column()]}: {entry.text}"
                return f"{words}, {tr('best')}" if entry.is_best else words
            case Qt.ItemDataRole.TextAlignmentRole:
                return self._alignment(index.column())
            case Qt.ItemDataRole.FontRole:
                return _bold() if entry.is_best else None
            case Qt.ItemDataRole.ForegroundRole:
                return QColor(tone_colours(entry.tone)[0]) if entry.tone else None
            case Qt.ItemDataRole.BackgroundRole:
                return QColor(tone_colours(entry.tone)[1]) if entry.tone else None
        if role == SORT_ROLE:
            return entry.text.casefold() if entry.value is None else entry.value
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if column in self._text_columns else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter


class PlainTableView(QTableView):
    """Shows a `PlainTable`; Ctrl+C copies what is selected, with tabs between the cells."""

    def __init__(self, name: str, parent: QWidget | None = None, *, can_sort: bool = True) -> None:
        super().__init__(parent)
        self.table = PlainTable(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSortRole(SORT_ROLE)
        self._sorted.setSourceModel(self.table)
        self._needed: Sequence[int] = ()
        self.setModel(self._sorted)
        self.setAccessibleName(name)
        self.setSortingEnabled(can_sort)
        self._sorted.sort(-1)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setObjectName("plain_table")
        side = self.verticalHeader()
        side.hide()
        side.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        side.setDefaultSectionSize(theme.scaled(30))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setResizeContentsPrecision(MEASURED_ROWS)
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header.setMinimumSectionSize(theme.scaled(LEAST_PX))
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)

    def show_rows(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[Entry]],
        text_columns: frozenset[int] = frozenset(),
    ) -> None:
        """Others; the reader's order and place stay where they can."""
        across, down = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        self.table.set_rows(headings, rows, text_columns)
        header = self.horizontalHeader()
        self._needed = [
            max(self.sizeHintForColumn(at), header.sectionSizeHint(at)) for at in range(len(headings))
        ]
        self._share_width()
        self.horizontalScrollBar().setValue(across)
        self.verticalScrollBar().setValue(down)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """Figures have what they need, texts share the rest; where that is too little it is scrolled."""
        needed, columns = self._needed, range(len(self._needed))
        texts = [at for at in columns if at in self.table.text_columns]
        room = self.viewport().width() - sum(needed[at] for at in columns if at not in texts)
        for column in columns:
            width = needed[column]
            if column in texts:
                width = max(theme.scaled(TEXT_PX), min(width + 8, theme.scaled(MOST_PX)), room // len(texts))
            self.horizontalHeader().resizeSection(column, width)

    def _copy(self) -> None:
        rows: dict[int, list[str]] = {}
        for index in sorted(self.selectedIndexes(), key=lambda index: (index.row(), index.column())):
            rows.setdefault(index.row(), []).append(str(index.data()))
        QGuiApplication.clipboard().setText("\n".join("\t".join(cells) for cells in rows.values()))


def _bold() -> QFont:
    font = QFont(QGuiApplication.font())
    font.setWeight(QFont.Weight.DemiBold)
    return font
