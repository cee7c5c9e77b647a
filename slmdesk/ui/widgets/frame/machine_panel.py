"""The machine at the right of the window: its figures, its conditions, its processes, the loaded models."""

from collections.abc import Mapping
from typing import Protocol

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.errors import EngineError, SlmdeskError
from slmdesk.base.events import Event
from slmdesk.base.jobs import JobRunner
from slmdesk.engines.base import EngineState, LoadedModel
from slmdesk.features.monitor.sampler import Sample
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, short_name
from slmdesk.ui.widgets.frame.fact_rows import FactRows
from slmdesk.ui.widgets.frame.loaded_models import LoadedModels
from slmdesk.ui.widgets.frame.machine_facts import (
    amount,
    celsius,
    condition_facts,
    disk_facts,
    percent,
    share_facts,
)
from slmdesk.ui.widgets.frame.machine_figures import Figure, GpuFigures

WIDTH = 230  # as ui.main_window keeps free for it
LOADED_EVERY_MS = 3_000
JOB_LOADED = "machine-panel:loaded"
JOB_UNLOAD = "machine-panel:unload"
JOB_KEEP = "machine-panel:keep"


class LooksAtMachine(Protocol):
    """What the panel needs of the sampler."""

    sampled: Event[Sample]

    def pause(self) -> None: ...
    def resume(self) -> None: ...


class KnowsEngines(Protocol):
    """What the panel needs of the registry."""

    @property
    def states(self) -> Mapping[str, EngineState]: ...


class KnowsLoaded(Protocol):
    """What is in memory, by the last look."""

    loaded: Mapping[str, LoadedModel]
    looked: Event[Mapping[str, LoadedModel]]

    async def refresh(self) -> None: ...


class KeepsModels(Protocol):
    """How long models stay in memory."""

    def seconds(self, model_ref: str) -> float | None: ...
    async def choose(self, model_ref: str, seconds: float | None) -> None: ...


class MachinePanel(QFrame):
    """Nothing is measured and nothing painted while it cannot be seen."""

    def __init__(
        self,
        sampler: LooksAtMachine,
        registry: KnowsEngines,
        room: KnowsLoaded,
        keep_alive: KeepsModels,
        jobs: JobRunner,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._sampler = sampler
        self._room = room
        self._registry = registry
        self._keep_alive = keep_alive
        self._jobs = jobs
        self.setObjectName("machine_panel")
        self.setFixedWidth(theme.scaled(WIDTH))
        self._cpu = Figure(self.tr("CPU"), "accent")
        self._memory = Figure(self.tr("Memory"), "good")
        self._gpus = GpuFigures()
        self._temperature = Figure(self.tr("Temperature"), "warn")
        self._temperature.hide()
        self._facts = FactRows()
        self._shares = FactRows()
        self._loaded = LoadedModels(chosen=keep_alive.seconds)
        self._loaded.unload_asked.connect(self._on_loaded_unload_asked)
        self._loaded.keep_asked.connect(self._on_loaded_keep_asked)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(LOADED_EVERY_MS)
        self._timer.timeout.connect(self._look_at_loaded)
        sampler.pause()  # until somebody looks
        self.destroyed.connect(sampler.sampled.subscribe(self._on_sampled))
        self.destroyed.connect(room.looked.subscribe(lambda _loaded: self._show_loaded()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._sampler.resume()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._sampler.pause()
        self._timer.stop()

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setObjectName("scrolled")
        column = QVBoxLayout(inner)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        column.addWidget(_section(self.tr("MACHINE")))
        for part in (self._cpu, self._memory, self._gpus, self._temperature, self._facts):
            column.addWidget(part)
        column.addSpacing(4)
        column.addWidget(_section(self.tr("PROCESSES")))
        column.addWidget(self._shares)
        column.addSpacing(4)
        column.addWidget(_section(self.tr("LOADED MODELS")))
        column.addWidget(self._loaded)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(self.tr("Machine"))
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.addWidget(area)

    def _on_sampled(self, sample: Sample) -> None:
        if not self.isVisible():
            return
        self._cpu.show_value(percent(sample.cpu_percent), sample.cpu_percent)
        used, total = sample.memory_used_bytes, sample.memory_total_bytes
        self._memory.show_value(
            amount(used, total), 100 * used / total if used is not None and total else None
        )
        self._gpus.show_cards(sample.gpus)
        self._show_temperature(sample.conditions.temperature_c)
        self._facts.show_facts([*condition_facts(sample.conditions), *disk_facts(sample.disks)])
        self._shares.show_facts([*share_facts(sample.processes)])

    def _show_temperature(self, temperature_c: float | None) -> None:
        """A line that begins with the first figure: many machines have none."""
        if temperature_c is not None:
            self._temperature.show()
        if not self._temperature.isHidden():
            words = self.tr("unknown") if temperature_c is None else celsius(temperature_c)
            self._temperature.show_value(words, temperature_c)

    def _look_at_loaded(self) -> None:
        if not self._jobs.is_running(JOB_LOADED):
            self._jobs.start(JOB_LOADED, self._room.refresh)

    def _show_loaded(self) -> None:
        if not self.isVisible():
            return
        models = list(self._room.loaded.values())
        states = self._registry.states
        self._loaded.show_models(models, lambda key: states[key].engine.label if key in states else key)

    def _on_loaded_unload_asked(self, ref: str) -> None:
        if not self._jobs.is_running(key := f"{JOB_UNLOAD}:{ref}"):
            self._jobs.start(key, lambda: self._unload(ref))

    def _on_loaded_keep_asked(self, ref: str, seconds: float | None) -> None:
        if not self._jobs.is_running(key := f"{JOB_KEEP}:{ref}"):
            self._jobs.start(key, lambda: self._keep(ref, seconds))

    async def _keep(self, ref: str, seconds: float | None) -> None:
        try:
            await self._keep_alive.choose(ref, seconds)
        except SlmdeskError as error:
            self._toast(error.sentence())

    async def _unload(self, ref: str) -> None:
        engine_id, _slash, model = ref.partition("/")
        state = self._registry.states.get(engine_id)
        if state is None:
            return
        problem = ""
        try:
            await state.engine.unload(model)
        except EngineError as error:
            problem = error.sentence()
        await self._room.refresh()
        if not problem and ref in self._room.loaded:
            problem = self.tr("{0} is in use; it is unloaded after its answer.").format(short_name(ref))
        if problem:
            self._toast(problem)

    def _toast(self, words: str) -> None:
        from slmdesk.ui import notify  # dialogs are not needed for the first picture

        notify.toast(self, words)


def _section(text: str) -> QLabel:
    label = plain_label(text)
    label.setProperty("role", "section")
    return label
