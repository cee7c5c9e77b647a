"""The card with all chats: search, pinned chats, folders and days, rename in place, new chat."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from slmdesk.store.chats import ChatSummary
from slmdesk.store.folders import Folder
from slmdesk.ui.actions import Actions
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chat.chat_delegate import ChatDelegate
from slmdesk.ui.widgets.chat.chat_list_model import ChatListModel
from slmdesk.ui.widgets.chat.chat_list_rows import Found, Group, HitRow, Note, Shelved
from slmdesk.ui.widgets.chat.chat_list_view import ChatListView, ChatSearchBox
from slmdesk.ui.widgets.chat.chat_menu import ChatMenu
from slmdesk.ui.widgets.chat.import_line import ImportLine

SEARCH_DELAY_MS = 60


class ChatList(QFrame):
    """Tells what the user wants of which chat; holds no chat itself.

    `chosen` comes for every chat that the mark moves to, `opened` when it was meant to be written in.
    `searched` brings what is looked for, `hit_opened` the message that was found, `more_requested` that
    the hits are not enough.
    """

    chosen = Signal(str)
    opened = Signal()
    new_requested = Signal()
    renamed = Signal(str, str)
    folder_renamed = Signal(str, str)
    searched = Signal(str)
    hit_opened = Signal(object)
    more_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._current = self._opened = self._unrevealed = ""
        self._shelved = Shelved()
        self._is_marking = False
        self.model = ChatListModel(self)
        self.search = ChatSearchBox()
        self.view = ChatListView()
        self.view.setModel(self.model)
        delegate = ChatDelegate(self.view)
        delegate.closeEditor.connect(lambda *_: QTimer.singleShot(0, self, self._show_shelved))
        self.view.setItemDelegate(delegate)
        self.view.setAccessibleName(self.tr("Chats"))
        self.menu = ChatMenu(self.view, self.model)
        self.import_line = ImportLine()
        self.new_button = QPushButton(self.tr("New chat"))
        self.new_button.setProperty("role", "primary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.import_line)
        layout.addWidget(self.new_button)
        self._search_timer = QTimer(self)
        self._search_timer.setSingleShot(True)
        self._search_timer.setInterval(SEARCH_DELAY_MS)
        self._search_timer.timeout.connect(self._filter)
        self._connect()

    def set_chats(
        self,
        chats: Sequence[ChatSummary],
        folders: Sequence[Folder] = (),
        archived: Sequence[ChatSummary] = (),
    ) -> None:
        """Show these; the row that is marked stays marked."""
        self._shelved = Shelved(chats, folders, archived)
        if not self.view.is_editing:  # else when the name is typed
            self._show_shelved()

    def set_found(self, found: Found | None) -> None:
        """Messages that hold what is in the search box."""
        self._exchange(lambda: self.model.set_found(found))

    def mark(self, chat_id: str) -> None:
        """Show which chat is open, and unfold its folder if it was not; "" for a new one."""
        if chat_id != self._opened:
            self._opened = self._unrevealed = chat_id
        self._current = chat_id
        self._reveal()
        row = self.model.row(self.view.currentIndex())
        is_from_hit = isinstance(row, HitRow) and row.hit.chat_id == chat_id
        if not is_from_hit and not self.view.is_editing:
            self._mark_row(self.model.row_of(chat_id))

    def _show_shelved(self) -> None:
        self._exchange(lambda: self.model.set_shelved(self._shelved))
        self._reveal()

    def _reveal(self) -> None:
        """Once for each chat that is opened: a folder that is folded afterwards stays so."""
        if self._unrevealed and self.model.holds(self._unrevealed):
            chat_id, self._unrevealed = self._unrevealed, ""
            if folder_id := self.model.folder_of(chat_id):
                self.open_group(folder_id)

    def open_group(self, group_id: str) -> None:
        """Show what is in a folder."""
        self._exchange(lambda: self.model.open_group(group_id))

    def edit_folder(self, folder_id: str) -> None:
        """Let the user name a folder that was just made."""
        self.search.clear()
        row = self.model.row_of(f"group:{folder_id}")
        if row >= 0:
            index = self.model.index(row)
            self._mark_row(row)
            self.view.scrollTo(index)
            self.view.edit(index)

    def _mark_row(self, row: int, others: Sequence[int] = ()) -> None:
        self._is_marking = True
        index = self.model.index(row) if row >= 0 else QModelIndex()
        self.view.mark(index, others)
        self._is_marking = False

    def _exchange(self, work: Callable[[], None]) -> None:
        """Other rows: what is marked or chosen stays so, and the place too, if it is still there."""
        top = self.view.verticalScrollBar().value()
        marked = self.model.key(self.view.currentIndex())
        chosen = {self.model.key(index) for index in self.view.chosen}
        work()
        others = self.model.rows_of(chosen) if len(chosen) > 1 else []
        is_kept = bool(marked) and (self.view.hasFocus() or bool(others))
        row = self.model.row_of(marked) if is_kept else -1
        if row >= 0 or others:
            self._mark_row(row if row >= 0 else others[0], others)
        else:
            self.mark(self._current)
        self.view.verticalScrollBar().setValue(top)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _text: self._search_timer.start())
        self.search.returnPressed.connect(self._enter_rows)
        self.search.down_pressed.connect(self._enter_rows)
        self.view.selectionModel().currentChanged.connect(self._on_view_current_changed)
        self.view.clicked.connect(self._on_view_clicked)
        self.view.activated.connect(self._open)
        self.view.menu_asked.connect(self.menu.open)
        self.view.fold_pressed.connect(self._toggle)
        self.model.renamed.connect(self.renamed)
        self.model.folder_renamed.connect(self.folder_renamed)
        self.new_button.clicked.connect(self.new_requested)

    def _filter(self) -> None:
        self._exchange(lambda: self.model.set_filter(self.search.text()))
        self.searched.emit(self.search.text())

    def _enter_rows(self) -> None:
        """From the search box into what it has found."""
        self.view.setFocus()
        if not self.view.currentIndex().isValid():
            rows = range(self.model.rowCount())
            chosen = Qt.ItemFlag.ItemIsSelectable
            first = next((row for row in rows if self.model.flags(self.model.index(row)) & chosen), -1)
            self._mark_row(first)

    def _on_view_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        chat = self.model.summary(current)
        is_meant = not self._is_marking and not self.view.is_choosing
        if chat is not None and chat.id != self._current and is_meant:
            self._current = chat.id
            self.chosen.emit(chat.id)

    def _on_view_clicked(self, index: QModelIndex) -> None:
        if self.view.is_choosing:
            return
        if isinstance(self.model.row(index), Group):
            self._toggle(index)
        else:
            self._open(index)

    def _open(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if (chat := self.model.summary(index)) is not None:
            if chat.id != self._current:  # marked by the search, and not opened
                self._current = chat.id
                self.chosen.emit(chat.id)
            self.opened.emit()
        elif isinstance(row, HitRow):
            self.hit_opened.emit(row.hit)
        elif isinstance(row, Note):
            self.more_requested.emit()

    def _toggle(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if isinstance(row, Group):
            top = self.view.verticalScrollBar().value()
            self.model.toggle(row.id)
            self._mark_row(self.model.row_of(f"group:{row.id}"))
            self.view.verticalScrollBar().setValue(top)


def add_list_commands(actions: Actions, owner: QWidget, shown: ChatList) -> None:
    """What the list can do, for the palette too: with the chat that is marked."""
    menu, add = shown.menu, partial(actions.add, owner=owner)
    add("search_chats", tr("Search all chats"), shown.search.setFocus, shortcut="Ctrl+Shift+F")
    for action_id, words, action, keys in (
        ("rename_chat", tr("Rename this chat"), menu.rename, "F2"),
        ("name_chat", tr("Name this chat by its content"), menu.name, ""),
        ("pin_chat", tr("Pin or unpin the marked chats"), menu.pin, "Ctrl+P"),
        ("archive_chat", tr("Archive the marked chats, or take them out"), menu.archive, "Ctrl+Shift+E"),
        ("move_chat", tr("Move the marked chats to a folder…"), menu.move, "Ctrl+Shift+M"),
        ("delete_chat", tr("Delete the marked chats"), menu.delete, ""),
        ("new_folder", tr("New folder of chats"), menu.new_folder, ""),
        ("import_chats", tr("Import chats…"), menu.import_chats, ""),
    ):
        command = add(action_id, words, action.trigger, shortcut=keys)
        if keys:
            command.changed.connect(partial(_show_keys, action, command))
            _show_keys(action, command)


def _show_keys(shown: QAction, command: QAction) -> None:
    """The menu of a row names the keys of the command that does the same."""
    shown.setShortcuts(command.shortcuts())
