"""Keeps the list of chats and the store in step: load, rename, pin, archive, delete with undo."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.base.errors import SlmdeskError
from slmdesk.features.chat.session import ChatSession
from slmdesk.services import Services
from slmdesk.store.chats import ChatSummary
from slmdesk.store.folders import Folder
from slmdesk.store.text import title_from
from slmdesk.ui import notify
from slmdesk.ui.known_errors import InTurn, start_told
from slmdesk.ui.widgets.chat.chat_list import ChatList


class ChatShelf(QObject):
    """`summaries` are all chats in use, the newest first; what changes while one chats is changed here
    without asking the store again."""

    loaded = Signal()
    removed = Signal(str)
    restored = Signal(str)

    def __init__(self, shown: ChatList, services: Services, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown = shown
        self._services = services
        self._chats = services.chats
        self.summaries: list[ChatSummary] = []
        self.archived: list[ChatSummary] = []
        self.folders: Sequence[Folder] = ()
        self._removed: set[str] = set()
        self._changes = 0
        self._changing = InTurn(services.jobs, "change", self._say)
        shown.renamed.connect(self.rename)
        shown.menu.delete_requested.connect(self.delete)
        shown.menu.pin_requested.connect(self.pin)
        shown.menu.archive_requested.connect(self.archive)
        shown.menu.name_requested.connect(self.name_by_content)

    async def reload(self) -> None:
        """Read all from the store; once more where something was changed here meanwhile."""
        before = -1
        while before != self._changes:
            before = self._changes
            folders = await self._services.folders.list()
            archived = await self._chats.list(is_archived=True)
            summaries = await self._chats.list()
        # One that was just deleted may not have been so in the store when it was read.
        self.archived = [chat for chat in archived if chat.id not in self._removed]
        self.summaries = [chat for chat in summaries if chat.id not in self._removed]
        self.folders = folders
        self.show()
        self.loaded.emit()

    def show(self) -> None:
        """Show what there is now."""
        self._shown.set_chats(self.summaries, self.folders, self.archived)

    def find(self, chat_id: str) -> ChatSummary | None:
        """A chat in use or in the archive."""
        return next((chat for chat in (*self.summaries, *self.archived) if chat.id == chat_id), None)

    def found(self, chat_ids: Iterable[str]) -> list[ChatSummary]:
        """Those of these that are there."""
        wanted = set(chat_ids)
        return [chat for chat in (*self.summaries, *self.archived) if chat.id in wanted]

    def title_of(self, chat_id: str) -> str | None:
        """None for a chat that is not there."""
        chat = self.find(chat_id)
        return chat.title if chat else None

    def empty_chat(self) -> str:
        """A chat in which nothing was said yet, "" if there is none."""
        return next((chat.id for chat in self.summaries if chat.message_count == 0), "")

    def touch(self, session: ChatSession) -> None:
        """A message came: the chat moves to the top, its first message names it."""
        chat, messages = session.chat, session.messages
        if chat.id in self._removed:
            return  # its answer ended after it was deleted
        known = self.find(chat.id)
        title = (known.title if known else chat.title) or (title_from(messages[0].text) if messages else "")
        at = max([chat.updated_at, *(message.created_at for message in messages[-1:])])
        fresh = ChatSummary(
            chat.id,
            title,
            at,
            chat.settings.model_ref,
            len(messages),
            chat.folder_id,
            branched_from=chat.branched_from,
        )
        if known:
            fresh = replace(
                fresh, folder_id=known.folder_id, is_pinned=known.is_pinned, is_archived=known.is_archived
            )
        self.put(fresh, is_first=known is None or at > known.updated_at)

    def put(self, summary: ChatSummary, *, is_first: bool = False) -> None:
        """Show a chat as it is now."""
        if is_first:
            chats = self.archived if summary.is_archived else self.summaries
            chats[:] = [summary, *(chat for chat in chats if chat.id != summary.id)]
        self.put_all([summary])

    def put_all(self, changed: Iterable[ChatSummary]) -> None:
        """Show these chats as they are now, each in its place."""
        self._changes += 1
        now = {chat.id: chat for chat in changed}
        for chats in (self.summaries, self.archived):
            chats[:] = [now.get(chat.id, chat) for chat in chats]
        self.show()

    def rename(self, chat_id: str, title: str) -> None:
        if chat := self.find(chat_id):
            self.put(replace(chat, title=title))
        self.change(lambda: self._chats.rename(chat_id, title))

    def pin(self, chat_ids: Sequence[str], is_pinned: bool) -> None:
        """To the top of the list, or back to their day or folder."""
        self.put_all(replace(chat, is_pinned=is_pinned) for chat in self.found(chat_ids))
        self.change(lambda: self._chats.set_pinned(*chat_ids, is_pinned=is_pinned))

    def archive(self, chat_ids: Sequence[str], is_archived: bool) -> None:
        """Into the archive or out of it; the toast takes it back."""
        changed = [chat for chat in self.found(chat_ids) if chat.is_archived != is_archived]
        if not changed:
            return
        ids = [chat.id for chat in changed]
        self._take_out(ids)
        chats = self.archived if is_archived else self.summaries
        chats.extend(replace(chat, is_archived=is_archived) for chat in changed)
        chats.sort(key=lambda each: (each.updated_at, int(each.id)), reverse=True)
        self.show()
        self.change(lambda: self._chats.set_archived(*ids, is_archived=is_archived))
        if is_archived:
            one = self.tr("Chat archived. A search finds it all the same.")
            many = self.tr("{0} chats archived. A search finds them all the same.")
            self.tell(_counted(len(ids), one, many), partial(self.archive, ids, False))

    def delete(self, chat_ids: Sequence[str]) -> None:
        """Take them out of the list; the toast brings them back."""
        ids = [chat.id for chat in self.found(chat_ids)]
        if not ids:
            return
        self._removed.update(ids)
        self._take_out(ids)
        self.show()
        for chat_id in ids:
            self.removed.emit(chat_id)
        self.change(lambda: self._chats.delete(*ids))
        words = _counted(len(ids), self.tr("Chat deleted."), self.tr("{0} chats deleted."))
        self.tell(words, partial(self._undelete, ids))

    def name_by_content(self, chat_id: str) -> None:
        """Let the chat's model find a title; the toast brings the old one back."""
        job = f"name:{chat_id}"
        self.start(job, lambda: self._name(chat_id))
        stop = partial(self._services.jobs.cancel, job)
        notify.toast(self._shown, self.tr("Looking for a title…"), action=self.tr("Stop"), callback=stop)

    async def _name(self, chat_id: str) -> None:
        session = await self._services.session(chat_id)
        before = self.title_of(chat_id) or ""
        title = await session.suggest_title()
        if not title:
            notify.toast(self._shown, self.tr("The model had no idea for a title."))
            return
        if (await self._chats.load(chat_id))[0].title != title:  # asked for: also over one that was typed
            await self._chats.rename(chat_id, title)
        if chat := self.find(chat_id):
            self.put(replace(chat, title=title))
        undo = partial(self.rename, chat_id, before)
        self.tell(self.tr("The chat is called “{0}” now.").format(title), undo)

    def tell(self, sentence: str, undo: Callable[[], object]) -> None:
        """Say what was done, with the way back."""
        notify.toast(self._shown, sentence, action=self.tr("Undo"), callback=undo)

    def start(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a job; its known error is said in a toast."""
        start_told(self._services.jobs, key, work, self._say)

    def change(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Store what is shown already, after what was changed before."""
        self._changing.start(work)

    def _say(self, error: SlmdeskError) -> None:
        notify.toast(self._shown, error.sentence())

    def _take_out(self, chat_ids: Iterable[str]) -> None:
        self._changes += 1
        gone = set(chat_ids)
        self.summaries = [chat for chat in self.summaries if chat.id not in gone]
        self.archived = [chat for chat in self.archived if chat.id not in gone]

    def _undelete(self, chat_ids: Sequence[str]) -> None:
        async def work() -> None:
            await self._chats.undelete(*chat_ids)
            self._removed.difference_update(chat_ids)
            await self.reload()
            self.restored.emit(chat_ids[0])

        self.change(work)


def _counted(count: int, one: str, many: str) -> str:
    return one if count == 1 else many.format(f"{count:,}")
