"""An answer is ended whatever happens on the way to its engine."""

import asyncio

import pytest

from slmdesk.base.errors import EngineOffline, OutOfMemory, StoreError
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.base import Message, Options, Request
from slmdesk.engines.generation import ending, generate
from slmdesk.engines.registry import Registry
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

REQUEST = Request("", (Message("user", "hi"),))


class Sink:
    """Keeps text, or refuses it."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.text = ""

    async def append(self, text: str, thinking: str) -> None:
        if self.problem:
            raise self.problem
        self.text += text


async def registry(engine: ScriptedEngine) -> Registry:
    found = Registry([engine])
    await found.refresh()
    return found


async def test_the_engine_gets_its_own_name_of_the_model() -> None:
    engine, answer, sink = ScriptedEngine({"m": says("a", "b")}), Answer(), Sink()
    await generate(answer, await registry(engine), "scripted/m", REQUEST, sink)
    assert engine.requests[0].model == "m"
    assert (answer.state, sink.text) == (AnswerState.DONE, "ab")
    assert ending(answer) == {
        "state": "done",
        "stop_reason": "end",
        "error": "",
        "timings": ending(answer)["timings"],
    }


async def test_a_model_that_is_missing_fails_the_answer() -> None:
    answer = Answer()
    await generate(answer, Registry(), "scripted/m", REQUEST, Sink())
    assert answer.state is AnswerState.FAILED
    assert ending(answer)["error"].startswith("No engine offers “scripted/m”.")


@pytest.mark.parametrize("is_allowed", [True, False])
async def test_no_room_fails_the_answer_unless_it_is_wanted_all_the_same(is_allowed: bool) -> None:
    async def refuse(_ref: str, _options: Options) -> OutOfMemory:
        return OutOfMemory("too large")

    engine, answer = ScriptedEngine({"m": says("a")}), Answer()
    request = Request("", REQUEST.messages, is_oversized_allowed=is_allowed)
    await generate(answer, await registry(engine), "scripted/m", request, Sink(), check_fit=refuse)
    assert answer.state is (AnswerState.DONE if is_allowed else AnswerState.FAILED)
    assert len(engine.requests) == is_allowed


async def test_a_stop_before_the_request_is_a_stop() -> None:
    is_asked = asyncio.Event()

    async def wait(_ref: str, _options: Options) -> None:
        is_asked.set()
        await asyncio.Event().wait()

    engine, answer = ScriptedEngine({"m": says("a")}), Answer()
    found = await registry(engine)
    task = asyncio.get_running_loop().create_task(
        generate(answer, found, "scripted/m", REQUEST, Sink(), check_fit=wait)
    )
    await is_asked.wait()
    task.cancel()
    await until(task.done)
    assert task.cancelled()
    assert answer.state is AnswerState.STOPPED
    assert engine.requests == []


async def test_what_is_no_fault_of_the_engine_is_raised_after_the_answer_has_ended() -> None:
    engine, answer = ScriptedEngine({"m": says("a")}), Answer()
    with pytest.raises(StoreError):
        await generate(answer, await registry(engine), "scripted/m", REQUEST, Sink(StoreError("full")))
    assert answer.state is AnswerState.INTERRUPTED
    assert answer.text == "a"
    assert engine.closed == ["m"]


async def test_an_engine_that_leaves_is_in_the_ending() -> None:
    answer = Answer()
    engine = ScriptedEngine({"m": (EngineOffline("It left."),)})
    await generate(answer, await registry(engine), "scripted/m", REQUEST, Sink())
    assert ending(answer)["error"].startswith("It left.")
    assert ending(answer)["stop_reason"] is None
