"""What can be done with a row of the list of chats, by key and by its menu."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from slmdesk.store.chats import ChatSummary
from slmdesk.ui.labels import plain_button_text
from slmdesk.ui.widgets.chat.chat_list_model import ChatListModel
from slmdesk.ui.widgets.chat.chat_list_rows import ARCHIVE, Group
from slmdesk.ui.widgets.chat.chat_list_view import ChatListView


class ChatMenu(QObject):
    """Its actions work on the rows that are chosen in the list; some, on the marked one alone.

    `move_requested` brings chats and a folder, "" for none.
    """

    delete_requested = Signal(list)
    export_requested = Signal(str, str)
    pin_requested = Signal(list, bool)
    archive_requested = Signal(list, bool)
    name_requested = Signal(str)
    move_requested = Signal(list, str)
    folder_requested = Signal(list)
    folder_delete_requested = Signal(str)
    import_requested = Signal()

    def __init__(self, view: ChatListView, model: ChatListModel) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        chat = self._on_chat
        self.rename = self._action(self.tr("Rename"), self._rename)
        self.name = self._action(
            self.tr("Name it by its content"), chat(lambda c: self.name_requested.emit(c.id))
        )
        self.pin = self._action(self.tr("Pin"), self._pin)
        self.archive = self._action(self.tr("Archive"), self._archive)
        self.move = self._action(self.tr("Move to a folder…"), self._open_folders)
        self.markdown = self._export(self.tr("Markdown, to read…"), "markdown")
        self.html = self._export(self.tr("HTML, one page to pass on…"), "html")
        self.json = self._export(self.tr("JSON, to import again…"), "json")
        self.import_chats = self._action(self.tr("Import chats…"), self.import_requested.emit)
        self.new_folder = self._action(self.tr("New folder"), lambda: self.folder_requested.emit([]))
        self.delete = self._action(self.tr("Delete"), self._delete)
        self.delete.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        self.delete.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        view.addAction(self.delete)  # with the list alone: elsewhere the key deletes letters

    def open(self, place: QPoint) -> None:
        """The menu of the row at a place of the view."""
        index = self._view.indexAt(place)
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = self._model.row(index)
        if self._model.summary(index) is not None:
            if index not in self._view.chosen:
                self._view.setCurrentIndex(index)
            self._fill(menu, self.chats)
        elif isinstance(row, Group) and row.is_folder:
            self._view.setCurrentIndex(index)
            menu.addAction(self.rename)
            menu.addSeparator()
            menu.addAction(self.delete)
        else:
            menu.addActions([self.new_folder, self.import_chats])
        menu.popup(self._view.viewport().mapToGlobal(place))

    @property
    def chats(self) -> list[ChatSummary]:
        """The chats that are chosen."""
        return [chat for index in self._view.chosen if (chat := self._model.summary(index)) is not None]

    def _fill(self, menu: QMenu, chats: Sequence[ChatSummary]) -> None:
        self.pin.setText(self.tr("Unpin") if _are_pinned(chats) else self.tr("Pin"))
        taken_out = self.tr("Take out of the archive")
        self.archive.setText(taken_out if _are_archived(chats) else self.tr("Archive"))
        is_one = len(chats) == 1
        if not is_one:
            menu.addAction(self.tr("{0} chats").format(f"{len(chats):,}")).setEnabled(False)
        menu.addActions([self.rename, self.name] if is_one else [])
        menu.addAction(self.pin)
        self._fill_folders(menu.addMenu(self.tr("Move to")), chats)
        menu.addAction(self.archive)
        menu.addSeparator()
        if is_one:
            menu.addMenu(self.tr("Export as")).addActions([self.markdown, self.html, self.json])
            menu.addAction(self.import_chats)
            menu.addSeparator()
        menu.addAction(self.delete)

    def _fill_folders(self, menu: QMenu, chats: Sequence[ChatSummary]) -> None:
        chat_ids, places = _ids(chats), {chat.folder_id for chat in chats}
        for folder_id, name in self._model.folders:
            action = menu.addAction(plain_button_text(name))
            action.setEnabled(places != {folder_id})
            action.triggered.connect(partial(self.move_requested.emit, chat_ids, folder_id))
        if places != {None}:
            menu.addAction(self.tr("No folder"), partial(self.move_requested.emit, chat_ids, ""))
        menu.addSeparator()
        menu.addAction(self.tr("New folder"), partial(self.folder_requested.emit, chat_ids))

    def _open_folders(self) -> None:
        if chats := self.chats:
            menu = QMenu(self._view)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self._fill_folders(menu, chats)
            place = self._view.visualRect(self._view.currentIndex()).bottomLeft()
            menu.popup(self._view.viewport().mapToGlobal(place))

    def _pin(self) -> None:
        if chats := self.chats:
            self.pin_requested.emit(_ids(chats), not _are_pinned(chats))

    def _archive(self) -> None:
        if chats := self.chats:
            self.archive_requested.emit(_ids(chats), not _are_archived(chats))

    def _rename(self) -> None:
        index = self._view.currentIndex()
        if self._model.flags(index) & Qt.ItemFlag.ItemIsEditable:
            self._view.edit(index)

    def _delete(self) -> None:
        row = self._model.row(self._view.currentIndex())
        if chats := self.chats:
            self.delete_requested.emit(_ids(chats))
        elif isinstance(row, Group) and row.id != ARCHIVE:
            self.folder_delete_requested.emit(row.id)

    def _on_chat(self, do: Callable[[ChatSummary], None]) -> Callable[[], None]:
        def work() -> None:
            if (chat := self._model.summary(self._view.currentIndex())) is not None:
                do(chat)

        return work

    def _export(self, text: str, kind: str) -> QAction:
        return self._action(text, self._on_chat(lambda chat: self.export_requested.emit(chat.id, kind)))

    def _action(self, text: str, callback: Callable[[], object]) -> QAction:
        action = QAction(text, self._view)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # its keys are those of a command
        action.triggered.connect(lambda _checked: callback())
        return action


def _ids(chats: Sequence[ChatSummary]) -> list[str]:
    return [chat.id for chat in chats]


def _are_pinned(chats: Sequence[ChatSummary]) -> bool:
    return all(chat.is_pinned for chat in chats)


def _are_archived(chats: Sequence[ChatSummary]) -> bool:
    return all(chat.is_archived for chat in chats)
