"""Sentences in the reader's language: the table, one and many, the marks in numbers."""

from collections.abc import Iterator

import pytest

from slmdesk.base.errors import EngineOffline
from slmdesk.base.memory import gigabytes, round_gigabytes
from slmdesk.base.words import ENGLISH, Language, counted, joined, number, say, speak

PROMPTS = ("{count:,} prompt", "{count:,} prompts")
GERMAN = Language(
    "de",
    {
        "{name} was closed.": "{name} wurde geschlossen.",
        "{count:,} prompt": "{count:,} Eingabe",
        "{count:,} prompts": "{count:,} Eingaben",
        "{percent:.1f} % of {name}": "{name}: {percent:.1f} %",
        "{most} and {last}": "{most} und {last}",
        EngineOffline.next_step: "Starten Sie sie.",
    },
    decimal_mark=",",
    thousands_mark=".",
)


@pytest.fixture
def german() -> Iterator[None]:
    speak(GERMAN)
    yield
    speak(ENGLISH)


def test_the_source_is_english() -> None:
    assert say("{name} was closed.", name="Ollama") == "Ollama was closed."
    assert number(1234.5, ",.1f") == "1,234.5"
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"


def test_a_sentence_is_looked_up_with_its_values_in_any_order(german: None) -> None:
    assert say("{name} was closed.", name="Ollama") == "Ollama wurde geschlossen."
    assert say("{percent:.1f} % of {name}", percent=12.34, name="a.b") == "a.b: 12,3 %"
    assert joined(["a", "b"]) == "a und b"


def test_what_has_no_translation_is_said_in_english(german: None) -> None:
    assert say("{name} hung up.", name="Ollama") == "Ollama hung up."


@pytest.mark.parametrize(("count", "words"), [(0, "0 prompts"), (1, "1 prompt"), (1200, "1,200 prompts")])
def test_one_and_many_are_told_apart(count: int, words: str) -> None:
    assert counted(count, *PROMPTS) == words


def test_numbers_have_the_marks_of_the_language(german: None) -> None:
    assert counted(1200, *PROMPTS) == "1.200 Eingaben"
    assert number(1234.5, ",.1f") == "1.234,5"
    assert (gigabytes(4_700_000_000), round_gigabytes(16_000_000_000)) == ("4,7", "16")


def test_advice_that_belongs_to_a_kind_of_error_is_said_when_it_is_raised(german: None) -> None:
    assert EngineOffline("Weg.").sentence() == "Weg. Starten Sie sie."
    assert EngineOffline("Weg.", next_step="").sentence() == "Weg."
