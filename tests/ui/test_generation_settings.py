"""The settings chips: what is shown is what is asked for, and the model's own choice is a choice."""

from typing import Any

import pytest
from PySide6.QtCore import Qt

from slmdesk.engines.base import Options
from slmdesk.ui.widgets.prompt.generation_settings import Generation, GenerationSettings

SET = Generation(Options(8192, 400, 0.7, 0.9, 7, ("END",)), "Be brief.", is_thinking=True)


@pytest.fixture
def settings(qtbot: Any) -> GenerationSettings:
    settings = GenerationSettings()
    qtbot.addWidget(settings)
    settings.show()
    qtbot.waitExposed(settings)
    return settings


def heard(settings: GenerationSettings) -> list[Generation]:
    said: list[Generation] = []
    settings.changed.connect(said.append)
    return said


@pytest.mark.parametrize("value", [Generation(), SET, Generation(Options(temperature=0.0, seed=0))])
def test_a_value_comes_out_as_it_went_in(settings: GenerationSettings, value: Generation) -> None:
    said = heard(settings)
    settings.set_value(value)
    settings._on_form_changed()
    assert settings.value() == value
    assert said == []


def test_the_chip_names_what_is_set(settings: GenerationSettings) -> None:
    assert settings.options_chip.full_text == "Context 4096"
    assert settings.system_chip.full_text == "System prompt ▾"
    settings.set_value(SET)
    assert (
        settings.options_chip.full_text == "Context 8192 · Temp 0.7 · Top-p 0.9 · Max 400 · Seed 7 · Thinking"
    )
    assert settings.system_chip.full_text == "System: Be brief. ▾"


def test_a_long_system_prompt_is_cut_and_holds_no_shortcut(settings: GenerationSettings) -> None:
    settings.set_value(Generation(system_prompt="R&D\nis what you do. " * 9))
    assert settings.system_chip.full_text == "System: R&D is what you do. R&D is what … ▾"


def test_a_typed_number_counts_when_it_is_whole(settings: GenerationSettings, qtbot: Any) -> None:
    said = heard(settings)
    settings.open_options()
    box = settings.form.context_tokens
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "2048")
    assert said == []
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert [value.options.context_tokens for value in said] == [2048]
    assert settings.options_chip.full_text == "Context 2048"


def test_a_number_typed_and_left_counts(settings: GenerationSettings, qtbot: Any) -> None:
    said = heard(settings)
    settings.open_options()
    box = settings.form.max_tokens
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "77")
    settings._options_popup.close()
    qtbot.waitUntil(lambda: bool(said))
    assert said[-1].options.max_tokens == 77


def test_bounds_hold(settings: GenerationSettings) -> None:
    form = settings.form
    form.temperature.setValue(9)
    form.top_p.setValue(9)
    form.context_tokens.setValue(1)
    options = settings.value().options
    assert (options.temperature, options.top_p, options.context_tokens) == (2.0, 1.0, 256)


def test_the_lowest_step_leaves_the_choice_to_the_model(settings: GenerationSettings) -> None:
    settings.set_value(SET)
    form = settings.form
    for box in (form.temperature, form.top_p):
        box.setValue(box.minimum())
        assert box.text() == "model's own"
    form.max_tokens.setValue(0)
    form.seed.setValue(-1)
    assert settings.value().options == Options(8192, stop=("END",))
    assert (form.max_tokens.text(), form.seed.text()) == ("no limit", "random")


def test_steps_meet_round_numbers(settings: GenerationSettings) -> None:
    settings.form.temperature.setValue(settings.form.temperature.minimum())
    settings.form.temperature.stepUp()
    assert settings.value().options.temperature == 0.0
    for _ in range(14):
        settings.form.temperature.stepUp()
    assert settings.value().options.temperature == 0.7


def test_the_system_prompt_is_edited_in_its_popup(settings: GenerationSettings, qtbot: Any) -> None:
    said = heard(settings)
    qtbot.mouseClick(settings.system_chip, Qt.MouseButton.LeftButton)
    assert settings._system_popup.isVisible()
    qtbot.keyClicks(settings.system_edit, "Hi")
    assert said[-1].system_prompt == "Hi"
    qtbot.keyClick(settings._system_popup, Qt.Key.Key_Escape)
    assert not settings._system_popup.isVisible()


def test_every_control_has_a_name(settings: GenerationSettings) -> None:
    form = settings.form
    boxes = (form.temperature, form.top_p, form.max_tokens, form.context_tokens, form.seed)
    assert [box.accessibleName() for box in boxes] == [
        "Temperature",
        "Top-p",
        "Longest answer",
        "Context",
        "Seed",
    ]
    assert settings.system_chip.accessibleName() == "System prompt"


def test_a_chip_without_room_is_cut_and_tells_the_whole(settings: GenerationSettings, qtbot: Any) -> None:
    settings.set_value(SET)
    settings.resize(settings.sizeHint())
    qtbot.waitUntil(lambda: settings.options_chip.text() == settings.options_chip.full_text)
    settings.resize(260, 40)
    qtbot.waitUntil(lambda: settings.options_chip.text().endswith("…"))
    assert settings.options_chip.toolTip() == settings.options_chip.full_text
    assert settings.minimumSizeHint().width() < 260
