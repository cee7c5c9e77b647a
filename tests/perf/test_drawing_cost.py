"""T1 and T2: the engine's own speed with its answers drawn in the window, beside the same without one."""

import asyncio
import contextlib
import statistics
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from slmdesk.engines.answer import Answer
from slmdesk.engines.base import Message, Options, Request
from slmdesk.engines.builtin.engine import BuiltinEngine
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.widgets.prompt.generation_settings import Generation
from tests.fakes.panes import pane_over
from tests.fakes.until import until
from tests.models import STARTER_NAME

pytestmark = [pytest.mark.perf, pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(3600)]

# The model repeats itself here until it is stopped: every run has the same number of tokens.
PROMPT = "Write a numbered list of 300 ideas for stories, each with a short explanation."
PAIRS = 5
WITHIN_S = 600


class Nowhere:
    """A sink for text that nobody keeps."""

    async def append(self, text: str, thinking: str) -> None: ...


def speed(answers: Sequence[Answer], tokens: int) -> float:
    """The engine's own tokens per second, the mean of the answers; each must have come whole."""
    assert [answer.timings.output_tokens for answer in answers] == [tokens] * len(answers)
    return statistics.mean(answer.timings.output_tokens_per_s or 0.0 for answer in answers)


async def plain(engine: BuiltinEngine, options: Options, count: int) -> list[Answer]:
    request = Request(STARTER_NAME, (Message("user", PROMPT),), options)
    answers = [Answer() for _ in range(count)]
    await asyncio.gather(*(answer.receive(engine, request, Nowhere()) for answer in answers))
    return answers


async def drawn_in_chat(pane: ChatPane) -> list[Answer]:
    pane.prompt.sent.emit(PROMPT)
    await until(lambda: pane.runner.sessions, 10)
    await until(lambda: not pane.runner.sessions, WITHIN_S)
    assert pane._session is not None
    assert pane._session.answer is not None
    return [pane._session.answer]


async def drawn_in_columns(pane: ComparePane) -> list[Answer]:
    comparison = pane._comparison
    pane.prompt.sent.emit(PROMPT)
    await until(lambda: comparison.is_running, 10)
    await until(lambda: not comparison.is_running, WITHIN_S)
    return [lane.answer for lane in comparison.lanes if lane.answer is not None]


async def ratio(
    engine: BuiltinEngine, options: Options, count: int, draw: Callable[[], Awaitable[list[Answer]]]
) -> float:
    """Median over pairs, in turn, of drawn speed / plain speed with `count` answers at once."""
    tokens = options.max_tokens or 0
    await plain(engine, Options(max_tokens=8), count)  # the load is nobody's cost
    ratios = []
    for _ in range(PAIRS):
        without = speed(await plain(engine, options, count), tokens)
        ratios.append(speed(await draw(), tokens) / without)
    print(f"  pairs: {', '.join(f'{each:.3f}' for each in ratios)}")
    return statistics.median(ratios)


async def in_chat(engine: BuiltinEngine, data_dir: Path) -> float:
    options = Options(max_tokens=2400, temperature=0.0)
    async with pane_over(ChatPane, data_dir, engine) as (pane, _):
        pane.settings.set_value(Generation(options))

        async def draw() -> list[Answer]:
            pane.new_chat()
            pane.settings.set_value(Generation(options))
            return await drawn_in_chat(pane)

        return await ratio(engine, options, 1, draw)


async def in_four_columns(engine: BuiltinEngine, data_dir: Path) -> float:
    options = Options(max_tokens=1000, temperature=0.0)
    async with pane_over(ComparePane, data_dir, engine) as (pane, _):
        pane.settings.set_value(Generation(options))
        await until(lambda: len(pane.columns.columns) == 2)
        pane.columns.replace_all([(f"builtin/{STARTER_NAME}", None)] * 4)
        return await ratio(engine, options, 4, lambda: drawn_in_columns(pane))


@pytest.mark.parametrize(("name", "measure", "limit"), [("T1", in_chat, 0.95), ("T2", in_four_columns, 0.9)])
def test_drawing_leaves_the_engine_its_speed(
    run_ui: Callable[[Coroutine[Any, Any, None]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    measure: Callable[[BuiltinEngine, Path], Awaitable[float]],
    limit: float,
) -> None:
    async def scenario() -> None:
        engine = BuiltinEngine(tmp_path / "models", (), threads=2, idle_unload_s=600, free_bytes=lambda: None)
        async with contextlib.aclosing(engine):
            measured = await measure(engine, tmp_path / "data")
        with capsys.disabled():
            print(f"\n{name}: tokens/s drawn / not drawn: {measured:.3f} (limit {limit})")
        assert measured >= limit

    run_ui(scenario())
