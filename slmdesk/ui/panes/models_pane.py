"""Models: what is here and what can be had, what of it fits this machine, and all facts of the chosen one."""

import asyncio
import contextlib
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSplitter, QVBoxLayout, QWidget

from slmdesk.base.errors import SlmdeskError, StoreError
from slmdesk.base.machine import Machine
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import counted, say
from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.comparing import LEAST, MOST
from slmdesk.features.catalog.listed import ListedModel, listed
from slmdesk.features.catalog.measured import Measured, measured, measured_of
from slmdesk.services import Services
from slmdesk.store.speeds import WritingSpeed, writing_speeds
from slmdesk.ui import notify, theme
from slmdesk.ui.actions import Actions
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.models.catalogue_menu import CatalogueMenu
from slmdesk.ui.widgets.models.catalogue_view import CatalogueView
from slmdesk.ui.widgets.models.compare_sheet import CompareSheet
from slmdesk.ui.widgets.models.getting import GettingModels
from slmdesk.ui.widgets.models.guide_sheet import GuideSheet
from slmdesk.ui.widgets.models.list_tools import ListTools
from slmdesk.ui.widgets.models.model_card import Judged, ModelCard
from slmdesk.ui.widgets.models.row_pulls import row_pulls

JOB_LIST = "models:list"
UNMEASURED = Machine(None, None)
TABLE_PX, CARD_PX = 420, 320


