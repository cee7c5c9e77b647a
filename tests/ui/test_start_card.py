"""The start card and the head of a chat: what was found, what to expect, what fits."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from slmdesk.base.events import Event
from slmdesk.engines.base import Capabilities, EngineState, LoadedModel, ModelInfo
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.first_offer import FirstOffer
from slmdesk.features.catalog.fit import Fit
from slmdesk.features.chat.session import ContextUse
from slmdesk.ui.widgets.chat.chat_header import ChatHeader, placement
from slmdesk.ui.widgets.chat.context_meter import ContextMeter
from slmdesk.ui.widgets.chat.start_card import StartCard, best_that_fits
from tests.fakes.offers import OfferingEngine

GB = 1_000_000_000
TINY = ModelInfo("builtin", "smollm2-135m-instruct", 93_000_000, 135_000_000, "Q4_1")
MEDIUM = ModelInfo("ollama", "llama3.2:3b", 2 * GB, 3 * GB, "Q4_K_M")
HUGE = ModelInfo("ollama", "huge:70b", 40 * GB, 70 * GB, "Q4_K_M")
EMBEDDER = ModelInfo("ollama", "embedder", 9 * GB, capabilities=frozenset({"embedding"}))


def fit(ref: str) -> Fit | None:
    return Fit("too large" if "huge" in ref else "fits", 3 * GB, 8 * GB)


def registry(*states: EngineState) -> Any:
    known = {state.engine.id: state for state in states}
    models = [model for state in states for model in state.models]
    return SimpleNamespace(
        changed=Event(),
        states=known,
        info=lambda ref: next((m for m in models if m.ref == ref), None),
    )


def looked_at(*states: EngineState) -> Registry:
    """The real one, after these looks."""
    found = Registry([state.engine for state in states])
    found._states = {state.engine.id: state for state in states}
    return found


def state(
    engine_id: str, label: str, *models: ModelInfo, problem: str = "", next_step: str = ""
) -> EngineState:
    return EngineState(OfferingEngine(engine_id, label), models, problem, next_step)


def texts(card: Any, kind: type = QLabel) -> list[str]:
    return [label.text() for label in card.findChildren(kind) if not label.isHidden()]


def test_it_says_what_was_found_and_what_is_wrong(qtbot: Any) -> None:
    found = registry(
        state("builtin", "Built-in engine", TINY),
        state("ollama", "Ollama", MEDIUM, HUGE),
        state("lm", "LM Studio", problem="Nothing answers at 127.0.0.1:1234.", next_step="Start it."),
    )
    card = StartCard(found, fit)
    qtbot.addWidget(card)
    shown = texts(card)
    assert "ready with smollm2-135m-instruct" in shown
    assert "2 models" in shown
    assert "Nothing answers at 127.0.0.1:1234. Start it." in shown


def test_an_engine_that_does_not_run_is_no_fault(qtbot: Any) -> None:
    off = EngineState(OfferingEngine("ollama", "Ollama"), problem="It does not answer.", is_absent=True)
    card = StartCard(registry(off), fit)
    qtbot.addWidget(card)
    assert "not running; its models appear here once it is" in texts(card)


def test_it_follows_the_registry(qtbot: Any) -> None:
    found = registry()
    card = StartCard(found, fit)
    qtbot.addWidget(card)
    assert "Looking for engines…" in texts(card)
    found.states["builtin"] = state("builtin", "Built-in engine", TINY)
    found.changed.emit(None)
    assert "Looking for engines…" not in texts(card)
    assert "ready with smollm2-135m-instruct" in texts(card)


def test_a_tiny_model_is_said_to_be_one_and_a_better_one_offered(qtbot: Any) -> None:
    card = StartCard(
        registry(state("builtin", "Built-in", TINY), state("ollama", "Ollama", MEDIUM, HUGE)), fit
    )
    qtbot.addWidget(card)
    card.set_model(TINY.ref)
    assert any(text.startswith("A model of 135M parameters is for trying things out") for text in texts(card))
    chosen: list[str] = []
    card.model_chosen.connect(chosen.append)
    next(b for b in card.findChildren(QPushButton) if b.text().startswith("Use llama3.2:3b")).click()
    assert chosen == [MEDIUM.ref]
    card.set_model(MEDIUM.ref)
    assert not any("trying things out" in text for text in texts(card))
    assert not any(text.startswith("Use ") for text in texts(card, QPushButton))


@pytest.mark.parametrize(
    ("models", "is_offered"), [((TINY,), True), ((), True), ((TINY, HUGE), True), ((TINY, MEDIUM), False)]
)
def test_a_model_to_fetch_is_offered_beside_toys_alone(
    qtbot: Any, models: tuple[ModelInfo, ...], is_offered: bool
) -> None:
    card = StartCard(registry(state("builtin", "Built-in", *models)), fit)
    qtbot.addWidget(card)
    assert not [text for text in texts(card, QPushButton) if text.startswith("Get ")]
    card.offer(FirstOffer("Qwen3 4B", "qwen3:4b", 2_600_000_000))
    found = [text for text in texts(card, QPushButton) if text.startswith("Get ")]
    assert found == (["Get Qwen3 4B · 2.6 GB"] if is_offered else [])
    asked: list[str] = []
    card.pull_requested.connect(asked.append)
    next(one for one in card.findChildren(QPushButton) if one.text().startswith("Get ")).click()
    assert asked == ["qwen3:4b"]
    card.offer(None)
    assert not [text for text in texts(card, QPushButton) if text.startswith("Get ")]


def test_what_does_not_chat_or_fit_is_not_offered() -> None:
    assert best_that_fits([TINY, HUGE, EMBEDDER], fit, TINY) is None
    assert best_that_fits([TINY, MEDIUM, HUGE], fit, None) is MEDIUM
    assert best_that_fits([], fit, None) is None


@pytest.mark.parametrize(
    ("used", "words", "tone"),
    [
        (1204, "Context 1,204 / 4,096 · 29 %", "plain"),
        (3071, "Context 3,071 / 4,096 · 75 %", "plain"),
        (3072, "Context 3,072 / 4,096 · 75 %", "warn"),
        (3687, "Context 3,687 / 4,096 · 90 %", "bad"),
        (5000, "Context 5,000 / 4,096 · 122 %", "bad"),
    ],
)
def test_the_context_meter_warns_in_time(qtbot: Any, used: int, words: str, tone: str) -> None:
    meter = ContextMeter()
    qtbot.addWidget(meter)
    meter.set_use(ContextUse(used, 4096, is_estimate=False))
    assert (meter.text(), meter.property("tone")) == (words, tone)


def test_an_estimate_is_marked_and_nothing_is_hidden(qtbot: Any) -> None:
    meter = ContextMeter()
    qtbot.addWidget(meter)
    meter.set_use(ContextUse(12, 4096, is_estimate=True))
    assert meter.text() == "Context ~12 / 4,096 · 0 %"
    meter.set_use(None)
    assert meter.isHidden()


@pytest.mark.parametrize(
    ("loaded", "words"),
    [
        (LoadedModel("ollama", "x", 100, 100), "100 % GPU"),
        (LoadedModel("ollama", "x", 100, 40), "40 % GPU"),
        (LoadedModel("ollama", "x", 100, 0), "CPU"),
        (LoadedModel("ollama", "x", 100, None), ""),
    ],
)
def test_where_a_model_sits(loaded: LoadedModel, words: str) -> None:
    assert placement(loaded) == words


def test_where_models_are_not_unloaded_nothing_is_said_of_loading(qtbot: Any) -> None:
    remote = state("lm", "LM Studio", ModelInfo("lm", "any"))
    remote.engine.capabilities = Capabilities()
    header = ChatHeader(looked_at(remote), fit)
    qtbot.addWidget(header)
    header.set_model("lm/any")
    assert header._state.isHidden()
    assert header._place.full_text == "LM Studio"


def test_the_header_tells_loaded_from_missing(qtbot: Any) -> None:
    off = state("lm", "LM Studio", problem="Nothing answers.")
    header = ChatHeader(looked_at(state("ollama", "Ollama", MEDIUM), off), fit)
    qtbot.addWidget(header)
    said = {}
    for ref in (MEDIUM.ref, "ollama/gone", "removed/any", "lm/any"):
        header.set_model(ref)
        said[ref] = header._state.text()
    lost = {"ollama/gone": "missing", "removed/any": "missing", "lm/any": "engine not reached"}
    assert said == {MEDIUM.ref: "not loaded", **lost}
    header.set_model(MEDIUM.ref)
    header.set_loaded([replace(LoadedModel("ollama", MEDIUM.name, 100, 100))])
    assert header._state.text() == "loaded"
    assert header._place.full_text == "Ollama · Q4_K_M · 100 % GPU"
