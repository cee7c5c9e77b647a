"""What every engine promises, asked of every engine.

To add one: write a fixture that returns a `Case` and put its name into CASES (with marks, if it needs them).
The Ollama of the recordings answers what was recorded, a documented server what OpenAI's pages say, faults
included; the built-in engine is the real one, and so is Ollama where it runs.
"""

import asyncio
import contextlib
import json
import math
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from slmdesk.base.errors import (
    ContextOverflow,
    EngineError,
    EngineOffline,
    Interrupted,
    ModelMissing,
    NotAuthorised,
    RequestRefused,
)
from slmdesk.config.servers import ServerAddress
from slmdesk.engines.assembly import make_engine
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
    StopReason,
)
from slmdesk.engines.builtin.engine import BuiltinEngine
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.engines.token_trail import TokenTrail
from tests.fakes.documented_server import API_VERSION, KEY, MOST_CHARACTERS, DocumentedServer, Fault
from tests.fakes.http_server import Call
from tests.fakes.replay_server import MISSING_MODEL, ReplayServer, recorded_body
from tests.fakes.streams import Outcome, collect
from tests.models import STARTER_NAME

CASES = [
    "ollama_case",
    pytest.param("real_ollama_case", marks=pytest.mark.ollama),
    "compatible_case",
    "openai_case",
    "azure_case",
    "azure_v1_case",
    pytest.param("builtin_case", marks=pytest.mark.engine),
]
NOWHERE = "http://127.0.0.1:9"
_PHASES = list(Phase)
_SCHEMA = {
    "type": "object",
    "properties": {"fruit": {"type": "string", "maxLength": 20}},
    "required": ["fruit"],
    "additionalProperties": False,
}


@dataclass
class Case:
    """An engine, a model that it has and one that it has not.

    `stop_word` comes in its answers. `arrange` plants a fault into the next answer, `strike` inflicts it
    once text has begun; where neither is given the engine cannot be made to fail that way.
    """

    engine: Engine
    model: str
    missing_model: str
    stop_word: str
    other_engine: Callable[[], Engine] | None = None  # the same server with a wrong key
    one_at_once: Callable[[], Engine] | None = None  # the same server, asked one thing at a time
    nowhere: Callable[[], Engine] | None = None  # an address at which nothing listens
    faults: frozenset[Fault] = frozenset()
    arrange: Callable[[Fault], None] = lambda _fault: None
    strike: Callable[[Fault], Any] = lambda _fault: None
    generations: Callable[[], int] | None = None

    def ask(self, **options: Any) -> Request:
        return Request(self.model, (Message("user", "Name three fruits."),), Options(2048, **options))


class RecordedOllama(ReplayServer):
    """Plays the recording that belongs to what is asked for; embeddings as Ollama's pages describe them."""

    def __init__(self) -> None:
        super().__init__(speed=0.2)
        self.faults: list[Fault] = []
        self.generations = 0
        self.set("/api/ps", "models/ps-after-unload")

    async def _replay(self, call: Call) -> None:
        is_chat = call.path == "/api/chat" and bool(call.json["messages"])
        if call.headers.get("authorization") == "Bearer sk-wrong":  # by the proxy before an Ollama elsewhere
            await call.respond(401, {"error": "unauthorized"})
        elif call.path == "/api/embed":
            vectors = [[float(len(text)), 1.0, 0.0] for text in call.json["input"]]
            await call.respond(200, {"model": call.json["model"], "embeddings": vectors})
        elif is_chat and self.faults:
            await self._fail(call, self.faults.pop(0))
        else:
            self.generations += is_chat
            await super()._replay(call)

    def _next_chat(self, call: Call) -> str:
        body = call.json
        if body["model"] != MISSING_MODEL and body["messages"]:
            if len(body["messages"][0]["content"]) > MOST_CHARACTERS:
                return "chat/overflow-truncate-false"
            if "format" in body:
                return "chat/schema"
            if body.get("logprobs"):
                return "chat/logprobs"
            if "stop" in body["options"]:
                return "chat/stop-word"
            if "num_predict" in body["options"]:
                return "chat/length"
        return super()._next_chat(call)

    async def _fail(self, call: Call, fault: Fault) -> None:
        if fault == "busy":
            await call.respond(503, {"error": "server busy, please try again."}, {"retry-after": "1"})
            return
        self.generations += 1
        lines = recorded_body("chat/stream").splitlines(keepends=True)
        await call.start(200, {"content-type": "application/x-ndjson"})
        await call.send(b"".join(lines if fault == "left open" else lines[:3]))
        match fault:
            case "cut":
                call.abort()
            case "error frame":
                await call.send(json.dumps({"error": "an error was encountered"}).encode() + b"\n")
                await call.end()
            case _:
                await call.is_gone.wait()


