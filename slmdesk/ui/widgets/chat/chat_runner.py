"""Runs the answers of all chats: each in its own job, whichever chat is on the screen."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.jobs import JobRunner
from slmdesk.features.chat.session import ChatSession


class ChatRunner(QObject):
    """`sessions` are those that are being answered now, by the id of the chat."""

    changed = Signal(object, object)
    failed = Signal(object, object)
    ended = Signal(object)

    def __init__(self, jobs: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.sessions: dict[str, ChatSession] = {}

    def run(self, session: ChatSession, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start `work` of a session that is not running; its known errors come as `failed`."""
        chat_id = session.chat.id
        self.sessions[chat_id] = session
        unsubscribe = session.changed.subscribe(partial(self.changed.emit, session))

        async def told() -> None:
            try:
                await work()
            except SlmdeskError as error:
                self.failed.emit(session, error)

        def on_done(_task: object) -> None:
            unsubscribe()
            del self.sessions[chat_id]
            self.ended.emit(session)

        # Not in a `finally` of the job: until it has ended, no other can be started in its place.
        self._jobs.start(_key(chat_id), told).add_done_callback(on_done)

    def stop(self, chat_id: str) -> None:
        """Stop the answer of one chat; the others go on."""
        self._jobs.cancel(_key(chat_id))


def _key(chat_id: str) -> str:
    return f"chat:{chat_id}"
