"""The row below a chat's prompt: attach, prompts, presets, JSON, and what does not fit."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu

from slmdesk.base.errors import EngineError
from slmdesk.features.chat.session import ChatSession
from slmdesk.services import Services
from slmdesk.store.chats import ChatSettings
from slmdesk.ui.actions import Actions
from slmdesk.ui.widgets.chat.chat_face import ChatFace
from slmdesk.ui.widgets.chat.open_chat import OpenChat
from slmdesk.ui.widgets.chat.result_panel import ResultPanel
from slmdesk.ui.widgets.chat.token_sheet import probabilities_refusal
from slmdesk.ui.widgets.prompt.enclosures import Enclosures
from slmdesk.ui.widgets.prompt.generation_settings import Generation
from slmdesk.ui.widgets.prompt.offer_bar import OfferBar
from slmdesk.ui.widgets.prompt.pill import pill
from slmdesk.ui.widgets.prompt.preset_chip import PresetChip
from slmdesk.ui.widgets.prompt.prompt_sheet import PromptSheet
from slmdesk.ui.widgets.prompt.room_offers import RoomOffers
from slmdesk.ui.widgets.prompt.schema_sheet import SchemaSheet
from slmdesk.ui.widgets.prompt.token_counter import TokenCounter
from slmdesk.ui.widgets.prompt.unsent_keeper import UnsentKeeper

MENU_GAP_PX = 4


class ChatTools(QObject):
    """Sets the generation settings of the face, its result panel and what is above the prompt.

    `settings_changed` comes with a preset, a larger context or another form of the answers,
    `send_without` with the ids of messages to leave out, `prompt_sent` with a prompt of the library.
    """

    settings_changed = Signal()
    send_without = Signal(list)
    prompt_sent = Signal(str)

    def __init__(
        self,
        services: Services,
        face: ChatFace,
        open_chat: OpenChat,
        settings: Callable[[], ChatSettings],
        actions: Actions,
    ) -> None:
        super().__init__(face)
        self._services = services
        self._face = face
        self.schema = ""
        self._open = open_chat
        self.enclosures = Enclosures(services.jobs, services.registry, face.prompt, self)
        create = partial(open_chat.use, lambda _session: None, settings, "")
        self.unsent = UnsentKeeper(self.enclosures.tray, services.chats, services.jobs, create)
        self.room_bar = OfferBar(self.tr("What does not fit"))
        self.room = RoomOffers(services, self.room_bar, settings, self)
        face.prompt.add_above(self.room_bar)
        self.attach_button = pill("＋", self.tr("Attach files; they can be dropped or pasted, too"))
        self.attach_button.setAccessibleName(self.tr("Attach files, or insert a prompt"))
        self.attach_button.clicked.connect(self._open_menu)
        self.preset_chip = PresetChip(services.presets, services.jobs, lambda: face.header.picker.ref)
        self.preset_chip.used.connect(self._set_generation)
        self.schema_chip = pill(self.tr("JSON"), self.tr("Answers in JSON of a given form"))
        self.schema_chip.setCheckable(True)
        self.schema_chip.clicked.connect(self.open_schema)
        face.add_tools(self.attach_button, self.preset_chip)
        face.add_last_tool(self.schema_chip)
        self.result = ResultPanel(services.jobs)
        face.add_result(self.result)
        self.menu = QMenu(self.attach_button)
        self._add_actions(actions)
        face.prompt.measured.connect(self.look_at_room)
        self.counter = TokenCounter(services, face.prompt, lambda: face.header.picker.ref)
        self.enclosures.tray.changed.connect(self.look_at_room)
        # What the model takes at most is known once its engine answers.
        face.destroyed.connect(services.registry.changed.subscribe(lambda _none: self.look_at_room()))
        self.room.context_wanted.connect(self._raise_context)
        self.room.send_without.connect(self.send_without)

    def refusal(self) -> str:
        """Why the message cannot be sent, "" if it can."""
        ref = self._face.header.picker.ref
        return self.enclosures.refusal(ref) or (self._schema_refusal(ref) if self.schema else "")

    def show(self, settings: ChatSettings) -> None:
        """What belongs to the chat that is open now; its generation settings are shown already."""
        self.unsent.show_chat(self._open.wanted)
        self.preset_chip.show_value(self._face.settings.value())
        self.look_at_model(settings.model_ref)
        self._show_schema(settings.schema)
        self.result.show_session(self._open.session)

    def keep_for(self, session: ChatSession) -> None:
        """The new chat has got its place in the store."""
        self.unsent.show_created(session.chat.id)
        self.result.show_session(session)

    def follow_settings(self) -> None:
        """Something was set, by hand or here."""
        self.preset_chip.follow(self._face.settings.value())
        self.look_at_room()

    def look_at_model(self, model_ref: str) -> None:
        """Say beside the switch whether this model can tell the probabilities of its tokens."""
        self._face.settings.form.say_of_probabilities(
            probabilities_refusal(self._services.registry, model_ref)
        )

    def begin_with(self, model_ref: str) -> None:
        """Another model: an empty chat takes the preset that is its default."""
        self.look_at_model(model_ref)
        preset = self._services.presets.default_for(model_ref)
        if preset is not None and (self._open.session is None or not self._open.session.messages):
            self.preset_chip.use(preset)

    def _set_generation(self, value: Generation) -> None:
        self._face.settings.set_value(value)
        self.settings_changed.emit()

    def _raise_context(self, context_tokens: int) -> None:
        value = self._face.settings.value()
        self._set_generation(replace(value, options=replace(value.options, context_tokens=context_tokens)))
        self._face.prompt.edit.setFocus()

    def open_prompts(self) -> PromptSheet:
        """The library; the sheet is open, not executed."""
        prompt = self._face.prompt
        sheet = PromptSheet(prompt, self._services.prompts, self._services.jobs, prompt.text())
        sheet.inserted.connect(lambda text: prompt.edit.insert_text(text, self.tr("Nothing was added.")))
        sheet.sent.connect(self.prompt_sent)
        sheet.open()
        return sheet

    def open_schema(self) -> SchemaSheet:
        """The form of the answers; the sheet is open, not executed."""
        self.schema_chip.setChecked(bool(self.schema))  # it shows what is in force, not the click
        sheet = SchemaSheet(self._face.prompt, self._services.jobs, self.schema)
        sheet.chosen.connect(self._on_schema_chosen)
        sheet.open()
        return sheet

    def _on_schema_chosen(self, schema: str) -> None:
        self._show_schema(schema)
        self.settings_changed.emit()

    def _show_schema(self, schema: str) -> None:
        self.schema = schema
        self.schema_chip.setChecked(bool(schema))
        words = self.tr("Answers in JSON of a given form") if schema else self.tr("Answers in prose")
        self.schema_chip.setAccessibleDescription(words)

    def _schema_refusal(self, ref: str) -> str:
        try:
            engine, _ = self._services.registry.resolve(ref)
        except EngineError:
            return ""  # asking it says what is wrong
        if engine.capabilities.schema:
            return ""
        words = self.tr("{0} cannot keep to a schema. Choose another model, or answers in prose under JSON.")
        return words.format(engine.label)

    def _open_menu(self) -> None:
        """Above the button: below it there is no room."""
        top = self.attach_button.mapToGlobal(QPoint(0, -self.menu.sizeHint().height() - MENU_GAP_PX))
        self.menu.popup(top)

    def _add_actions(self, actions: Actions) -> None:
        face = self._face
        attach = actions.add("attach_files", self.tr("Attach files…"), self.enclosures.choose, owner=face)
        prompts = actions.add("prompt_library", self.tr("Prompts…"), self.open_prompts, owner=face)
        self.menu.addActions((attach, prompts))
        actions.add("presets", self.tr("Presets…"), self.preset_chip.open_sheet, owner=face)
        actions.add("json_answers", self.tr("Answers in JSON…"), self.open_schema, owner=face)

    def look_at_room(self) -> None:
        """Measure what is written against the context; a running answer is measured when it has ended."""
        session = self._open.session
        if not self._face.isVisible():
            return  # no work begins while the program ends
        if session is not None and session.is_running:
            self.room_bar.clear()
            return
        self.room.look(session, self._face.prompt.text(), self.enclosures.tray.documents)