@pytest.fixture
async def ollama_case() -> AsyncIterator[Case]:
    async with RecordedOllama() as server:
        engine = OllamaEngine(server.address)
        yield Case(
            engine,
            "smollm2:135m",
            MISSING_MODEL,
            "2.",
            other_engine=lambda: OllamaEngine(server.address, api_key="sk-wrong"),
            one_at_once=lambda: OllamaEngine(server.address, at_once=1),
            nowhere=lambda: OllamaEngine(NOWHERE),
            faults=frozenset({"cut", "stall", "left open", "busy", "error frame"}),
            arrange=server.faults.append,
            generations=lambda: server.generations,
        )
        await engine.aclose()


@pytest.fixture
async def real_ollama_case() -> AsyncIterator[Case]:
    engine = OllamaEngine()
    try:
        models = [model for model in await engine.models() if "completion" in model.capabilities]
    except EngineError as error:
        models = []
        reason = error.sentence()
    else:
        reason = "Ollama has no model that answers"
    if not models:
        await engine.aclose()
        pytest.skip(reason)
    smallest = min(models, key=lambda model: model.size_bytes or math.inf)
    yield Case(engine, smallest.name, MISSING_MODEL, "e")
    await engine.unload(smallest.name)
    await engine.aclose()


@contextlib.asynccontextmanager
async def documented_case(flavour: Any, kind: Any, **more: Any) -> AsyncIterator[Case]:
    async with DocumentedServer(flavour) as server:
        address = ServerAddress("box", "Box", server.engine_address, kind, **more)
        engine = make_engine(address, KEY)
        yield Case(
            engine,
            "small",
            "large",
            "plums",
            other_engine=lambda: make_engine(address, "sk-wrong"),
            one_at_once=lambda: make_engine(replace(address, at_once=1), KEY),
            nowhere=lambda: make_engine(replace(address, address=NOWHERE), KEY),
            faults=frozenset({"cut", "stall", "left open", "busy", "error frame"}),
            arrange=server.faults.append,
            generations=lambda: server.generations,
        )
        await engine.aclose()


@pytest.fixture
async def compatible_case() -> AsyncIterator[Case]:
    async with documented_case("compatible", "openai-compatible") as case:
        yield case


@pytest.fixture
async def openai_case() -> AsyncIterator[Case]:
    async with documented_case("openai", "openai") as case:
        yield case


@pytest.fixture
async def azure_case() -> AsyncIterator[Case]:
    more = {"models": ("small",), "api_version": API_VERSION}
    async with documented_case("azure", "azure", **more) as case:
        yield case


@pytest.fixture
async def azure_v1_case() -> AsyncIterator[Case]:
    async with documented_case("azure-v1", "azure", models=("small",)) as case:
        yield case


@pytest.fixture
async def builtin_case(tmp_path: Path) -> AsyncIterator[Case]:
    engine = BuiltinEngine(tmp_path, (), threads=1, idle_unload_s=60, free_bytes=lambda: 16_000_000_000)
    stopped: list[int] = []

    async def strike(fault: Fault) -> None:
        (loaded,) = await engine.loaded()
        os.kill(loaded.pids[0], signal.SIGKILL if fault == "cut" else signal.SIGSTOP)
        if fault == "stall":
            stopped.append(loaded.pids[0])

    yield Case(
        engine,
        STARTER_NAME,
        "large",
        "e",
        faults=frozenset({"cut", "stall"}) if hasattr(signal, "SIGSTOP") else frozenset(),
        strike=strike,
    )
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
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
    assert case.model not in [model.name for model in await case.engine.loaded()]


async def test_the_answer_ends_at_the_limit(case: Case) -> None:
    outcome = await collect(case.engine.stream(case.ask(max_tokens=8, temperature=0.0, seed=1)))
    assert_complete(outcome)
    assert outcome.done is not None
    assert outcome.done.stop_reason is StopReason.LENGTH
    assert outcome.done.timings.output_tokens == 8


