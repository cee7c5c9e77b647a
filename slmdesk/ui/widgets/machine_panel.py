"""The machine at the right of the window: CPU, memory, graphics cards, engines, loaded models."""

from collections.abc import Mapping
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.errors import EngineError
from slmdesk.base.events import Event
from slmdesk.base.jobs import JobRunner
from slmdesk.base.memory import gigabytes
from slmdesk.engines.base import EngineState, LoadedModel
from slmdesk.features.monitor.gpus import GpuSample
from slmdesk.features.monitor.processes import ProcessShare
from slmdesk.features.monitor.sampler import Sample
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.loaded_models import LoadedModels
from slmdesk.ui.widgets.sparkline import Sparkline

WIDTH = 230  # as ui.main_window keeps free for it
LOADED_EVERY_MS = 3_000
JOB_LOADED = "machine-panel:loaded"
JOB_UNLOAD = "machine-panel:unload"


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

    async def refresh(self) -> None: ...


class MachinePanel(QFrame):
    """Nothing is measured and nothing painted while it cannot be seen."""

    def __init__(
        self,
        sampler: LooksAtMachine,
        registry: KnowsEngines,
        room: KnowsLoaded,
        jobs: JobRunner,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._sampler = sampler
        self._room = room
        self._registry = registry
        self._jobs = jobs
        self.setObjectName("machine_panel")
        self.setFixedWidth(theme.scaled(WIDTH))
        self._cpu = _Figure(self.tr("CPU"), "accent")
        self._memory = _Figure(self.tr("Memory"), "good")
        self._gpus = _GpuFigures()
        self._shares = _Shares()
        self._loaded = LoadedModels()
        self._loaded.unload_asked.connect(self._on_loaded_unload_asked)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(LOADED_EVERY_MS)
        self._timer.timeout.connect(self._look_at_loaded)
        sampler.pause()  # until somebody looks
        self.destroyed.connect(sampler.sampled.subscribe(self._on_sampled))

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
        for part in (self._cpu, self._memory, self._gpus, self._shares):
            column.addWidget(part)
        column.addSpacing(4)
        column.addWidget(_section(self.tr("LOADED MODELS")))
        column.addWidget(self._loaded)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.addWidget(area)

    def _on_sampled(self, sample: Sample) -> None:
        if not self.isVisible():
            return
        self._cpu.show_value(_percent(sample.cpu_percent), sample.cpu_percent)
        used, total = sample.memory_used_bytes, sample.memory_total_bytes
        self._memory.show_value(
            _amount(used, total), 100 * used / total if used is not None and total else None
        )
        self._gpus.show_cards(sample.gpus)
        self._shares.show_shares(sample.processes)

    def _look_at_loaded(self) -> None:
        if not self._jobs.is_running(JOB_LOADED):
            self._jobs.start(JOB_LOADED, self._show_loaded)

    async def _show_loaded(self) -> None:
        await self._room.refresh()
        models = list(self._room.loaded.values())
        states = self._registry.states
        self._loaded.show_models(models, lambda key: states[key].engine.label if key in states else key)

    def _on_loaded_unload_asked(self, ref: str) -> None:
        if not self._jobs.is_running(JOB_UNLOAD):
            self._jobs.start(JOB_UNLOAD, lambda: self._unload(ref))

    async def _unload(self, ref: str) -> None:
        engine_id, _slash, model = ref.partition("/")
        state = self._registry.states.get(engine_id)
        if state is None:
            return
        try:
            await state.engine.unload(model)
        except EngineError as error:
            from slmdesk.ui import notify  # dialogs are not needed for the first picture

            notify.toast(self, error.sentence())
        await self._show_loaded()


class _Figure(QWidget):
    """A name, its value in figures, and the line below."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name = ElidedLabel(name)
        self._value = plain_label(QCoreApplication.translate("MachinePanel", "unknown"))
        self._value.setProperty("role", "number")
        self._line = Sparkline(token)
        self._line.setAccessibleName(name)
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(self._value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(head)
        layout.addWidget(self._line)

    def show_value(self, words: str, percent: float | None) -> None:
        self._value.setText(words)
        self._line.setAccessibleDescription(words)
        self._line.add(percent)


class _GpuFigures(QWidget):
    """One figure a card, with a bar for its memory."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._boxes: list[QWidget] = []
        self._figures: list[tuple[_Figure, QLabel, QProgressBar]] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self.hide()

    def show_cards(self, cards: tuple[GpuSample, ...]) -> None:
        names = tuple(card.name for card in cards)
        if names != self._names:
            self._names = names
            self._build(cards)
        for (figure, words, bar), card in zip(self._figures, cards, strict=True):
            figure.show_value(_percent(card.busy_percent), card.busy_percent)
            used, total = card.vram_used_bytes, card.vram_total_bytes
            words.setText(self.tr("shared with memory") if card.is_unified else _amount(used, total))
            bar.setVisible(used is not None and bool(total))
            bar.setValue(round(100 * (used or 0) / total) if total else 0)

    def _build(self, cards: tuple[GpuSample, ...]) -> None:
        for old in self._boxes:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._boxes, self._figures = [], []
        for card in cards:
            figure = _Figure(f"GPU · {card.name}", "warn")
            box = QWidget()
            words = plain_label()
            words.setProperty("role", "number")
            bar = QProgressBar()
            bar.setTextVisible(False)
            bar.setAccessibleName(self.tr("VRAM in use"))
            row = QHBoxLayout()
            label = plain_label(self.tr("VRAM"))
            label.setProperty("role", "muted")
            row.addWidget(label, 1)
            row.addWidget(words)
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(3)
            column.addWidget(figure)
            column.addLayout(row)
            column.addWidget(bar)
            self._layout.addWidget(box)
            self._boxes.append(box)
            self._figures.append((figure, words, bar))
        self.setVisible(bool(cards))


class _Shares(QWidget):
    """What each engine takes, in one line each."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[ElidedLabel, QLabel]] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self.hide()

    def show_shares(self, shares: tuple[ProcessShare, ...]) -> None:
        while len(self._rows) < len(shares):
            self._rows.append(self._add_row())
        for index, (name, words) in enumerate(self._rows):
            is_used = index < len(shares)
            name.setVisible(is_used)
            words.setVisible(is_used)
            if is_used:
                share = shares[index]
                memory = (
                    self.tr("unknown")
                    if share.memory_bytes is None
                    else f"{gigabytes(share.memory_bytes)} GB"
                )
                name.set_full_text(share.label)
                words.setText(f"{_percent(share.cpu_percent)} · {memory}")
        self.setVisible(bool(shares))

    def _add_row(self) -> tuple[ElidedLabel, QLabel]:
        name = ElidedLabel()
        name.setProperty("role", "small")
        words = plain_label()
        words.setProperty("role", "number")
        row = QHBoxLayout()
        row.addWidget(name, 1)
        row.addWidget(words)
        self._layout.addLayout(row)
        return name, words


def _section(text: str) -> QLabel:
    label = plain_label(text)
    label.setProperty("role", "section")
    return label


def _percent(value: float | None) -> str:
    return QCoreApplication.translate("MachinePanel", "unknown") if value is None else f"{value:.0f} %"


def _amount(used: int | None, total: int | None) -> str:
    """ "9.8 / 16 GB"; unknown is said, never 0."""
    if used is None or not total:
        return QCoreApplication.translate("MachinePanel", "unknown")
    whole = gigabytes(total).removesuffix(".0")
    return f"{gigabytes(used)} / {whole} GB"
