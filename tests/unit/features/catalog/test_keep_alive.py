"""How long models stay in memory: chosen, remembered, and told to the engine that has the model."""

import json
import math
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.keep_alive import CHOICES, UNTIL_CLOSED, KeepAlive
from slmdesk.features.catalog.room import Room
from tests.fakes.scripted_engine import ScriptedEngine

REF = "scripted/small"


async def kept(path: Path) -> tuple[KeepAlive, ScriptedEngine]:
    engine = ScriptedEngine({"small": []})
    registry = Registry([engine])
    await registry.refresh()
    return KeepAlive(path, registry, Room(registry, lambda: None)), engine


@pytest.mark.parametrize("seconds", CHOICES)
async def test_a_choice_is_remembered_and_told(tmp_path: Path, seconds: float | None) -> None:
    keep, engine = await kept(tmp_path / "keep-alive.json")
    assert keep.seconds(REF) is None
    await keep.choose(REF, 3600)
    await keep.choose(REF, seconds)
    assert engine.renewed == ["small", "small"]
    again, _ = await kept(tmp_path / "keep-alive.json")
    assert again.seconds(REF) == keep.seconds(REF) == seconds


async def test_the_file_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "keep-alive.json"
    keep, _ = await kept(path)
    await keep.choose(REF, UNTIL_CLOSED)
    json.loads(path.read_text(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.mark.parametrize("seconds", [0, -1, math.nan, 1e12])
async def test_what_is_no_time_is_refused(tmp_path: Path, seconds: float) -> None:
    keep, _ = await kept(tmp_path / "keep-alive.json")
    with pytest.raises(BadInput):
        await keep.choose(REF, seconds)


@pytest.mark.parametrize("content", ["", "[1]", '{"seconds": 3}', '{"seconds": {"scripted/small": [1]}}'])
async def test_a_damaged_file_chooses_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keep-alive.json"
    path.write_text(content)
    keep, _ = await kept(path)
    assert keep.seconds(REF) is None


async def test_a_wrong_time_does_not_lose_the_others(tmp_path: Path) -> None:
    path = tmp_path / "keep-alive.json"
    path.write_text('{"seconds": {"a/b": true, "a/c": 60, "a/d": "closed", "a/e": -3, "a/f": "x"}}')
    keep, _ = await kept(path)
    assert [keep.seconds(f"a/{name}") for name in "bcdef"] == [None, 60, UNTIL_CLOSED, None, None]
