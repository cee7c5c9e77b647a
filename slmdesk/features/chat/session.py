"""One chat as it runs: the prompt is stored first, then the answer streams into store and window."""

import asyncio
import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from slmdesk.base.errors import BadInput, EngineError
from slmdesk.base.events import Event
from slmdesk.base.jobs import uninterrupted
from slmdesk.base.prompt_text import checked_prompt
from slmdesk.base.words import say
from slmdesk.engines.answer import Answer, AnswerState, NoSink
from slmdesk.engines.base import Message, Options, Request, StopReason
from slmdesk.engines.generation import FitCheck, ending, generate
from slmdesk.engines.plain import options_from_plain, options_to_plain
from slmdesk.engines.registry import Registry
from slmdesk.engines.token_trail import ALTERNATIVES, pack, unpack
from slmdesk.features.chat.chat_context import ChatContext
from slmdesk.features.chat.context_use import ContextUse as ContextUse
from slmdesk.features.chat.context_use import LeftOut as LeftOut
from slmdesk.features.chat.history import (
    GO_ON,
    SchemaReader,
    Unfolding,
    estimate_tokens,
    to_messages,
)
from slmdesk.features.chat.titles import branch_titles, clean_title, title_request
from slmdesk.store.attachments import StoredAttachment
from slmdesk.store.branches import MessageTree, Versions
from slmdesk.store.chats import Chat, Chats, ChatSettings
from slmdesk.store.journal import AnswerWriter
from slmdesk.store.messages import StoredMessage
from slmdesk.store.text import title_from
from slmdesk.store.whole_chats import branch_of

ChangeKind: TypeAlias = Literal[
    "message added",
    "answer began",
    "answer ended",
    "message hidden",
    "path changed",
    "title changed",
    "settings changed",
]


@dataclass(frozen=True, slots=True)
class SessionChange:
    """What happened; `message_id` is the message it happened to, "" for what concerns the whole chat.

    "path changed": another branch shows, all of `messages` may be different.
    """

    kind: ChangeKind
    message_id: str = ""


def can_continue(message: StoredMessage) -> bool:
    """Whether an answer ended before its end, and has a text that can be gone on from."""
    is_cut = message.state in (AnswerState.STOPPED, AnswerState.INTERRUPTED, AnswerState.FAILED)
    has_end = not is_cut and message.stop_reason != StopReason.LENGTH
    return message.role == "assistant" and bool(message.text.strip()) and not has_end


