"""The machine panel: figures in words, unknown where there is none, still when nobody looks."""

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget

from slmdesk.base.errors import EngineBusy
from slmdesk.base.events import Event
from slmdesk.base.jobs import JobRunner
from slmdesk.engines.base import LoadedModel
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.room import Room
from slmdesk.features.monitor.gpus import GpuSample
from slmdesk.features.monitor.processes import ProcessShare
from slmdesk.features.monitor.sampler import Sample
from slmdesk.ui.widgets.frame.loaded_models import LoadedModels
from slmdesk.ui.widgets.frame.machine_panel import MachinePanel
from slmdesk.ui.widgets.frame.sparkline import Sparkline
from tests.fakes.offers import GB, OfferingEngine
from tests.fakes.until import until

FULL = Sample(
    71.4,
    int(9.8 * GB),
    16 * GB,
    6 * GB,
    (GpuSample("RTX 4060", 64.0, int(5.1 * GB), 8 * GB),),
    (ProcessShare("Ollama", (1,), 31.0, 2 * GB), ProcessShare("Built-in", (2,), None, None)),
)


class Samples:
    """A sampler whose looks the test decides."""

    def __init__(self) -> None:
        self.sampled: Event[Sample] = Event()
        self.is_paused = False

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False


class PaintCount(QObject):
    def __init__(self, root: QWidget) -> None:
        super().__init__()
        self.count = 0
        for widget in (root, *root.findChildren(QWidget)):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.Paint
        return False


@pytest.fixture
def engine() -> OfferingEngine:
    return OfferingEngine("ollama", "Ollama", "qwen3:4b")


@pytest.fixture
def samples() -> Samples:
    return Samples()


@pytest.fixture
def panel(qtbot, samples, engine, run_ui) -> MachinePanel:
    registry = Registry([engine])
    run_ui(registry.refresh())
    jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error!r}"))
    panel = MachinePanel(samples, registry, Room(registry, lambda: 6 * GB), jobs)
    panel.jobs = jobs
    qtbot.addWidget(panel)
    panel.resize(230, 800)
    return panel


