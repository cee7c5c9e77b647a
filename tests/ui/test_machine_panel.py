"""The machine panel: figures in words, unknown where there is none, still when nobody looks."""

from math import inf

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QToolButton, QWidget

from slmdesk.base.errors import EngineBusy
from slmdesk.base.events import Event
from slmdesk.base.jobs import JobRunner
from slmdesk.engines.base import LoadedModel
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.room import Room
from slmdesk.features.monitor.conditions import Conditions
from slmdesk.features.monitor.disks import DiskSample
from slmdesk.features.monitor.gpus import GpuSample
from slmdesk.features.monitor.processes import ProcessShare
from slmdesk.features.monitor.sampler import Sample
from slmdesk.ui.widgets.frame.loaded_models import LoadedModels
from slmdesk.ui.widgets.frame.machine_facts import condition_facts, disk_facts
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


class Kept:
    """Remembers how long models are to stay."""

    def __init__(self) -> None:
        self.times: dict[str, float | None] = {}
        self.problem: EngineBusy | None = None

    def seconds(self, model_ref: str) -> float | None:
        return self.times.get(model_ref)

    async def choose(self, model_ref: str, seconds: float | None) -> None:
        if self.problem is not None:
            raise self.problem
        self.times[model_ref] = seconds


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
    panel = MachinePanel(samples, registry, Room(registry, lambda: 6 * GB), Kept(), jobs)
    panel.jobs = jobs
    qtbot.addWidget(panel)
    panel.resize(230, 800)
    return panel


def words(widget: QWidget) -> list[str]:
    return [label.text().replace("\u00a0", " ") for label in widget.findChildren(QLabel) if label.isVisible()]


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
    assert not any(word in " ".join(words(panel)) for word in ("°C", " W", "Disk", "attery", "mains"))
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
        await panel._room.refresh()
        await until(lambda: "3.0 GB · 80 % GPU · Ollama" in words(panel))
        close = next(one for one in panel.findChildren(QToolButton) if "Unload" in one.accessibleName())
        qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
        await panel.jobs._tasks["machine-panel:unload:ollama/qwen3:4b"]
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


def test_a_model_in_use_is_said_to_go_later(panel, engine, run_ui, monkeypatch) -> None:
    engine.in_memory = [LoadedModel("ollama", "qwen3:4b", GB)]

    async def later(_model: str) -> None:
        pass

    monkeypatch.setattr(engine, "unload", later)
    panel.show()

    async def scenario() -> None:
        await panel._unload("ollama/qwen3:4b")
        assert "qwen3:4b is in use; it is unloaded after its answer." in words(panel)

    run_ui(scenario())


def test_what_others_ask_of_the_engines_is_shown_at_once(panel, engine, run_ui) -> None:
    engine.in_memory = [LoadedModel("ollama", "qwen3:4b", 3 * GB)]
    panel.show()
    run_ui(panel._room.refresh())
    assert "3.0 GB · Ollama" in words(panel)
    panel.hide()
    engine.in_memory = []
    run_ui(panel._room.refresh())
    panel.show()
    assert "3.0 GB · Ollama" in words(panel)  # until somebody looks again


HOT = Conditions(temperature_c=88.4, is_throttled=True, cpu_watts=14.6)


def test_heat_power_and_disks_in_words(panel, samples) -> None:
    panel.show()
    disks = (DiskSample(("Chats", "Models"), 76 * GB, 100 * GB),)
    card = GpuSample("RTX 4060", 64.0, GB, 8 * GB, temperature_c=71.0, watts=98.2, is_throttled=True)
    samples.sampled.emit(Sample(conditions=HOT, disks=disks, gpus=(card,)))
    for expected in (
        "Temperature",
        "88 °C",
        "slowed down",
        "15 W",
        "76 GB free",
        "71 °C · 98 W · slowed down",
    ):
        assert expected in words(panel)
    samples.sampled.emit(Sample())
    assert "unknown" in words(panel)  # the temperature, which had been there
    assert "slowed down" not in words(panel)


@pytest.mark.parametrize(
    ("now", "expected", "is_warning"),
    [
        (Conditions(battery_percent=80, is_on_mains=True), "On mains 80 %", False),
        (Conditions(battery_percent=80, is_on_mains=False), "On battery 80 %", False),
        (
            Conditions(battery_percent=14, is_on_mains=False, battery_watts=9.94),
            "On battery 14 % · 9.9 W",
            True,
        ),
        (Conditions(battery_percent=80), "Battery 80 %", False),
    ],
)
def test_the_battery_in_words(now: Conditions, expected: str, is_warning: bool) -> None:
    (fact,) = condition_facts(now)
    assert f"{fact.name} {fact.words}" == expected
    assert fact.is_warning is is_warning


def test_several_disks_have_names_and_a_full_one_warns() -> None:
    disks = (DiskSample(("Chats",), 76 * GB, 100 * GB), DiskSample(("Ollama",), 4 * GB, 100 * GB))
    facts = list(disk_facts(disks))
    assert [(fact.name, fact.words, fact.is_warning) for fact in facts] == [
        ("Disk · Chats", "76 GB free", False),
        ("Disk · Ollama", "4.0 GB free", True),
    ]
    assert facts[1].tip == "4.0 of 100.0 GB free; holds Ollama"


