"""What is pressed below a message, done: other versions, answers anew, edits, branches."""

from collections.abc import Callable, Coroutine
from functools import partial
from itertools import count, takewhile
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Signal

from slmdesk.base.errors import BadInput
from slmdesk.features.chat.session import ChatSession
from slmdesk.features.documents.vision import blindness
from slmdesk.services import Services
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chat.chat_face import ChatFace
from slmdesk.ui.widgets.chat.open_chat import OpenChat

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class Turns(QObject):
    """Works on the chat that is open. `run_asked` brings a session with the work that answers it.

    `branched` brings the session of a new chat, to be shown.
    """

    run_asked = Signal(object, object)
    branched = Signal(object)

    def __init__(self, services: Services, open_chat: OpenChat, face: ChatFace) -> None:
        super().__init__(open_chat)
        self._services = services
        self._open = open_chat
        self._card = card = face.edit_card
        self._prompt = face.prompt
        self._other_model = face.other_model
        self._other_model.chosen.connect(self._again_with)
        self._edited_id = ""
        self._steps = count()
        card.sent.connect(self._on_card_sent)
        card.left.connect(self.leave_edit)
        open_chat.leaving.connect(self.leave_edit)

    @property
    def is_editing(self) -> bool:
        return bool(self._edited_id)

    def do(self, message_id: str, action: str) -> None:
        """What the links below a message are called."""
        if (session := self._open.session) is None:
            return
        if session.is_running and action != "branch":
            self._open.failed.emit(_still_running())
            return
        match action:
            case "previous" | "next":
                self._show_beside(session, message_id, 1 if action == "next" else -1)
            case "again" | "load_anyway":
                is_allowed = action == "load_anyway"
                self._run(session, partial(session.again, message_id, is_oversized_allowed=is_allowed))
            case "again_with":
                self._other_model.ask(message_id, session.tree[message_id].model_ref)
            case "continue":
                self._run(session, session.continue_answer)
            case "edit":
                self._edit(session, message_id)
            case "branch":
                self._start("chat:branch", partial(self._branch, session, message_id))

    def _again_with(self, message_id: str, model_ref: str) -> None:
        if (session := self._open.session) is None or session.is_running:
            return
        refusal = blindness(self._services.registry, model_ref) if _has_pictures(session, message_id) else ""
        if refusal:
            self._open.failed.emit(BadInput(refusal))
        else:
            self._run(session, partial(session.again, message_id, model_ref=model_ref))

    def leave_edit(self) -> None:
        """The message stays as it is, and the prompt comes back."""
        if self._edited_id:
            self._edited_id = ""
            self._card.hide()
            self._prompt.show()
            self._prompt.setFocus()

    def edit_last(self) -> None:
        """Edit the last message of the user's own."""
        messages = self._open.session.messages if self._open.session else []
        last = next((message for message in reversed(messages) if message.role == "user"), None)
        if last is not None:
            self.do(last.id, "edit")

    def _edit(self, session: ChatSession, message_id: str) -> None:
        self._edited_id = message_id
        self._card.take(next(each.text for each in session.messages if each.id == message_id))
        self._prompt.hide()
        self._card.show()
        self._card.setFocus()

    def _on_card_sent(self, text: str) -> None:
        session, message_id = self._open.session, self._edited_id
        if session is not None and not session.is_running:
            self.leave_edit()
            self._run(session, partial(session.edit, message_id, text))

    def _show_beside(self, session: ChatSession, message_id: str, step: int) -> None:
        versions = session.versions(message_id)
        beside = versions.ids[(versions.index + step) % versions.count]
        # Shown at once and stored behind: each step has a job of its own, so that no quick click is lost.
        self._start(f"chat:version:{next(self._steps)}", partial(session.show_version, beside))

    async def _branch(self, session: ChatSession, message_id: str) -> None:
        chat = await session.branch(message_id)
        self.branched.emit(await self._services.session(chat.id))

    def _run(self, session: ChatSession, work: Work) -> None:
        self.run_asked.emit(session, work)

    def _start(self, key: str, work: Work) -> None:
        start_told(self._services.jobs, key, work, self._open.failed.emit)


def _has_pictures(session: ChatSession, message_id: str) -> bool:
    """Whether the model that answers in place of this message is sent any."""
    before = takewhile(lambda message: message.id != message_id, session.messages)
    return any(attached.data is not None for message in before for attached in message.attachments)


def _still_running() -> BadInput:
    return BadInput(tr("An answer is still being written."), next_step=tr("Wait for its end or press Stop."))
