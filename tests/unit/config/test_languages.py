"""The files of the languages: which there are, and that English needs none."""

from pathlib import Path

import pytest

from slmdesk.base.words import ENGLISH
from slmdesk.config.languages import LANGUAGES, language
from slmdesk.config.paths import resources
from slmdesk.config.settings import Settings, field_of


def test_there_is_a_file_for_each_language_but_english() -> None:
    files = {path.stem for path in (resources() / "languages").glob("*.json")}
    assert files == {*LANGUAGES.values()} - {"en"}
    assert field_of("language").choices == ("system", *LANGUAGES)
    assert Settings().language == "system"


def test_german_brings_its_sentences_and_its_marks() -> None:
    german = language("de")
    assert german.sentences["Settings"] == "Einstellungen"
    assert (german.code, german.decimal_mark, german.thousands_mark) == ("de", ",", ".")


def test_english_reads_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("slmdesk.config.languages.resources", lambda: tmp_path / "nowhere")
    assert language("en") is ENGLISH
    assert language("tlh") is ENGLISH
    assert language("../../etc") is ENGLISH
