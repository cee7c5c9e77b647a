"""Draws a chat session into a transcript: its messages, the answer that is coming, and how it ended."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import takewhile

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from slmdesk.engines.base import Chunk, Delta
from slmdesk.engines.registry import Registry
from slmdesk.engines.token_trail import unpack
from slmdesk.features.chat.session import ChatSession, SessionChange
from slmdesk.store.messages import StoredMessage
from slmdesk.ui.widgets.answer_words import clock, status_of
from slmdesk.ui.widgets.chat.figures_sheet import show_figures
from slmdesk.ui.widgets.chat.footers import actions_of, footer_of
from slmdesk.ui.widgets.chat.token_sheet import show_tokens
from slmdesk.ui.widgets.models.model_list import short_name
from slmdesk.ui.widgets.transcript import BlockView

CLOCK_MS = 100
TICKS_A_FOOTER = 3  # figures under a text that grows need not run like a stop watch


class Conversation(QObject):
    """Follows one session at a time; a session that is left goes on by itself.

    What is pressed below a message and is more than copying comes out as a signal: `action_asked`
    tells the message and what to do with it, `compare_asked` the prompt as it is stored, and the model.
    """

    status_changed = Signal(str)
    writing_began = Signal()
    action_asked = Signal(str, str)
    more_context_asked = Signal()
    compare_asked = Signal(object, str)

    def __init__(self, view: BlockView, registry: Registry, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._registry = registry
        self._session: ChatSession | None = None
        self._shown: list[str] = []
        self._model_ref = ""
        self._running_id = ""
        self._marked_id = ""
        self._ticks = 0
        self._is_stopping = False
        self._has_status = False
        self._leave: list[Callable[[], None]] = []
        self._timer = QTimer(self)
        self._timer.setInterval(CLOCK_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        view.action_clicked.connect(self._on_view_action_clicked)

    def show(self, session: ChatSession | None) -> None:
        """Draw this session from now on; None empties the transcript."""
        self.leave()
        self._session = session
        self._view.clear()
        self._shown.clear()
        if session is None:
            return
        self._model_ref = session.chat.settings.model_ref
        self._leave.append(session.changed.subscribe(self._on_session_changed))
        for message in session.messages:
            self._add(message)
        last = session.messages[-1] if session.messages else None
        if session.is_running and last is not None and last.role == "assistant":
            self._follow(last.id)
        self._mark_last()
        self._view.flush()  # not one frame without its text

    def leave(self) -> None:
        """Stop following; nothing of the session is stopped."""
        self._timer.stop()
        if self._running_id:
            self._running_id = ""
            self.status_changed.emit("")
        while self._leave:
            self._leave.pop()()

    def tell_stopping(self) -> None:
        """Stop was pressed; an engine may take a moment to obey."""
        self._is_stopping = True
        self._ticks = 0
        self._on_timer_timeout()

    def go_to(self, message_id: str, words: Sequence[str]) -> None:
        """Show a message of the path on screen, with these words marked."""
        self._view.navigator.show_message(message_id, words)

    def _add(self, message: StoredMessage) -> None:
        session = self._session
        if session is None:
            return
        is_now = session.is_running and message.id == session.messages[-1].id
        if message.role == "assistant" and is_now:
            return  # it is still coming: `_follow` draws it
        footer, actions = footer_of(session, message), actions_of(session, message)
        self._view.add_message(message.id, message.role, message.text, message.thinking, footer, actions)
        self._shown.append(message.id)
        self._give_tokens(message)
        if message.error:
            self._view.set_note(message.id, message.error, is_error=True)
        elif message.is_damaged:
            self._view.set_note(
                message.id, self.tr("A part of this message could not be read."), is_error=True
            )

    def _follow(self, message_id: str) -> None:
        """Draw the running answer, what it has so far and what comes."""
        if self._session is None or (answer := self._session.answer) is None:
            return
        self._running_id = message_id
        self._view.begin_answer(message_id)
        self._shown.append(message_id)
        self._view.append(message_id, answer.text, answer.thinking)
        self._is_stopping = False
        self._has_status = True
        self._leave.append(answer.changed.subscribe(self._on_answer_changed))
        self._ticks = 0
        self._on_timer_timeout()
        self._timer.start()

    def _on_answer_changed(self, chunk: Chunk | None) -> None:
        if isinstance(chunk, Delta) and self._running_id:
            self._view.append(self._running_id, chunk.text, chunk.thinking)

    def _on_session_changed(self, change: SessionChange) -> None:
        if (session := self._session) is None:
            return
        match change.kind:
            case "message added":
                self._add(session.messages[-1])
                self._mark_last()
                self._view.scroll_to_end()
            case "answer began":
                self._follow(change.message_id)
                self._view.scroll_to_end()
            case "answer ended":
                self._finish(session.messages[-1])
            case "message hidden":
                self._remove(change.message_id)
            case "path changed":
                self._show_path(session)
            case "settings changed" if session.chat.settings.model_ref != self._model_ref:
                self._model_ref = session.chat.settings.model_ref
                self._name_models(session)

    def _remove(self, message_id: str) -> None:
        self._shown.remove(message_id)
        self._view.remove_message(message_id)

    def _show_path(self, session: ChatSession) -> None:
        """Another branch: what both have in common stays where it is."""
        ids = [message.id for message in session.messages]
        pairs = zip(ids, self._shown, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        with self._view.navigator.staying():
            for message_id in reversed(self._shown[same:]):
                self._remove(message_id)
            for message in session.messages[same:]:
                self._add(message)
        self._mark_last()

    def _name_models(self, session: ChatSession) -> None:
        for message in session.messages:
            if message.role == "assistant" and message.id != self._running_id:
                self._show_footer(session, message)

    def _finish(self, message: StoredMessage) -> None:
        self._timer.stop()
        self._running_id = ""
        self._view.end_answer(message.id)
        self._give_tokens(message)
        answer = self._session.answer if self._session else None
        if message.thinking and answer is not None:
            self._view.set_thinking_label(
                message.id, self.tr("Thought for {0}").format(clock(answer.thinking_s))
            )
        if message.error:
            self._view.set_note(message.id, message.error, is_error=True)
        self._mark_last()
        self.status_changed.emit("")

    def _on_timer_timeout(self) -> None:
        if self._session is None or (answer := self._session.answer) is None or not self._running_id:
            return
        words = self.tr("stopping…") if self._is_stopping else status_of(answer).line
        if answer.first_token_at is None:
            self._view.set_status(self._running_id, words)
        elif self._has_status:
            self._view.set_status(self._running_id, "")  # the footer goes on from here
            self._has_status = False
            self.writing_began.emit()
        elif self._ticks % TICKS_A_FOOTER == 0:
            self._view.set_footer(self._running_id, words, ())
        if self._ticks % TICKS_A_FOOTER == 0:
            self.status_changed.emit(f"{short_name(self._session.chat.settings.model_ref)}: {words}")
        self._ticks += 1

    def _on_view_action_clicked(self, message_id: str, action_id: str) -> None:
        if (session := self._session) is None:
            return
        match action_id:
            case "copy":
                text = next((each.text for each in session.messages if each.id == message_id), "")
                QGuiApplication.clipboard().setText(text)
            case "figures":
                message = next(each for each in session.messages if each.id == message_id)
                show_figures(self._view, message, partial(self._show_tokens, session, message_id))
            case "probabilities":
                self._show_tokens(session, message_id)
            case "more_context":
                self.more_context_asked.emit()
            case "compare":
                if (prompt := _prompt_before(session, message_id)) is not None:
                    self.compare_asked.emit(prompt, session.chat.settings.model_ref)
            case _:
                self.action_asked.emit(message_id, action_id)

    def _show_tokens(self, session: ChatSession, message_id: str) -> None:
        message = next(each for each in session.messages if each.id == message_id)
        is_asked = session.chat.settings.has_probabilities
        show_tokens(self._view, message, self._registry, is_asked=is_asked)

    def _give_tokens(self, message: StoredMessage) -> None:
        """To the text on the screen, if the engine told them."""
        if message.tokens:
            self._view.tokens.put(message.id, message.text, partial(unpack, message.tokens))

    def _mark_last(self) -> None:
        """Some things can be done with the last answer alone; the one before loses them."""
        if (session := self._session) is None or not session.messages:
            return
        last = session.messages[-1]
        old = next((each for each in reversed(session.messages[:-1]) if each.id == self._marked_id), None)
        if old is not None:
            self._show_footer(session, old)
        if last.role == "assistant" and last.id != self._running_id:
            self._marked_id = last.id
            self._show_footer(session, last)

    def _show_footer(self, session: ChatSession, message: StoredMessage) -> None:
        self._view.set_footer(message.id, footer_of(session, message), actions_of(session, message))


def _prompt_before(session: ChatSession, message_id: str) -> StoredMessage | None:
    """The prompt that an answer answers."""
    before = takewhile(lambda message: message.id != message_id, session.messages)
    return next((message for message in reversed(list(before)) if message.role == "user"), None)
