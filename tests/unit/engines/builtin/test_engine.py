"""The built-in engine with the real starter model: every phase, stopped, crashed, short of memory, closed."""

import asyncio
import contextlib
import math
import operator
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio

from slmdesk.base.errors import (
    ContextOverflow,
    EngineError,
    EngineOffline,
    Interrupted,
    LoadFailed,
    ModelMissing,
    OutOfMemory,
    RequestRefused,
)
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.base import (
    Chunk,
    Delta,
    Done,
    Image,
    Message,
    Options,
    Phase,
    Progress,
    Request,
    StopReason,
)
from slmdesk.engines.builtin import engine as builtin
from slmdesk.engines.builtin.engine import BuiltinEngine
from slmdesk.engines.builtin.supervisor import ChildProcess
from tests import models
from tests.data.gguf import small_model
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.until import until

pytestmark = pytest.mark.engine

GB = 1_000_000_000
MODEL = models.STARTER_NAME
LONG_PROMPT = "The quick brown fox jumps over the lazy dog. " * 120  # 1,300 tokens: ten seconds of reading


@dataclass
class Bench:
    """An engine with a memory that the test decides."""

    engine: BuiltinEngine
    folder: Path
    free: list[int | None] = field(default_factory=lambda: [16 * GB])

    @property
    def children(self) -> list[ChildProcess]:
        return [child for _, _, child in self.engine._pool.occupied()]

    @property
    def child(self) -> ChildProcess:
        (child,) = self.children
        return child


Build = Callable[..., Awaitable[Bench]]


@pytest_asyncio.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    built: list[Bench] = []

    async def make(model_files: tuple[Path, ...] = (), *, idle_unload_s: float = 60, **_: object) -> Bench:
        free: list[int | None] = [16 * GB]
        engine = BuiltinEngine(
            tmp_path, model_files, threads=1, idle_unload_s=idle_unload_s, free_bytes=lambda: free[0]
        )
        built.append(Bench(engine, tmp_path, free))
        return built[-1]

    yield make
    for bench in built:
        pids = [child.pid for child in bench.children]
        await bench.engine.aclose()
        assert not [pid for pid in pids if _is_alive(pid)]
        assert list((tmp_path / ".running").glob("*")) == []


@pytest_asyncio.fixture
async def bench(build: Build) -> Bench:
    return await build()


def ask(
    prompt: str = "Say hello.", *, model: str = MODEL, is_oversized_allowed: bool = False, **options: object
) -> Request:
    values = {"max_tokens": 8, "temperature": 0.0, "seed": 1, "context_tokens": 2048} | options
    return Request(
        model,
        (Message("user", prompt),),
        Options(**values),  # type: ignore[arg-type]  # a test's own values
        is_oversized_allowed=is_oversized_allowed,
    )


async def collect(engine: BuiltinEngine, request: Request) -> list[Chunk]:
    return [chunk async for chunk in engine.stream(request)]


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Delta))


def done(chunks: list[Chunk]) -> Done:
    assert isinstance(chunks[-1], Done)
    return chunks[-1]


async def until_first(stream: AsyncIterator[Chunk], is_it: Callable[[Chunk], bool]) -> Chunk:
    async for chunk in stream:
        if is_it(chunk):
            return chunk
    raise AssertionError("the stream ended before")


def is_loading(chunk: Chunk) -> bool:
    return isinstance(chunk, Progress) and chunk.phase is Phase.LOADING


def is_part_of_reading(chunk: Chunk) -> bool:
    is_reading = isinstance(chunk, Progress) and chunk.phase is Phase.READING
    return is_reading and 0 < (chunk.done or 0) < (chunk.total or 0)


def is_text(chunk: Chunk) -> bool:
    return isinstance(chunk, Delta)


async def busy_slots(child: ChildProcess) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {child.api_key}"}
        slots = (await client.get(f"{child.address}/slots", headers=headers, timeout=30)).json()
    return sum(slot["is_processing"] for slot in slots)


async def seconds_until_idle(child: ChildProcess) -> float:
    """Of computing: with one thread that is the time on a machine that has nothing else to do."""
    process = psutil.Process(child.pid)
    before = process.cpu_times().user
    while await busy_slots(child):  # the answer itself takes its time
        pass
    return process.cpu_times().user - before


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


