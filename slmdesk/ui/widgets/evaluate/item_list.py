"""A list of the documents or the questions of a pack: chosen, moved, renamed and deleted by mouse and key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.ui.labels import plain_tip, small_label, tr
from slmdesk.ui.widgets.row_list import NO_PARENT, AnyIndex, RowList
from slmdesk.ui.widgets.two_line_delegate import SUBTITLE_ROLE, TwoLineDelegate

UP = QKeySequence(Qt.Modifier.ALT | Qt.Key.Key_Up)
DOWN = QKeySequence(Qt.Modifier.ALT | Qt.Key.Key_Down)


@dataclass(frozen=True, slots=True)
class Item:
    """`key` is a name that is unique in the list; `title` what is shown first.

    `is_wrong` where the detail says what is to be mended.
    """

    key: str
    title: str
    detail: str
    is_wrong: bool = False


class ItemRows(RowList[Item]):
    """Rows that can be dragged to another place: `dropped` carries the key and the steps down."""

    dropped = Signal(str, int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._dragged = -1

    def row_data(self, row: Item, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.title
            case Qt.ItemDataRole.EditRole:
                return row.key
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(f"{row.title}\n{row.detail}")
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{row.title}, {row.detail}"
            case _ if role == SUBTITLE_ROLE:
                return tr("⚠ {0}").format(row.detail) if row.is_wrong else row.detail
        return None

    def place_of(self, key: str) -> int:
        """-1 where there is none."""
        return next((place for place, row in enumerate(self.rows) if row.key == key), -1)

    def show_rows(self, rows: Sequence[Item]) -> None:
        """Keeps the choice where the rows are the same ones with other words."""
        if [row.key for row in rows] != [row.key for row in self.rows]:
            self.set_rows(rows)
        elif tuple(rows) != self.rows:
            self.rows = tuple(rows)
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | (Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.ItemIsDropEnabled)

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        self._dragged = indexes[0].row() if indexes else -1
        return super().mimeData(indexes)

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: AnyIndex = NO_PARENT
    ) -> bool:
        """False, so that the view takes no row away: the pack itself is changed."""
        if 0 <= self._dragged < len(self.rows) and row >= 0:
            place = self._dragged
            self.dropped.emit(self.rows[place].key, row - place - (1 if row > place else 0))
        return False


class ItemList(QFrame):
    """`chosen` carries a key, "" for none; the other signals say what is wanted with one.

    Without `has_names` nothing is renamed or duplicated: the keys are given from outside.
    """

    chosen = Signal(str)
    rename_wanted = Signal(str)
    delete_wanted = Signal(str)
    duplicate_wanted = Signal(str)
    move_wanted = Signal(str, int)

    def __init__(self, name: str, parent: QWidget | None = None, *, has_names: bool = True) -> None:
        super().__init__(parent)
        self._has_names = has_names
        self.setProperty("role", "card")
        self.model = ItemRows(self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(TwoLineDelegate(self.view))
        self.view.setAccessibleName(name)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.empty = small_label()
        self.empty.setContentsMargins(8, 8, 8, 0)
        self.empty.hide()
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 8)
        layout.setSpacing(6)
        layout.addWidget(self.empty)
        layout.addWidget(self.view, 1)
        layout.addLayout(self.buttons)
        self._add_actions()
        self.model.dropped.connect(self.move_wanted)
        self.view.selectionModel().currentChanged.connect(self._on_current_changed)

    @property
    def key(self) -> str:
        """The one that is chosen, "" for none."""
        row = self.view.currentIndex().row()
        return self.model.rows[row].key if 0 <= row < len(self.model.rows) else ""

    def add_button(self, text: str, callback: Callable[[], object], *, name: str = "") -> QPushButton:
        """A button at the foot of the list."""
        button = QPushButton(text)
        button.setProperty("role", "small_button")
        if name:
            button.setAccessibleName(name)
            button.setToolTip(name)
        button.clicked.connect(lambda: callback())
        self.buttons.addWidget(button)
        return button

    def show_rows(self, rows: Sequence[Item], choose: str = "") -> None:
        """Show these; `choose` is chosen, else what was, else what now stands in its place."""
        place, key = max(self.view.currentIndex().row(), 0), self.key
        self.model.show_rows(rows)
        wanted = next((each for each in (choose, key) if each and self.model.place_of(each) >= 0), "")
        row = self.model.place_of(wanted) if wanted else min(place, len(rows) - 1)
        if row != self.view.currentIndex().row():
            self.view.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())
        self.empty.setVisible(not rows and bool(self.empty.text()))
        if not rows:
            self.chosen.emit("")

    def choose(self, key: str) -> None:
        """Bring one into sight."""
        if (place := self.model.place_of(key)) >= 0:
            self.view.setCurrentIndex(self.model.index(place))

    def _add_actions(self) -> None:
        delete = QKeySequence.StandardKey.Delete
        of_names = (
            (tr("Rename…"), "F2", self.rename_wanted),
            (tr("Duplicate"), "Ctrl+D", self.duplicate_wanted),
        )
        for text, keys, signal in (
            *(of_names if self._has_names else ()),
            (tr("Move up"), UP, -1),
            (tr("Move down"), DOWN, 1),
            (tr("Delete"), delete, self.delete_wanted),
        ):
            action = QAction(text, self.view)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(partial(self._on_action_triggered, signal))
            self.view.addAction(action)

    def _on_action_triggered(self, signal: Any, _is_checked: bool = False) -> None:
        if not self.key:
            return
        if isinstance(signal, int):
            self.move_wanted.emit(self.key, signal)
        else:
            signal.emit(self.key)

    def _on_current_changed(
        self, _index: QModelIndex | QPersistentModelIndex, _before: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.chosen.emit(self.key)
