"""Taking in tokens: C4 and C5, and the cost of a chunk beside bare asyncio's."""

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from slmdesk.engines.base import Delta, Engine, Message, Request
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.engines.openai_compat.engine import OpenAICompatible

pytestmark = pytest.mark.perf

WORDS = 20_000
ASK = Request("m", (Message("user", "hi"),))
Connect = Callable[[str], Engine]
ENGINES: list[tuple[str, Connect]] = [
    ("ollama", OllamaEngine),
    ("openai-compatible", lambda address: OpenAICompatible("box", "Box", address)),
]


@contextlib.contextmanager
def flood() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.fakes.flood_server", str(WORDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


async def read_all(engine: Engine) -> int:
    async with contextlib.aclosing(engine.stream(ASK)) as chunks:
        return sum([isinstance(chunk, Delta) async for chunk in chunks])


async def bare(address: str) -> int:
    """The lower bound: asyncio and json, nothing else."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(b"POST /api/chat HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
    count = 0
    while True:
        line = await reader.readuntil(b"\n")
        if line.startswith(b"{"):
            if json.loads(line)["done"]:
                break
            count += 1
    writer.close()
    return count


async def cost_us(work: Callable[[], Awaitable[int]]) -> float:
    before = time.thread_time()
    assert await work() == WORDS
    return (time.thread_time() - before) / WORDS * 1e6


async def turns_s(work: Awaitable[object], clock: Callable[[], float], rest_s: float) -> list[float]:
    """How long each turn of the loop took while `work` ran."""
    turns: list[float] = []

    async def watch() -> None:
        while True:
            before = clock()
            await asyncio.sleep(rest_s)
            turns.append(clock() - before - (rest_s if clock is time.perf_counter else 0))

    watcher = asyncio.ensure_future(watch())
    await work
    watcher.cancel()
    return sorted(turns)


@pytest.mark.parametrize(("name", "connect"), ENGINES, ids=[name for name, _ in ENGINES])
async def test_c5_a_flood(name: str, connect: Connect) -> None:
    with flood() as address:
        engine = connect(address)
        await read_all(engine)
        ours, bound = [], []
        for _ in range(5):
            ours.append(await cost_us(lambda: read_all(engine)))
            bound.append(await cost_us(lambda: bare(address)))
        turns = await turns_s(read_all(engine), time.thread_time, 0)
        await engine.aclose()
    cost, low = statistics.median(ours), statistics.median(bound)
    p99 = turns[len(turns) * 99 // 100]
    print(f"\n{name}: {cost:.1f} µs a chunk, bare asyncio {low:.1f}, ratio {cost / low:.1f}")
    print(f"C5 {name}: longest turn {turns[-1] * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms of CPU (limit 8)")
    assert p99 <= 0.008
    assert cost / low <= 8


@pytest.mark.parametrize(("name", "connect"), ENGINES, ids=[name for name, _ in ENGINES])
async def test_c4_eight_streams_start(name: str, connect: Connect) -> None:
    """The counts are in unit/engines/test_clients.py; this is the gap, the client being made before."""

    async def first_token(engine: Engine) -> None:
        async with contextlib.aclosing(engine.stream(ASK)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Delta):
                    return

    with flood() as address:
        engine = connect(address)
        await engine.models()
        starts = asyncio.gather(*(first_token(engine) for _ in range(8)))
        turns = await turns_s(starts, time.perf_counter, 0.001)
        await engine.aclose()
    print(f"\nC4 {name}: longest gap when 8 streams start {turns[-1] * 1e3:.0f} ms (goal 50)")
    assert turns