class Sink:
    """Keeps nothing."""

    async def append(self, text: str, thinking: str) -> None: ...


# Answers


async def test_a_first_answer_goes_through_all_phases(bench: Bench) -> None:
    chunks = await collect(bench.engine, ask())

    phases = [chunk.phase for chunk in chunks if isinstance(chunk, Progress)]
    assert phases[:2] == [Phase.WAITING, Phase.LOADING]
    assert phases[-1] is Phase.READING
    loading = [chunk for chunk in chunks if isinstance(chunk, Progress) and chunk.phase is Phase.LOADING]
    known = [progress.done for progress in loading if progress.done is not None]
    assert known == sorted(known)
    assert known[-1] == 100
    reading = [chunk for chunk in chunks if isinstance(chunk, Progress) and chunk.phase is Phase.READING]
    assert reading[-1].done == reading[-1].total
    assert "ello" in text_of(chunks)
    timings = done(chunks).timings
    assert done(chunks).stop_reason in (StopReason.LENGTH, StopReason.END)
    assert timings.load_s is not None
    assert 0 < timings.load_s < 30
    assert timings.output_tokens == 8
    assert timings.prompt_tokens_cached == 0


async def test_the_same_seed_gives_the_same_answer_and_reads_only_what_is_new(bench: Bench) -> None:
    first = await collect(bench.engine, ask("Name three colours."))
    second = await collect(bench.engine, ask("Name three colours."))

    assert text_of(first) == text_of(second) != ""
    timings = done(second).timings
    assert timings.load_s is None  # the first request caused the load
    assert timings.prompt_tokens is not None
    assert timings.prompt_tokens_cached == timings.prompt_tokens - 1
    assert not [c for c in second if isinstance(c, Progress) and c.phase is Phase.LOADING]


async def test_four_answers_at_once_share_one_child_and_keep_apart(bench: Bench) -> None:
    prompts = ["Name a colour.", "Name an animal.", "Name a city.", "Name a number."]
    answers = await asyncio.gather(*(collect(bench.engine, ask(prompt)) for prompt in prompts))
    alone = [text_of(await collect(bench.engine, ask(prompt))) for prompt in prompts]

    assert [text_of(chunks) for chunks in answers] == alone
    assert bench.child.load.slots == 4
    assert sum(done(chunks).timings.load_s is not None for chunks in answers) == 1
    (loaded,) = await bench.engine.loaded()
    assert loaded.ref == f"builtin/{MODEL}"
    assert loaded.pids == (bench.child.pid,)
    assert loaded.context_tokens == 2048
    assert loaded.size_bytes == models.starter().stat().st_size + 4 * 2048 * 23_040


async def test_a_base_model_continues_a_dialogue(build: Build) -> None:
    bench = await build((models.gemma(),))
    chunks = await collect(
        bench.engine, ask("What is the capital of France?", model=models.GEMMA_NAME, max_tokens=24)
    )

    assert "Paris" in text_of(chunks)
    assert "User:" not in text_of(chunks)
    assert done(chunks).stop_reason is StopReason.END


async def test_an_answer_is_gone_on_with_from_its_text(build: Build) -> None:
    bench = await build((models.gemma(),))
    assert bench.engine.capabilities.prefill
    for model in (MODEL, models.GEMMA_NAME):
        request = ask("What are the three primary colours?", model=model)
        kept = Message("assistant", "The three primary colours are red,")
        goes_on = replace(request, messages=(*request.messages, kept))
        assert text_of(await collect(bench.engine, goes_on)).startswith(" blue, and yellow")


async def test_a_schema_and_logprobs_reach_the_model(bench: Bench) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    request = Request(
        MODEL,
        (Message("user", "Give a number."),),
        Options(max_tokens=32, temperature=0, seed=1, context_tokens=2048),
        schema=schema,
        top_logprobs=2,
    )
    chunks = await collect(bench.engine, request)

    assert re.match(r'\{\s*"n":\s*\d', text_of(chunks))
    logprobs = [each for chunk in chunks if isinstance(chunk, Delta) for each in chunk.logprobs]
    assert logprobs
    assert all(each.logprob <= 0 and len(each.top) == 2 for each in logprobs)


