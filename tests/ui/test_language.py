"""Every language has every word, its placeholders are those of the source, and its words have room."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QPushButton,
    QToolButton,
    QWidget,
)

from slmdesk.app import application
from slmdesk.base.words import ENGLISH, speak, spoken
from slmdesk.config.languages import LANGUAGES, language
from slmdesk.config.settings import Settings
from slmdesk.ui.labels import moment
from slmdesk.ui.language import choose
from slmdesk.ui.widgets.evaluate.evaluate_face import Tab
from slmdesk.ui.widgets.token_words import per_cent
from tests.fakes.evaluated_pane import show_answered
from tests.fakes.panes import desk_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until
from tests.fakes.words import words

CODES = sorted(set(LANGUAGES.values()) - {"en"})
LEAST_SHARE = 0.95


def placeholders(text: str) -> list[str]:
    """The values in it with their forms: "{count:,}", "{0}"."""
    return sorted(re.findall(r"\{[^{}\s]*\}", text))


@pytest.mark.parametrize("code", CODES)
def test_almost_every_word_is_there(code: str) -> None:
    missing = sorted(words() - language(code).sentences.keys())
    assert len(missing) <= (1 - LEAST_SHARE) * len(words()), f"add these to languages/{code}.json: {missing}"


@pytest.mark.parametrize("code", CODES)
def test_no_word_is_left_that_the_source_no_longer_has(code: str) -> None:
    assert sorted(language(code).sentences.keys() - words()) == []


@pytest.mark.parametrize("code", CODES)
def test_the_placeholders_are_those_of_the_source(code: str) -> None:
    pairs = language(code).sentences.items()
    assert [text for text, said in pairs if placeholders(text) != placeholders(said)] == []
    assert [text for text, said in pairs if not said.strip() or (text[-1] == "…") != (said[-1] == "…")] == []


@pytest.fixture
def quiet_again(qapp: QApplication) -> Iterator[QApplication]:
    """Afterwards the window speaks English, as before."""
    before = QLocale()
    yield qapp
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    speak(ENGLISH)
    QLocale.setDefault(before)


def shown(window: QWidget) -> set[str]:
    """What is read on the labels, buttons and choices of the screen."""
    seen = [widget for widget in window.findChildren(QWidget) if widget.isVisible()]
    texts = {widget.text() for widget in seen if isinstance(widget, QLabel | QAbstractButton)}
    return texts | {widget.currentText() for widget in seen if isinstance(widget, QComboBox)}


def test_the_setting_switches_the_window(quiet_again: QApplication, run_ui: Any, tmp_path: Path) -> None:
    application(Settings(language="deutsch"))

    async def scenario() -> None:
        engine = ScriptedEngine({"echo": says("Text")}, sizes={"echo": 2_500_000_000})
        async with desk_over(tmp_path, engine) as desk:
            desk.window.open_pane("settings")
            await until(lambda: {"Sprache (Language)", "Abstände", "Großzügig"} <= shown(desk.window))
            assert {"Einstellungen", "Vergleich", "Allgemein"} <= shown(desk.window)

    run_ui(scenario())


def test_qt_speaks_it_too_and_dates_follow(quiet_again: QApplication) -> None:
    choose(quiet_again, "deutsch")
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    assert moment(1_700_000_000, "MMMM") == "November"
    assert moment(1_710_000_000, "MMMM") == "März"
    assert QLocale().toString(1234.5, "f", 1) == "1.234,5"


def test_probabilities_have_its_decimal_mark(quiet_again: QApplication) -> None:
    choose(quiet_again, "deutsch")
    assert [per_cent(share) for share in (0.621, 0.005, 0.9999)] == ["62,1 %", "0,50 %", "> 99,9 %"]


def test_english_installs_nothing(quiet_again: QApplication) -> None:
    before = quiet_again.findChildren(QTranslator)  # those of earlier tests, which are on their way out
    choose(quiet_again, "english")
    assert spoken() is ENGLISH
    assert quiet_again.findChildren(QTranslator) == before


@pytest.mark.parametrize(("languages", "code"), [(["de-AT", "en"], "de"), (["fr-FR"], "en"), ([], "en")])
def test_the_system_has_a_say(
    quiet_again: QApplication, monkeypatch: pytest.MonkeyPatch, languages: list[str], code: str
) -> None:
    monkeypatch.setattr("slmdesk.ui.language.system_languages", lambda: languages)
    choose(quiet_again, "system")
    assert spoken().code == code


def is_cut(button: QPushButton) -> bool:
    return button.isVisible() and button.width() < button.minimumSizeHint().width()


def is_label_cut(label: QLabel) -> bool:
    """One line that has less room than its words need; longer texts wrap, elided ones say so themselves."""
    is_plain = type(label) is QLabel and label.isVisible() and not label.wordWrap() and bool(label.text())
    return is_plain and label.width() < label.sizeHint().width() - 1


def is_tool_cut(button: QToolButton) -> bool:
    """The words below or beside a picture."""
    is_wide = button.fontMetrics().horizontalAdvance(button.text()) > button.width() - 4
    return button.isVisible() and button.property("role") == "rail" and is_wide


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "pane",
    ["chat", "compare", "evaluate", "evaluate results", "evaluate verdict", "models", "settings"],
)
def test_nothing_is_cut_in_the_smallest_window(
    quiet_again: QApplication, run_ui: Any, tmp_path: Path, code: str, pane: str
) -> None:
    name = next(name for name, its in LANGUAGES.items() if its == code)
    choose(quiet_again, name)

    async def scenario() -> None:
        engine = ScriptedEngine({"echo": says("Text"), "other": says("Text")}, sizes={"echo": 9, "other": 9})
        async with desk_over(tmp_path, engine) as desk:
            window = desk.window
            window.resize(1024, 700)
            opened = window.open_pane(pane.split()[0])
            await until(lambda: opened.isVisible())
            if tab := pane.partition(" ")[2]:
                await show_answered(desk, opened, Tab[tab.upper()])
            await until(lambda: not any(map(is_cut, window.findChildren(QPushButton))))
            await until(lambda: not any(map(is_label_cut, window.findChildren(QLabel))))
            assert not any(map(is_tool_cut, window.findChildren(QToolButton)))

    run_ui(scenario())
