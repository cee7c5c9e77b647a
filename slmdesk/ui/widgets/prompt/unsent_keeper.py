"""Stores what is attached and not sent yet, chat by chat, and brings it back at the next start."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from slmdesk.base.errors import StoreError
from slmdesk.base.jobs import JobRunner, uninterrupted
from slmdesk.store.chats import Chats
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.widgets.prompt.attachment_tray import AttachmentTray


class UnsentKeeper(QObject):
    """Follows the lists of a tray, one write behind; `create` stores the new chat when it has got one."""

    def __init__(
        self, tray: AttachmentTray, chats: Chats, jobs: JobRunner, create: Callable[[], object]
    ) -> None:
        super().__init__(tray)
        self._tray = tray
        self._chats = chats
        self._jobs = jobs
        self._create = create
        self._read: set[str] = set()
        self._unsaved: set[str] = set()
        tray.listed.connect(self._on_tray_listed)

    def show_chat(self, chat_id: str) -> None:
        """Show the list of a chat; the first time, with what the store has kept."""
        self._tray.show_chat(chat_id)
        if chat_id and chat_id not in self._read:
            self._start(chat_id)

    def show_created(self, chat_id: str) -> None:
        """The new chat has got its id: the store has nothing of it yet."""
        self._read.add(chat_id)
        self._tray.keep_for(chat_id)

    def forget(self, chat_id: str) -> None:
        """They were sent, and the store has taken them out in the same commit."""
        self._read.add(chat_id)
        self._tray.clear(chat_id)
        if self._jobs.is_running(_key(chat_id)):
            self._unsaved.add(chat_id)  # what is being stored now may come behind that commit

    def _on_tray_listed(self, chat_id: str) -> None:
        if not chat_id:
            if self._tray.attachments:
                self._create()
            return
        self._unsaved.add(chat_id)
        self._start(chat_id)

    def _start(self, chat_id: str) -> None:
        # A disk that is full is said elsewhere, and the list is still on the screen.
        start_told(self._jobs, _key(chat_id), partial(self._catch_up, chat_id), lambda _error: None)

    async def _catch_up(self, chat_id: str) -> None:
        if chat_id not in self._read:
            kept = await self._chats.unsent(chat_id)
            if chat_id not in self._read:
                self._read.add(chat_id)
                self._tray.restore(chat_id, kept)
        while chat_id in self._unsaved:
            self._unsaved.discard(chat_id)
            list_now = self._tray.unsent(chat_id)
            try:
                await uninterrupted(partial(self._chats.save_unsent, chat_id, list_now))
            except StoreError:
                return


def _key(chat_id: str) -> str:
    return f"unsent:{chat_id}"