@pytest.mark.parametrize(
    ("model", "words_shown"),
    [
        (LoadedModel("e", "a", 2 * GB, 0), "2.0 GB · CPU · E"),
        (LoadedModel("e", "a"), "size unknown · E"),
        (LoadedModel("e", "a", GB, expires_at=1000 + 240), "1.0 GB · unloads in 4 min · E"),
        (LoadedModel("e", "a", GB, expires_at=1000 + 20), "1.0 GB · unloads in 20 s · E"),
        (LoadedModel("e", "a", GB, expires_at=1000 + 86_400), "1.0 GB · unloads in 24 h · E"),
        (LoadedModel("e", "a", GB, expires_at=9e10), "1.0 GB · stays loaded · E"),
        (LoadedModel("e", "a", GB, pids=(5,), expires_at=inf), "1.0 GB · stays until SLM Desk closes · E"),
        (LoadedModel("e", "a", GB, expires_at=1), "1.0 GB · unloads in 0 s · E"),
        (LoadedModel("e", "a", GB, context_tokens=8192), "1.0 GB · context 8,192 · E"),
        (LoadedModel("e", "a", GB, pids=(5,)), "1.0 GB · in use · E"),
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


def test_how_long_a_model_stays_is_chosen_at_its_card(panel, engine, run_ui) -> None:
    async def scenario() -> None:
        engine.in_memory = [LoadedModel("ollama", "qwen3:4b", GB, expires_at=9e10)]
        panel.show()
        await panel._room.refresh()
        kept = panel._keep_alive
        for words_of, seconds in (("1 h after its last answer", 3600), ("The usual time", None)):
            menu = await open_keep_menu(panel)
            chosen = [action.text() for action in menu.actions() if action.isChecked()]
            assert chosen == ["The usual time" if seconds else "1 h after its last answer"]
            next(action for action in menu.actions() if action.text() == words_of).trigger()
            menu.close()
            await until(lambda: not panel.jobs._tasks)
            assert kept.times == {"ollama/qwen3:4b": seconds}
        kept.problem = EngineBusy("Ollama is busy.")
        panel._on_loaded_keep_asked("ollama/qwen3:4b", 300.0)
        await until(lambda: any("Ollama is busy." in one for one in words(panel.window())))
        panel.hide()
        await panel.jobs.aclose()

    run_ui(scenario())


async def open_keep_menu(panel: MachinePanel) -> QMenu:
    button = next(
        one for one in panel.findChildren(QToolButton) if one.accessibleName().startswith("How long")
    )
    button.click()
    await until(lambda: [one for one in panel.findChildren(QMenu) if one.isVisible()])
    return next(one for one in panel.findChildren(QMenu) if one.isVisible())


@pytest.fixture
def line(qtbot) -> tuple[Sparkline, list[float]]:
    now = [0.0]
    line = Sparkline("accent", clock=lambda: now[0])
    qtbot.addWidget(line)
    line.resize(305, 34)
    return line, now


def test_a_sparkline_has_gaps_where_nothing_is_known(line) -> None:
    spark, now = line
    for value in (10.0, None, 150.0, -5.0, None):
        spark.add(value, "")
        now[0] += 1
    path = spark._line()
    assert path.elementCount() == 2  # a lone point draws nothing; then a line, cut where out of range
    assert path.boundingRect().top() >= 0
    spark.show()
    assert not spark.grab().isNull()


def test_minutes_in_which_nobody_looked_are_a_gap_and_old_ones_go(line) -> None:
    spark, now = line
    for at in (0, 1, 100, 101, 250):
        now[0] = at
        spark.add(50.0, "50 %")
    path = spark._line()
    kinds = [path.elementAt(index).isLineTo() for index in range(path.elementCount())]
    assert kinds == [False, True, False, True, False]
    now[0] = 350
    spark.add(50.0, "50 %")
    assert len(spark._points) == 4  # the two of the beginning are older than five minutes


def test_the_mouse_reads_the_value_at_the_point(line, qtbot) -> None:
    spark, now = line
    for at in range(121):
        now[0] = at
        spark.add(float(at % 100), f"{at % 100} %")
    right = spark._area().right()
    width = spark._area().width()
    assert spark.words_at(right) == "20 %"
    assert spark.words_at(right - width / 2) == "60 %, 60 s ago"
    assert spark.words_at(right - width) == "0 %, 2 min ago"
    spark.show()
    before = spark.grab().toImage()
    qtbot.mouseMove(spark, spark._area().center().toPoint())
    qtbot.waitUntil(lambda: spark._pointed is not None)
    assert spark.grab().toImage() != before  # the point is marked


def test_where_nothing_was_measured_nothing_is_read(line) -> None:
    spark, now = line
    assert spark.words_at(10) == ""
    for at, value in ((0, 5.0), (60, None), (61, 6.0)):
        now[0] = at
        spark.add(value, "words")
    assert spark.words_at(spark._area().center().x()) == ""


def test_a_panel_that_is_gone_hears_nothing_more(samples, engine, qapp: QApplication) -> None:
    registry = Registry([engine])
    panel = MachinePanel(samples, registry, Room(registry, lambda: None), Kept(), JobRunner(lambda *_: None))
    panel.show()
    hearers = len(samples.sampled._subscribers)
    shiboken6.delete(panel)
    assert len(samples.sampled._subscribers) < hearers
    samples.sampled.emit(FULL)  # would raise in the deleted widget