class ChatSession:
    """`messages` is the path on the screen; `answer` is the running or the last answer of this session.

    `tree` holds all versions. `changed` tells what to redraw; the chunks of an answer come through
    `answer.changed`. Stop is the cancellation of the task that runs `send`, `edit`, `again` or
    `continue_answer`. `left_out` are ids of messages that are not sent this time.
    """

    def __init__(
        self,
        chats: Chats,
        registry: Registry,
        chat: Chat,
        tree: MessageTree | None = None,
        *,
        unfolding: Unfolding,
        read_schema: SchemaReader,
        check_fit: FitCheck | None = None,
    ) -> None:
        self._chats = chats
        self._registry = registry
        self._check_fit = check_fit
        self.chat = chat
        self.tree = tree or MessageTree()
        self.messages: list[StoredMessage] = self.tree.path_to(chat.leaf_id)
        self.answer: Answer | None = None
        self._writer: AnswerWriter
        self._is_running = False
        self._unfolding = unfolding
        self._read_schema = read_schema
        self.changed: Event[SessionChange] = Event()

    @property
    def is_running(self) -> bool:
        """From the call of `send`, `edit`, `again` or `continue_answer` to its end."""
        return self._is_running

    @property
    def options(self) -> Options:
        return options_from_plain(self.chat.settings.options)

    async def send(
        self,
        text: str,
        attachments: Sequence[StoredAttachment] = (),
        *,
        is_oversized_allowed: bool = False,
        left_out: Collection[str] = (),
    ) -> None:
        """Store the prompt with what is attached, then answer it.

        Known engine errors end up in the answer, not here.
        """
        prompt = checked_prompt(text)
        with self._running():
            await uninterrupted(lambda: self._keep_prompt(prompt, attachments))
            await self._answer(await self._request(is_oversized_allowed, left_out))

    async def edit(
        self,
        message_id: str,
        text: str,
        *,
        is_oversized_allowed: bool = False,
        left_out: Collection[str] = (),
    ) -> None:
        """Ask in other words: a version beside the message on screen, which is then answered."""
        place = self._place(message_id)
        if self.messages[place].role != "user":
            raise BadInput(
                say("Only your own messages can be edited."), next_step=say("Press Again for another answer.")
            )
        prompt = checked_prompt(text)
        with self._running():
            kept = self.messages[place].attachments
            await uninterrupted(lambda: self._keep_prompt(prompt, kept, beside=message_id))
            await self._answer(await self._request(is_oversized_allowed, left_out))

    async def again(
        self,
        message_id: str | None = None,
        *,
        model_ref: str | None = None,
        is_oversized_allowed: bool = False,
        left_out: Collection[str] = (),
    ) -> None:
        """Answer a prompt once more, also with another model; the answers before stay beside it.

        Without `message_id` it is the last prompt; else the prompt that this answer on screen was given to.
        """
        last = len(self.messages) if message_id is None else self._place(message_id) + 1
        place = self._prompt_before(last)
        with self._running():
            self._hide_from(place + 1)
            await self._answer(await self._request(is_oversized_allowed, left_out), model_ref=model_ref)

    async def continue_answer(
        self, *, is_oversized_allowed: bool = False, left_out: Collection[str] = ()
    ) -> None:
        """Go on with the last answer, which ended too early: a version that begins with its text."""
        kept = self.messages[-1] if self.messages else None
        if kept is None or not can_continue(kept):
            raise BadInput(
                say("There is no answer that ended too early."), next_step=say("Press Again for a new one.")
            )
        model_ref = kept.model_ref or self.chat.settings.model_ref
        kept = replace(kept, text=kept.text.rstrip())  # a model goes on with a space of its own
        place = self._prompt_before(len(self.messages))
        asked = [Message("assistant", kept.text)]
        if not self._can(model_ref, "prefill"):
            asked.append(Message("user", GO_ON))
        with self._running():
            self._hide_from(place + 1)
            request = await self._request(is_oversized_allowed, left_out)
            request = replace(request, messages=(*request.messages, *asked), is_thinking=False)
            await self._answer(request, model_ref=model_ref, kept=kept)

    def versions(self, message_id: str) -> Versions:
        """A message among the versions beside it, to draw ‹2/3›."""
        return self.tree.versions(message_id)

    async def show_version(self, message_id: str) -> None:
        """Show the branch through this message, down to the leaf that was shown last; raises BadInput."""
        self._refuse_while_running()
        if message_id not in self.tree:
            raise BadInput(say("This message is not there any more."))
        self.messages = self.tree.switch(self.messages, message_id)
        self.changed.emit(SessionChange("path changed"))
        await self._chats.choose_leaf(self.chat.id, self.messages[-1].id, self.tree.choices)

    async def branch(self, message_id: str) -> Chat:
        """A new chat with a copy of the path down to this message; its `branched_from` is the way back.

        Its title tells it from this one.
        """
        path = self.messages[: self._place(message_id) + 1]
        if path[-1].state == AnswerState.WRITING:
            raise BadInput(
                say("This answer is still being written."), next_step=say("Wait for its end or press Stop.")
            )
        title = await self._chats.first_free_title(branch_titles(self.chat.title))
        (chat,) = await self._chats.add([branch_of(self.chat, path, title)])
        return chat

    async def suggest_title(self) -> str:
        """Ask the chat's model for a title, which is used unless one was typed by hand.

        Returns "" where the model had no idea; raises EngineError.
        """
        answer, request = Answer(), title_request(self.messages, self.options)
        await generate(
            answer,
            self._registry,
            self.chat.settings.model_ref,
            request,
            NoSink(),
            check_fit=self._check_fit,
        )
        if answer.error:
            raise answer.error
        title = clean_title(answer.text)
        if title and await self._chats.suggest_title(self.chat.id, title):
            self.chat = replace(self.chat, title=title)
            self.changed.emit(SessionChange("title changed"))
        return title

    async def update_settings(self, settings: ChatSettings) -> None:
        """Model, system prompt and options for the answers to come."""
        self.chat = replace(self.chat, settings=settings)
        await self._chats.save_settings(self.chat.id, settings)
        self.changed.emit(SessionChange("settings changed"))

    async def update_options(self, options: Options) -> None:
        await self.update_settings(replace(self.chat.settings, options=options_to_plain(options)))

    def context_use(self) -> ContextUse:
        """How full the context is with what is on the screen, an answer that is coming included."""
        running = self.answer if self.answer and self.answer.is_running else None
        return self._context.use(self.messages, running.chunk_count if running else 0)

    def left_out_for(self, prompt: str, token_counts: Sequence[int] | None = None) -> LeftOut:
        """Which messages to leave out so that `prompt` fits, by counted tokens or by estimates.

        `token_counts` has one count for each of `messages` and one more for the prompt.
        """
        context = self._context
        if token_counts is None:
            counts = context.token_counts(self.messages, self.context_use().used_tokens)
            token_counts = [*counts, estimate_tokens([prompt])]
        return context.left_out(self.messages, token_counts)

    def document_budget(self, question: str) -> int:
        """The tokens that documents may have in the next message."""
        return self._context.document_budget(self.messages, question)

    @property
    def _context(self) -> ChatContext:
        settings = self.chat.settings
        info = self._registry.info(settings.model_ref)
        return ChatContext(settings, info.context_tokens if info else None, self._unfolding)

    def _place(self, message_id: str) -> int:
        for place, message in enumerate(self.messages):
            if message.id == message_id:
                return place
        raise BadInput(say("This message is not on the screen any more."))

    def _prompt_before(self, end: int) -> int:
        for place in range(end - 1, -1, -1):
            if self.messages[place].role == "user":
                return place
        raise BadInput(say("There is no prompt to answer yet."), next_step=say("Type a question first."))

    def _hide_from(self, place: int) -> None:
        while len(self.messages) > place:
            hidden = self.messages.pop()
            self.changed.emit(SessionChange("message hidden", hidden.id))

    def _can(self, model_ref: str, capability: Literal["prefill", "logprobs"]) -> bool:
        try:
            engine, _ = self._registry.resolve(model_ref)
        except EngineError:
            return False  # asking it says what is wrong
        return bool(getattr(engine.capabilities, capability))

    async def _keep_prompt(
        self, prompt: str, attachments: Sequence[StoredAttachment], *, beside: str | None = None
    ) -> None:
        message = await self._chats.add_user_message(
            self.chat.id, prompt, beside=beside, attachments=attachments
        )
        if beside is not None:
            self._hide_from(self._place(beside))
        self.tree.add(message)
        self.messages.append(message)
        draft = "" if beside is None else self.chat.draft
        self.chat = replace(self.chat, title=self.chat.title or title_from(prompt), draft=draft)
        self.changed.emit(SessionChange("message added", message.id))

    async def _request(self, is_oversized_allowed: bool, left_out: Collection[str]) -> Request:
        """Off the loop where it takes long: documents are counted, and the first schema loads its checker."""
        settings = self.chat.settings
        sent = [message for message in self.messages if message.id not in left_out]
        is_long = any(message.attachments for message in sent)
        unfold = self._context.turns
        turns = await asyncio.to_thread(unfold, sent) if is_long else unfold(sent)
        schema = await asyncio.to_thread(self._read_schema, settings.schema) if settings.schema else None
        return Request(
            model="",
            messages=to_messages(settings.system_prompt, turns),
            options=options_from_plain(settings.options),
            is_thinking=settings.is_thinking,
            schema=schema,
            is_oversized_allowed=is_oversized_allowed,
        )

    async def _answer(
        self, request: Request, *, model_ref: str | None = None, kept: StoredMessage | None = None
    ) -> None:
        answer, ref = Answer(), model_ref or self.chat.settings.model_ref
        if self.chat.settings.has_probabilities and self._can(ref, "logprobs"):
            request = replace(request, top_logprobs=ALTERNATIVES)
        try:
            await uninterrupted(lambda: self._open(answer, ref, kept))
            await generate(answer, self._registry, ref, request, self._writer, check_fit=self._check_fit)
        finally:
            await uninterrupted(lambda: self._close(answer))

    async def _open(self, answer: Answer, model_ref: str, kept: StoredMessage | None) -> None:
        text, thinking = (kept.text, kept.thinking) if kept else ("", "")
        message, self._writer = await self._chats.start_answer(
            self.chat.id,
            model_ref,
            parent_id=self.messages[-1].id,
            text=text,
            thinking=thinking,
            schema=self.chat.settings.schema,
        )
        answer.begin_with(text, thinking, unpack(kept.tokens) if kept else ())
        self.tree.add(message)
        self.messages.append(message)
        self.answer = answer
        self.changed.emit(SessionChange("answer began", message.id))

    async def _close(self, answer: Answer) -> None:
        if self.answer is not answer:
            return  # it could not be opened
        if answer.is_running:
            answer.abandon(AnswerState.STOPPED)
        message, end = self.messages[-1], ending(answer)
        if answer.trail is not None:
            end["tokens"] = await asyncio.to_thread(pack, answer.trail.finish())
        self.messages[-1] = replace(message, text=answer.text, thinking=answer.thinking, **end)
        self.tree.add(self.messages[-1])
        try:
            await self._chats.finish_answer(message.id, self._writer, **end)
        finally:
            self.changed.emit(SessionChange("answer ended", message.id))

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        self._refuse_while_running()
        self._is_running = True
        try:
            yield
        finally:
            self._is_running = False

    def _refuse_while_running(self) -> None:
        if self._is_running:
            raise BadInput(
                say("An answer is still being written."), next_step=say("Wait for its end or press Stop.")
            )
