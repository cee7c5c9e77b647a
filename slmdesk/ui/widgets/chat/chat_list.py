"""The card with all chats: search, groups by day, rename in place, delete, export, new chat."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.store.chats import ChatSummary
from slmdesk.ui import theme
from slmdesk.ui.widgets.chat.chat_list_model import ChatListModel
from slmdesk.ui.widgets.two_line_delegate import TwoLineDelegate

SEARCH_DELAY_MS = 60


class ChatList(QFrame):
    """Tells what the user wants of which chat; holds no chat itself.

    `chosen` comes for every chat that the mark moves to, `opened` when it was meant to be written in.
    """

    chosen = Signal(str)
    opened = Signal()
    new_requested = Signal()
    renamed = Signal(str, str)
    delete_requested = Signal(str)
    export_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._current = ""
        self._is_marking = False
        self.model = ChatListModel(self)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search chats"))
        self.search.setAccessibleName(self.tr("Search chats"))
        self.search.setClearButtonEnabled(True)
        self.view = _View()
        self.view.setModel(self.model)
        self.view.setItemDelegate(TwoLineDelegate(self.view))
        self.view.setAccessibleName(self.tr("Chats"))
        self.new_button = QPushButton(self.tr("New chat"))
        self.new_button.setProperty("role", "primary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.new_button)
        self._search_timer = QTimer(self)
        self._search_timer.setSingleShot(True)
        self._search_timer.setInterval(SEARCH_DELAY_MS)
        self._search_timer.timeout.connect(self._filter)
        self._connect()
        self._add_actions()

    def set_chats(self, chats: Sequence[ChatSummary]) -> None:
        """Show these; the chat that is open stays marked."""
        top = self.view.verticalScrollBar().value()
        self.model.set_chats(chats)
        self.mark(self._current)
        self.view.verticalScrollBar().setValue(top)

    def mark(self, chat_id: str) -> None:
        """Show which chat is open; "" for a new one."""
        self._current = chat_id
        row = self.model.row_of(chat_id)
        self._is_marking = True
        if row < 0:
            self.view.clearSelection()
            self.view.setCurrentIndex(QModelIndex())
        else:
            self.view.setCurrentIndex(self.model.index(row))
        self._is_marking = False

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _text: self._search_timer.start())
        self.search.returnPressed.connect(self.view.setFocus)
        self.view.selectionModel().currentChanged.connect(self._on_view_current_changed)
        for signal in (self.view.clicked, self.view.activated):
            signal.connect(self._on_view_opened)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._on_view_menu_requested)
        self.model.renamed.connect(self.renamed)
        self.new_button.clicked.connect(self.new_requested)

    def _add_actions(self) -> None:
        self.rename_action = self._action(self.tr("Rename"), "F2", self._rename)
        self.delete_action = self._action(
            self.tr("Delete"), QKeySequence(QKeySequence.StandardKey.Delete), self._delete
        )
        self.markdown_action = self._action(
            self.tr("Export as Markdown…"), "", lambda: self._export("markdown")
        )
        self.json_action = self._action(self.tr("Export as JSON…"), "", lambda: self._export("json"))

    def _action(self, text: str, shortcut: str | QKeySequence, callback: Callable[[], None]) -> QAction:
        action = QAction(text, self.view)
        action.setShortcut(QKeySequence(shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(callback)
        self.view.addAction(action)
        return action

    def _filter(self) -> None:
        self.model.set_filter(self.search.text())
        self.mark(self._current)

    def _on_view_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        chat = self.model.summary(current)
        if chat is not None and chat.id != self._current and not self._is_marking:
            self._current = chat.id
            self.chosen.emit(chat.id)

    def _on_view_opened(self, index: QModelIndex) -> None:
        if self.model.summary(index) is not None:
            self.opened.emit()

    def _on_view_menu_requested(self, place: QPoint) -> None:
        index = self.view.indexAt(place)
        if self.model.summary(index) is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.view.setCurrentIndex(index)
        menu.addAction(self.rename_action)
        menu.addActions([self.markdown_action, self.json_action])
        menu.addSeparator()
        menu.addAction(self.delete_action)
        menu.popup(self.view.viewport().mapToGlobal(place))

    def _rename(self) -> None:
        index = self.view.currentIndex()
        if self.model.summary(index) is not None:
            self.view.edit(index)

    def _delete(self) -> None:
        if chat := self.model.summary(self.view.currentIndex()):
            self.delete_requested.emit(chat.id)

    def _export(self, kind: str) -> None:
        if chat := self.model.summary(self.view.currentIndex()):
            self.export_requested.emit(chat.id, kind)


class _View(QListView):
    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)  # F2 is an action of the list
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        theme.changed.connect(self.viewport().update)
