"""The chat that is open: read from the store, stored when the first word is written, and its settings."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.jobs import uninterrupted
from slmdesk.features.chat.session import ChatSession
from slmdesk.services import Services
from slmdesk.store.chats import ChatSettings
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.widgets.chat.chat_runner import ChatRunner


class OpenChat(QObject):
    """`session` is on the screen, None while nothing of a new chat is stored; `wanted` is the id of
    the one that will be there as soon as it is read, "" for a new chat.

    `leaving` comes before another is shown, `shown` with what to draw, `created` when a new chat
    has got its place in the store, `settings_stored` with the session, `failed` with a known error.
    """

    leaving = Signal()
    shown = Signal(object)
    created = Signal(object)
    settings_stored = Signal(object)
    failed = Signal(object)

    def __init__(self, services: Services, runner: ChatRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._runner = runner
        self._after_create: list[Callable[[ChatSession], None]] = []
        self.session: ChatSession | None = None
        self.wanted = ""

    @property
    def is_new_wanted(self) -> bool:
        """Something was written into a new chat, which is about to be stored."""
        return bool(self._after_create)

    def open(self, chat_id: str) -> None:
        """Show a stored chat; what runs in the one before goes on."""
        self.wanted = chat_id
        if (session := self._runner.sessions.get(chat_id)) is not None:
            self.show(session)
        else:
            self._start(f"chat:open:{chat_id}", partial(self.load, chat_id))

    async def load(self, chat_id: str) -> None:
        """Read a chat and show it, unless another was asked for meanwhile."""
        self.wanted = chat_id
        try:
            session = await self._services.session(chat_id)
        except SlmdeskError:
            if self.wanted == chat_id:
                self.show(self.session)
            raise
        if self.wanted == chat_id:
            self.show(session)

    def show(self, session: ChatSession | None) -> None:
        """Draw this one; None is a new chat."""
        self.leaving.emit()
        self.session = session
        self.wanted = session.chat.id if session else ""
        self.shown.emit(session)

    def use(
        self, then: Callable[[ChatSession], None], settings: Callable[[], ChatSettings], draft: str
    ) -> None:
        """Call `then` with the session; a new chat is stored first, and `draft` in the same commit."""
        if self.session is not None:
            then(self.session)
            return
        self._after_create.append(then)
        self._start("chat:create", lambda: self._create(settings(), draft))

    def give_up(self) -> None:
        """What waits for the new chat is not wanted any more."""
        self._after_create.clear()

    def keep_settings(self, settings: ChatSettings) -> None:
        """Settings of the answers to come; a new chat takes them along when it is stored."""
        if (session := self.session) is not None and settings != session.chat.settings:
            session.chat = replace(session.chat, settings=settings)
            self._start("chat:settings", lambda: self._store_settings(session))

    async def _create(self, settings: ChatSettings, draft: str) -> None:
        try:
            # Not cut off when the program closes: the text is nowhere else yet.
            chat = await uninterrupted(lambda: self._services.chats.create(settings, draft=draft))
            session = await self._services.session(chat.id)
        except SlmdeskError:
            self.give_up()
            raise
        waiting, self._after_create = self._after_create, []
        if self.session is None and not self.wanted:
            self.session, self.wanted = session, chat.id
        self.created.emit(session)
        for then in waiting:
            then(session)

    async def _store_settings(self, session: ChatSession) -> None:
        stored = None
        while stored != session.chat.settings:
            stored = session.chat.settings
            await session.update_settings(stored)
        self.settings_stored.emit(session)

    def _start(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        start_told(self._services.jobs, key, work, self.failed.emit)
