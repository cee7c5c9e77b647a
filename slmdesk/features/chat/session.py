"""One chat as it runs: the prompt is stored first, then the answer streams into store and window."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.base.events import Event
from slmdesk.base.jobs import uninterrupted
from slmdesk.base.prompt_text import checked_prompt
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.base import Options, Request
from slmdesk.engines.generation import FitCheck, ending, generate
from slmdesk.engines.plain import options_from_plain, options_to_plain, timings_from_plain
from slmdesk.engines.registry import Registry
from slmdesk.features.chat.history import estimate_tokens, to_messages
from slmdesk.store.chats import Chat, Chats, ChatSettings
from slmdesk.store.journal import AnswerWriter
from slmdesk.store.messages import StoredMessage
from slmdesk.store.text import title_from

ChangeKind: TypeAlias = Literal[
    "message added", "answer began", "answer ended", "message hidden", "settings changed"
]


@dataclass(frozen=True, slots=True)
class SessionChange:
    """What happened; `message_id` is the message it happened to, "" for the settings."""

    kind: ChangeKind
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class ContextUse:
    """How full the loaded context is."""

    used_tokens: int
    context_tokens: int
    is_estimate: bool

    @property
    def share(self) -> float:
        return self.used_tokens / self.context_tokens

    @property
    def words(self) -> str:
        return f"{'~' if self.is_estimate else ''}{self.used_tokens:,} of {self.context_tokens:,} tokens"


class ChatSession:
    """`messages` is the path on the screen; `answer` is the running or the last answer of this session.

    `changed` tells what to redraw; the chunks of an answer come through `answer.changed`.
    Stop is the cancellation of the task that runs `send` or `again`.
    """

    def __init__(
        self,
        chats: Chats,
        registry: Registry,
        chat: Chat,
        messages: Sequence[StoredMessage] = (),
        *,
        check_fit: FitCheck | None = None,
    ) -> None:
        self._chats = chats
        self._registry = registry
        self._check_fit = check_fit
        self.chat = chat
        self.messages: list[StoredMessage] = list(messages)
        self.answer: Answer | None = None
        self._writer: AnswerWriter
        self._is_running = False
        self.changed: Event[SessionChange] = Event()

    @property
    def is_running(self) -> bool:
        """From the call of `send` or `again` to its end."""
        return self._is_running

    @property
    def options(self) -> Options:
        return options_from_plain(self.chat.settings.options)

    async def send(self, text: str, *, is_oversized_allowed: bool = False) -> None:
        """Store the prompt, then answer it. Known engine errors end up in the answer, not here."""
        prompt = checked_prompt(text)
        with self._running():
            await uninterrupted(lambda: self._keep_prompt(prompt))
            await self._answer(is_oversized_allowed=is_oversized_allowed)

    async def again(self, *, is_oversized_allowed: bool = False) -> None:
        """Answer the last prompt once more; the answer before stays beside it in the store."""
        if not any(message.role == "user" for message in self.messages):
            raise BadInput("There is no prompt to answer yet.", next_step="Type a question first.")
        with self._running():
            while self.messages[-1].role != "user":
                hidden = self.messages.pop()
                self.changed.emit(SessionChange("message hidden", hidden.id))
            await self._answer(is_oversized_allowed=is_oversized_allowed)

    async def update_settings(self, settings: ChatSettings) -> None:
        """Model, system prompt and options for the answers to come."""
        self.chat = replace(self.chat, settings=settings)
        await self._chats.save_settings(self.chat.id, settings)
        self.changed.emit(SessionChange("settings changed"))

    async def update_options(self, options: Options) -> None:
        await self.update_settings(replace(self.chat.settings, options=options_to_plain(options)))

    def context_use(self) -> ContextUse:
        """The last counted answer's own figures; what came after it, and what is coming, is estimated."""
        info = self._registry.info(self.chat.settings.model_ref)
        wanted = self.options.context_tokens
        context_tokens = min(wanted, (info.context_tokens if info else None) or wanted)
        texts: list[str] = []
        for message in reversed(self.messages):
            timings = timings_from_plain(message.timings)
            if timings.prompt_tokens is not None and timings.output_tokens is not None:
                counted = timings.prompt_tokens + timings.output_tokens
                break
            texts.append(message.text)
        else:
            counted = 0
            texts.append(self.chat.settings.system_prompt)
        if self.answer is not None and self.answer.is_running:
            counted += self.answer.chunk_count
        return ContextUse(counted + estimate_tokens(texts), context_tokens, bool(texts))

    async def _keep_prompt(self, prompt: str) -> None:
        message = await self._chats.add_user_message(self.chat.id, prompt)
        self.messages.append(message)
        self.chat = replace(self.chat, title=self.chat.title or title_from(prompt), draft="")
        self.changed.emit(SessionChange("message added", message.id))

    async def _answer(self, *, is_oversized_allowed: bool) -> None:
        history = to_messages(self.chat.settings.system_prompt, self.messages)
        answer, settings = Answer(), self.chat.settings
        request = Request(
            model="",
            messages=history,
            options=options_from_plain(settings.options),
            is_thinking=settings.is_thinking,
            is_oversized_allowed=is_oversized_allowed,
        )
        try:
            await uninterrupted(lambda: self._open(answer, settings.model_ref))
            await generate(
                answer,
                self._registry,
                settings.model_ref,
                request,
                self._writer,
                check_fit=self._check_fit,
            )
        finally:
            await uninterrupted(lambda: self._close(answer))

    async def _open(self, answer: Answer, model_ref: str) -> None:
        prompt_id = self.messages[-1].id
        message, self._writer = await self._chats.start_answer(self.chat.id, model_ref, parent_id=prompt_id)
        self.messages.append(message)
        self.answer = answer
        self.changed.emit(SessionChange("answer began", message.id))

    async def _close(self, answer: Answer) -> None:
        if self.answer is not answer:
            return  # it could not be opened
        if answer.is_running:
            answer.abandon(AnswerState.STOPPED)
        message, end = self.messages[-1], ending(answer)
        self.messages[-1] = replace(message, text=answer.text, thinking=answer.thinking, **end)
        try:
            await self._chats.finish_answer(message.id, self._writer, **end)
        finally:
            self.changed.emit(SessionChange("answer ended", message.id))

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        if self._is_running:
            raise BadInput("An answer is still being written.", next_step="Wait for its end or press Stop.")
        self._is_running = True
        try:
            yield
        finally:
            self._is_running = False
