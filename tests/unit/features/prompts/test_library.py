"""The library: good prompts to begin with, own ones, exported and imported without trust."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slmdesk.base.errors import BadInput
from slmdesk.features.prompts.library import FILE_KIND, Prompt, PromptLibrary
from slmdesk.features.prompts.presets import Presets
from slmdesk.features.prompts.variables import fields_of, fill


@pytest.fixture
def library(tmp_path: Path) -> PromptLibrary:
    return PromptLibrary(tmp_path / "prompts.json")


def test_the_starter_set_covers_the_tasks(library: PromptLibrary, tmp_path: Path) -> None:
    presets = Presets(tmp_path / "presets.json")
    assert len(library.all()) >= 20
    assert {"Classify", "Extract", "Summarise", "Translate", "Code", "Write", "Learn"} <= set(
        library.by_task()
    )
    for prompt in library.all():
        assert prompt.purpose.endswith("."), prompt.name
        assert presets.get(prompt.preset_id), prompt.name
        fields = fields_of(prompt.text)
        assert 1 <= len(fields) <= 7, prompt.name
        assert "{{" not in fill(prompt.text, {field.name: "value" for field in fields}), prompt.name
    assert len({prompt.id for prompt in library.all()}) == len(library.all())


def test_prompts_are_found_by_words_anywhere(library: PromptLibrary) -> None:
    assert [prompt.name for prompt in library.find("FAULT mended")] == ["Find the fault"]
    assert len(library.find("")) == len(library.all())
    assert library.find("no such words") == []


async def test_own_prompts_go_out_and_come_back(library: PromptLibrary, tmp_path: Path) -> None:
    kept = await library.save(Prompt("Greeting", "Greet {{who:Ada}} 😀", task="Write", preset_id="creative"))
    out = tmp_path / "out.json"
    library.export_file(out)
    other = PromptLibrary(tmp_path / "other.json")
    await other.save(Prompt("greeting", "another"))
    imported = await other.import_file(out)
    (added,) = imported.prompts
    assert (added.name, added.text, added.task) == ("Greeting (2)", kept.text, "Write")
    assert imported.problems == []
    assert PromptLibrary(tmp_path / "other.json").get(added.id) == added
    assert "id" not in json.loads(out.read_text("utf-8"))["prompts"][0]


async def test_chosen_prompts_are_exported(library: PromptLibrary, tmp_path: Path) -> None:
    library.export_file(tmp_path / "out.json", library.find("sentiment"))
    assert len(json.loads((tmp_path / "out.json").read_text("utf-8"))["prompts"]) == 1


async def test_one_bad_entry_costs_that_entry_alone(library: PromptLibrary, tmp_path: Path) -> None:
    entries = [
        {"name": "Good", "text": "a \udce9 b\0"},
        {"name": "Empty", "text": " "},
        7,
        {"text": "nameless"},
    ]
    file = tmp_path / "in.json"
    file.write_text(json.dumps({"kind": FILE_KIND, "prompts": entries}))
    imported = await library.import_file(file)
    assert [(prompt.name, prompt.text) for prompt in imported.prompts] == [("Good", "a ? b")]
    assert len(imported.problems) == 3
    assert imported.problems[0].startswith("Entry 2")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"{" * 100_000,
        b'{"kind": "slmdesk-prompts", "prompts": {}}',
        b"\xff\xfe",
        b"x" * 4_000_001,
    ],
    ids=lambda content: str(content[:24]),
)
async def test_another_kind_of_file_is_refused(
    library: PromptLibrary, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "in.json"
    file.write_bytes(content)
    with pytest.raises(BadInput, match=r"in\.json"):
        await library.import_file(file)
    with pytest.raises(BadInput, match="cannot be read"):
        await library.import_file(tmp_path / "none.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ENTRY = st.dictionaries(st.sampled_from(["name", "text", "task", "purpose", "preset_id", "id"]), JSON)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(entries=st.lists(st.one_of(JSON, ENTRY), max_size=5))
async def test_no_entry_can_break_the_import(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("import")
    (folder / "in.json").write_text(json.dumps({"kind": FILE_KIND, "prompts": entries}))
    imported = await PromptLibrary(folder / "prompts.json").import_file(folder / "in.json")
    assert len(imported.prompts) + len(imported.problems) == len(entries)
    assert PromptLibrary(folder / "prompts.json").notice == ""
