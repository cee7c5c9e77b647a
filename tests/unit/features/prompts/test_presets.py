"""Presets: every value with its reason, own ones kept on disk, a default for each model."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput, DataFolderUnusable
from slmdesk.engines.base import Options
from slmdesk.features.prompts.presets import Preset, Presets, preset_of, preset_to_plain

TASKS = [
    "Quick answer",
    "Classification",
    "Extraction",
    "Summary",
    "Translation",
    "Code",
    "Creative",
    "Tutor",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "presets.json"


def test_there_is_a_preset_for_every_task(path: Path) -> None:
    presets = Presets(path)
    assert [preset.name for preset in presets.all()] == TASKS
    assert not path.exists()
    assert presets.notice == ""


def test_every_value_of_a_shipped_preset_has_its_reason(path: Path) -> None:
    for preset in Presets(path).all():
        assert not preset.is_own
        assert preset.purpose.endswith(".")
        assert len(preset.system_prompt.split()) <= 40, "small models forget long system prompts"
        valued = {key for key in preset_to_plain(preset) if key not in ("id", "name", "purpose", "reasons")}
        assert valued | {"seed", "is_thinking"} == set(preset.reasons), preset.name
        assert all(reason.endswith(".") for reason in preset.reasons.values())


def test_a_preset_sets_what_it_says_and_leaves_the_rest(path: Path) -> None:
    before = Options(context_tokens=2048, temperature=1.5, stop=("###",), seed=1)
    quick = Presets(path).named("quick answer")
    options = quick.applied_to(before)
    assert options == Options(context_tokens=2048, temperature=0.2, top_p=0.9, max_tokens=200, stop=("###",))
    assert Presets(path).named("extraction").applied_to(before).context_tokens == 8192
    assert quick.is_in(options, quick.system_prompt, False)
    assert not quick.is_in(options, quick.system_prompt, True)
    assert not quick.is_in(replace(options, seed=3), quick.system_prompt, False)


async def test_an_own_preset_is_there_at_the_next_start(path: Path) -> None:
    presets = Presets(path)
    heard: list[None] = []
    presets.changed.subscribe(heard.append)
    saved = await presets.save(preset_of("Mine", Options(temperature=0.7), " Be short. ", True))
    assert saved.is_own
    assert (saved.system_prompt, saved.is_thinking, saved.temperature) == ("Be short.", True, 0.7)
    assert Presets(path).get(saved.id) == saved
    renamed = await presets.rename(saved.id, "  Other   name ")
    assert renamed == replace(saved, name="Other name")
    assert [preset.name for preset in Presets(path).all()] == [*TASKS, "Other name"]
    gone = await presets.delete(saved.id)
    assert Presets(path).get(saved.id) is None
    await presets.restore(gone)
    await presets.restore(gone)
    assert Presets(path).get(saved.id) == renamed
    assert len(heard) == 4


async def test_a_shipped_preset_is_saved_as_a_copy_and_never_changed(path: Path) -> None:
    presets = Presets(path)
    tutor = presets.named("Tutor")
    with pytest.raises(BadInput, match="taken"):
        await presets.save(replace(tutor, temperature=0))
    copy = await presets.save(replace(tutor, name="Strict tutor", temperature=0))
    assert copy.id != tutor.id
    assert presets.named("tutor") == tutor
    for attempt in (presets.delete(tutor.id), presets.rename(tutor.id, "X"), presets.delete("unknown")):
        with pytest.raises(BadInput):
            await attempt


@pytest.mark.parametrize(
    "bad",
    [
        Preset(""),
        Preset("x" * 81),
        Preset("x", temperature=float("nan")),
        Preset("x", top_p=2),
        Preset("x", max_tokens=0),
        Preset("x", seed=-1),
        Preset("x", system_prompt="x" * 20_001),
    ],
)
async def test_what_cannot_be_kept_is_refused(path: Path, bad: Preset) -> None:
    with pytest.raises(BadInput):
        await Presets(path).save(bad)
    assert not path.exists()


async def test_a_model_has_a_default(path: Path) -> None:
    presets = Presets(path)
    saved = await presets.save(Preset("Mine"))
    await presets.set_default("ollama/qwen3:4b", "tutor")
    await presets.set_default("builtin/a", saved.id)
    again = Presets(path)
    assert again.default_for("ollama/qwen3:4b") == again.named("Tutor")
    assert again.default_for("builtin/a") == saved
    assert again.default_for("builtin/b") is None
    await again.delete(saved.id)
    assert again.default_for("builtin/a") is None
    await again.set_default("ollama/qwen3:4b", None)
    assert Presets(path).default_for("ollama/qwen3:4b") is None
    with pytest.raises(BadInput):
        await again.set_default("builtin/a", "gone")


async def test_many_changes_at_once_are_all_kept(path: Path) -> None:
    presets = Presets(path)
    await asyncio.gather(*(presets.save(Preset(f"P{number}")) for number in range(12)))
    assert len(Presets(path).all()) == len(TASKS) + 12


async def test_a_cancelled_change_is_whole(path: Path) -> None:
    presets = Presets(path)
    saving = asyncio.ensure_future(presets.save(Preset("Mine")))
    await asyncio.sleep(0)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert [p.name for p in presets.all()] == [p.name for p in Presets(path).all()] == [*TASKS, "Mine"]


async def test_a_full_disk_leaves_what_there_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presets = Presets(path)
    await presets.save(Preset("Mine"))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataFolderUnusable, match="No space"):
        await presets.save(Preset("Other"))
    assert [preset.name for preset in presets.all()] == [*TASKS, "Mine"]
    assert [preset.name for preset in Presets(path).all()] == [*TASKS, "Mine"]


async def test_what_a_newer_version_wrote_is_kept(path: Path) -> None:
    future = {"name": "From the future", "temperature": {"kind": "dynamic"}}
    path.write_text(json.dumps({"own": [future, {"name": "Mine", "id": "tutor"}], "later": [1]}))
    presets = Presets(path)
    assert "1 entry" in presets.notice
    assert [preset.name for preset in presets.all()] == [*TASKS, "Mine"]
    assert presets.named("Mine").id != "tutor"
    await presets.save(Preset("Other"))
    content = json.loads(path.read_text())
    assert future in content["own"]
    assert content["later"] == [1]


@pytest.mark.parametrize("content", [b"[", b"[]", b"{" * 100_000, b"\xff"])
def test_a_damaged_file_is_kept_aside(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    presets = Presets(path)
    assert len(presets.all()) == len(TASKS)
    (kept,) = path.parent.glob("presets-damaged-*.json")
    assert kept.read_bytes() == content
    assert kept.name in presets.notice


def test_an_unknown_name_is_answered_with_the_known_ones(path: Path) -> None:
    with pytest.raises(BadInput, match="Quick answer"):
        Presets(path).named("poetry")
