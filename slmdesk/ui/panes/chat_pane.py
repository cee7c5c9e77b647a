"""The chat pane: all chats at the left, the open one beside them, the prompt below."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.markdown_parser import parse
from slmdesk.engines.plain import options_from_plain, options_to_plain
from slmdesk.features.chat.session import ChatSession, SessionChange
from slmdesk.services import Services
from slmdesk.store.chats import ChatSettings
from slmdesk.ui import notify
from slmdesk.ui.actions import Actions
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.widgets.chat.chat_face import ChatFace
from slmdesk.ui.widgets.chat.chat_files import ChatFiles
from slmdesk.ui.widgets.chat.chat_list import add_list_commands
from slmdesk.ui.widgets.chat.chat_runner import ChatRunner
from slmdesk.ui.widgets.chat.chat_shelf import ChatShelf
from slmdesk.ui.widgets.chat.chat_tools import ChatTools
from slmdesk.ui.widgets.chat.conversation import Conversation
from slmdesk.ui.widgets.chat.draft_keeper import DraftKeeper
from slmdesk.ui.widgets.chat.folder_shelf import FolderShelf
from slmdesk.ui.widgets.chat.message_search import HitJump, MessageSearch
from slmdesk.ui.widgets.chat.model_offer import ModelOffer
from slmdesk.ui.widgets.chat.open_chat import OpenChat
from slmdesk.ui.widgets.chat.turns import Turns
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.prompt.generation_settings import Generation

LOADED_INTERVAL_MS = 5_000


class ChatPane(ChatFace):
    """Every chat that is being answered goes on when another is opened; `open` is the one on screen."""

    status_changed = Signal(str)
    compare_requested = Signal(object, str)
    model_file_offered = Signal(str)
    add_file_requested = Signal()
    pull_requested = Signal(str)

    def __init__(
        self, services: Services, actions: Actions, scheduler: PaintScheduler, parent: QWidget | None = None
    ) -> None:
        super().__init__(services.registry, services.fit, scheduler, parent)
        self._services = services
        self._is_started = False
        self.runner = ChatRunner(services.jobs, self)
        self.open = OpenChat(services, self.runner, self)
        self._drafts = DraftKeeper(services.chats, services.jobs)
        self.shelf = ChatShelf(self.list, services, self)
        self.folders = FolderShelf(self.list, self.shelf, services)
        self.files = ChatFiles(self.list, self.shelf, services)
        self._conversation = Conversation(self.transcript, services.registry, self)
        self.tools = ChatTools(services, self, self.open, self._chosen_settings, actions)
        self.turns = Turns(services, self.open, self)
        self.search = MessageSearch(services, self.list, self.open)
        self._connect()
        HitJump(services, self.list, self.open, self._conversation)
        self._add_actions(actions)
        self.destroyed.connect(services.forgotten.subscribe(lambda _none: self._on_forgotten()))
        self._loaded_timer = QTimer(self)
        self._loaded_timer.setInterval(LOADED_INTERVAL_MS)
        self._loaded_timer.timeout.connect(self._look_at_loaded)
        self.open.show(None)

    @property
    def _session(self) -> ChatSession | None:
        return self.open.session

    # opening

    def start(self) -> None:
        """Read the chats and open the last one; the first time the pane is shown does it."""
        if not self._is_started:
            self._is_started = True
            self._start_job("chat:open", self._open_last)

    def open_chat(self, chat_id: str) -> None:
        """Show a stored chat; what runs in the one before goes on."""
        self.open.open(chat_id)

    def take_chat(self, session: ChatSession) -> None:
        """Show a chat that was made elsewhere; it stands in the list, too."""
        self.open_chat(session.chat.id)
        self.shelf.touch(session)

    def new_chat(self) -> None:
        """An empty chat, or the one that is empty already; it is stored when something is written."""
        if (empty := self.shelf.empty_chat()) and empty not in self.runner.sessions:
            self.open.open(empty)
        elif self._session is not None or self.open.wanted:
            self.open.show(None)
        self.prompt.setFocus()

    def new_chat_with(self, model_ref: str) -> None:
        """An empty chat that this model is to answer."""
        self.new_chat()
        self._on_picker_chosen(model_ref)

    async def _open_last(self) -> None:
        await self.shelf.reload()
        is_free = self._session is None and not self.open.wanted and not self.open.is_new_wanted
        if is_free and self.shelf.summaries:
            await self.open.load(self.shelf.summaries[0].id)
        # The parser takes a tenth of a second to import: not between the first token and the second.
        await asyncio.to_thread(parse, "", {})
        self.search.update_index()

    def _on_open_shown(self, session: ChatSession | None) -> None:
        self._conversation.show(session)
        settings = session.chat.settings if session else self._services.new_chat_settings()
        self.settings.set_value(_generation(settings))
        self.tools.show(settings)
        self._show_model(settings.model_ref)
        self.prompt.set_text(self._drafts.of(session.chat) if session else "")
        self.prompt.set_running(session is not None and session.is_running)
        self.list.mark(self.open.wanted)
        self._show_origin()
        self._show_page()

    def _show_origin(self) -> None:
        origin = (self._session.chat.branched_from if self._session else None) or ""
        self.branch_line.set_origin(origin, self.shelf.title_of(origin))

    def _reload(self) -> None:
        self._start_job("chat:list", self.shelf.reload)

    def _on_forgotten(self) -> None:
        self.prompt.clear()
        self.open.show(None)
        self._reload()

    def _on_open_created(self, session: ChatSession) -> None:
        if session is self._session:
            self._conversation.show(session)
            self.tools.keep_for(session)
        self.shelf.touch(session)
        self.list.mark(self.open.wanted)

    def _on_open_failed(self, error: SlmdeskError) -> None:
        self.prompt.set_running(self._session is not None and self._session.is_running)
        self.prompt.say(error.sentence())

    def _show_page(self) -> None:
        self.show_start(self._session is None or not self._session.messages)
        self._show_context()

    def _show_context(self) -> None:
        session = self._session
        self.header.set_context(session.context_use() if session and session.messages else None)

    def _show_model(self, ref: str) -> None:
        self.header.set_model(ref)
        self.start_card.set_model(ref)
        self._look_at_loaded()

    # asking

    def _on_prompt_sent(self, text: str, left_out: Sequence[str] = ()) -> None:
        if not self.header.picker.ref:
            self.prompt.say(self.tr("Choose a model first."))
            self.header.picker.open_list()
            return
        if refusal := self.tools.refusal():
            self.prompt.say(refusal)
            return
        self.prompt.set_running(True)
        attached = self.tools.enclosures.stored()

        def send(session: ChatSession) -> None:
            self._run(session, lambda: session.send(text, attached, left_out=left_out))

        self._use(send, text)

    def _escape(self) -> None:
        if self.turns.is_editing:
            self.turns.leave_edit()
        elif self.find_bar.isVisible() and not self.prompt.is_running:
            self.find_bar.close_bar()
        else:
            self.prompt.stop()

    def _stop(self) -> None:
        if self._session is None:  # the new chat is not stored yet
            self.open.give_up()
            self.prompt.set_running(False)
        else:
            self._conversation.tell_stopping()
            self.runner.stop(self._session.chat.id)

    def _use(self, then: Callable[[ChatSession], None], text: str) -> None:
        self.open.use(then, self._chosen_settings, text)

    def _run(self, session: ChatSession, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.runner.run(session, work)
        if session is self._session:
            self.prompt.set_running(True)

    def _on_runner_ended(self, session: ChatSession) -> None:
        if session is self._session:
            self.prompt.set_running(False)
            self._show_page()

    def _on_runner_changed(self, session: ChatSession, change: SessionChange) -> None:
        is_edit = change.kind == "message added" and session.versions(change.message_id).count > 1
        if change.kind == "message added" and not is_edit:  # an edit leaves what is in the prompt
            self._drafts.forget(session.chat.id)
            self.tools.unsent.forget(session.chat.id)
            if session is self._session:
                self.prompt.clear()
        if change.kind in ("message added", "answer ended"):
            self.shelf.touch(session)
        if session is self._session:
            self._show_page()
        if change.kind == "answer ended":
            self._look_at_loaded()

    def _on_runner_failed(self, session: ChatSession, error: SlmdeskError) -> None:
        """A known error is a quiet line: above the prompt, or over the window for another chat."""
        if session is self._session:
            self.prompt.say(error.sentence())
        else:
            notify.toast(self, error.sentence())

    # settings and drafts

    def _on_picker_chosen(self, ref: str) -> None:
        self._show_model(ref)
        self.tools.begin_with(ref)
        self._save_settings()
        self.prompt.setFocus()

    def _save_settings(self) -> None:
        self.open.keep_settings(self._chosen_settings())
        self._show_context()
        self.tools.follow_settings()

    def _on_prompt_draft_changed(self, text: str) -> None:
        if self._session is not None or text.strip():
            self._use(lambda session: self._drafts.keep(session.chat.id, text), text)

    def _chosen_settings(self) -> ChatSettings:
        value = self.settings.value()
        options = options_to_plain(value.options)
        ref, schema = self.header.picker.ref, self.tools.schema
        return ChatSettings(
            ref, value.system_prompt, options, value.is_thinking, schema, value.has_probabilities
        )

    # what the user presses

    def _on_example_chosen(self, text: str) -> None:
        self.prompt.set_text(text)
        self._on_prompt_sent(text)

    def _on_chat_removed(self, chat_id: str) -> None:
        self.runner.stop(chat_id)
        if chat_id == self.open.wanted:
            self.open.show(None)

    def _on_shelf_restored(self, chat_id: str) -> None:
        if self._session is None:
            self.open.open(chat_id)
        self.prompt.setFocus()

    def _export(self, kind: str) -> None:
        if self._session is not None:
            self.files.export(self._session.chat.id, kind)

    def _look_at_loaded(self) -> None:
        if self.isVisible():
            self._start_job("chat:loaded", self._read_loaded)

    async def _read_loaded(self) -> None:
        room = self._services.room
        await room.refresh()
        self.header.set_loaded(list(room.loaded.values()))

    def _start_job(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        start_told(self._services.jobs, key, work, self._on_open_failed)

    # wiring

    def _connect(self) -> None:
        self.list.chosen.connect(self.open_chat)
        self.list.opened.connect(self.prompt.setFocus)
        self.open.leaving.connect(self.prompt.flush_draft)
        self.open.shown.connect(self._on_open_shown)
        self.open.created.connect(self._on_open_created)
        self.open.settings_stored.connect(self.shelf.touch)
        self.open.failed.connect(self._on_open_failed)
        self.runner.changed.connect(self._on_runner_changed)
        self.runner.failed.connect(self._on_runner_failed)
        self.runner.ended.connect(self._on_runner_ended)
        self.list.new_requested.connect(self.new_chat)
        self.shelf.removed.connect(self._on_chat_removed)
        self.shelf.restored.connect(self._on_shelf_restored)
        self.header.picker.chosen.connect(self._on_picker_chosen)
        self.header.picker.add_file_requested.connect(self.add_file_requested)
        self.start_card.example_chosen.connect(self._on_example_chosen)
        self.start_card.model_chosen.connect(self._on_picker_chosen)
        self.start_card.pull_requested.connect(self.pull_requested)
        ModelOffer(self._services, self.start_card, self)
        self.settings.changed.connect(lambda _value: self._save_settings())
        self.prompt.sent.connect(self._on_prompt_sent)
        self.tools.send_without.connect(lambda ids: self._on_prompt_sent(self.prompt.text(), ids))
        self.tools.settings_changed.connect(self._save_settings)
        self.tools.prompt_sent.connect(self._on_example_chosen)
        self.prompt.stopped.connect(self._stop)
        self.prompt.draft_changed.connect(self._on_prompt_draft_changed)
        self.prompt.model_file_dropped.connect(self.model_file_offered)
        self._conversation.action_asked.connect(self.turns.do)
        self.turns.run_asked.connect(self._run)
        self.turns.branched.connect(self.take_chat)
        self.branch_line.back_requested.connect(self.open_chat)
        self.shelf.loaded.connect(self._show_origin)
        self.files.imported.connect(self.search.update_index)
        self.files.one_imported.connect(self.open_chat)
        self.find_bar.closed.connect(self.transcript.setFocus)
        self.open.shown.connect(self.find_bar.refresh)
        self._conversation.more_context_asked.connect(self.settings.open_options)
        self._conversation.compare_asked.connect(self.compare_requested)
        self.transcript.link_clicked.connect(lambda url: notify.open_link(self, url))
        self._conversation.status_changed.connect(self.status_changed)
        self._conversation.status_changed.connect(lambda _words: self._show_context())
        self._conversation.writing_began.connect(self._look_at_loaded)

    def _add_actions(self, actions: Actions) -> None:
        add = partial(actions.add, owner=self)
        add("new_chat", self.tr("New chat"), self.new_chat, shortcut="Ctrl+N")
        add("stop_answer", self.tr("Stop the answer"), self._escape, shortcut="Esc")
        add("system_prompt", self.tr("System prompt…"), self.settings.open_system_prompt)
        add("edit_message", self.tr("Edit the last message"), self.turns.edit_last)
        add("find_in_chat", self.tr("Find in this chat"), self.find_bar.open, shortcut="Ctrl+F")
        add("choose_model", self.tr("Choose a model…"), self.header.picker.open_list)
        add_list_commands(actions, self, self.list)
        for kind, words in (
            ("markdown", self.tr("Export this chat as Markdown…")),
            ("html", self.tr("Export this chat as HTML…")),
            ("json", self.tr("Export this chat as JSON…")),
        ):
            add(f"export_{kind}", words, partial(self._export, kind))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.start()
        self.start_card.refresh()
        self._loaded_timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._loaded_timer.stop()
        self.prompt.flush_draft()


def _generation(settings: ChatSettings) -> Generation:
    return Generation(
        options_from_plain(settings.options),
        settings.system_prompt,
        settings.is_thinking,
        settings.has_probabilities,
    )