def words(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def test_figures_are_shown_in_words(panel, samples) -> None:
    panel.show()
    samples.sampled.emit(FULL)
    seen = words(panel)
    for expected in (
        "71 %",
        "9.8 / 16 GB",
        "GPU · RTX 4060",
        "64 %",
        "5.1 / 8 GB",
        "Ollama",
        "31 % · 2.0 GB",
    ):
        assert expected in seen


def test_what_cannot_be_had_is_unknown_and_never_0(panel, samples) -> None:
    panel.show()
    samples.sampled.emit(Sample(gpus=(GpuSample("AMD"),), processes=(ProcessShare("X", (1,), None, None),)))
    seen = words(panel)
    assert seen.count("unknown") == 4  # CPU, memory, the card's load and its VRAM
    assert "unknown · unknown" in seen
    assert not any("0 %" in text or "0.0" in text for text in seen)


def test_a_card_without_memory_of_its_own_says_so(panel, samples) -> None:
    panel.show()
    samples.sampled.emit(Sample(gpus=(GpuSample("Apple", is_unified=True),)))
    assert "shared with memory" in words(panel)


def test_cards_and_engines_come_and_go(panel, samples) -> None:
    panel.show()
    samples.sampled.emit(FULL)
    samples.sampled.emit(Sample(10.0, GB, 2 * GB, GB))
    assert "GPU · RTX 4060" not in words(panel)
    assert "Ollama" not in words(panel)
    samples.sampled.emit(FULL)
    assert "GPU · RTX 4060" in words(panel)


def test_sampling_runs_only_while_the_panel_is_seen(panel, samples) -> None:
    assert samples.is_paused
    panel.show()
    assert not samples.is_paused
    panel.hide()
    assert samples.is_paused


def test_nothing_is_painted_while_it_is_hidden(panel, samples, qapp) -> None:
    panel.show()
    samples.sampled.emit(FULL)
    qapp.processEvents()
    counter = PaintCount(panel)
    samples.sampled.emit(FULL)
    qapp.processEvents()
    assert counter.count > 0  # the counter sees paints
    panel.hide()
    qapp.processEvents()
    counter.count = 0
    for _ in range(20):
        samples.sampled.emit(FULL)
        qapp.processEvents()
    assert counter.count == 0


def test_loaded_models_are_listed_and_unloaded(panel, engine, run_ui, qtbot) -> None:
    engine.in_memory = [LoadedModel("ollama", "qwen3:4b", 3 * GB, int(2.4 * GB))]
    panel.show()

    async def scenario() -> None:
        await panel._show_loaded()
        await until(lambda: "3.0 GB · 80 % GPU · Ollama" in words(panel))
        close = next(one for one in panel.findChildren(QToolButton) if "Unload" in one.accessibleName())
        qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
        await panel.jobs._tasks["machine-panel:unload"]
        assert engine.unloaded == ["qwen3:4b"]
        await until(lambda: "None. A model is loaded with its first question." in words(panel))

    run_ui(scenario())


def test_a_refused_unload_is_said(panel, engine, run_ui) -> None:
    engine.in_memory = [LoadedModel("ollama", "qwen3:4b", GB)]
    engine.unload_error = EngineBusy("It is answering.")
    panel.show()

    async def scenario() -> None:
        await panel._unload("ollama/qwen3:4b")
        assert any("It is answering." in text for text in words(panel))

    run_ui(scenario())


@pytest.mark.parametrize(
    ("model", "words_shown"),
    [
        (LoadedModel("e", "a", 2 * GB, 0), "2.0 GB · CPU · E"),
        (LoadedModel("e", "a"), "size unknown · E"),
        (LoadedModel("e", "a", GB, expires_at=1000 + 240), "1.0 GB · unloads in 4 min · E"),
        (LoadedModel("e", "a", GB, expires_at=1000 + 20), "1.0 GB · unloads in 20 s · E"),
        (LoadedModel("e", "a", GB, expires_at=1000 + 86_400), "1.0 GB · unloads in 24 h · E"),
        (LoadedModel("e", "a", GB, expires_at=9e10), "1.0 GB · E"),
        (LoadedModel("e", "a", GB, expires_at=1), "1.0 GB · unloads in 0 s · E"),
    ],
)
def test_a_loaded_model_in_words(qtbot, model: LoadedModel, words_shown: str) -> None:
    loaded = LoadedModels(clock=lambda: 1000.0)
    qtbot.addWidget(loaded)
    loaded.show_models([model], lambda engine_id: engine_id.upper())
    loaded.show()
    assert words_shown in words(loaded)


def test_the_same_list_is_not_drawn_again(qtbot) -> None:
    loaded = LoadedModels()
    qtbot.addWidget(loaded)
    model = LoadedModel("e", "a", GB)
    loaded.show_models([model], str)
    first = loaded.findChildren(QToolButton)
    loaded.show_models([model], str)
    assert loaded.findChildren(QToolButton) == first


def test_a_sparkline_has_gaps_where_nothing_is_known(qtbot) -> None:
    line = Sparkline("accent")
    qtbot.addWidget(line)
    for value in (10.0, None, 150.0, -5.0, None):
        line.add(value)
    path = line._line(line.rect().toRectF())
    assert path.elementCount() == 2  # a lone point draws nothing; then a line, cut where out of range
    assert path.boundingRect().top() >= 0
    line.show()
    assert not line.grab().isNull()


def test_a_panel_that_is_gone_hears_nothing_more(samples, engine, qapp: QApplication) -> None:
    registry = Registry([engine])
    panel = MachinePanel(samples, registry, Room(registry, lambda: None), JobRunner(lambda *_: None))
    panel.show()
    shiboken6.delete(panel)
    samples.sampled.emit(FULL)  # would raise in the deleted widget
