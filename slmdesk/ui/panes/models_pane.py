"""Models: what is here and what can be had, what of it fits this machine, and all facts of the chosen one."""

import asyncio
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from slmdesk.base.machine import Machine
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import counted, say
from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.listed import ListedModel, listed
from slmdesk.services import Services
from slmdesk.ui.actions import Actions
from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.models.catalogue_view import CatalogueView

JOB_LIST = "models:list"
UNMEASURED = Machine(None, None)


class ModelsPane(QWidget):
    """`chat_requested` carries an `engine/model`, `pull_requested` what to pull as it would be pasted.

    `strip` is the place above the filters for what is pasted; `buttons` that at the right of the title.
    """

    chat_requested = Signal(str)
    pull_requested = Signal(str)

    def __init__(self, services: Services, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._actions = actions
        self._machine = UNMEASURED
        self._is_measured = False
        self._context_tokens = services.settings.default_context_tokens
        self.counts = plain_label()
        self.counts.setProperty("role", "muted")
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(10)
        self.strip = QVBoxLayout()
        self.table = CatalogueView(self)
        self._lay_out()
        self.table.acted.connect(self._on_acted)
        self.destroyed.connect(services.registry.changed.subscribe(lambda _none: self._on_registry_changed()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """List the models anew, with the memory that is free now."""
        if not self._services.jobs.is_running(JOB_LIST):
            self._services.jobs.start(JOB_LIST, self._list)

    def _lay_out(self) -> None:
        title = plain_label(self.tr("Models"))
        title.setProperty("role", "title")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(title)
        head.addWidget(self.counts, 1)
        head.addLayout(self.buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addLayout(self.strip)
        layout.addWidget(self.table, 1)

    async def _list(self) -> None:
        """At once with what is known; again when the machine was asked."""
        if not self._is_measured:
            await self._show_rows()
        self._machine, self._is_measured = await self._services.machine.ask(), True
        await self._show_rows()

    async def _show_rows(self) -> None:
        services = self._services
        catalogue = await asyncio.to_thread(lambda: services.catalogue.current)
        loaded = dict(services.room.loaded)
        work = partial(listed, catalogue, self._local_models(), self._machine, self._context_tokens, loaded)
        self.table.set_rows(await asyncio.to_thread(work), is_measured=self._is_measured)
        self._show_counts()

    def _local_models(self) -> list[ModelInfo]:
        """Those that lie on this machine; what a server elsewhere offers is neither pulled nor deleted."""
        local = {engine.id for engine in self._services.registry.engines if engine.is_local}
        return [model for model in self._services.registry.models() if model.engine_id in local]

    def _show_counts(self) -> None:
        models = self._local_models()
        parts = [
            counted(len(models), "{count} local", "{count} local"),
            say("{size} GB on disk", size=gigabytes(sum(model.size_bytes or 0 for model in models))),
        ]
        if self._machine.free_disk_bytes is not None:
            parts.append(say("{size} GB free", size=gigabytes(self._machine.free_disk_bytes)))
        self.counts.setText(" · ".join(parts))

    def _on_registry_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_acted(self, row: ListedModel) -> None:
        if row.model is not None:
            self.chat_requested.emit(row.model.ref)
        elif row.pull_name:
            self.pull_requested.emit(row.pull_name)
