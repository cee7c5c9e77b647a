"""One child from start to end, with small programs in its place that behave badly on purpose."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from slmdesk.base.errors import EngineError, Interrupted, LoadFailed
from slmdesk.engines.base import Delta, Done, Message, Options, Request
from slmdesk.engines.builtin.engine import BuiltinEngine
from slmdesk.engines.builtin.gguf import read_header
from slmdesk.engines.builtin.memory import memory_need
from slmdesk.engines.builtin.model_files import ModelFile
from slmdesk.engines.builtin.orphans import ChildRecords
from slmdesk.engines.builtin.supervisor import ChildProcess, Load
from tests import models
from tests.fakes.until import until

READY = 'print(\'{"address": "http://127.0.0.1:1"}\', flush=True)\n'
LISTEN = "sys.stdin.readline()\n"
STATE = "cmd_child_to_router:state:"

Start = Callable[[str], Coroutine[Any, Any, ChildProcess]]


@pytest_asyncio.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    """Start a child that runs this Python text instead of the engine."""
    started: list[ChildProcess] = []

    async def run(program: str) -> ChildProcess:
        monkeypatch.setattr(
            "slmdesk.engines.builtin.supervisor._command",
            lambda: [sys.executable, "-c", "import json, os, sys, time\n" + program],
        )
        path = models.starter()
        model = ModelFile("m", path, path.stat().st_size, read_header(path))
        load = Load(model, 512, 1, 1, memory_need(model, 512), 10**9)
        started.append(ChildProcess(load, ChildRecords(tmp_path)))
        await started[-1].start()
        return started[-1]

    yield run
    for child in started:
        await child.end()
        assert child.has_ended
    assert list(tmp_path.iterdir()) == []  # no record is left


async def progress(child: ChildProcess) -> list[int | None]:
    return [percent async for percent in child.loading()]


async def test_a_child_gets_its_parameters_and_is_recorded_until_it_ends(
    start: Start, tmp_path: Path
) -> None:
    child = await start(
        "parameters = json.loads(sys.stdin.readline())\n"
        "assert os.environ['GOMP_SPINCOUNT'] == '0' and os.environ['OMP_WAIT_POLICY'] == 'passive'\n"
        "assert parameters['parent_pid'] == os.getppid() and os.getsid(0) == os.getpid()\n"
        "print(json.dumps({'address': parameters['model_path']}), flush=True)\n"
        "sys.stdin.read()\n"
    )
    await progress(child)

    assert child.has_loaded
    assert not child.is_ready  # nobody has seen yet that it is what answers there
    assert child.address == str(models.starter())
    assert child.load_s is not None
    assert [path.name for path in tmp_path.iterdir()] == [f"{child.pid}.json"]
    started = time.monotonic()
    await child.end()
    await child.end()
    assert time.monotonic() - started < 0.3
    assert (child.exit_code, child.has_crashed, child.has_loaded) == (0, False, False)


async def test_progress_is_what_llama_cpp_says(start: Start) -> None:
    reports = [
        STATE + json.dumps({"state": "loading", "payload": {"value": value}})
        for value in (0.0, 0.25, 0.999, 1.0)
    ]
    child = await start(
        LISTEN
        + f"for report in {reports!r}:\n    print(report, flush=True)\n    time.sleep(0.25)\n"
        + READY
        + LISTEN
    )
    known = [percent for percent in await progress(child) if percent is not None]
    assert known == [0, 25, 99, 100]


NOISE = (
    "hello",
    "[]",
    "null",
    "{",
    STATE,
    STATE + "[]",
    STATE + '{"state": 1}',
    STATE + '{"state": "loading", "payload": 7}',
    STATE + '{"state": "loading", "payload": {"value": "x"}}',
    '{"address": 7}',
    "x" * 100_000,
)


async def test_noise_on_stdout_is_no_report(start: Start) -> None:
    child = await start(LISTEN + f"print(*{NOISE!r}, sep='\\n')\n" + READY + LISTEN)
    await progress(child)

    assert child.address == "http://127.0.0.1:1"


async def test_a_flood_on_stderr_is_drained_and_only_its_end_is_kept(start: Start) -> None:
    child = await start(
        LISTEN
        + "for number in range(50_000):\n    print('line', number, file=sys.stderr)\n"
        + "print('y' * 1_000_000, end='', file=sys.stderr)\n"
        + READY
        + LISTEN
    )
    await progress(child)

    assert len(child.lines) == 60
    assert child.lines[-1] == "line 49999"


async def test_the_reason_of_a_failed_load(start: Start) -> None:
    child = await start(
        LISTEN + "print('0.0 E load: unknown model architecture: new', file=sys.stderr)\nsys.exit(1)"
    )
    with pytest.raises(LoadFailed, match="does not know the architecture “new”"):
        await progress(child)
    assert not child.has_crashed  # it said why


async def test_a_child_that_says_nothing_and_leaves(start: Start) -> None:
    child = await start("sys.exit(3)")
    with pytest.raises(LoadFailed, match="exit code 3"):
        await progress(child)


async def test_killed_while_loading(start: Start) -> None:
    child = await start(LISTEN + "os.kill(os.getpid(), 9)")
    with pytest.raises(LoadFailed, match=r"killed while it loaded m: .* 1\.0 GB were free"):
        await progress(child)
    assert child.has_crashed


async def test_a_crash_after_it_was_ready(start: Start) -> None:
    child = await start(LISTEN + READY + "os.kill(os.getpid(), 11)")
    await progress(child)
    assert await child.ends_within(5)
    assert child.has_crashed
    assert "signal 11" in child.crash().message
    assert isinstance(child.crash(), Interrupted)


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(LISTEN + READY + "time.sleep(60)", id="deaf to its stdin"),
        pytest.param(
            "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            + LISTEN
            + READY
            + "time.sleep(60)",
            id="deaf to its stdin and to terminate",
        ),
    ],
)
async def test_a_child_that_does_not_leave_is_ended(start: Start, program: str) -> None:
    child = await start(program)
    await progress(child)
    started = time.monotonic()
    await child.end()
    assert time.monotonic() - started < 1.5
    assert child.has_ended
    assert not child.has_crashed


async def test_a_child_that_is_stopped_is_killed(start: Start) -> None:
    child = await start(LISTEN + READY + "time.sleep(60)")
    await progress(child)
    os.kill(child.pid, signal.SIGSTOP)
    await child.end()
    assert child.exit_code == -signal.SIGKILL


async def test_ending_while_it_loads_tells_those_who_wait(start: Start) -> None:
    child = await start(LISTEN + "time.sleep(60)")
    waiting = asyncio.create_task(progress(child))
    await asyncio.sleep(0)
    await child.end()
    with pytest.raises(EngineError, match="stopped"):
        await waiting


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
async def test_pages_of_the_mapped_file_are_progress(start: Start) -> None:
    """With a mapped file llama.cpp says 0 and then 100: what is in memory is looked at."""
    child = await start(
        "import mmap\n"
        "path = json.loads(sys.stdin.readline())['model_path']\n"
        "pages = mmap.mmap(os.open(path, os.O_RDONLY), 0, prot=mmap.PROT_READ)\n"
        "half = len(pages) // 2\n"
        "pages.madvise(mmap.MADV_RANDOM)\n"
        "sum(pages[at] for at in range(0, half, 4096))\n"
        "time.sleep(0.6)\n" + READY + LISTEN
    )
    known = [percent for percent in await progress(child) if percent is not None]
    assert 49 <= known[-1] <= 60


@pytest.mark.engine
def test_the_engine_works_on_the_loop_of_qt(
    run_ui: Callable[[Coroutine[Any, Any, None]], None], tmp_path: Path
) -> None:
    async def scenario() -> None:
        engine = BuiltinEngine(tmp_path, (), threads=1, idle_unload_s=0.1, free_bytes=lambda: 16 * 10**9)
        request = Request(
            models.STARTER_NAME, (Message("user", "Hello"),), Options(max_tokens=4, context_tokens=512)
        )
        chunks = [chunk async for chunk in engine.stream(request)]
        assert isinstance(chunks[-1], Done)
        assert any(isinstance(chunk, Delta) for chunk in chunks)
        (loaded,) = await engine.loaded()
        await until(lambda: not Path(f"/proc/{loaded.pids[0]}").exists())  # idle: ended by the timer
        assert [chunk async for chunk in engine.stream(request)]
        stopped = engine.stream(request)
        async for _ in stopped:
            break
        await stopped.aclose()
        await engine.aclose()

    run_ui(scenario())
