"""The rows of the list of chats as a view, and the box above it in which they are looked for."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListView

from slmdesk.ui import theme
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.menu_place import menu_place

_FOLDING = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_EXTENDING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class ChatSearchBox(QLineEdit):
    """Esc clears what is typed; empty, it leaves the key to the pane."""

    down_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(tr("Search chats"))
        self.setAccessibleName(tr("Search chats"))
        self.setClearButtonEnabled(True)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._takes(event)
        ):
            event.accept()  # before the pane, where the key stops an answer
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down_pressed.emit()
        elif self._takes(event):
            self.clear()
        else:
            super().keyPressEvent(event)

    def _takes(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Escape and bool(self.text())


class ChatListView(QListView):
    """Several chats are chosen with Ctrl and Shift, one of them has the mark.

    `fold_pressed` comes with the marked row for the keys that open and fold a group, `menu_asked` with a
    place in the viewport.
    """

    fold_pressed = Signal(QModelIndex)
    menu_asked = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.is_choosing = False
        """Rows are being chosen, or asked what can be done with them: nothing is opened by it."""
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)  # F2 is an action of the list
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragDropMode(QListView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.CopyAction)  # the rows are ours to move
        self.setDragDropOverwriteMode(True)  # onto a row, never between two
        theme.changed.connect(self.viewport().update)

    @property
    def is_editing(self) -> bool:
        """A name is being typed into a row: other rows would take the field away."""
        return self.state() == QListView.State.EditingState

    @property
    def chosen(self) -> Sequence[QModelIndex]:
        """The rows that are chosen, from above; with the marked one alone where there are not several."""
        rows = sorted(self.selectionModel().selectedIndexes(), key=QModelIndex.row)
        return rows if len(rows) > 1 else [self.currentIndex()]

    def mark(self, index: QModelIndex, others: Sequence[int] = ()) -> None:
        """Choose this row, whatever keys are held, and other rows with it; none with an invalid index."""
        flag = QItemSelectionModel.SelectionFlag
        if not index.isValid():
            self.clearSelection()
            self.setCurrentIndex(index)  # not to be set to the first row when the focus comes
            return
        self.selectionModel().setCurrentIndex(index, flag.ClearAndSelect)
        chosen = QItemSelection()
        for first, last in _stretches(others):  # one by one, thousands take half a minute
            chosen.select(self.model().index(first, 0), self.model().index(last, 0))
        self.selectionModel().select(chosen, flag.Select)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(menu_place(self, event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.is_choosing = bool(event.modifiers() & _EXTENDING)
        if event.key() in _FOLDING and not self.is_editing:
            self.fold_pressed.emit(self.currentIndex())
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_menu = event.button() == Qt.MouseButton.RightButton
        self.is_choosing = is_menu or bool(event.modifiers() & _EXTENDING)
        super().mousePressEvent(event)


def _stretches(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch of rows, which come in order."""
    for _, stretch in groupby(enumerate(rows), lambda place: place[1] - place[0]):
        held = [row for _, row in stretch]
        yield held[0], held[-1]
