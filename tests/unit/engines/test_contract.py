"""What every engine promises, asked of every engine.

To add one: write a fixture that returns a `Case` and put its name into CASES (with marks, if it needs them).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from slmdesk.base.errors import EngineError, ModelMissing, RequestRefused
from slmdesk.engines.base import (
    Capabilities,
    Delta,
    Done,
    Engine,
    LoadedModel,
    Message,
    Options,
    Phase,
    Progress,
    Request,
)
from slmdesk.engines.builtin.engine import BuiltinEngine
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.engines.openai_compat.engine import OpenAICompatible
from tests.fakes.http_server import Call
from tests.fakes.openai_server import HELLO, JSON, OpenAIServer, stream
from tests.fakes.replay_server import MISSING_MODEL, ReplayServer
from tests.fakes.streams import Outcome, collect
from tests.models import STARTER_NAME

CASES = ["ollama_case", "openai_case", pytest.param("builtin_case", marks=pytest.mark.engine)]
_PHASES = list(Phase)


@dataclass
class Case:
    """An engine, a model that it has and one that it has not."""

    engine: Engine
    model: str
    missing_model: str

    def ask(self, **options: int) -> Request:
        return Request(self.model, (Message("user", "Name three fruits."),), Options(2048, **options))


@pytest.fixture
async def ollama_case() -> AsyncIterator[Case]:
    async with ReplayServer(speed=0.2) as server:
        server.set("/api/ps", "models/ps-after-unload")
        engine = OllamaEngine(server.address)
        yield Case(engine, "smollm2:135m", MISSING_MODEL)
        await engine.aclose()


@pytest.fixture
async def openai_case() -> AsyncIterator[Case]:
    async def chat(call: Call) -> None:
        if call.json["model"] == "small":
            await asyncio.sleep(0.05)
            await stream(call, HELLO)
        else:
            await call.respond(404, {"error": {"message": "no such model", "code": "model_not_found"}}, JSON)

    async with OpenAIServer() as server:
        server.on_chat = chat
        engine = OpenAICompatible("box", "Box", server.address)
        yield Case(engine, "small", "large")
        await engine.aclose()


@pytest.fixture
async def builtin_case(tmp_path: Path) -> AsyncIterator[Case]:
    engine = BuiltinEngine(tmp_path, (), threads=1, idle_unload_s=60, free_bytes=lambda: 16_000_000_000)
    yield Case(engine, STARTER_NAME, "large")
    await engine.aclose()


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Case)
    return found


def assert_complete(outcome: Outcome) -> None:
    assert outcome.error is None
    assert outcome.text
    assert isinstance(outcome.chunks[-1], Done)
    assert sum(isinstance(chunk, Done) for chunk in outcome.chunks) == 1


async def test_it_says_who_it_is(case: Case) -> None:
    engine = case.engine
    assert engine.id
    assert "/" not in engine.id  # it stands before the first slash of a model's name
    assert engine.label
    assert isinstance(engine.address, str)
    assert engine.is_local
    assert isinstance(engine.capabilities, Capabilities)


async def test_it_lists_its_models(case: Case) -> None:
    models = await case.engine.models()
    assert case.model in [model.name for model in models]
    assert {model.engine_id for model in models} == {case.engine.id}
    assert case.missing_model not in [model.name for model in models]


async def test_a_generation_waits_first_and_ends_in_one_done(case: Case) -> None:
    outcome = await collect(case.engine.stream(case.ask(max_tokens=12)))
    assert_complete(outcome)
    assert outcome.chunks[0] == Progress(Phase.WAITING)
    phases = [chunk.phase for chunk in outcome.chunks if isinstance(chunk, Progress)]
    order = [_PHASES.index(phase) for phase in phases if phase is not Phase.WAITING]
    assert order == sorted(order)
    done = outcome.done
    assert done is not None
    assert done.timings.prompt_tokens
    assert done.timings.output_tokens


async def test_a_model_that_is_not_there(case: Case) -> None:
    outcome = await collect(case.engine.stream(Request(case.missing_model, (Message("user", "hi"),))))
    assert isinstance(outcome.error, ModelMissing)
    assert outcome.text == ""
    assert outcome.error.sentence()


async def test_closing_early_leaves_the_engine_usable(case: Case) -> None:
    chunks = case.engine.stream(case.ask(max_tokens=50))
    async with contextlib.aclosing(chunks):
        async for chunk in chunks:
            if isinstance(chunk, Delta):
                break
    assert_complete(await collect(case.engine.stream(case.ask(max_tokens=12))))


async def test_a_cancel_before_the_first_token_leaves_the_engine_usable(case: Case) -> None:
    task = asyncio.ensure_future(collect(case.engine.stream(case.ask(max_tokens=50))))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert_complete(await collect(case.engine.stream(case.ask(max_tokens=12))))


async def test_four_at_once(case: Case) -> None:
    outcomes = await asyncio.gather(*(collect(case.engine.stream(case.ask(max_tokens=12))) for _ in range(4)))
    for outcome in outcomes:
        assert_complete(outcome)


async def test_no_tokens_cannot_be_asked_for(case: Case) -> None:
    outcome = await collect(case.engine.stream(case.ask(max_tokens=0)))
    assert isinstance(outcome.error, RequestRefused)
    assert outcome.text == ""


async def test_memory_can_be_looked_at_and_freed(case: Case) -> None:
    assert all(isinstance(model, LoadedModel) for model in await case.engine.loaded())
    await case.engine.unload(case.model)
    await case.engine.unload(case.missing_model)


async def test_no_texts_have_no_vectors(case: Case) -> None:
    if case.engine.capabilities.embed:
        assert await case.engine.embed(case.model, []) == []


async def test_a_closed_engine_says_so(case: Case) -> None:
    await case.engine.aclose()
    await case.engine.aclose()
    outcome = await collect(case.engine.stream(case.ask()))
    assert isinstance(outcome.error, EngineError)
