"""Choosing a model: grouped by engine, searched, by keyboard, with size and fit in words."""

import pytest
import shiboken6
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QListView, QPushButton, QWidget

from slmdesk.engines.base import EngineState, ModelInfo
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.fit import Fit, estimate_fit
from slmdesk.ui.widgets.models.model_list import (
    ROW_ROLE,
    ModelFilter,
    ModelList,
    PickerRow,
    RowKind,
    rows_of,
    short_name,
)
from slmdesk.ui.widgets.models.model_picker import ModelPicker
from tests.fakes.offers import GB, OfferingEngine

LONG = "hf.co/maker/A-Very-Long-Name-Of-A-Model-That-Goes-On-And-On-13B-Instruct-GGUF:Q5_K_M"


@pytest.fixture
def engines() -> list[OfferingEngine]:
    return [
        OfferingEngine("builtin", "Built-in engine", "smollm2-135m-instruct"),
        OfferingEngine("ollama", "Ollama", "qwen3:4b", "llama3.2:3b", LONG),
        OfferingEngine("office", "Office server", problem="Nothing answers at http://office:8000."),
    ]


@pytest.fixture
def registry(engines, run_ui) -> Registry:
    registry = Registry(engines)
    run_ui(registry.refresh())
    return registry


@pytest.fixture
def picker(registry, qtbot) -> ModelPicker:
    def fit(ref: str) -> Fit | None:
        model = registry.info(ref)
        return estimate_fit(model, 4096, 6 * GB) if model else None

    picker = ModelPicker(registry, fit)
    qtbot.addWidget(picker)
    picker.show()
    return picker


def popup(picker: ModelPicker) -> QWidget:
    return picker.findChild(QWidget, "popup")


def search(picker: ModelPicker) -> QLineEdit:
    return popup(picker).findChild(QLineEdit)


def rows(picker: ModelPicker) -> list[PickerRow]:
    model = popup(picker).findChild(QListView).model()
    return [model.index(row, 0).data(ROW_ROLE) for row in range(model.rowCount())]


def test_every_engine_stands_there_with_its_models_or_its_problem(picker) -> None:
    picker.open_list()
    assert [(row.kind, row.text) for row in rows(picker)] == [
        (RowKind.ENGINE, "Built-in engine"),
        (RowKind.MODEL, "smollm2-135m-instruct"),
        (RowKind.ENGINE, "Ollama"),
        (RowKind.MODEL, "qwen3:4b"),
        (RowKind.MODEL, "llama3.2:3b"),
        (RowKind.MODEL, LONG),
        (RowKind.ENGINE, "Office server"),
        (RowKind.PROBLEM, "Nothing answers at http://office:8000."),
    ]
    assert "Start it" in rows(picker)[-1].detail


def test_a_model_that_cannot_be_used_says_why_and_cannot_be_chosen() -> None:
    engine = OfferingEngine("builtin", "Built-in engine")
    gone = ModelInfo("builtin", "gone", problem="the file is not there any more")
    shown = rows_of([EngineState(engine, (gone,))], lambda _ref: None)
    assert [(row.kind, row.text) for row in shown[1:]] == [
        (RowKind.PROBLEM, "gone: the file is not there any more.")
    ]


def test_a_row_says_size_quantization_and_fit(picker) -> None:
    picker.open_list()
    row = rows(picker)[1]
    assert row.detail == "1.0 GB · Q4_K_M"
    assert row.fit is not None
    assert row.fit.words.startswith("fits · 1.")
    assert row.spoken == f"smollm2-135m-instruct, 1.0 GB · Q4_K_M, {row.fit.words}"


def test_typing_finds_by_every_word_and_keeps_the_headings(picker, qtbot) -> None:
    picker.open_list()
    qtbot.keyClicks(search(picker), "oll 3b")
    assert [row.text for row in rows(picker)] == ["Ollama", "llama3.2:3b", LONG]


