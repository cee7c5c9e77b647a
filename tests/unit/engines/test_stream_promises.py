"""The promises about streams (P1 to P5), each with a planted fault that its check must find."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import pytest

from slmdesk.base.errors import EngineError, Interrupted
from slmdesk.engines.base import Chunk, Delta, Done, Engine, Message, Options, Request, StopReason, Timings
from slmdesk.engines.ollama import stream as ollama_stream
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.engines.ollama.stream import Residence, answer_chunks
from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.engines.wire.chat_stream import chat_chunks
from tests.fakes.fault_proxy import FaultProxy, Faults
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.openai_server import HELLO, delta
from tests.fakes.replay_server import ReplayServer, recorded_body, recorded_text, recordings
from tests.fakes.streams import Outcome, Reader, collect, mutate, pieces

ASK = Request("small", (Message("user", "hi"),), Options(2048))


def ollama(data: AsyncIterator[bytes]) -> AsyncGenerator[Chunk, None]:
    return answer_chunks(data, Residence())


NDJSON = [recorded_body(name) for name in ("chat/stream", "chat/logprobs", "think/on", "tools/called")]
SSE = [recorded_body("openai/chat-stream"), b"".join(HELLO), b"".join(HELLO).replace(b"\n", b"\r\n")]
READERS: list[tuple[Reader, list[bytes]]] = [(ollama, NDJSON), (chat_chunks, SSE)]


async def check_mutations(reader: Reader, bodies: list[bytes], count: int, seed: int) -> dict[str, int]:
    """P1: `count` mutated frames. Each stream ends in done, interrupted or error; nothing else escapes."""
    chance = random.Random(seed)
    ends = {"done": 0, "interrupted": 0, "error": 0}
    frame_count = 0
    while frame_count < count:
        body = mutate(chance.choice(bodies), chance)
        frame_count += max(1, sum(bool(line.strip()) for line in body.split(b"\n")))
        sizes = [chance.choice((1, 3, 17, 100, 4000)) for _ in range(3)]
        async with asyncio.timeout(5):
            outcome = await collect(reader(pieces(body, sizes)))
        outcome.text.encode(), outcome.thinking.encode()
        if outcome.error is None:
            assert isinstance(outcome.chunks[-1], Done), body
            ends["done"] += 1
        else:
            assert outcome.done is None, body
            ends["interrupted" if isinstance(outcome.error, Interrupted) else "error"] += 1
    return ends


async def check_cuts(reader: Reader, body: bytes, terminal: bytes, step: int = 1) -> None:
    """P2: a body that ends before its terminal event is never complete, and keeps exactly what came."""
    end = body.index(terminal)
    end += body[end:].index(b"\n")
    whole = (await collect(reader(pieces(body)))).text
    before = 0
    for at in range(0, end, step):
        outcome = await collect(reader(pieces(body[:at], (at // 3 + 1,))))
        assert isinstance(outcome.error, Interrupted), body[:at]
        assert outcome.done is None
        assert whole.startswith(outcome.text)
        assert len(outcome.text) >= before  # nothing that was there is gone
        before = len(outcome.text)
    assert (await collect(reader(pieces(body[: end + 2])))).error is None


@pytest.mark.parametrize(("reader", "bodies"), READERS, ids=["ndjson", "sse"])
async def test_p1_mutated_frames(reader: Reader, bodies: list[bytes]) -> None:
    ends = await check_mutations(reader, bodies, 40_000, seed=1)
    assert all(count > 20 for count in ends.values()), ends


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("reader", "bodies"), READERS, ids=["ndjson", "sse"])
async def test_p1_a_million_mutated_frames(reader: Reader, bodies: list[bytes]) -> None:
    await check_mutations(reader, bodies, 500_000, seed=2)


async def test_p1_canary_an_escaping_exception_is_found() -> None:
    async def naive(data: AsyncIterator[bytes]) -> AsyncGenerator[Chunk, None]:
        async for chunk in data:
            for line in chunk.decode().splitlines():
                yield Delta(json.loads(line)["message"]["content"])

    with pytest.raises((ValueError, KeyError, TypeError, AssertionError)):
        await check_mutations(naive, NDJSON, 500, seed=1)


TERMINALS = [
    (ollama, recorded_body("chat/stream"), b'"done":true'),
    (ollama, recorded_body("think/on-closed-by-example"), b'"done":true'),
    (chat_chunks, recorded_body("openai/chat-stream"), b'"finish_reason":"length"'),
]


@pytest.mark.parametrize(("reader", "body", "terminal"), TERMINALS, ids=["chat", "think", "sse"])
async def test_p2_cut_at_every_byte(reader: Reader, body: bytes, terminal: bytes) -> None:
    await check_cuts(reader, body, terminal)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_p2_ten_thousand_unterminated_bodies() -> None:
    chance, count = random.Random(3), 0
    for name, exchange in recordings().items():
        body = recorded_body(name)
        if (
            exchange["request"]["path"] != "/api/chat"
            or b'"done":true' not in body
            or len(exchange["response"]["chunks"]) < 3
        ):
            continue
        end = body.index(b'"done":true')
        for _ in range(350):
            at = chance.randrange(end)
            outcome = await collect(ollama(pieces(body[:at], (chance.randint(1, 500),))))
            assert isinstance(outcome.error, Interrupted)
            count += 1
    assert count >= 10_000


async def test_p2_canary_an_end_without_its_event_is_found() -> None:
    async def trusting(data: AsyncIterator[bytes]) -> AsyncGenerator[Chunk, None]:
        try:
            async for chunk in ollama(data):
                yield chunk
        except Interrupted:
            yield Done(StopReason.END, Timings())

    with pytest.raises(AssertionError):
        await check_cuts(trusting, recorded_body("chat/stream"), b'"done":true', step=100)


Connect = Callable[[str], Engine]
ENGINES: list[tuple[str, Connect]] = [
    ("/api/chat", OllamaEngine),
    ("/v1/chat/completions", lambda address: OpenAICompatible("box", "Box", address)),
]
PHASES = ["queued", "reading", "writing"]
FIRST = {
    "/api/chat": b'{"message":{"content":"word "},"done":false}\n',
    "/v1/chat/completions": delta(content="word "),
}


@contextlib.asynccontextmanager
async def stuck(path: str, phase: str) -> AsyncIterator[HttpServer]:
    """A server that gets as far as `phase` and stays there until the client leaves."""

    async def handle(call: Call) -> None:
        if call.path != path:
            await call.respond(200, {"models": [], "data": []})
            return
        if phase != "queued":
            await call.start(200, {"content-type": "application/octet-stream"})
        while phase == "writing":
            await call.send(FIRST[path])
            await asyncio.sleep(0.01)
        await call.is_gone.wait()

    async with HttpServer(handle) as server:
        yield server


async def reached(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another program's hands
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("path", "connect"), ENGINES, ids=["ollama", "openai"])
async def test_p3_stop_closes_the_socket_within_200_ms(path: str, connect: Connect, phase: str) -> None:
    async with stuck(path, phase) as server:
        engine = connect(server.address)
        await engine.models()
        outcomes = [Outcome() for _ in range(4)]

        async def lane(outcome: Outcome) -> None:
            async with contextlib.aclosing(engine.stream(ASK)) as chunks:
                async for chunk in chunks:
                    outcome.chunks.append(chunk)

        tasks = [asyncio.ensure_future(lane(outcome)) for outcome in outcomes]
        await reached(lambda: len(server.to(path)) == 4)
        if phase == "writing":
            await reached(lambda: all(outcome.text for outcome in outcomes))
        stopped_at = time.monotonic()
        tasks[1].cancel()
        await reached(lambda: sum(call.is_gone.is_set() for call in server.to(path)) == 1)
        gone_at = next(call.gone_at for call in server.to(path) if call.gone_at)
        assert gone_at - stopped_at < 0.2
        lengths = [len(outcome.chunks) for outcome in outcomes]
        await asyncio.sleep(0.1)
        assert [task.done() for task in tasks] == [False, True, False, False]
        assert sum(call.is_gone.is_set() for call in server.to(path)) == 1
        grown = [len(outcome.chunks) > length for outcome, length in zip(outcomes, lengths, strict=True)]
        assert grown == ([True, False, True, True] if phase == "writing" else [False] * 4)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await engine.aclose()


@pytest.mark.parametrize(("path", "connect"), ENGINES, ids=["ollama", "openai"])
async def test_p3_closing_the_stream_is_a_stop(path: str, connect: Connect) -> None:
    async with stuck(path, "writing") as server:
        engine = connect(server.address)
        async with contextlib.aclosing(engine.stream(ASK)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Delta):
                    break
        stopped_at = time.monotonic()
        await asyncio.wait_for(server.to(path)[0].is_gone.wait(), 5)
        assert time.monotonic() - stopped_at < 0.2
        await engine.aclose()


FAULTS = {
    "nothing": Faults(),
    "slices": Faults(slice_bytes=7),
    "latency": Faults(latency_s=0.002, slice_bytes=200),
    "cut": Faults(cut_after=900),
    "reset": Faults(reset_after=900),
    "cut in the head": Faults(cut_after=20),
    "nothing at all": Faults(cut_after=0),
    "refused": Faults(is_refusing=True),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_p4_requests_seen_are_requests_sent(fault: str) -> None:
    async with ReplayServer() as server, FaultProxy(server.address, FAULTS[fault]) as proxy:
        engine = OllamaEngine(proxy.address)
        outcome = await collect(engine.stream(ASK))
        await engine.aclose()
    assert len(server.chats) == (0 if fault == "refused" else 1)
    if fault in ("nothing", "slices", "latency"):
        assert outcome.text == recorded_text("chat/stream")
        assert outcome.error is None
    else:
        assert isinstance(outcome.error, EngineError)
        assert recorded_text("chat/stream").startswith(outcome.text)


@pytest.mark.parametrize("kind", ["cut_after", "reset_after"])
async def test_p2_cut_by_the_network(kind: str) -> None:
    """A sample of cuts through real sockets: head, chunk sizes and the end of the body included."""
    async with ReplayServer() as server, FaultProxy(server.address) as proxy:
        engine = OllamaEngine(proxy.address)
        texts = [""]
        for at in range(50, 2400, 47):
            proxy.faults = Faults(**{kind: at})
            outcome = await collect(engine.stream(ASK))
            assert outcome.done is None or outcome.text == recorded_text("chat/stream"), at
            assert outcome.error is not None or outcome.done is not None
            texts.append(outcome.text)
        await engine.aclose()
    assert all(recorded_text("chat/stream").startswith(text) for text in texts)
    assert len(set(texts)) > 5
    assert len(server.chats) == 50


async def test_a_stall_is_no_error_and_no_end() -> None:
    """Nothing is raised and nothing ends: the window shows the clock, and Stop works."""
    async with ReplayServer() as server, FaultProxy(server.address, Faults(hang_after=1500)) as proxy:
        engine = OllamaEngine(proxy.address)
        outcome = Outcome()

        async def lane() -> None:
            async with contextlib.aclosing(engine.stream(ASK)) as chunks:
                async for chunk in chunks:
                    outcome.chunks.append(chunk)

        task = asyncio.ensure_future(lane())
        await reached(lambda: outcome.text)
        await asyncio.sleep(0.3)
        assert not task.done()
        stopped_at = time.monotonic()
        task.cancel()
        await asyncio.wait_for(proxy.client_gone.wait(), 5)
        assert time.monotonic() - stopped_at < 0.2
        await asyncio.gather(task, return_exceptions=True)
        await engine.aclose()


def check_bodies(calls: list[Call]) -> None:
    """P5: every request that names a model fixes the context and forbids the server to cut."""
    bodies = [call.json for call in calls if call.path in ("/api/chat", "/api/generate", "/api/embed")]
    assert bodies
    for body in bodies:
        assert body["options"]["num_ctx"] >= 1
        assert body["truncate"] is False
        assert body["shift"] is False


async def test_p5_no_request_without_its_context() -> None:
    async with ReplayServer() as server:
        server.set("/api/embed", "embed/empty")
        engine = OllamaEngine(server.address)
        await collect(engine.stream(ASK))
        server.set("/api/ps", "models/ps-empty")
        await engine.unload("small")
        with contextlib.suppress(EngineError):
            await engine.embed("small", ["a"])
        await engine.aclose()
    check_bodies(server.calls)
    embedding = server.to("/api/embed")[0].json
    assert embedding["options"] == {"num_ctx": 2048}  # the context it was last used with


async def test_p5_canary_a_body_without_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ollama_stream.base_body

    def careless(model: str, context_tokens: int) -> dict[str, Any]:
        return {key: value for key, value in real(model, context_tokens).items() if key != "shift"}

    monkeypatch.setattr(ollama_stream, "base_body", careless)
    async with ReplayServer() as server:
        engine = OllamaEngine(server.address)
        await collect(engine.stream(ASK))
        await engine.aclose()
    with pytest.raises(KeyError):
        check_bodies(server.calls)