class ModelsPane(QWidget):
    """`chat_requested` carries an `engine/model`, `pull_requested` what to pull as it would be pasted.

    `add_file_requested` carries the path of a model file, "" to choose one.
    """

    chat_requested = Signal(str)
    pull_requested = Signal(str)
    add_file_requested = Signal(str)

    def __init__(self, services: Services, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._machine = UNMEASURED
        self._is_measured = False
        self._is_asked_again = False
        self._told_notice = ""
        self._speeds: dict[str, WritingSpeed] = {}
        self._context_tokens = services.settings.default_context_tokens
        self.counts = plain_label()
        self.counts.setProperty("role", "muted")
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(10)
        self.getting = GettingModels(services, self)
        self.tools = ListTools(self._context_tokens)
        self.table = CatalogueView()
        self.empty = plain_label(self.tr("No model is such. Leave out a filter or a word."))
        self.card = ModelCard()
        self.catalogue = CatalogueMenu(services, self)
        self.guide_button = QPushButton(self.tr("Which model?"))
        self._lay_out()
        self._connect()
        self._add_actions(actions)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.table.setFocus()

    def refresh(self) -> None:
        """List the models anew, with the memory that is free now."""
        self._is_asked_again = True
        start_told(self._services.jobs, JOB_LIST, self._list, self._tell)

    def compare(self) -> None:
        """The chosen models beside each other; says how to choose where they are too few or too many."""
        cards = [row.card for row in self.table.chosen_rows() if row.card is not None]
        if not LEAST <= len(cards) <= MOST:
            words = self.tr(
                "Choose {0} to {1} models of the catalogue, with Ctrl and a click or Shift and arrows."
            )
            notify.toast(self, words.format(LEAST, MOST))
            return
        try:
            CompareSheet(self, cards).open()
        except SlmdeskError as error:
            self._tell(error)

    def open_guide(self) -> None:
        """Ask what it is for, and recommend."""
        if not self._is_measured:
            notify.toast(self, self.tr("The machine is still being measured."))
            return
        catalogue, rows = self._services.catalogue.current, self.table.rows.all_rows
        sheet = GuideSheet(self, catalogue, self._machine, rows, self._context_tokens)
        sheet.chat_requested.connect(self.chat_requested)
        sheet.pull_requested.connect(self.pull_requested)
        sheet.open()

    def _lay_out(self) -> None:
        title = plain_label(self.tr("Models"))
        title.setProperty("role", "title")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(title)
        head.addWidget(self.counts, 1)
        self.buttons.addWidget(self.guide_button)
        for button in self.getting.buttons():
            self.buttons.addWidget(button)
        self.buttons.addWidget(self.catalogue.button)
        head.addLayout(self.buttons)
        self.empty.setProperty("role", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.hide()
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(12)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(self.card)
        split.handle(1).setAccessibleName(self.tr("Between the list and the card"))
        split.setSizes([theme.scaled(TABLE_PX), theme.scaled(CARD_PX)])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self.getting)
        layout.addWidget(self.tools)
        layout.addWidget(self.empty)
        layout.addWidget(split, 1)

    def _connect(self) -> None:
        services = self._services
        self.pull_requested.connect(self.getting.strip.take)
        self.getting.chat_requested.connect(self.chat_requested)
        self.getting.add_file_requested.connect(self.add_file_requested)
        self.getting.care.measured.connect(self.refresh)
        self.guide_button.clicked.connect(self.open_guide)
        self.tools.narrowed.connect(self._on_narrowed)
        self.tools.search.returnPressed.connect(self.table.setFocus)
        self.tools.context_chosen.connect(self._on_context_chosen)
        self.table.picked.connect(self._show_card)
        self.table.acted.connect(self._on_acted)
        self.table.typed.connect(self._on_typed)
        self.table.menu_asked.connect(self._open_menu)
        self.card.pull_requested.connect(self.pull_requested)
        self.catalogue.changed.connect(self.refresh)
        self.destroyed.connect(services.registry.changed.subscribe(lambda _none: self._on_changed()))
        self.destroyed.connect(services.keeper.queue.changed.subscribe(lambda _pull: self._show_pulls()))
        self.card.menu_asked.connect(self._open_card_menu)

    def _add_actions(self, actions: Actions) -> None:
        menu = self.catalogue.menu
        for action_id, text, callback in (
            ("models_guide", self.tr("Which model?"), self.open_guide),
            ("models_compare", self.tr("Compare the chosen models"), self.compare),
            ("models_measure", self.tr("Measure the memory again"), self._measure),
            ("", "", None),
            ("catalogue_file", self.tr("Catalogue from a file…"), self.catalogue.ask_file),
            ("catalogue_address", self.tr("Catalogue from an address…"), self.catalogue.ask_address),
            ("catalogue_back", self.tr("Back to the catalogue before"), self.catalogue.go_back),
        ):
            if callback is None:
                menu.addSeparator()
            else:
                menu.addAction(actions.add(action_id, text, callback, owner=self))
        actions.add("new_custom_model", self.tr("New custom model…"), self.getting.care.make, owner=self)
        find = self.tools.search.setFocus
        actions.add("models_search", self.tr("Search the models"), find, shortcut="Ctrl+F", owner=self)

    # the list

    async def _list(self) -> None:
        """At once with what is known, and again when the machine was asked; until nobody asks any more."""
        while self._is_asked_again:
            self._is_asked_again = False
            if not self._is_measured:
                await self._show_rows()
            with contextlib.suppress(StoreError):  # then the estimates stay
                answers = await writing_speeds(self._services.database)
                tests = await asyncio.to_thread(self._services.speed_tests.speeds)
                self._speeds = {**tests, **answers}
            self._machine, self._is_measured = await self._services.machine.ask(), True
            await self._show_rows()

    async def _show_rows(self) -> None:
        services = self._services
        catalogue = await asyncio.to_thread(lambda: services.catalogue.current)
        loaded = dict(services.room.loaded)
        work = partial(listed, catalogue, self._local_models(), self._machine, self._context_tokens, loaded)
        rows = await asyncio.to_thread(work)
        self.table.set_rows(rows, is_measured=self._is_measured)
        self._show_pulls()
        self._show_counts()
        self._show_empty()
        if (notice := services.catalogue.notice) and notice != self._told_notice:
            self._told_notice = notice
            notify.toast(self, notice)

    def _local_models(self) -> list[ModelInfo]:
        """Those that lie on this machine; what a server elsewhere offers is neither pulled nor deleted."""
        local = {engine.id for engine in self._services.registry.engines if engine.is_local}
        return [model for model in self._services.registry.models() if model.engine_id in local]

    def _show_counts(self) -> None:
        models = self._local_models()
        parts = [
            counted(len(models), "{count} model here", "{count} models here"),
            say(
                "{size} GB on disk",
                size=gigabytes(sum(model.size_bytes or 0 for model in models if not model.base)),
            ),
        ]
        if self._machine.free_disk_bytes is not None:
            parts.append(say("{size} GB free", size=gigabytes(self._machine.free_disk_bytes)))
        self.counts.setText(" · ".join(parts))

    def _show_pulls(self) -> None:
        if self.isVisible():
            rows = self.table.rows
            rows.set_pulls(row_pulls(self._services.keeper.queue.pulls, rows.all_rows))

    def _show_empty(self) -> None:
        self.empty.setVisible(bool(self.table.rows.all_rows) and not self.table.rows.rows)

    def _show_card(self, row: ListedModel | None) -> None:
        if row is None:
            self.card.show_nothing()
            return
        machine = self._machine if self._is_measured else None
        self.card.show_model(Judged(row, self._context_tokens, machine, tuple(self._measured(row))))

    def _measured(self, row: ListedModel) -> list[Measured]:
        """What was measured here of the model of a row; of this one first where there are several."""
        services = self._services
        catalogue, seen = services.catalogue.current, services.memory_seen.all()
        if row.card is None:
            own = measured(row.model, seen, self._speeds) if row.model else None
            return [own] if own else []
        found = measured_of(row.card.entry, catalogue, self._local_models(), seen, self._speeds)
        return sorted(found, key=lambda one: one.model_ref != row.key)

    def _measure(self) -> None:
        async def measure() -> None:
            await self._services.machine.bandwidth(is_fresh=True)
            self.refresh()

        start_told(self._services.jobs, "models:measure", measure, self._tell)

    # what is pressed and typed

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_narrowed(self) -> None:
        self.table.narrow(self.tools.kind, self.tools.search.text())
        self._show_empty()

    def _on_typed(self, text: str) -> None:
        self.tools.search.setFocus()
        self.tools.search.setText(self.tools.search.text() + text)

    def _on_context_chosen(self, tokens: int) -> None:
        self._context_tokens = tokens
        self.tools.set_context(tokens)
        self.refresh()

    def _on_acted(self, row: ListedModel) -> None:
        if pull := self.table.rows.pulls.get(row.key):
            self.getting.list.act(pull.pull_id, "pause" if pull.is_going else "resume")
        elif row.model is not None and self.table.rows.action_words(row):
            self.chat_requested.emit(row.model.ref)
        elif row.pull_name:
            self.pull_requested.emit(row.pull_name)

    def _open_menu(self, row: ListedModel, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if words := self.table.rows.action_words(row):
            menu.addAction(words, partial(self._on_acted, row))
        if pull := self.table.rows.pulls.get(row.key):
            menu.addAction(self.tr("Cancel…"), partial(self.getting.list.act, pull.pull_id, "cancel"))
        menu.addAction(self.tr("Copy the name"), partial(QGuiApplication.clipboard().setText, row.name))
        chosen = len(self.table.chosen_rows())
        menu.addAction(self.tr("Compare the chosen models"), self.compare).setEnabled(LEAST <= chosen <= MOST)
        if row.model is not None:
            self.getting.care.fill(menu, row.model.ref)
        menu.popup(place)

    def _open_card_menu(self, place: QPoint) -> None:
        if (shown := self.card.shown) is not None:
            self._open_menu(shown.row, place)

    def _tell(self, error: SlmdeskError) -> None:
        notify.tell(self, self.tr("This did not work"), error.sentence())
