"""The chat pane: all chats at the left, the open one beside them, the prompt below."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.markdown_parser import parse
from slmdesk.engines.base import Options
from slmdesk.engines.plain import options_from_plain, options_to_plain
from slmdesk.features.catalog.fit import Fit
from slmdesk.features.chat.session import ChatSession, SessionChange
from slmdesk.services import Services
from slmdesk.store.chats import ChatSettings
from slmdesk.ui import notify, theme
from slmdesk.ui.actions import Actions
from slmdesk.ui.widgets.chat.chat_header import ChatHeader
from slmdesk.ui.widgets.chat.chat_list import ChatList
from slmdesk.ui.widgets.chat.chat_runner import ChatRunner
from slmdesk.ui.widgets.chat.chat_shelf import ChatShelf
from slmdesk.ui.widgets.chat.conversation import Conversation, prompt_before
from slmdesk.ui.widgets.chat.draft_keeper import DraftKeeper
from slmdesk.ui.widgets.chat.start_card import StartCard
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.prompt.generation_settings import Generation, GenerationSettings
from slmdesk.ui.widgets.prompt.prompt_box import PromptBox
from slmdesk.ui.widgets.transcript import BlockView

LIST_PX = 228
NARROW_LIST_PX = 176
NARROW_PANE_PX = 820
NARROWEST_PANE_PX = 700
LOADED_INTERVAL_MS = 5_000


class ChatPane(QWidget):
    """Every chat that is being answered goes on when another is opened; `_session` is the one on screen."""

    status_changed = Signal(str)
    compare_requested = Signal(str, str)
    model_file_offered = Signal(str)
    add_file_requested = Signal()

    def __init__(
        self, services: Services, actions: Actions, scheduler: PaintScheduler, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._session: ChatSession | None = None
        self.runner = ChatRunner(services.jobs, self)
        self._wanted = ""
        self._drafts = DraftKeeper(services.chats, services.jobs)
        self._after_create: list[Callable[[ChatSession], None]] = []
        self._is_started = False
        self.settings = GenerationSettings()
        self.list = ChatList()
        self.shelf = ChatShelf(self.list, services.chats, services.jobs, self)
        self.header = ChatHeader(services.registry, self._fit)
        self.transcript = BlockView(scheduler)
        self.transcript.setAccessibleName(self.tr("Conversation"))
        self.start_card = StartCard(services.registry, self._fit)
        self.prompt = PromptBox()
        self.prompt.add_tool(self.settings)
        self._conversation = Conversation(self.transcript, self)
        self._pages = QStackedWidget()
        self._lay_out()
        self._connect()
        self._add_actions(actions)
        self._loaded_timer = QTimer(self)
        self._loaded_timer.setInterval(LOADED_INTERVAL_MS)
        self._loaded_timer.timeout.connect(self._look_at_loaded)
        self._show(None)

    # opening

    def start(self) -> None:
        """Read the chats and open the last one; the first time the pane is shown does it."""
        if not self._is_started:
            self._is_started = True
            self._start_job("chat:open", self._open_last)

    def open_chat(self, chat_id: str) -> None:
        """Show a stored chat; what runs in the one before goes on."""
        self.prompt.flush_draft()
        self._wanted = chat_id
        if (session := self.runner.sessions.get(chat_id)) is not None:
            self._show(session)
            return
        self._start_job(f"chat:open:{chat_id}", partial(self._open, chat_id))

    def new_chat(self) -> None:
        """An empty chat, or the one that is empty already; it is stored when something is written."""
        if (empty := self.shelf.empty_chat()) and empty not in self.runner.sessions:
            self.open_chat(empty)
        else:
            self.prompt.flush_draft()
            self._wanted = ""
            self._show(None)
        self.prompt.setFocus()

    async def _open_last(self) -> None:
        await self.shelf.reload()
        if self._session is None and not self._wanted and self.shelf.summaries:
            self._wanted = self.shelf.summaries[0].id
            await self._open(self._wanted)
        # The parser takes a tenth of a second to import: not between the first token and the second.
        await asyncio.to_thread(parse, "", {})

    async def _open(self, chat_id: str) -> None:
        session = await self._services.session(chat_id)
        if self._wanted == chat_id:  # another may have been clicked meanwhile
            self._show(session)

    def _show(self, session: ChatSession | None) -> None:
        self._session = session
        self._wanted = session.chat.id if session else ""
        self._conversation.show(session)
        settings = session.chat.settings if session else self._default_settings()
        self.settings.set_value(_generation(settings))
        self._show_model(settings.model_ref)
        self.prompt.set_text(self._drafts.of(session.chat) if session else "")
        self.prompt.set_running(session is not None and session.is_running)
        self.list.mark(self._wanted)
        self._show_page()

    def _show_page(self) -> None:
        has_messages = self._session is not None and bool(self._session.messages)
        self._pages.setCurrentIndex(0 if has_messages else 1)
        self.header.set_context(self._session.context_use() if self._session and has_messages else None)

    def _show_model(self, ref: str) -> None:
        self.header.set_model(ref)
        self.start_card.set_model(ref)
        self._look_at_loaded()

    # asking

    def _on_prompt_sent(self, text: str) -> None:
        if not self.header.picker.ref:
            self.prompt.say(self.tr("Choose a model first."))
            self.header.picker.open_list()
            return
        self.prompt.set_running(True)
        self._with_session(lambda session: self._run(session, lambda: session.send(text)))

    def _again(self, *, is_oversized_allowed: bool = False) -> None:
        if (session := self._session) is not None and not session.is_running:
            self._run(session, lambda: session.again(is_oversized_allowed=is_oversized_allowed))

    def _stop(self) -> None:
        if self._session is not None:
            self._conversation.tell_stopping()
            self.runner.stop(self._session.chat.id)

    def _with_session(self, then: Callable[[ChatSession], None]) -> None:
        """Call `then` with the open session, which is stored first if it is new."""
        if self._session is not None:
            then(self._session)
            return
        self._after_create.append(then)
        self._start_job("chat:create", self._create)

    async def _create(self) -> None:
        waiting, self._after_create = self._after_create, []
        try:
            chat = await self._services.chats.create(self._chosen_settings())
            session = await self._services.session(chat.id)
        except SlmdeskError:
            self.prompt.set_running(False)
            raise
        if self._session is None and not self._wanted:
            self._session, self._wanted = session, chat.id
            self._conversation.show(session)
        self.shelf.touch(session)
        self.list.mark(self._wanted)
        for then in [*waiting, *self._after_create]:
            then(session)
        self._after_create = []

    def _run(self, session: ChatSession, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.runner.run(session, work)
        if session is self._session:
            self.prompt.set_running(True)

    def _on_session_ended(self, session: ChatSession) -> None:
        if session is self._session:
            self.prompt.set_running(False)
            self._show_page()

    def _on_session_changed(self, session: ChatSession, change: SessionChange) -> None:
        if change.kind == "message added":
            self._drafts.forget(session.chat.id)
            if session is self._session:
                self.prompt.clear()
        if change.kind in ("message added", "answer ended"):
            self.shelf.touch(session)
        if session is self._session:
            self._show_page()
        if change.kind == "answer ended":
            self._look_at_loaded()

    # settings and drafts

    def _on_picker_chosen(self, ref: str) -> None:
        self._show_model(ref)
        self._save_settings()
        self.prompt.setFocus()

    def _save_settings(self) -> None:
        """Keep them with the chat; a new chat takes them along when it is stored."""
        if (session := self._session) is None:
            return
        settings = self._chosen_settings()
        if settings != session.chat.settings:
            session.chat = replace(session.chat, settings=settings)
            self._start_job("chat:settings", lambda: self._store_settings(session))
            self._show_page()

    async def _store_settings(self, session: ChatSession) -> None:
        stored = None
        while stored != session.chat.settings:
            stored = session.chat.settings
            await session.update_settings(stored)
        self.shelf.touch(session)

    def _on_prompt_draft_changed(self, text: str) -> None:
        if self._session is not None or text.strip():
            self._with_session(lambda session: self._drafts.keep(session.chat.id, text))

    def _chosen_settings(self) -> ChatSettings:
        value = self.settings.value()
        options = options_to_plain(value.options)
        return ChatSettings(self.header.picker.ref, value.system_prompt, options, value.is_thinking)

    def _default_settings(self) -> ChatSettings:
        return ChatSettings(self._services.default_model(), "", options_to_plain(Options()), False)

    # what the user presses

    def _on_transcript_action(self, message_id: str, action_id: str) -> None:
        if (session := self._session) is None:
            return
        match action_id:
            case "copy":
                text = next((each.text for each in session.messages if each.id == message_id), "")
                QGuiApplication.clipboard().setText(text)
            case "again":
                self._again()
            case "load_anyway":
                self._again(is_oversized_allowed=True)
            case "more_context":
                self.settings.open_options()
            case "compare":
                self.compare_requested.emit(
                    prompt_before(session, message_id), session.chat.settings.model_ref
                )

    def _on_example_chosen(self, text: str) -> None:
        self.prompt.set_text(text)
        self._on_prompt_sent(text)

    def _on_chat_removed(self, chat_id: str) -> None:
        self.runner.stop(chat_id)
        if chat_id == self._wanted:
            self._drafts.forget(chat_id)
            self._show(None)

    def _export(self, kind: str) -> None:
        if self._session is not None:
            self.shelf.export(self._session.chat.id, kind)

    def _look_at_loaded(self) -> None:
        if self.isVisible():
            self._start_job("chat:loaded", self._read_loaded)

    async def _read_loaded(self) -> None:
        room = self._services.room
        await room.refresh()
        self.header.set_loaded(list(room.loaded.values()))

    def _fit(self, ref: str) -> Fit | None:
        return self._services.fit(ref, self.settings.value().options.context_tokens)

    # errors and jobs

    def _tell(self, error: SlmdeskError, session: ChatSession | None) -> None:
        """A known error is a quiet line: above the prompt, or over the window for another chat."""
        if session is self._session:
            self.prompt.say(error.sentence())
        else:
            notify.toast(self, error.sentence())

    def _start_job(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def told() -> None:
            try:
                await work()
            except SlmdeskError as error:
                self._tell(error, self._session)

        if not self._services.jobs.is_running(key):
            self._services.jobs.start(key, told)

    # layout

    def _lay_out(self) -> None:
        self._pages.addWidget(self.transcript)
        self._pages.addWidget(self.start_card)
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(self.header)
        column.addWidget(self._pages, 1)
        column.addWidget(self.prompt)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 14, 14, 14)
        row.setSpacing(10)
        row.addWidget(self.list)
        row.addLayout(column, 1)
        self.list.setFixedWidth(theme.scaled(LIST_PX))
        order: tuple[QWidget, ...] = (
            self.list.search,
            self.list.view,
            self.list.new_button,
            self.header.list_button,
            self.header.picker,
            self.transcript,
            self.prompt.edit,
            self.settings.system_chip,
            self.settings.options_chip,
            self.prompt.send_button,
        )
        for before, after in pairwise(order):
            self.setTabOrder(before, after)

    def _connect(self) -> None:
        self.list.chosen.connect(self.open_chat)
        self.runner.changed.connect(self._on_session_changed)
        self.runner.failed.connect(lambda session, error: self._tell(error, session))
        self.runner.ended.connect(self._on_session_ended)
        self.list.new_requested.connect(self.new_chat)
        self.shelf.removed.connect(self._on_chat_removed)
        self.header.list_requested.connect(lambda: self.list.setVisible(self.list.isHidden()))
        self.header.picker.chosen.connect(self._on_picker_chosen)
        self.header.picker.add_file_requested.connect(self.add_file_requested)
        self.start_card.example_chosen.connect(self._on_example_chosen)
        self.start_card.model_chosen.connect(self._on_picker_chosen)
        self.settings.changed.connect(lambda _value: self._save_settings())
        self.prompt.sent.connect(self._on_prompt_sent)
        self.prompt.stopped.connect(self._stop)
        self.prompt.draft_changed.connect(self._on_prompt_draft_changed)
        self.prompt.model_file_dropped.connect(self.model_file_offered)
        self.transcript.action_clicked.connect(self._on_transcript_action)
        self.transcript.link_clicked.connect(lambda url: notify.open_link(self, url))
        self._conversation.status_changed.connect(self.status_changed)
        self._conversation.writing_began.connect(self._look_at_loaded)

    def _add_actions(self, actions: Actions) -> None:
        actions.add("new_chat", self.tr("New chat"), self.new_chat, shortcut="Ctrl+N", owner=self)
        actions.add("stop_answer", self.tr("Stop the answer"), self.prompt.stop, shortcut="Esc", owner=self)
        actions.add("system_prompt", self.tr("System prompt…"), self.settings.open_system_prompt, owner=self)
        actions.add("choose_model", self.tr("Choose a model…"), self.header.picker.open_list, owner=self)
        markdown, json = partial(self._export, "markdown"), partial(self._export, "json")
        actions.add("export_markdown", self.tr("Export this chat as Markdown…"), markdown, owner=self)
        actions.add("export_json", self.tr("Export this chat as JSON…"), json, owner=self)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.prompt.setFocus(event.reason())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.start()
        self.start_card.refresh()
        self._loaded_timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._loaded_timer.stop()
        self.prompt.flush_draft()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width, was_width = event.size().width(), event.oldSize().width()
        self.list.setFixedWidth(theme.scaled(LIST_PX if width >= NARROW_PANE_PX else NARROW_LIST_PX))
        is_narrow = width < NARROWEST_PANE_PX
        if is_narrow != (was_width < NARROWEST_PANE_PX) or was_width < 0:
            self.list.setVisible(not is_narrow)
            self.header.list_button.setVisible(is_narrow)


def _generation(settings: ChatSettings) -> Generation:
    return Generation(options_from_plain(settings.options), settings.system_prompt, settings.is_thinking)