async def test_a_prompt_over_the_context_is_refused_with_its_counts(bench: Bench) -> None:
    with pytest.raises(ContextOverflow) as caught:
        await collect(bench.engine, ask(LONG_PROMPT, context_tokens=512))

    assert caught.value.context_tokens == 512
    assert caught.value.prompt_tokens is not None
    assert caught.value.prompt_tokens > 1000
    assert text_of(await collect(bench.engine, ask(context_tokens=512)))


async def test_the_answer_ends_at_the_context_instead_of_forgetting_its_beginning(bench: Bench) -> None:
    chunks = await collect(bench.engine, ask("Tell a very long story.", context_tokens=256, max_tokens=400))

    assert done(chunks).stop_reason is StopReason.LENGTH
    timings = done(chunks).timings
    assert timings.prompt_tokens is not None
    assert timings.output_tokens is not None
    assert timings.prompt_tokens + timings.output_tokens in (256, 257)


async def test_another_context_waits_for_running_answers_and_then_loads_anew(bench: Bench) -> None:
    stream = bench.engine.stream(ask("Tell a story.", max_tokens=60))
    await until_first(stream, is_text)
    first = bench.child
    other = asyncio.create_task(collect(bench.engine, ask(context_tokens=1024)))
    rest = [chunk async for chunk in stream]

    assert done(rest).stop_reason is StopReason.LENGTH  # it was not disturbed
    assert text_of(await other)
    assert first.has_ended
    assert bench.child.load.context_tokens == 1024


async def test_no_more_context_than_the_model_was_trained_for(bench: Bench) -> None:
    await collect(bench.engine, ask(context_tokens=1_000_000))

    assert bench.child.load.context_tokens == 8192


# Stop


async def test_stop_while_loading_ends_the_child(bench: Bench) -> None:
    stream = bench.engine.stream(ask())
    await until_first(stream, is_loading)
    child = bench.child
    await stream.aclose()
    await until(lambda: child.has_ended, within_s=2)

    assert bench.children == []
    assert text_of(await collect(bench.engine, ask()))  # and it was no crash


async def test_stop_while_loading_leaves_the_load_to_those_who_still_wait(bench: Bench) -> None:
    stopped = bench.engine.stream(ask())
    await until_first(stopped, is_loading)
    child = bench.child
    other = asyncio.create_task(collect(bench.engine, ask()))
    await until(lambda: bench.engine._pool.users(MODEL) == 2)
    await stopped.aclose()

    assert text_of(await other)
    assert bench.child is child


async def test_stop_while_reading_leaves_the_engine_idle_within_two_seconds(bench: Bench) -> None:
    stream = bench.engine.stream(ask(LONG_PROMPT))
    await until_first(stream, is_part_of_reading)
    started = time.monotonic()
    await stream.aclose()
    assert time.monotonic() - started < 0.2  # the socket is closed at once
    assert await seconds_until_idle(bench.child) < 2


async def test_stop_while_writing_leaves_the_others_running(bench: Bench) -> None:
    stopped = bench.engine.stream(ask("Tell a long story.", max_tokens=1500))
    other = bench.engine.stream(ask("Tell a short story.", max_tokens=60))
    await asyncio.gather(until_first(stopped, is_text), until_first(other, is_text))
    await stopped.aclose()
    rest = [chunk async for chunk in other]

    assert done(rest).timings.output_tokens == 60
    assert await seconds_until_idle(bench.child) < 2


async def test_an_engine_that_does_not_stop_is_ended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "STOP_DEADLINE_S", 0.3)
    stream = bench.engine.stream(ask("Tell a long story.", max_tokens=1500))
    await until_first(stream, is_text)
    child = bench.child
    os.kill(child.pid, signal.SIGSTOP)
    await stream.aclose()
    await until(lambda: child.has_ended, within_s=3)

    assert text_of(await collect(bench.engine, ask()))


