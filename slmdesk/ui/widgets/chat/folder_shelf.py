"""Folders of chats in the list: made, named, filled and taken away, with the way back."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject

from slmdesk.services import Services
from slmdesk.store.folders import Folder
from slmdesk.ui.widgets.chat.chat_list import ChatList
from slmdesk.ui.widgets.chat.chat_list_rows import ARCHIVE
from slmdesk.ui.widgets.chat.chat_shelf import ChatShelf


class FolderShelf(QObject):
    """Works on the folders of a shelf."""

    def __init__(self, shown: ChatList, shelf: ChatShelf, services: Services) -> None:
        super().__init__(shelf)
        self._shown = shown
        self._shelf = shelf
        self._services = services
        self._folders = services.folders
        shown.folder_renamed.connect(self.rename)
        shown.menu.folder_requested.connect(self.create)
        shown.menu.folder_delete_requested.connect(self.delete)
        shown.menu.move_requested.connect(self.move)
        shown.model.moved.connect(self._on_moved)
        shown.model.set_open_groups(services.settings.open_folders.split())
        shown.model.folded.connect(self._keep_folds)

    def _keep_folds(self) -> None:
        there = {ARCHIVE, *(folder.id for folder in self._shelf.folders)}
        open_ids = sorted(there.intersection(self._shown.model.open_groups))
        self._services.kept.arrange(open_folders=" ".join(open_ids))

    def create(self, chat_ids: Sequence[str] = ()) -> None:
        """A new folder, to be named in place; the chats, if any are given, move into it."""
        self._shelf.start("folder:create", lambda: self._create(chat_ids))

    def rename(self, folder_id: str, name: str) -> None:
        self._shelf.start(f"folder:rename:{folder_id}", lambda: self._rename(folder_id, name))

    def delete(self, folder_id: str) -> None:
        """The chats stay; the toast brings the folder back."""
        folder = next((each for each in self._shelf.folders if each.id == folder_id), None)
        if folder is not None:
            self._shelf.start(f"folder:delete:{folder_id}", lambda: self._delete(folder))

    def move(self, chat_ids: Sequence[str], folder_id: str) -> None:
        """Into a folder, or out of any with ""."""
        moved = [chat for chat in self._shelf.found(chat_ids) if (chat.folder_id or "") != folder_id]
        if not moved:
            return
        self._shelf.put_all(replace(chat, folder_id=folder_id or None) for chat in moved)
        if folder_id:
            self._shown.open_group(folder_id)
        ids = [chat.id for chat in moved]
        self._shelf.change(lambda: self._folders.move(ids, folder_id or None))

    def _on_moved(self, chat_ids: Sequence[str], group_id: str) -> None:
        """Dropped on a group: what stood in the archive or at the top leaves it."""
        if group_id == ARCHIVE:
            self._shelf.archive(chat_ids, True)
            return
        self._shelf.archive(chat_ids, False)
        pinned = [chat.id for chat in self._shelf.found(chat_ids) if chat.is_pinned]
        if pinned and group_id:
            self._shelf.pin(pinned, False)
        self.move(chat_ids, group_id)

    async def _create(self, chat_ids: Sequence[str]) -> None:
        taken = {folder.name.casefold() for folder in self._shelf.folders}
        name, number = self.tr("New folder"), 1
        while name.casefold() in taken:
            number += 1
            name = self.tr("New folder {0}").format(number)
        folder = await self._folders.create(name)
        if chat_ids:
            await self._folders.move(chat_ids, folder.id)
        await self._shelf.reload()
        self._shown.open_group(folder.id)
        self._shown.edit_folder(folder.id)

    async def _rename(self, folder_id: str, name: str) -> None:
        await self._folders.rename(folder_id, name)
        await self._shelf.reload()

    async def _delete(self, folder: Folder) -> None:
        chat_ids = await self._folders.delete(folder.id)
        await self._shelf.reload()
        words = self.tr("The folder “{0}” is gone, its chats are in the list.").format(folder.name)
        self._shelf.tell(words, partial(self._restore, folder.name, chat_ids))

    def _restore(self, name: str, chat_ids: Sequence[str]) -> None:
        async def work() -> None:
            folder = await self._folders.create(name)
            await self._folders.move(chat_ids, folder.id)
            await self._shelf.reload()

        self._shelf.start("folder:restore", work)
