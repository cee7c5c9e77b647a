"""An answer folds a stream: phases and clocks, text, figures, and how it ended."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import pytest

from slmdesk.base.errors import EngineOffline, Interrupted
from slmdesk.engines.answer import Answer, AnswerState, Estimate
from slmdesk.engines.base import (
    Capabilities,
    Chunk,
    Delta,
    Done,
    LoadedModel,
    Message,
    ModelInfo,
    Phase,
    Progress,
    Request,
    StopReason,
    Timings,
    TokenLogprob,
    ToolCall,
    Vector,
)
from slmdesk.engines.token_trail import PlacedToken
from tests.fakes.until import until

REQUEST = Request("tiny", (Message("user", "hello"),))


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Script:
    """An engine that says what it was told to say, a step of the clock apart."""

    steps: Sequence[tuple[float, Chunk | Exception]]
    clock: Clock
    hold: asyncio.Event | None = None
    was_closed: bool = False
    id: str = "script"
    label: str = "Script"
    address: str = ""
    is_local: bool = True
    capabilities: Capabilities = field(default_factory=Capabilities)

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        assert request is REQUEST
        try:
            for seconds, step in self.steps:
                self.clock.now += seconds
                if isinstance(step, Exception):
                    raise step
                yield step
            if self.hold is not None:
                await self.hold.wait()
        finally:
            self.was_closed = True

    async def models(self) -> list[ModelInfo]:
        return []

    async def loaded(self) -> list[LoadedModel]:
        return []

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        return []

    async def unload(self, model: str) -> None: ...

    async def renew(self, model: str) -> None: ...

    async def aclose(self) -> None: ...


@dataclass
class Kept:
    """A sink that remembers."""

    text: str = ""
    thinking: str = ""

    async def append(self, text: str, thinking: str) -> None:
        self.text += text
        self.thinking += thinking


async def test_a_whole_answer_with_every_phase() -> None:
    clock, kept = Clock(), Kept()
    answer = Answer(clock)
    steps: list[tuple[float, Chunk | Exception]] = [
        (0.5, Progress(Phase.LOADING, 42, 100)),
        (2.0, Progress(Phase.READING, 512, 2048)),
        (1.0, Delta(thinking="hm ")),
        (1.0, Delta(thinking="yes")),
        (0.25, Delta(text="Hello ")),
        (0.25, Delta(text="there")),
        (0.0, ToolCall("clock", {})),
        (0.1, Done(StopReason.END, Timings(prompt_tokens=12, output_tokens=4, output_s=0.5))),
    ]
    seen: list[Chunk | None] = []
    answer.changed.subscribe(seen.append)

    await answer.receive(Script(steps, clock), REQUEST, kept)

    assert answer.state is AnswerState.DONE
    assert (answer.text, answer.thinking) == (kept.text, kept.thinking) == ("Hello there", "hm yes")
    assert answer.progress.total == 2048
    assert answer.timings.ttft_s == pytest.approx(3.5)
    assert answer.timings.total_s == pytest.approx(5.1)
    assert answer.thinking_s == pytest.approx(1.25)
    assert answer.phase_seconds[Phase.LOADING] == pytest.approx(2.0)
    assert answer.tokens_per_s == pytest.approx(8.0)
    assert [call.name for call in answer.tool_calls] == ["clock"]
    assert len(seen) == len(steps) + 1
    assert seen[-1] is None


async def test_the_speed_is_an_estimate_until_the_server_has_counted() -> None:
    clock = Clock()
    answer = Answer(clock)
    assert answer.tokens_per_s is None
    steps: list[tuple[float, Chunk | Exception]] = [(0.1, Delta("x"))] * 11
    await answer.receive(Script(steps, clock), REQUEST, Kept())
    assert answer.tokens_per_s == pytest.approx(10.0)


async def test_a_stream_without_its_terminal_event_is_interrupted_and_keeps_its_text() -> None:
    clock, kept = Clock(), Kept()
    answer = Answer(clock)
    await answer.receive(Script([(0.1, Delta("half"))], clock), REQUEST, kept)
    assert answer.state is AnswerState.INTERRUPTED
    assert isinstance(answer.error, Interrupted)
    assert kept.text == "half"


async def test_an_error_before_the_first_token_is_a_failure_and_after_it_an_interruption() -> None:
    clock = Clock()
    failed = Answer(clock)
    await failed.receive(Script([(0.1, EngineOffline("gone"))], clock), REQUEST, Kept())
    interrupted = Answer(clock)
    await interrupted.receive(
        Script([(0.1, Delta("a")), (0.1, EngineOffline("gone"))], clock), REQUEST, Kept()
    )
    assert (failed.state, interrupted.state) == (AnswerState.FAILED, AnswerState.INTERRUPTED)
    assert failed.timings.ttft_s is None
    assert interrupted.timings.ttft_s == pytest.approx(0.1)


async def test_stop_closes_the_stream_and_keeps_the_text() -> None:
    clock, kept = Clock(), Kept()
    answer = Answer(clock)
    engine = Script([(0.1, Delta("kept"))], clock, hold=asyncio.Event())
    written = asyncio.Event()
    answer.changed.subscribe(lambda chunk: written.set())
    task = asyncio.get_running_loop().create_task(answer.receive(engine, REQUEST, kept))
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert answer.state is AnswerState.STOPPED
    assert engine.was_closed
    assert kept.text == "kept"


async def test_a_stall_is_told_after_two_minutes_without_a_token_but_not_before_the_first() -> None:
    clock = Clock()
    answer = Answer(clock)
    clock.now += 1000
    assert not answer.is_stalled
    engine = Script([(0.1, Delta("a"))], clock, hold=asyncio.Event())
    begun = asyncio.Event()
    answer.changed.subscribe(lambda chunk: begun.set())
    task = asyncio.get_running_loop().create_task(answer.receive(engine, REQUEST, Kept()))
    await begun.wait()
    clock.now += 121
    assert answer.is_stalled
    assert answer.elapsed_s == pytest.approx(1121.1)
    task.cancel()
    await asyncio.wait([task])
    assert not answer.is_stalled


async def test_a_server_that_gives_no_time_leaves_our_own_measurement() -> None:
    clock = Clock()
    answer = Answer(clock)
    steps: list[tuple[float, Chunk | Exception]] = [(0.1, Delta("x"))] * 11
    counted = Done(StopReason.END, Timings(output_tokens=21))
    await answer.receive(Script([*steps, (0.5, counted)], clock), REQUEST, Kept())
    assert answer.estimate == Estimate(21, pytest.approx(1.0))  # its count, our seconds to the last token
    assert answer.tokens_per_s == pytest.approx(20.0)


async def test_what_was_thought_in_silence_is_no_speed() -> None:
    clock = Clock()
    answer = Answer(clock)
    steps: list[tuple[float, Chunk | Exception]] = [(0.1, Delta("x"))] * 11
    counted = Done(StopReason.END, Timings(output_tokens=1011, thinking_tokens=1000))
    await answer.receive(Script([*steps, (0.0, counted)], clock), REQUEST, Kept())
    assert answer.tokens_per_s == pytest.approx(10.0)


async def test_the_servers_own_time_is_better_than_ours() -> None:
    clock = Clock()
    answer = Answer(clock)
    counted = Done(StopReason.END, Timings(output_tokens=2, output_s=0.1))
    steps: list[tuple[float, Chunk | Exception]] = [(0.1, Delta("x")), (1.0, Delta("y")), (0.0, counted)]
    await answer.receive(Script(steps, clock), REQUEST, Kept())
    assert answer.estimate is None
    assert answer.tokens_per_s == pytest.approx(20.0)


async def test_the_first_token_of_the_answer_comes_after_the_thinking() -> None:
    clock = Clock()
    answer = Answer(clock)
    done = Done(StopReason.END, Timings(output_tokens=2))
    steps: list[tuple[float, Chunk | Exception]] = [
        (1.0, Delta(thinking="hm")), (2.0, Delta("a")), (0.5, Delta("b")), (0.0, done)
    ]  # fmt: skip
    await answer.receive(Script(steps, clock), REQUEST, Kept())
    assert (answer.timings.ttft_s, answer.timings.answer_ttft_s) == (1.0, 3.0)
    thoughts = Answer(clock)
    await thoughts.receive(Script([(1.0, Delta(thinking="hm")), (0.0, done)], clock), REQUEST, Kept())
    assert thoughts.timings.answer_ttft_s is None


@pytest.mark.parametrize("is_stopped", [True, False])
async def test_what_the_server_had_counted_is_kept_of_an_answer_without_its_end(is_stopped: bool) -> None:
    clock, hold = Clock(), asyncio.Event() if is_stopped else None
    answer = Answer(clock)
    counted = Timings(prompt_tokens=7, output_tokens=5, output_s=0.5)
    steps: list[tuple[float, Chunk | Exception]] = [
        (1.0, Delta("a", counted=Timings(output_tokens=1))),
        (1.0, Delta("b", counted=counted)),
        (1.0, Delta("c")),
    ]
    script = Script(steps if is_stopped else [*steps, (0.0, Interrupted("gone"))], clock, hold)
    task = asyncio.get_running_loop().create_task(answer.receive(script, REQUEST, Kept()))
    await until(lambda: answer.text == "abc")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert answer.state is (AnswerState.STOPPED if is_stopped else AnswerState.INTERRUPTED)
    assert (answer.timings.output_tokens, answer.timings.prompt_tokens, answer.timings.ttft_s) == (5, 7, 1.0)
    assert answer.tokens_per_s == 10.0


async def test_tokens_of_the_answer_are_followed_and_those_of_thoughts_are_not() -> None:
    clock = Clock()
    answer = Answer(clock)
    assert answer.trail is None
    answer.begin_with("Yes", "", [PlacedToken("Yes", -1.0, (), 0, 3)])
    steps: list[tuple[float, Chunk | Exception]] = [
        (0.1, Delta(thinking="hm", logprobs=(TokenLogprob("hm", -1.0),))),
        (0.1, Delta(" so", logprobs=(TokenLogprob(" so", -2.0),))),
        (0.1, Done(StopReason.END, Timings())),
    ]
    await answer.receive(Script(steps, clock), REQUEST, Kept())
    assert answer.trail is not None
    assert [(token.text, token.start) for token in answer.trail.finish()] == [("Yes", 0), (" so", 3)]
