"""The short test of a model: its figures are those of the engine, and they are kept."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from slmdesk.base.errors import BadReply
from slmdesk.engines.base import Delta, Done, StopReason, Timings
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.speed_test import SpeedTests
from slmdesk.store.speeds import WritingSpeed
from tests.fakes.scripted_engine import ScriptedEngine


def writes(tokens: int, seconds: float) -> tuple[Delta, Done]:
    timings = Timings(
        load_s=0.5,
        prompt_tokens=40,
        prompt_tokens_cached=0,
        prompt_s=0.2,
        output_tokens=tokens,
        output_s=seconds,
    )
    return Delta("text"), Done(StopReason.LENGTH, timings)


async def speed_tests(folder: Path, engine: ScriptedEngine) -> SpeedTests:
    registry = Registry([engine])
    await registry.refresh()
    return SpeedTests(folder / "speeds.json", registry)


async def test_the_figures_are_the_engines_and_are_kept(tmp_path: Path) -> None:
    engine = ScriptedEngine({"a": writes(60, 3.0)}, sizes={"a": 9})
    tests = await speed_tests(tmp_path, engine)
    found = await tests.run("scripted/a")
    assert (found.tokens_per_s, found.prompt_tokens_per_s, found.load_s) == (20.0, 200.0, 0.5)
    assert tests.all() == {"scripted/a": found}
    asked = [request.options.max_tokens for request in engine.requests]
    assert asked == [24, 160]  # as much as it writes in eight seconds


@pytest.mark.parametrize("rate", [0.5, 10_000])
async def test_a_slow_and_a_fast_model_are_asked_for_a_bounded_text(tmp_path: Path, rate: float) -> None:
    engine = ScriptedEngine({"a": writes(20, 20 / rate)})
    await (await speed_tests(tmp_path, engine)).run("scripted/a")
    assert engine.requests[1].options.max_tokens in (16, 400)


async def test_the_memory_is_that_of_its_processes_where_they_are_known(tmp_path: Path) -> None:
    engine = ScriptedEngine({"a": writes(60, 3.0)}, sizes={"a": 9})
    registry = Registry([engine])
    await registry.refresh()
    asked: list[Sequence[int]] = []
    tests = SpeedTests(tmp_path / "speeds.json", registry, lambda pids: asked.append(pids) or 77)  # type: ignore[func-returns-value]
    assert (await tests.run("scripted/a")).memory_bytes == 9  # as its server says
    engine.pids = (3, 4)
    assert (await tests.run("scripted/a")).memory_bytes == 77
    assert asked == [(3, 4)]
    assert tests.speeds() == {"scripted/a": WritingSpeed(20.0, 1)}


async def test_a_model_that_says_nothing_is_not_measured(tmp_path: Path) -> None:
    engine = ScriptedEngine({"a": (Done(StopReason.END, Timings()),)})
    tests = await speed_tests(tmp_path, engine)
    with pytest.raises(BadReply):
        await tests.run("scripted/a")
    assert not tests.all()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'{"tests": 3}', b'{"tests": [3, {}, {"model_ref": "a/b", "tokens_per_s": "x"}]}'],
)
async def test_a_damaged_file_is_no_test(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "speeds.json").write_bytes(content)
    assert not (await speed_tests(tmp_path, ScriptedEngine({}))).all()