def test_the_keyboard_chooses(picker, qtbot) -> None:
    picker.set_ref("builtin/smollm2-135m-instruct")
    picker.open_list()
    qtbot.keyClick(search(picker), Qt.Key.Key_Up)  # headings cannot be chosen: the mark stays
    qtbot.keyClick(search(picker), Qt.Key.Key_Down)
    qtbot.keyClick(search(picker), Qt.Key.Key_Down)
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(search(picker), Qt.Key.Key_Return)
    assert chosen.args == ["ollama/llama3.2:3b"]
    assert picker.ref == "ollama/llama3.2:3b"
    assert picker.text() == "llama3.2:3b ▾"
    assert not popup(picker).isVisible()


def test_a_hostile_name_is_shown_as_it_is(picker) -> None:
    picker.set_ref('office/<img src="file:///etc/passwd">')
    assert "<" not in picker.toolTip()
    picker.set_ref("office/salt&pepper")
    assert picker.text() == "salt&&pepper ▾"  # a button shows "&&" as "&"


def test_escape_leaves_the_choice_as_it_was(picker, qtbot) -> None:
    picker.set_ref("ollama/qwen3:4b")
    picker.open_list()
    qtbot.keyClick(search(picker), Qt.Key.Key_Down)
    qtbot.keyClick(search(picker), Qt.Key.Key_Escape)
    assert picker.ref == "ollama/qwen3:4b"
    assert not popup(picker).isVisible()


def test_a_search_without_a_hit_chooses_nothing(picker, qtbot) -> None:
    picker.open_list()
    qtbot.keyClicks(search(picker), "nothing like it")
    with qtbot.assertNotEmitted(picker.chosen):
        qtbot.keyClick(search(picker), Qt.Key.Key_Return)


def test_a_click_on_a_heading_or_problem_chooses_nothing(picker, qtbot) -> None:
    picker.open_list()
    view = popup(picker).findChild(QListView)
    with qtbot.assertNotEmitted(picker.chosen):
        for row in (0, 7):
            place = view.visualRect(view.model().index(row, 0)).center()
            qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_long_name_is_shortened_and_told_in_the_tool_tip(picker) -> None:
    picker.set_ref(f"ollama/{LONG}")
    assert "…" in picker.text()
    assert picker.toolTip() == f"ollama/{LONG}"
    assert picker.accessibleName() == f"Model: {short_name(LONG)}"


def test_a_model_file_can_be_asked_for(picker, qtbot) -> None:
    picker.open_list()
    add = next(button for button in popup(picker).findChildren(QPushButton))
    with qtbot.waitSignal(picker.add_file_requested):
        qtbot.mouseClick(add, Qt.MouseButton.LeftButton)


def test_an_open_list_follows_the_engines(picker, engines, registry, run_ui) -> None:
    picker.open_list()
    engines[2].problem = ""
    run_ui(registry.refresh())
    assert rows(picker)[-1].text == "No models yet."


def test_the_picker_paints_every_kind_of_row(picker) -> None:
    picker.open_list()
    picture = popup(picker).grab().toImage()
    colours = {
        picture.pixelColor(x, y).name()
        for x in range(0, picture.width(), 2)
        for y in range(0, picture.height(), 2)
    }
    assert len(colours) > 12


def test_a_picker_that_is_gone_hears_nothing_more(registry, qapp) -> None:
    before = list(registry.changed._subscribers)
    picker = ModelPicker(registry, lambda _ref: None)
    assert registry.changed._subscribers != before
    shiboken6.delete(picker)
    assert registry.changed._subscribers == before


def test_the_rows_are_a_sound_model(registry, qtmodeltester) -> None:
    source = ModelList()
    source.set_rows(rows_of(registry.states.values(), lambda _ref: None))
    qtmodeltester.check(source)
    chosen = ModelFilter(source)
    chosen.set_search("llama")
    qtmodeltester.check(chosen)
    assert chosen.rowCount() == 4  # the engine's name holds the word, too


def test_esc_in_the_open_list_is_no_shortcut_of_the_pane_below(picker, qtbot) -> None:
    picker.open_list()
    esc = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    esc.ignore()
    QApplication.sendEvent(search(picker), esc)
    assert esc.isAccepted()
