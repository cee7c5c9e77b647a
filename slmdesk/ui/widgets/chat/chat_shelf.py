"""Keeps the list of chats and the store in step: load, rename, delete with undo, export."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.base.jobs import JobRunner
from slmdesk.features.chat.export import to_json, to_markdown
from slmdesk.features.chat.session import ChatSession
from slmdesk.store.chats import Chats, ChatSummary
from slmdesk.store.text import title_from
from slmdesk.ui import notify
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.widgets.chat.chat_list import ChatList
from slmdesk.ui.widgets.chat.save_file import ask_and_save


class ChatShelf(QObject):
    """`summaries` are all chats, the newest first; what changes while one chats is changed here
    without asking the store again."""

    loaded = Signal()
    removed = Signal(str)
    restored = Signal(str)

    def __init__(self, shown: ChatList, chats: Chats, jobs: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown = shown
        self._chats = chats
        self._jobs = jobs
        self.summaries: list[ChatSummary] = []
        self._removed: set[str] = set()
        shown.renamed.connect(self.rename)
        shown.delete_requested.connect(self.delete)
        shown.export_requested.connect(self.export)

    async def reload(self) -> None:
        """Read all from the store."""
        self.summaries = list(await self._chats.list())
        self._shown.set_chats(self.summaries)
        self.loaded.emit()

    def title_of(self, chat_id: str) -> str | None:
        """None for a chat that is not there."""
        return next((chat.title for chat in self.summaries if chat.id == chat_id), None)

    def empty_chat(self) -> str:
        """A chat in which nothing was said yet, "" if there is none."""
        return next((chat.id for chat in self.summaries if chat.message_count == 0), "")

    def touch(self, session: ChatSession) -> None:
        """A message came: the chat moves to the top, its first message names it."""
        chat, messages = session.chat, session.messages
        if chat.id in self._removed:
            return  # its answer ended after it was deleted
        known = next((each for each in self.summaries if each.id == chat.id), None)
        title = (known.title if known else chat.title) or (title_from(messages[0].text) if messages else "")
        at = max([chat.updated_at, *(message.created_at for message in messages[-1:])])
        summary = ChatSummary(chat.id, title, at, chat.settings.model_ref, len(messages))
        self._put(summary, is_first=known is None or at > known.updated_at)

    def rename(self, chat_id: str, title: str) -> None:
        for chat in self.summaries:
            if chat.id == chat_id:
                self._put(replace(chat, title=title))
        self._start(f"rename:{chat_id}", lambda: self._chats.rename(chat_id, title))

    def delete(self, chat_id: str) -> None:
        """Take it out of the list; the toast brings it back."""
        self._removed.add(chat_id)
        self.summaries = [chat for chat in self.summaries if chat.id != chat_id]
        self._shown.set_chats(self.summaries)
        self.removed.emit(chat_id)
        self._start(f"delete:{chat_id}", lambda: self._chats.delete(chat_id))
        notify.toast(
            self._shown,
            self.tr("Chat deleted."),
            action=self.tr("Undo"),
            callback=partial(self._undelete, chat_id),
        )

    def export(self, chat_id: str, kind: str) -> None:
        """Save one chat as "markdown" or "json"."""
        self._start(f"export:{chat_id}", lambda: self._export(chat_id, kind))

    def _put(self, summary: ChatSummary, *, is_first: bool = False) -> None:
        if is_first:
            self.summaries = [summary, *(chat for chat in self.summaries if chat.id != summary.id)]
        else:
            self.summaries = [summary if chat.id == summary.id else chat for chat in self.summaries]
        self._shown.set_chats(self.summaries)

    def _undelete(self, chat_id: str) -> None:
        async def work() -> None:
            await self._chats.undelete(chat_id)
            self._removed.discard(chat_id)
            await self.reload()
            self.restored.emit(chat_id)

        self._start(f"undelete:{chat_id}", work)

    async def _export(self, chat_id: str, kind: str) -> None:
        chat, tree = await self._chats.load_tree(chat_id)
        is_json = kind == "json"
        text = to_json(chat, tree.messages) if is_json else to_markdown(chat, tree.path_to(chat.leaf_id))
        suffix = ".json" if is_json else ".md"
        path = await ask_and_save(self._shown, self.tr("Export the chat"), chat.title, suffix, text)
        if path is not None:
            notify.toast(self._shown, self.tr("Saved as {0}.").format(path.name))

    def _start(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        start_told(self._jobs, key, work, lambda error: notify.toast(self._shown, error.sentence()))
