"""Says before a message is sent what of it does not fit into the context, and offers what helps."""

import asyncio
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from slmdesk.base.memory import gigabytes
from slmdesk.base.words import counted, number
from slmdesk.engines.plain import options_from_plain
from slmdesk.features.chat.fitting import larger_context, room_for_prompt
from slmdesk.features.chat.session import ChatSession, LeftOut
from slmdesk.features.documents.attached import DOCUMENT_SHARE, DocumentUnfolding
from slmdesk.features.documents.document import Document
from slmdesk.features.documents.fitting import Fitting, fit_documents
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.services import Services
from slmdesk.store.chats import ChatSettings
from slmdesk.store.text import title_from
from slmdesk.ui.widgets.prompt.offer_bar import Offer, OfferBar

JOB = "prompt:room"
NAMED_MESSAGES = 3


class RoomOffers(QObject):
    """`context_wanted` tells the tokens of a larger context, `send_without` the ids to leave out."""

    context_wanted = Signal(int)
    send_without = Signal(list)

    def __init__(
        self, services: Services, bar: OfferBar, settings: Callable[[], ChatSettings], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._bar = bar
        self._settings = settings
        self._job = f"{JOB}:{id(self)}"  # a comparison measures apart from the chat
        self._asked: tuple[ChatSession | None, str, Sequence[Document]] | None = None

    def look(self, session: ChatSession | None, question: str, documents: Sequence[Document]) -> None:
        """Measure this message, the latest one if several were asked about meanwhile."""
        if not documents and (session is None or not session.messages or not question.strip()):
            self._asked = None
            self._bar.clear()
            return
        self._asked = (session, question, documents)
        if not self._services.jobs.is_running(self._job):
            self._services.jobs.start(self._job, self._measure)

    async def _measure(self) -> None:
        while self._asked is not None:
            asked, self._asked = self._asked, None
            session, question, documents = asked
            left = await asyncio.to_thread(session.left_out_for, question) if session else None
            fitting = await asyncio.to_thread(self._fit, session, question, documents)
            if self._asked is None:
                self._say(left, fitting, question)

    def _fit(self, session: ChatSession | None, question: str, documents: Sequence[Document]) -> Fitting:
        if session is not None:
            budget = session.document_budget(question)
        else:
            head = estimate_tokens(self._settings().system_prompt)
            budget = DocumentUnfolding.budget((), question, self._room_tokens(), head)
        return fit_documents(documents, budget)

    def _room_tokens(self) -> int:
        settings = self._settings()
        options = options_from_plain(settings.options)
        most = self._most_tokens(settings)
        return room_for_prompt(
            min(options.context_tokens, most or options.context_tokens), options.max_tokens
        )

    def _most_tokens(self, settings: ChatSettings) -> int | None:
        info = self._services.registry.info(settings.model_ref)
        return info.context_tokens if info else None

    def _say(self, left: LeftOut | None, fitting: Fitting, question: str) -> None:
        words, offers = list(fitting.words), []
        needed = estimate_tokens(question) if left is None else left.all_tokens
        if left is not None and (left.messages or not left.is_enough):
            words.insert(0, self._overflow_words(left))
        if fitting.words:
            needed += int(sum(part.whole_tokens for part in fitting.parts) / DOCUMENT_SHARE)
        if words and (larger := self._larger(needed)):
            offers.append(larger)
        if left is not None and left.messages and left.is_enough:
            offers.append(self._without(left))
        self._bar.say(" ".join(words), offers)

    def _overflow_words(self, left: LeftOut) -> str:
        words = self.tr("With the chat this message has about {0} tokens, and there is room for {1}.")
        said = words.format(number(left.all_tokens), number(left.room_tokens))
        if not left.messages or not left.is_enough:
            return said
        names = ", ".join(f"“{title_from(each.text)}”" for each in left.messages[:NAMED_MESSAGES])
        more = "…" if len(left.messages) > NAMED_MESSAGES else ""
        return f"{said} {self.tr('The oldest: {0}').format(names)}{more}"

    def _larger(self, needed: int) -> Offer | None:
        settings = self._settings()
        options = options_from_plain(settings.options)
        context = larger_context(needed, options.max_tokens, self._most_tokens(settings))
        if context is None or context <= options.context_tokens:
            return None
        size = self._services.memory_bytes(settings.model_ref, context)
        label = self.tr("More context: {0} tokens").format(number(context))
        if size is not None:
            label = self.tr("More context: {0} tokens (needs {1} GB)").format(
                number(context), gigabytes(size)
            )
        return label, lambda: self.context_wanted.emit(context)

    def _without(self, left: LeftOut) -> Offer:
        words = counted(
            len(left.messages),
            "Send without the oldest message",
            "Send without the oldest {count} messages",
        )
        ids = [message.id for message in left.messages]
        return words, lambda: self.send_without.emit(ids)
