"""Stores what is being written, chat by chat, without a write for every key."""

from functools import partial

from slmdesk.base.errors import StoreError
from slmdesk.base.jobs import JobRunner, uninterrupted
from slmdesk.store.chats import Chat, Chats


class DraftKeeper:
    """Knows the latest draft of every chat of this session; the store follows one write behind."""

    def __init__(self, chats: Chats, jobs: JobRunner) -> None:
        self._chats = chats
        self._jobs = jobs
        self._latest: dict[str, str] = {}
        self._unsaved: dict[str, str] = {}

    def of(self, chat: Chat) -> str:
        """The draft to show; the chat itself knows only what was stored when it was loaded."""
        return self._latest.get(chat.id, chat.draft)

    def keep(self, chat_id: str, text: str) -> None:
        """Remember now, store soon."""
        self._latest[chat_id] = self._unsaved[chat_id] = text
        if not self._jobs.is_running(_key(chat_id)):
            self._jobs.start(_key(chat_id), partial(self._save, chat_id))

    def forget(self, chat_id: str) -> None:
        """The draft was sent, and the store has cleared it in the same commit."""
        self._latest[chat_id] = ""
        self._unsaved.pop(chat_id, None)
        if self._jobs.is_running(_key(chat_id)):
            self._unsaved[chat_id] = ""  # what is being stored now may come behind that commit

    async def _save(self, chat_id: str) -> None:
        while chat_id in self._unsaved:
            text = self._unsaved.pop(chat_id)
            try:
                await uninterrupted(partial(self._chats.save_draft, chat_id, text))
            except StoreError:
                return  # the text is still on the screen, and sending it will say what is wrong


def _key(chat_id: str) -> str:
    return f"draft:{chat_id}"