async def test_an_answer_stopped_by_its_task_keeps_its_text(bench: Bench) -> None:
    answer = Answer()
    task = asyncio.create_task(
        answer.receive(bench.engine, ask("Tell a long story.", max_tokens=1500), Sink())
    )
    await until(lambda: answer.chunk_count > 3, within_s=20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert answer.state is AnswerState.STOPPED
    assert answer.text
    assert await seconds_until_idle(bench.child) < 2


# Failures


async def test_a_killed_child_interrupts_its_answer_and_the_next_request_starts_another(bench: Bench) -> None:
    answer = Answer()
    task = asyncio.create_task(
        answer.receive(bench.engine, ask("Tell a long story.", max_tokens=1500), Sink())
    )
    await until(lambda: answer.chunk_count > 3, within_s=20)
    os.kill(bench.child.pid, signal.SIGKILL)
    await task

    assert answer.state is AnswerState.INTERRUPTED
    assert answer.text
    assert answer.error is not None
    assert "ended (signal 9)" in answer.error.message
    assert "GB were needed and 16.0 GB were free" in answer.error.message
    assert text_of(await collect(bench.engine, ask()))


async def test_the_fourth_restart_in_five_minutes_is_refused(bench: Bench) -> None:
    for _ in range(4):
        await collect(bench.engine, ask(max_tokens=1))
        child = bench.child
        os.kill(child.pid, signal.SIGKILL)
        await until(lambda child=child: child.has_ended)  # type: ignore[misc]  # bound in the loop on purpose
    with pytest.raises(LoadFailed, match="ended by itself 4 times"):
        await collect(bench.engine, ask(max_tokens=1))
    assert bench.children == []


async def test_a_child_killed_while_it_loads_names_the_memory(bench: Bench) -> None:
    for free_bytes, kind in ((GB * 4 // 10, OutOfMemory), (16 * GB, LoadFailed)):
        bench.free[0] = free_bytes
        stream = bench.engine.stream(ask())
        await until_first(stream, is_loading)
        os.kill(bench.child.pid, signal.SIGKILL)
        with pytest.raises(kind, match=rf"were needed and {free_bytes / GB:.1f} GB were free"):
            await until_first(stream, is_text)


async def test_a_model_that_cannot_be_loaded_says_why_to_all_who_wait(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "empty.gguf"
    path.write_bytes(small_model())
    bench = await build()
    problems = await asyncio.gather(
        *(collect(bench.engine, ask(model="empty")) for _ in range(2)), return_exceptions=True
    )

    for problem in problems:
        assert isinstance(problem, LoadFailed)
        assert problem.message.startswith("empty could not be loaded: ")
        assert "Failed to init server" not in problem.message
    assert bench.children == []


@pytest.mark.parametrize("is_there_at_once", [False, True])
async def test_an_address_where_another_model_answers_is_never_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, is_there_at_once: bool
) -> None:
    start = ChildProcess.start

    async def start_and_load(child: ChildProcess) -> None:
        await start(child)
        await child._ready

    if is_there_at_once:
        monkeypatch.setattr(ChildProcess, "start", start_and_load)

    async def another(call: Call) -> None:
        await call.respond(200, {"model_path": "/another.gguf"})

    async with HttpServer(another) as server:
        program = (
            f'import sys; sys.stdin.readline(); print(\'{{"address": "{server.address}"}}\', flush=True)'
        )
        command = [sys.executable, "-c", program + "; sys.stdin.read()"]
        monkeypatch.setattr("slmdesk.engines.builtin.supervisor._command", lambda: command)
        for _ in range(2):
            with pytest.raises(LoadFailed, match="Something else answers"):
                await collect(bench.engine, ask())
    assert [call.path for call in server.calls] == ["/props", "/props"]


async def test_a_process_that_cannot_be_started(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slmdesk.engines.builtin.supervisor._command", lambda: ["/no/such/program"])
    with pytest.raises(LoadFailed, match="could not be started"):
        await collect(bench.engine, ask())
    monkeypatch.undo()
    assert text_of(await collect(bench.engine, ask()))


async def test_unknown_missing_and_wrong_requests(build: Build, tmp_path: Path) -> None:
    bench = await build((tmp_path / "gone.gguf",))
    with pytest.raises(ModelMissing, match="no model “other”"):
        await collect(bench.engine, ask(model="other"))
    with pytest.raises(ModelMissing, match="is not there any more"):
        await collect(bench.engine, ask(model="gone"))
    with pytest.raises(RequestRefused):
        await collect(bench.engine, ask(context_tokens=0))
    seen = Message("user", "What is this?", (Image(b"\x89PNG", "image/png"),))
    with pytest.raises(RequestRefused, match="cannot look at pictures"):
        await collect(bench.engine, Request(MODEL, (seen,)))
    assert [info.problem != "" for info in await bench.engine.models()] == [False, True]


async def test_embeddings_come_from_a_child_of_their_own(bench: Bench) -> None:
    near, other, far = await bench.engine.embed(MODEL, ["a cat", "a kitten", "gross domestic product"])
    assert sum(map(operator.mul, near, other)) > sum(map(operator.mul, near, far))
    assert text_of(await collect(bench.engine, ask(max_tokens=2)))
    (loaded,) = await bench.engine.loaded()
    assert len(set(loaded.pids)) == 2
    with pytest.raises(ContextOverflow, match="too large"):
        await bench.engine.embed(MODEL, ["word " * 3000])
    with pytest.raises(RequestRefused):
        await bench.engine.embed(MODEL, [""])
    await bench.engine.unload(MODEL)
    assert await bench.engine.loaded() == []
    with pytest.raises(ModelMissing):
        await bench.engine.embed("other", ["text"])


async def test_a_file_that_was_put_back_can_be_used_without_another_look(bench: Bench) -> None:
    path = bench.folder / "mine.gguf"
    path.write_bytes(b"")
    await bench.engine.models()
    with pytest.raises(ModelMissing, match="mine cannot be used"):
        await collect(bench.engine, ask(model="mine"))
    shutil.copyfile(models.starter(), path)

    assert text_of(await collect(bench.engine, ask(model="mine")))


async def test_another_file_by_the_same_name_is_not_answered_by_the_one_in_memory(
    bench: Bench, tmp_path: Path
) -> None:
    for folder, file in (("a", models.gemma()), ("b", models.starter())):
        (tmp_path / folder).mkdir()
        shutil.copyfile(file, tmp_path / folder / "same.gguf")
    bench.engine.offer([tmp_path / "a" / "same.gguf"])
    await bench.engine.models()
    await collect(bench.engine, ask(model="same", max_tokens=1))
    first = bench.child
    bench.engine.offer([tmp_path / "b" / "same.gguf"])
    await bench.engine.models()
    await collect(bench.engine, ask(model="same", max_tokens=1))

    assert first.has_ended
    assert bench.child.load.model.path == tmp_path / "b" / "same.gguf"


async def test_a_late_leaver_of_a_crashed_child_does_not_keep_its_successor_for_ever(build: Build) -> None:
    bench = await build(idle_unload_s=0.2)
    late = bench.engine.stream(ask("Tell a long story.", max_tokens=1500))
    await until_first(late, is_text)
    crashed = bench.child
    os.kill(crashed.pid, signal.SIGKILL)
    await until(lambda: crashed.has_ended)
    await collect(bench.engine, ask(max_tokens=1))
    successor = bench.child
    await late.aclose()
    await until(lambda: successor.has_ended, within_s=5)


async def test_a_refusal_is_told_at_once_although_the_process_lives(bench: Bench) -> None:
    await collect(bench.engine, ask(context_tokens=512, max_tokens=1))
    started = time.monotonic()
    with pytest.raises(ContextOverflow):
        await collect(bench.engine, ask(LONG_PROMPT, context_tokens=512))
    assert time.monotonic() - started < builtin._EXIT_SHOWS_WITHIN_S


# Memory


async def test_a_model_too_large_is_refused_with_the_numbers_and_loaded_on_demand(bench: Bench) -> None:
    bench.free[0] = GB // 10
    with pytest.raises(OutOfMemory, match=r"needs about 0\.2 GB .* and 0\.1 GB are free") as caught:
        await collect(bench.engine, ask())
    assert caught.value.needed_bytes is not None
    assert caught.value.needed_bytes > 0.9 * GB / 10
    assert caught.value.free_bytes == GB // 10
    assert bench.children == []

    assert text_of(await collect(bench.engine, ask(is_oversized_allowed=True)))
    assert bench.child.load.slots == 1


async def test_unknown_memory_is_no_refusal(bench: Bench) -> None:
    bench.free[0] = None
    assert text_of(await collect(bench.engine, ask()))


async def test_idle_models_leave_before_a_load_is_refused(build: Build) -> None:
    bench = await build((models.gemma(),))
    await collect(bench.engine, ask(max_tokens=1))
    starter = bench.child
    free = iter([GB // 4, 16 * GB])
    bench.engine._pool._free_bytes = lambda: next(free)
    await collect(bench.engine, ask(model=models.GEMMA_NAME, max_tokens=1))

    assert starter.has_ended
    assert bench.child.load.model.name == models.GEMMA_NAME


async def test_a_load_that_would_not_fit_anyway_costs_no_warm_model(build: Build) -> None:
    bench = await build((models.gemma(),))
    await collect(bench.engine, ask(max_tokens=1))
    starter = bench.child
    bench.free[0] = GB // 20  # with all that the starter has Gemma would not fit
    with pytest.raises(OutOfMemory):
        await collect(bench.engine, ask(model=models.GEMMA_NAME, max_tokens=1))
    assert not starter.has_ended
    assert not starter.is_ending


async def test_more_answers_than_slots_know_their_place(build: Build) -> None:
    bench = await build()
    await collect(bench.engine, ask(max_tokens=1))
    bench.child.turns.at_once = 1
    first = bench.engine.stream(ask("Tell a story.", max_tokens=2000))
    await until_first(first, is_text)
    second = bench.engine.stream(ask(max_tokens=1))
    assert await anext(second) == Progress(Phase.WAITING)
    assert await anext(second) == Progress(Phase.WAITING, 0)
    await first.aclose()
    assert is_text([chunk async for chunk in second][-2])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere mapped weights are not counted as free")
async def test_the_mapped_weights_of_a_model_that_answers_are_not_free(build: Build) -> None:
    bench = await build((models.gemma(),))
    answering = bench.engine.stream(ask("Tell a story.", model=models.GEMMA_NAME, max_tokens=2000))
    await until_first(answering, is_text)
    gemma = bench.child
    bench.free[0] = GB * 4 // 10  # room for the starter, if Gemma's 0.25 GB of pages could be taken
    with pytest.raises(OutOfMemory, match=r"and 0\.[12] GB are free"):
        await collect(bench.engine, ask())
    assert not gemma.has_ended
    await answering.aclose()

    assert text_of(await collect(bench.engine, ask()))  # an idle one gives its pages
    assert gemma.has_ended


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a load cannot be held here")
async def test_two_loads_at_once_do_not_count_on_the_same_memory(build: Build) -> None:
    bench = await build((models.gemma(),))
    bench.free[0] = GB  # each fits alone
    large = ask(model=models.GEMMA_NAME, context_tokens=20_000, max_tokens=1)
    first = asyncio.create_task(collect(bench.engine, ask(max_tokens=1)))
    await until(lambda: [child.pid for child in bench.children if child.pid])
    pid = bench.child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # it is still loading, however quick this machine is
    with pytest.raises(OutOfMemory):
        await collect(bench.engine, large)
    os.kill(pid, signal.SIGCONT)
    assert done(await first).stop_reason is StopReason.LENGTH


async def test_an_idle_model_is_unloaded_and_comes_back(build: Build) -> None:
    bench = await build(idle_unload_s=0.2)
    await collect(bench.engine, ask(max_tokens=1))
    child = bench.child
    (loaded,) = await bench.engine.loaded()
    assert loaded.expires_at is not None
    assert 0 < loaded.expires_at - time.time() + 0.1 < 0.4
    await until(lambda: child.has_ended)
    assert await bench.engine.loaded() == []
    await collect(bench.engine, ask(max_tokens=1))
    assert bench.child is not child


async def test_a_model_stays_as_long_as_was_chosen_for_it(tmp_path: Path) -> None:
    chosen: dict[str, float] = {MODEL: math.inf}
    engine = BuiltinEngine(
        tmp_path, (), threads=1, idle_unload_s=0.1, free_bytes=lambda: 16 * 10**9, keep_s=chosen.get
    )
    try:
        await collect(engine, ask(max_tokens=1))
        (loaded,) = await engine.loaded()
        assert loaded.expires_at == math.inf
        await engine.renew(MODEL)
        assert len(await engine.loaded()) == 1
        chosen[MODEL] = 1000.0
        await engine.renew(MODEL)
        (loaded,) = await engine.loaded()
        assert loaded.expires_at == pytest.approx(time.time() + 1000, abs=5)
        del chosen[MODEL]
        await engine.renew(MODEL)
        await until(lambda: not list(engine._pool.occupied()))
        await engine.renew(MODEL)  # not in memory: nothing to do
    finally:
        await engine.aclose()


async def test_a_model_in_use_is_not_idle(build: Build) -> None:
    bench = await build(idle_unload_s=0.05)
    chunks = await collect(bench.engine, ask("Tell a story.", max_tokens=40))
    assert done(chunks).timings.output_tokens == 40


async def test_unload_waits_for_the_answers_that_run(bench: Bench) -> None:
    await bench.engine.unload("unknown")
    await bench.engine.unload(MODEL)
    stream = bench.engine.stream(ask("Tell a story.", max_tokens=30))
    await until_first(stream, is_text)
    child = bench.child
    await bench.engine.unload(MODEL)
    assert not child.has_ended
    assert done([chunk async for chunk in stream]).timings.output_tokens == 30
    await until(lambda: child.has_ended)

    await collect(bench.engine, ask(max_tokens=1))
    await bench.engine.unload(MODEL)
    assert bench.children == []


# The end


async def test_closing_ends_everything_in_every_phase(bench: Bench) -> None:
    writing = Answer()
    task = asyncio.create_task(
        writing.receive(bench.engine, ask("Tell a long story.", max_tokens=1500), Sink())
    )
    await until(lambda: writing.chunk_count > 3, within_s=20)
    child = bench.child
    started = time.monotonic()
    await bench.engine.aclose()
    assert time.monotonic() - started < 1
    assert not _is_alive(child.pid)
    await task
    assert isinstance(writing.error, Interrupted)
    with pytest.raises(EngineOffline):
        await collect(bench.engine, ask())


async def test_closing_while_a_model_loads(bench: Bench) -> None:
    stream = bench.engine.stream(ask())
    await until_first(stream, is_loading)
    child = bench.child
    started = time.monotonic()
    await bench.engine.aclose()
    assert time.monotonic() - started < 1
    assert not _is_alive(child.pid)
    with pytest.raises(EngineError):
        await until_first(stream, is_text)


async def test_closing_while_a_child_is_being_started(bench: Bench) -> None:
    waiting = asyncio.create_task(collect(bench.engine, ask()))
    await until(lambda: bench.engine._pool._berths[MODEL, False].child is not None)
    await bench.engine.aclose()
    with pytest.raises(EngineError):
        await waiting
    child = bench.engine._pool._berths[MODEL, False].child
    assert child is None or child.has_ended


async def test_the_tokens_of_a_real_answer_stand_where_they_are_written(bench: Bench) -> None:
    request = replace(ask("Say hello in French, with an emoji.", max_tokens=48, seed=3), top_logprobs=5)
    answer = Answer()
    await answer.receive(bench.engine, request, Sink())
    assert answer.trail is not None
    tokens = answer.trail.finish()
    whole = [token for token in tokens if token.is_placed]
    assert whole
    for token in whole:
        assert answer.text[token.start : token.end] == token.text
        assert 0 < token.probability <= 1
        assert len(token.others) >= 4


async def test_a_stopped_answer_knows_how_many_tokens_it_had(bench: Bench) -> None:
    answer = Answer()
    request = ask("Tell me a long story.", max_tokens=2_000)
    task = asyncio.get_running_loop().create_task(answer.receive(bench.engine, request, Sink()))
    await until(lambda: answer.chunk_count >= 12)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert answer.timings.output_tokens is not None
    assert answer.timings.output_tokens >= 12
    assert answer.timings.prompt_tokens
    assert answer.timings.load_s
