"""The table of models: keys, mouse, and which row is chosen."""

import contextlib
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from slmdesk.base.words import say
from slmdesk.features.catalog.listed import COLUMNS, Column, ListedModel, ListFilter
from slmdesk.ui import theme
from slmdesk.ui.widgets.chip import chip_size
from slmdesk.ui.widgets.menu_place import menu_place
from slmdesk.ui.widgets.models.catalogue_delegate import GAP, CatalogueDelegate
from slmdesk.ui.widgets.models.catalogue_model import ACTION, ROW_ROLE, VERDICT_TONES, CatalogueModel

ROW_PX = 31
WIDTHS_PX = (190, 80, 94, 78, 86, 74, 112, 152, 126, 100)
LEAST_NAME_PX = 190
FIRST_TO_GO: tuple[Column, ...] = (
    "licence",
    "context",
    "quantization",
    "maker",
    "class",
)  # the card says them, too


class CatalogueView(QTableView):
    """`picked` tells of the row that is chosen now, `acted` of one whose button was pressed.

    `menu_asked` carries a row and where on the screen; `typed` what was typed, for the search.
    """

    picked = Signal(object)
    acted = Signal(object)
    menu_asked = Signal(object, QPoint)
    typed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = CatalogueModel(self)
        self._key = ""
        self.setModel(self.rows)
        self.setItemDelegate(CatalogueDelegate(self))
        self.setObjectName("models_table")
        self.setAccessibleName(self.tr("Models"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self._on_sorted)
        self._lay_out()
        theme.changed.connect(self._lay_out)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.doubleClicked.connect(self._on_double_clicked)

    def set_rows(self, rows: Sequence[ListedModel], *, is_measured: bool = True) -> None:
        """Show these; what is chosen stays chosen, and what is seen stays in sight."""
        place = self.verticalScrollBar().value()
        with self._chosen_again():
            self.rows.set_rows(rows, is_measured=is_measured)
        self.verticalScrollBar().setValue(place)

    def narrow(self, kind: ListFilter, words: str) -> None:
        """Only those of this kind in which all words occur; else the first is chosen."""
        with self._chosen_again():
            self.rows.narrow(kind, words)

    def current_row(self) -> ListedModel | None:
        """The row with the focus."""
        index = self.currentIndex()
        return self.rows.rows[index.row()] if index.isValid() else None

    def chosen_rows(self) -> list[ListedModel]:
        """All that are selected, from above."""
        numbers = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.rows.rows[number] for number in numbers]

    def choose(self, key: str) -> None:
        """Bring the row with this key into view and choose it, unless a filter hides it."""
        if (number := self.rows.row_of(key)) is not None:
            self.selectRow(number)
            self.scrollTo(self.rows.index(number, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.current_row()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self.acted.emit(row)
        elif (text := event.text()) and text.isprintable() and not _is_command(event):
            self.typed.emit(text)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hide_what_has_no_room()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """About the row under the mouse; asked for by key, about the one with the focus."""
        place = menu_place(self, event)
        index = self.indexAt(place)
        if index.isValid():
            self.menu_asked.emit(index.data(ROW_ROLE), self.viewport().mapToGlobal(place))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        is_button = index.column() == ACTION and event.button() == Qt.MouseButton.LeftButton
        if is_button and self._has_button_at(index, event.position().toPoint()):
            self.acted.emit(index.data(ROW_ROLE))

    def _has_button_at(self, index: QModelIndex, place: QPoint) -> bool:
        delegate = self.itemDelegate()
        return isinstance(delegate, CatalogueDelegate) and delegate.button_rect(
            self.visualRect(index), index
        ).contains(place)

    def _lay_out(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme.scaled(ROW_PX))
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)

        header.setHighlightSections(False)
        header.setMinimumSectionSize(theme.scaled(40))
        for column, width in enumerate(self._widths()):
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._hide_what_has_no_room()

    def _hide_what_has_no_room(self) -> None:
        """Names are read first: what would leave them no room is not shown in a narrow window."""
        widths = self._widths()
        shown = sum(widths[1:])
        room = self.viewport().width() - theme.scaled(LEAST_NAME_PX)
        for name in FIRST_TO_GO:
            column = COLUMNS.index(name)
            is_hidden = shown > room
            self.setColumnHidden(column, is_hidden)
            shown -= widths[column] if is_hidden else 0

    def _widths(self) -> list[int]:
        """Those of the design; a verdict is longer in other languages, and is never cut."""
        widths = [theme.scaled(width) for width in WIDTHS_PX]
        longest = max(chip_size(say(verdict), self.font()).width() for verdict in VERDICT_TONES)
        fit = COLUMNS.index("fit")
        widths[fit] = max(widths[fit], longest + 2 * GAP)
        return widths

    @contextlib.contextmanager
    def _chosen_again(self) -> Iterator[None]:
        """Around a change of the rows, which forgets what was chosen."""
        keys = [row.key for row in self.chosen_rows()]
        yield
        numbers = [number for key in (self._key, *keys) if (number := self.rows.row_of(key)) is not None]
        if not self.rows.rows:
            self.picked.emit(None)
            return
        self.selectRow(numbers[0] if numbers else 0)
        whole = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for number in numbers[1:]:
            self.selectionModel().select(self.rows.index(number, 0), whole)

    def _on_current_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            row = self.rows.rows[now.row()]
            self._key = row.key
            self.picked.emit(row)

    def _on_sorted(self, column: int, order: Qt.SortOrder) -> None:
        with self._chosen_again():
            self.rows.sort(column, order)

    def _on_double_clicked(self, index: QModelIndex) -> None:
        if index.column() != ACTION:
            self.acted.emit(index.data(ROW_ROLE))


def _is_command(event: QKeyEvent) -> bool:
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    return bool(event.modifiers() & held) or event.text().isspace()
