"""The sampler: figures that are true or None, and no probe that can hold it up."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import psutil
import pytest

from slmdesk.features.monitor import processes, sampler
from slmdesk.features.monitor.gpus import Gpus, GpuSample
from slmdesk.features.monitor.probe import Probe, Seldom
from slmdesk.features.monitor.processes import Processes
from slmdesk.features.monitor.sampler import (
    Sample,
    Sampler,
    free_memory_bytes,
    physical_cores,
    total_memory_bytes,
)
from tests.fakes.until import until


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    monkeypatch.setattr(sampler, "PERIOD_S", 0.02)


async def looks(chosen: Sampler, count: int) -> list[Sample]:
    seen: list[Sample] = []
    enough = asyncio.Event()

    def take(sample: Sample) -> None:
        seen.append(sample)
        if len(seen) >= count:
            enough.set()

    unsubscribe = chosen.sampled.subscribe(take)
    running = asyncio.ensure_future(chosen.run())
    await asyncio.wait_for(enough.wait(), 20)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    unsubscribe()
    return seen


async def test_a_look_has_cpu_memory_and_our_own_process() -> None:
    seen = await looks(Sampler(lambda: {"me": [os.getpid()]}), 3)
    assert seen[0].cpu_percent is None  # a load is a difference: the first look has none
    last = seen[-1]
    assert last.cpu_percent is not None
    assert 0 <= last.cpu_percent <= 100
    assert last.memory_used_bytes is not None
    assert last.memory_total_bytes is not None
    assert 0 < last.memory_used_bytes < last.memory_total_bytes
    share = next(one for one in last.processes if one.label == "me")
    assert share.pids == (os.getpid(),)
    assert share.memory_bytes is not None
    assert share.memory_bytes > 5_000_000
    assert share.cpu_percent is not None
    assert [one.label for one in last.processes] == ["me", "SLM Desk"]


async def test_a_look_has_the_disks_of_the_folders(tmp_path) -> None:
    seen = await looks(Sampler(dict, lambda: {"Chats": tmp_path}), 1)
    assert [disk.holds for disk in seen[0].disks] == [("Chats",)]


async def test_a_paused_sampler_looks_no_more() -> None:
    chosen = Sampler(dict)
    seen: list[Sample] = []
    chosen.sampled.subscribe(seen.append)
    chosen.pause()
    running = asyncio.ensure_future(chosen.run())
    await asyncio.sleep(0.1)
    assert seen == []
    chosen.resume()
    assert len(await asyncio.wait_for(more(chosen, 2), 10)) == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def more(chosen: Sampler, count: int) -> list[Sample]:
    """The next looks of a sampler that runs."""
    samples: asyncio.Queue[Sample] = asyncio.Queue()
    chosen.sampled.subscribe(samples.put_nowait)
    return [await samples.get() for _ in range(count)]


async def test_a_probe_that_hangs_is_dropped_and_holds_up_nobody() -> None:
    release = threading.Event()
    calls: list[int] = []

    def hang() -> int:
        calls.append(1)
        release.wait(10)
        return 7

    probe = Probe("hangs", hang, deadline_s=0.05)
    started = time.monotonic()
    assert await probe.ask() is None
    assert await probe.ask() is None  # not asked a second time while the first hangs
    assert time.monotonic() - started < 2
    assert calls == [1]
    release.set()
    answer = None
    while answer is None:
        await asyncio.sleep(0.01)
        answer = await probe.ask()
    assert answer == 7


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("driver"), ValueError("text")])
async def test_a_probe_that_fails_says_none_and_is_asked_again(error: Exception) -> None:
    answers: list[Exception | int] = [error, 5]

    def question() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    probe = Probe("fails", question)
    assert await probe.ask() is None
    assert await probe.ask() == 5


async def test_a_bug_in_a_question_is_seen_and_does_not_silence_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bugs: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", bugs.append)
    answers = iter([KeyError("a bug"), 7])

    def question() -> int:
        answer = next(answers)
        if isinstance(answer, KeyError):
            raise answer
        return answer

    probe = Probe("buggy", question)
    assert await probe.ask() is None
    assert await probe.ask() == 7
    await until(lambda: bugs)  # it is told by its own thread
    assert [bug.exc_type for bug in bugs] == [KeyError]


async def test_a_late_answer_after_the_loop_is_gone_is_no_error() -> None:
    release = threading.Event()
    threads: list[threading.Thread] = []

    def question() -> bool:
        threads.append(threading.current_thread())
        return release.wait(10)

    def elsewhere() -> None:
        assert asyncio.run(Probe("late", question, deadline_s=0.01).ask()) is None

    await asyncio.to_thread(elsewhere)
    assert threads[0].daemon
    release.set()
    await asyncio.to_thread(threads[0].join)  # pytest turns an exception in the thread into a failure


def test_a_process_that_has_ended_leaves_the_list() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    look = Processes(lambda: {"child": [child.pid]})
    assert [share.pids for share in look() if share.label == "child"] == [(child.pid,)]
    child.communicate(b"\n")
    assert [share for share in look() if share.label == "child"] == []


def test_engines_of_others_are_found_by_their_names_and_not_searched_every_second(monkeypatch) -> None:
    searches: list[float] = []
    now = [0.0]

    class Found:
        pid = os.getpid()

        def __init__(self, name: str | None) -> None:
            self.info = {"name": name}

        def cmdline(self) -> list[str]:
            return ["python", "-m", "http.server"]

    def all_processes(_attributes: list[str]) -> list[Found]:
        searches.append(now[0])
        return [Found("Ollama.exe"), Found("python"), Found(None), Found("llama-server")]

    monkeypatch.setattr(psutil, "process_iter", all_processes)
    look = Processes(dict, clock=lambda: now[0])
    me = (os.getpid(),)
    assert [(share.label, share.pids) for share in look()] == [
        ("Ollama", me),
        ("llama.cpp", me),
        ("SLM Desk", me),
    ]
    look()
    now[0] = processes.SEARCH_EVERY_S
    look()
    assert searches == [0.0, processes.SEARCH_EVERY_S]


@pytest.mark.parametrize("words", [["vllm", "serve", "small"], ["-m", "vllm.entrypoints.api"]])
def test_a_server_in_python_is_known_by_its_command(tmp_path, words: list[str]) -> None:
    package = tmp_path / "vllm.entrypoints.api".replace(".", "/")
    package.parent.mkdir(parents=True)
    for script in (tmp_path / "serve.py", package.with_suffix(".py")):
        script.write_text("print(flush=True)\ninput()\n")
    (tmp_path / "vllm" / "__main__.py").write_text("import serve\n")
    child = subprocess.Popen(
        [sys.executable, *words], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert child.stdout is not None
    with child:
        child.stdout.readline()  # it runs under its own name by now
        found = {share.label: share.pids for share in Processes(dict)()}
        child.communicate(b"\n")
    assert child.pid in found["vLLM"]


def test_our_own_children_are_not_somebody_elses(monkeypatch) -> None:
    found = [SimpleNamespace(pid=os.getpid(), info={"name": "llama-server"})]
    monkeypatch.setattr(psutil, "process_iter", lambda _attributes: found)
    look = Processes(lambda: {"smollm2": [os.getpid()]})
    assert [share.label for share in look()] == ["smollm2", "SLM Desk"]


async def test_what_changes_slowly_is_asked_seldom() -> None:
    now, asked = [0.0], []
    probe = Seldom(Probe("slow", lambda: asked.append(1) or len(asked)), 10.0, clock=lambda: now[0])
    assert [await probe.ask(), await probe.ask()] == [1, 1]
    now[0] = 10.0
    assert await probe.ask() == 2


def test_cpu_shares_add_up_to_the_machine(monkeypatch) -> None:
    monkeypatch.setattr(psutil.Process, "cpu_percent", lambda _self: 100.0)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    look = Processes(lambda: {"me": [os.getpid()]})
    look()
    share = next(one for one in look() if one.label == "me")
    assert share.cpu_percent == 25.0


def test_the_limit_of_a_container_counts(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(sampler, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("1000000000\n")
    (tmp_path / "memory.current").write_text("700000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 200000000\n")
    assert free_memory_bytes() == 500_000_000
    assert total_memory_bytes() == 1_000_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory_bytes() > 500_000_000


def test_there_is_at_least_one_core(monkeypatch) -> None:
    assert physical_cores() >= 1
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: None)
    assert physical_cores() == 1


def test_an_amd_card_is_read_from_sysfs(tmp_path) -> None:
    device = tmp_path / "card0" / "device"
    device.mkdir(parents=True)
    (device / "vendor").write_text("0x1002\n")
    (device / "gpu_busy_percent").write_text("37\n")
    (device / "mem_info_vram_used").write_text("1000\n")
    (device / "mem_info_vram_total").write_text("4000\n")
    other = tmp_path / "card1" / "device"
    other.mkdir(parents=True)
    (other / "vendor").write_text("0x8086\n")
    gpus = Gpus(tmp_path)
    assert [card for card in gpus() if card.name == "AMD"] == [GpuSample("AMD", 37.0, 1000, 4000)]
    (device / "gpu_busy_percent").unlink()
    (device / "mem_info_vram_used").write_text("not a number\n")
    assert [card for card in gpus() if card.name == "AMD"] == [GpuSample("AMD", None, None, 4000)]