async def test_the_answer_ends_before_a_stop_word(case: Case) -> None:
    request = case.ask(max_tokens=60, temperature=0.0, seed=1, stop=(case.stop_word,))
    outcome = await collect(case.engine.stream(request))
    assert outcome.error is None
    assert case.stop_word not in outcome.text
    assert outcome.done is not None
    assert outcome.done.stop_reason is StopReason.END


async def test_an_answer_by_a_schema(case: Case) -> None:
    request = replace(case.ask(max_tokens=80, temperature=0.0, seed=1), schema=_SCHEMA)
    outcome = await collect(case.engine.stream(request))
    assert_complete(outcome)
    assert case.engine.capabilities.schema
    assert isinstance(json.loads(outcome.text), dict)


async def test_probabilities_of_tokens(case: Case) -> None:
    request = replace(case.ask(max_tokens=6, temperature=0.0, seed=1), top_logprobs=3)
    outcome = await collect(case.engine.stream(request))
    assert_complete(outcome)
    tokens = [token for chunk in outcome.chunks if isinstance(chunk, Delta) for token in chunk.logprobs]
    assert 5 <= len(tokens) <= 7
    assert "".join(token.token for token in tokens).startswith(outcome.text[:4])
    for token in tokens:
        assert token.logprob <= 0
        assert len(token.top) == 3
    trail = TokenTrail()
    for chunk in outcome.chunks:
        if isinstance(chunk, Delta):
            trail.feed(chunk.text, chunk.logprobs)
    placed = [token for token in trail.finish() if token.is_placed]
    assert len(placed) >= 5
    assert all(outcome.text[token.start : token.end] == token.text for token in placed)


async def test_a_wrong_key_is_named(case: Case) -> None:
    if case.other_engine is None:
        pytest.skip("it takes no key")
    engine = case.other_engine()
    outcome = await collect(engine.stream(case.ask()))
    assert isinstance(outcome.error, NotAuthorised)
    assert "sk-wrong" not in outcome.error.sentence()
    with pytest.raises(NotAuthorised):
        await engine.models()
    await engine.aclose()


