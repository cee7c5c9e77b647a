"""What can be done with a row of the list of chats, by key and by its menu."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QListView, QMenu

from slmdesk.store.chats import ChatSummary
from slmdesk.ui.labels import plain_button_text
from slmdesk.ui.widgets.chat.chat_list_model import ChatListModel
from slmdesk.ui.widgets.chat.chat_list_rows import ARCHIVE, Group


class ChatMenu(QObject):
    """Its actions work on the marked row of the list.

    `move_requested` brings a chat and a folder, "" for none.
    """

    delete_requested = Signal(str)
    export_requested = Signal(str, str)
    pin_requested = Signal(str, bool)
    archive_requested = Signal(str, bool)
    name_requested = Signal(str)
    move_requested = Signal(str, str)
    folder_requested = Signal(str)
    folder_delete_requested = Signal(str)
    import_requested = Signal()

    def __init__(self, view: QListView, model: ChatListModel) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        chat = self._on_chat
        self.rename = self._action(self.tr("Rename"), "F2", self._rename)
        self.name = self._action(
            self.tr("Name it by its content"), "", chat(lambda c: self.name_requested.emit(c.id))
        )
        self.pin = self._action(
            self.tr("Pin"), "Ctrl+P", chat(lambda c: self.pin_requested.emit(c.id, not c.is_pinned))
        )
        self.archive = self._action(
            self.tr("Archive"), "Ctrl+E", chat(lambda c: self.archive_requested.emit(c.id, not c.is_archived))
        )
        self.move = self._action(self.tr("Move to a folder…"), "Ctrl+M", self._open_folders)
        self.markdown = self._export(self.tr("Export as Markdown…"), "markdown")
        self.html = self._export(self.tr("Export as HTML…"), "html")
        self.json = self._export(self.tr("Export as JSON…"), "json")
        self.import_chats = self._action(self.tr("Import chats…"), "", self.import_requested.emit)
        self.new_folder = self._action(self.tr("New folder"), "", lambda: self.folder_requested.emit(""))
        delete = QKeySequence(QKeySequence.StandardKey.Delete)
        self.delete = self._action(self.tr("Delete"), delete, self._delete)

    def open(self, place: QPoint) -> None:
        """The menu of the row at a place of the view."""
        index = self._view.indexAt(place)
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = self._model.row(index)
        if (chat := self._model.summary(index)) is not None:
            self._view.setCurrentIndex(index)
            self._fill(menu, chat)
        elif isinstance(row, Group) and row.is_folder:
            self._view.setCurrentIndex(index)
            menu.addAction(self.rename)
            menu.addSeparator()
            menu.addAction(self.delete)
        else:
            menu.addActions([self.new_folder, self.import_chats])
        menu.popup(self._view.viewport().mapToGlobal(place))

    def _fill(self, menu: QMenu, chat: ChatSummary) -> None:
        self.pin.setText(self.tr("Unpin") if chat.is_pinned else self.tr("Pin"))
        self.archive.setText(self.tr("Take out of the archive") if chat.is_archived else self.tr("Archive"))
        menu.addActions([self.rename, self.name, self.pin])
        self._fill_folders(menu.addMenu(self.tr("Move to")), chat)
        menu.addAction(self.archive)
        menu.addSeparator()
        menu.addActions([self.markdown, self.html, self.json, self.import_chats])
        menu.addSeparator()
        menu.addAction(self.delete)

    def _fill_folders(self, menu: QMenu, chat: ChatSummary) -> None:
        for folder_id, name in self._model.folders:
            action = menu.addAction(plain_button_text(name))
            action.setEnabled(folder_id != chat.folder_id)
            action.triggered.connect(partial(self.move_requested.emit, chat.id, folder_id))
        if chat.folder_id:
            menu.addAction(self.tr("No folder"), partial(self.move_requested.emit, chat.id, ""))
        menu.addSeparator()
        menu.addAction(self.tr("New folder"), partial(self.folder_requested.emit, chat.id))

    def _open_folders(self) -> None:
        index = self._view.currentIndex()
        if (chat := self._model.summary(index)) is not None:
            menu = QMenu(self._view)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self._fill_folders(menu, chat)
            menu.popup(self._view.viewport().mapToGlobal(self._view.visualRect(index).bottomLeft()))

    def _rename(self) -> None:
        index = self._view.currentIndex()
        if self._model.flags(index) & Qt.ItemFlag.ItemIsEditable:
            self._view.edit(index)

    def _delete(self) -> None:
        index = self._view.currentIndex()
        row = self._model.row(index)
        if (chat := self._model.summary(index)) is not None:
            self.delete_requested.emit(chat.id)
        elif isinstance(row, Group) and row.id != ARCHIVE:
            self.folder_delete_requested.emit(row.id)

    def _on_chat(self, do: Callable[[ChatSummary], None]) -> Callable[[], None]:
        def work() -> None:
            if (chat := self._model.summary(self._view.currentIndex())) is not None:
                do(chat)

        return work

    def _export(self, text: str, kind: str) -> QAction:
        return self._action(text, "", self._on_chat(lambda chat: self.export_requested.emit(chat.id, kind)))

    def _action(self, text: str, shortcut: str | QKeySequence, callback: Callable[[], object]) -> QAction:
        action = QAction(text, self._view)
        action.setShortcut(QKeySequence(shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked: callback())
        self._view.addAction(action)
        return action
