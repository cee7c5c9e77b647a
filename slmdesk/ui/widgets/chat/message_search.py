"""Looks through the messages of all chats for what is typed above the list, and jumps to what was found."""

from functools import partial

from PySide6.QtCore import QObject, QTimer

from slmdesk.features.chat.session import ChatSession
from slmdesk.services import Services
from slmdesk.store.search import SearchHit, SearchResult
from slmdesk.store.search_query import terms_of
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.widgets.chat.chat_list import ChatList
from slmdesk.ui.widgets.chat.chat_list_rows import Found
from slmdesk.ui.widgets.chat.conversation import Conversation
from slmdesk.ui.widgets.chat.open_chat import OpenChat

DELAY_MS = 160
LEAST_CHARACTERS = 2
FIRST_HITS = 50
MOST_HITS = 800
INDEX_JOB = "chat:index"


class MessageSearch(QObject):
    """Only the last thing typed is looked for; what was found stays until there is something newer."""

    def __init__(self, services: Services, shown: ChatList, open_chat: OpenChat) -> None:
        super().__init__(open_chat)
        self._services = services
        self._shown = shown
        self._open = open_chat
        self._query = ""
        self._limit = FIRST_HITS
        self._is_due = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._look)
        shown.searched.connect(self._on_list_searched)
        shown.more_requested.connect(self._on_list_more_requested)

    def update_index(self) -> None:
        """Index what came since, behind everything else."""
        start_told(self._services.jobs, INDEX_JOB, self._update_index, self._open.failed.emit)

    async def _update_index(self) -> None:
        if await self._services.search.update_index() and self._query:
            self._look()

    def _on_list_searched(self, text: str) -> None:
        query = text.strip()
        if query == self._query:
            return
        self._limit = FIRST_HITS
        self._query = query if len(query) >= LEAST_CHARACTERS else ""
        self._shown.set_found(Found(note=self.tr("Looking in all messages…")) if self._query else None)
        if self._query:
            self._timer.start()
            self.update_index()
        else:
            self._timer.stop()

    def _on_list_more_requested(self) -> None:
        self._limit = min(self._limit * 4, MOST_HITS)
        self._look()

    def _look(self) -> None:
        self._is_due = True
        start_told(self._services.jobs, "chat:search", self._find, self._open.failed.emit)

    async def _find(self) -> None:
        while self._is_due and (query := self._query):
            self._is_due = False
            result = await self._services.search.find(query, limit=self._limit)
            if query == self._query:
                self._shown.set_found(self._told(result))

    def _told(self, result: SearchResult) -> Found:
        has_more = result.has_more and self._limit < MOST_HITS
        if result.has_more and not has_more:
            note = self.tr("There are more: add a word.")
        elif result.is_complete:
            note = "" if result.hits else self.tr("No message has these words.")
        elif self._services.jobs.is_running(INDEX_JOB):
            note = self.tr("Still looking…")
        else:
            note = self.tr("Older messages were not looked at: a longer word finds them.")
        return Found(result.hits, note, has_more)


class HitJump(QObject):
    """Opens the chat of a message that was found, on the branch that holds it, and marks the words."""

    def __init__(
        self, services: Services, shown: ChatList, open_chat: OpenChat, conversation: Conversation
    ) -> None:
        super().__init__(open_chat)
        self._services = services
        self._shown = shown
        self._open = open_chat
        self._conversation = conversation
        self._hit: SearchHit | None = None
        shown.hit_opened.connect(self._on_list_hit_opened)
        open_chat.shown.connect(self._on_open_shown)

    def _on_list_hit_opened(self, hit: SearchHit) -> None:
        self._hit = hit
        session = self._open.session
        if session is not None and session.chat.id == hit.chat_id == self._open.wanted:
            self._on_open_shown(session)
        else:
            self._open.open(hit.chat_id)

    def _on_open_shown(self, session: ChatSession | None) -> None:
        hit, self._hit = self._hit, None
        if hit is not None and session is not None and session.chat.id == hit.chat_id:
            show = partial(self._show, session, hit)
            start_told(self._services.jobs, f"chat:jump:{hit.message_id}", show, self._open.failed.emit)

    async def _show(self, session: ChatSession, hit: SearchHit) -> None:
        words = terms_of(self._shown.search.text()).words
        if all(message.id != hit.message_id for message in session.messages):
            await session.show_version(hit.message_id)
        if self._open.session is session:
            self._conversation.go_to(hit.message_id, words)