async def test_a_prompt_that_is_too_long_is_refused_and_not_cut(case: Case) -> None:
    long = Request(case.model, (Message("user", "word " * (MOST_CHARACTERS // 4)),), Options(2048))
    outcome = await collect(case.engine.stream(long))
    assert isinstance(outcome.error, ContextOverflow)
    assert outcome.text == ""
    assert outcome.error.sentence()


async def test_where_nobody_answers_the_engine_is_offline(case: Case) -> None:
    if case.nowhere is None:
        pytest.skip("it is inside this program")
    engine = case.nowhere()
    with pytest.raises(EngineOffline):
        await engine.models()
    outcome = await collect(engine.stream(case.ask()))
    assert isinstance(outcome.error, EngineOffline)
    with pytest.raises(EngineOffline):
        await engine.embed(case.model, ["apple"])
    await engine.aclose()


async def test_the_next_ones_hear_their_place_in_the_queue(case: Case) -> None:
    if case.one_at_once is None:
        pytest.skip("it has no limit of ours")
    engine = case.one_at_once()
    running = engine.stream(case.ask(max_tokens=8))
    async with contextlib.aclosing(running):
        async for chunk in running:
            if isinstance(chunk, Delta):
                break
        waiting = [engine.stream(case.ask(max_tokens=8)) for _ in range(2)]
        for ahead, chunks in enumerate(waiting):
            assert await anext(chunks) == Progress(Phase.WAITING)
            assert await anext(chunks) == Progress(Phase.WAITING, ahead)
    outcomes = await asyncio.gather(*map(collect, waiting))  # the first has gone: they move up
    assert Progress(Phase.WAITING, 0) in outcomes[1].chunks
    for outcome in outcomes:
        assert_complete(outcome)
    await engine.aclose()


async def collect_struck(case: Case, fault: Fault) -> Outcome:
    """An answer with this fault; skipped where the engine cannot be made to fail so."""
    if fault not in case.faults:
        pytest.skip(f"it cannot be made to fail like that: {fault}")
    case.arrange(fault)
    outcome, is_struck = Outcome(), False
    try:
        async with contextlib.aclosing(case.engine.stream(case.ask(max_tokens=200))) as chunks:
            async for chunk in chunks:
                outcome.chunks.append(chunk)
                if isinstance(chunk, Delta) and not is_struck:
                    is_struck = True
                    if (striking := case.strike(fault)) is not None:
                        await striking
    except EngineError as error:
        outcome.error = error
    return outcome


@pytest.mark.parametrize("fault", ["cut", "error frame"])
async def test_an_answer_that_is_broken_off_keeps_its_text_and_is_not_complete(
    case: Case, fault: Fault
) -> None:
    outcome = await collect_struck(case, fault)
    assert isinstance(outcome.error, Interrupted)
    assert outcome.text
    assert outcome.done is None
    if case.generations is not None:
        assert case.generations() == 1


async def test_a_stalled_answer_can_be_left_at_once(case: Case) -> None:
    seen: list[str] = []

    async def read() -> None:
        if "stall" not in case.faults:
            pytest.skip("it cannot be made to stall")
        case.arrange("stall")
        async with contextlib.aclosing(case.engine.stream(case.ask(max_tokens=2000))) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Delta):
                    seen.append(chunk.text)
                    if len(seen) == 1 and (striking := case.strike("stall")) is not None:
                        await striking

    task = asyncio.ensure_future(read())
    silent_since, count = time.monotonic(), 0
    while not task.done() and (not seen or time.monotonic() - silent_since < 0.5):
        if len(seen) != count:
            count, silent_since = len(seen), time.monotonic()
        await asyncio.sleep(0.02)
    if task.done():
        task.result()
    left_at = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - left_at < 0.2 + 0.8  # the promise is 200 ms; the rest is for a busy machine
    assert seen


async def test_a_body_left_open_after_its_end_is_complete(case: Case) -> None:
    outcome = await asyncio.wait_for(collect_struck(case, "left open"), 10)
    assert_complete(outcome)


async def test_a_busy_server_is_asked_again_when_it_says(case: Case) -> None:
    outcome = await collect_struck(case, "busy")
    assert_complete(outcome)
    assert Progress(Phase.WAITING, retry_in_s=1) in outcome.chunks
    assert case.generations is not None
    assert case.generations() == 1


async def test_vectors_of_texts(case: Case) -> None:
    engine = case.engine
    assert engine.capabilities.embed
    assert await engine.embed(case.model, []) == []
    texts = ["apple", "a much longer text about something else", "apple"]
    try:
        vectors = await engine.embed(case.model, texts)
    except RequestRefused:  # a real Ollama's model may have none
        assert isinstance(engine, OllamaEngine)
        return
    assert [len(vector) for vector in vectors] == [len(vectors[0])] * 3
    assert vectors[0] == pytest.approx(vectors[2], abs=1e-3)
    assert vectors[0] != pytest.approx(vectors[1], abs=1e-3)
    for vector in vectors:
        assert isinstance(vector, tuple)
        assert math.hypot(*vector) == pytest.approx(1.0)


async def test_tokens_are_counted_where_that_costs_no_load(case: Case) -> None:
    assert await case.engine.count_tokens(case.model, "Hello there") is None
    assert_complete(await collect(case.engine.stream(case.ask(max_tokens=2))))
    counted = await case.engine.count_tokens(case.model, "Hello there, " * 10)
    assert (counted is not None) == case.engine.capabilities.tokenize
    if counted is not None:
        assert 20 <= counted <= 60
        assert await case.engine.count_tokens(case.model, "") == 0
    assert await case.engine.count_tokens(case.missing_model, "Hello") is None


async def test_an_answer_says_that_its_engine_was_closed(case: Case) -> None:
    outcome = Outcome()
    case.arrange("stall")  # a quick server has sent all of it by then
    try:
        async with contextlib.aclosing(case.engine.stream(case.ask(max_tokens=500))) as chunks:
            async for chunk in chunks:
                outcome.chunks.append(chunk)
                if isinstance(chunk, Delta) and len(outcome.text) == len(chunk.text):
                    await case.engine.aclose()
    except EngineError as error:
        outcome.error = error
    assert outcome.text
    assert outcome.done is None
    assert isinstance(outcome.error, EngineError)
    if case.one_at_once is not None:
        assert "was changed or removed" in outcome.error.sentence()


async def test_a_closed_engine_says_so(case: Case) -> None:
    await case.engine.aclose()
    await case.engine.aclose()
    outcome = await collect(case.engine.stream(case.ask()))
    assert isinstance(outcome.error, EngineError)
