"""The Ollama engine against recordings of a real server."""

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator

import pytest

from slmdesk.base.errors import (
    BadReply,
    ContextOverflow,
    EngineBusy,
    EngineError,
    EngineOffline,
    Interrupted,
    ModelMissing,
    OutOfMemory,
    RequestRefused,
)
from slmdesk.engines.base import (
    Delta,
    Done,
    Image,
    LoadedModel,
    Message,
    Options,
    Phase,
    Progress,
    Request,
    StopReason,
    ToolCall,
)
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.engines.ollama.stream import Residence
from slmdesk.engines.wire import transport
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.replay_server import ReplayServer, recorded_text
from tests.fakes.streams import Outcome, collect

WAITING, LOADING = Progress(Phase.WAITING), Progress(Phase.LOADING)


def ask(model: str = "smollm2:135m", context_tokens: int = 2048, **options: object) -> Request:
    return Request(model, (Message("user", "Name three fruits."),), Options(context_tokens, **options))  # type: ignore[arg-type] # any option


@contextlib.asynccontextmanager
async def engine_for(server: HttpServer) -> AsyncIterator[OllamaEngine]:
    engine = OllamaEngine(server.address)
    try:
        yield engine
    finally:
        await engine.aclose()


async def replay(name: str, request: Request | None = None, *, ps: str = "models/ps-loaded") -> Outcome:
    async with ReplayServer(name) as server, engine_for(server) as engine:
        server.set("/api/ps", ps)
        return await collect(engine.stream(request or ask()))


async def test_a_recorded_answer() -> None:
    outcome = await replay("chat/stream")
    assert outcome.error is None
    assert outcome.text == recorded_text("chat/stream") == "1. Bananas\n2. Oranges\n3. Grapes"
    assert outcome.chunks[0] == WAITING
    done = outcome.chunks[-1]
    assert isinstance(done, Done)
    assert done.stop_reason is StopReason.END
    assert (done.timings.prompt_tokens, done.timings.output_tokens) == (13, 15)
    assert done.timings.output_s == pytest.approx(0.114026)
    assert done.timings.output_tokens_per_s == pytest.approx(15 / 0.114026)


@pytest.mark.parametrize(
    "name", ["chat/whole", "chat/unicode", "chat/schema", "chat/stop-word", "parallel/lane-1"]
)
async def test_recorded_answers_keep_every_character(name: str) -> None:
    outcome = await replay(name)
    assert outcome.error is None
    assert outcome.text == recorded_text(name)


@pytest.mark.parametrize("name", ["chat/length", "chat/schema-cut", "faults/warm"])
async def test_an_answer_that_was_too_long_says_so(name: str) -> None:
    done = (await replay(name)).done
    assert done is not None
    assert done.stop_reason is StopReason.LENGTH


async def test_thinking_and_tools() -> None:
    assert (await replay("think/on")).thinking == "The answer is 2."
    both = await replay("think/on-closed-by-example")
    assert both.thinking
    assert both.text == "5"
    called = await replay("tools/called")
    assert ToolCall("weather", {"city": "Paris"}) in called.chunks
    assert called.done is not None
    assert called.done.stop_reason is StopReason.TOOL


async def test_logprobs() -> None:
    deltas = [chunk for chunk in (await replay("chat/logprobs")).chunks if isinstance(chunk, Delta)]
    first = deltas[0].logprobs[0]
    assert first.token == "1"
    assert first.logprob == pytest.approx(-1.5231417)
    assert [token for token, _ in first.top][:2] == ["1", "Here"]


async def test_a_prompt_has_no_speed_because_its_cached_share_is_unknown() -> None:
    done = (await replay("chat/stream")).done
    assert done is not None
    assert done.timings.prompt_s == pytest.approx(0.044441)
    assert done.timings.prompt_tokens_cached is None
    assert done.timings.prompt_tokens_per_s is None


async def test_a_single_token_has_no_time() -> None:
    frame = {"done": True, "eval_count": 1, "eval_duration": 1000, "message": {"content": ""}}

    async def one_token(call: Call) -> None:
        await call.respond(200, frame if call.path == "/api/chat" else {"models": []})

    async with HttpServer(one_token) as server, engine_for(server) as engine:
        done = (await collect(engine.stream(ask()))).done
    assert done is not None
    assert done.timings.output_tokens == 1
    assert done.timings.output_s is None


@pytest.mark.parametrize(
    ("ps", "chat", "request_", "is_loading", "load_s"),
    [
        ("models/ps-empty", "chat/stream-cold", ask(), True, 0.55),  # alone: the figure is the load
        ("models/ps-after-unload", "faults/other-model-waits", ask(), True, None),  # it holds a wait
        ("models/ps-loaded", "chat/stop-word", ask(), False, 0.0),  # in memory: no load
        ("models/ps-loaded", "chat/stream", ask(), False, None),  # it left in between
        ("models/ps-loaded", "chat/other-context", ask(context_tokens=4096), True, None),  # a reload
        ("server/unknown-path", "chat/stream", ask(), False, None),  # ps not to be had
    ],
)
async def test_loading_is_told_apart_from_waiting(
    ps: str, chat: str, request_: Request, is_loading: bool, load_s: float | None
) -> None:
    outcome = await replay(chat, request_, ps=ps)
    assert outcome.chunks[: 1 + is_loading] == [WAITING, LOADING][: 1 + is_loading]
    assert (LOADING in outcome.chunks) is is_loading
    assert outcome.done is not None
    assert outcome.done.timings.load_s == (pytest.approx(load_s, abs=0.1) if load_s is not None else None)


async def test_a_context_beyond_the_model_is_lowered_by_the_server() -> None:
    """`ps` shows 8192 after a request for more: that is no reload."""
    async with ReplayServer("chat/stop-word") as server, engine_for(server) as engine:
        loaded = {"models": [{"model": "smollm2:135m", "name": "smollm2:135m", "context_length": 8192}]}
        inner = server._handler

        async def route(call: Call) -> None:
            await (call.respond(200, loaded) if call.path == "/api/ps" else inner(call))

        server._handler = route
        await engine.models()
        outcome = await collect(engine.stream(ask(context_tokens=100_000)))
    assert LOADING not in outcome.chunks


@pytest.mark.parametrize(
    ("reported_s", "residence", "load_s"),
    [
        (0.5, Residence(), None),
        (None, Residence(True, False, True), None),
        (0.5, Residence(True, False, True), 0.5),
        (0.5, Residence(True, False, False), None),
        (0.5, Residence(True, True, False), None),
        (0.002, Residence(True, True, False), 0.0),
    ],
)
def test_when_the_load_time_is_true(
    reported_s: float | None, residence: Residence, load_s: float | None
) -> None:
    assert residence.load_s(reported_s) == load_s


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chat/overflow-truncate-false", ContextOverflow),
        ("chat/missing-model", ModelMissing),
        ("chat/think-unsupported", RequestRefused),
        ("chat/tools-unsupported", RequestRefused),
        ("chat/schema-invalid", RequestRefused),
        ("faults/queue-full-2", EngineBusy),
    ],
)
async def test_refusals_come_before_any_text(name: str, kind: type[EngineError]) -> None:
    outcome = await replay(name)
    assert type(outcome.error) is kind
    assert outcome.chunks == [WAITING]


async def test_an_overflow_brings_its_counts() -> None:
    error = (await replay("chat/overflow-truncate-false")).error
    assert isinstance(error, ContextOverflow)
    assert (error.prompt_tokens, error.context_tokens) == (3010, 2048)


@pytest.mark.parametrize("name", ["faults/runner-killed", "faults/server-killed"])
async def test_a_death_in_the_middle_keeps_the_text(name: str) -> None:
    outcome = await replay(name)
    assert isinstance(outcome.error, Interrupted)
    assert outcome.done is None
    assert outcome.text == recorded_text(name)


async def test_too_little_memory_comes_with_its_figures() -> None:
    async def refuse(call: Call) -> None:
        words = "model requires more system memory (5.6 GiB) than is available (3.2 GiB)"
        await call.respond(500 if call.path == "/api/chat" else 200, {"error": words, "models": []})

    async with HttpServer(refuse) as server, engine_for(server) as engine:
        error = (await collect(engine.stream(ask()))).error
    assert isinstance(error, OutOfMemory)
    assert error.needed_bytes is not None
    assert error.free_bytes is not None
    assert error.needed_bytes > error.free_bytes


async def test_what_is_sent() -> None:
    full = Request(
        "smollm2:135m",
        (Message("system", "Be short."), Message("user", "hi")),
        Options(1234, max_tokens=5, temperature=0.0, top_p=0.9, seed=0, stop=("x",)),
        is_thinking=True,
        schema={"type": "object"},
        tools=({"type": "function"},),
        top_logprobs=3,
    )
    async with ReplayServer() as server, engine_for(server) as engine:
        await collect(engine.stream(ask()))
        await collect(engine.stream(full))
    first, second = (call.json for call in server.chats)
    assert first == {
        "model": "smollm2:135m",
        "messages": [{"role": "user", "content": "Name three fruits."}],
        "stream": True,
        "truncate": False,
        "shift": False,
        "think": False,
        "keep_alive": "5m",
        "options": {"num_ctx": 2048},
    }
    assert second["options"] == {
        "num_ctx": 1234,
        "num_predict": 5,
        "temperature": 0.0,
        "top_p": 0.9,
        "seed": 0,
        "stop": ["x"],
    }
    assert second["think"] is True
    assert second["format"] == {"type": "object"}
    assert second["tools"] == [{"type": "function"}]
    assert (second["logprobs"], second["top_logprobs"]) == (True, 3)


async def test_no_tokens_cannot_be_asked_for() -> None:
    async with ReplayServer() as server, engine_for(server) as engine:
        outcome = await collect(engine.stream(ask(max_tokens=0)))
    assert isinstance(outcome.error, RequestRefused)
    assert server.calls == []


async def test_models_with_details() -> None:
    async with ReplayServer() as server, engine_for(server) as engine:
        gemma, smollm = await engine.models()
        again = await engine.models()
    assert again == [gemma, smollm]
    assert len(server.to("/api/show")) == 2  # remembered by digest
    assert smollm.ref == "ollama/smollm2:135m"
    assert (smollm.parameters, smollm.context_tokens, smollm.quantization) == (134_515_008, 8192, "Q4_1")
    assert smollm.kv_bytes_per_token == 30 * 3 * 64 * 2 * 2
    assert gemma.kv_bytes_per_token == 18 * 1 * 256 * 2 * 2
    assert (smollm.family, smollm.size_bytes) == ("llama", 98_362_745)
    assert "completion" in smollm.capabilities


async def test_a_failing_show_does_not_lose_the_list() -> None:
    async with ReplayServer() as server, engine_for(server) as engine:
        server.set("/api/tags", "models/tags-after")  # holds models whose details were not recorded
        found = {model.name: model for model in await engine.models()}
    assert len(found) == 6
    assert found["smollm2:135m"].kv_bytes_per_token is not None
    assert found["breach:nine"].kv_bytes_per_token is None
    assert found["breach:nine"].parameters == 134_520_000
    assert found["thinker:latest"].capabilities == {"completion", "tools", "thinking"}


async def test_lists_of_other_versions() -> None:
    async def sparse(call: Call) -> None:
        await call.respond(
            200, {"models": [{"name": "a"}, 7, {"size": 3}, {"model": "b", "details": None, "size": "x"}]}
        )

    async with HttpServer(sparse) as server, engine_for(server) as engine:
        assert [model.name for model in await engine.models()] == ["a", "b"]


async def test_no_models_at_all() -> None:
    async def nothing(call: Call) -> None:
        await call.respond(200, {"models": None})  # an empty list in some versions

    async with HttpServer(nothing) as server, engine_for(server) as engine:
        assert await engine.models() == []


async def test_loaded_and_unload() -> None:
    async with ReplayServer() as server, engine_for(server) as engine:
        assert await engine.loaded() == [
            LoadedModel("ollama", "smollm2:135m", 160_222_411, 0, 2048, pytest.approx(1795379633.8))
        ]
        server.set("/api/ps", "models/ps-after-unload")
        await engine.unload("smollm2:135m")
        await engine.unload("nothing:here")
    body = server.chats[0].json
    assert (body["keep_alive"], body["messages"]) == (0, [])
    assert (body["truncate"], body["shift"]) == (False, False)


async def test_how_long_a_model_stays_is_told_with_every_answer() -> None:
    chosen: dict[str, float] = {}
    async with ReplayServer() as server:
        engine = OllamaEngine(server.address, keep_of=chosen.get)
        await engine.renew("nothing:here")  # not in memory: nothing is loaded by it
        for seconds in (60.4, math.inf):
            chosen["ollama/smollm2:135m"] = seconds
            await collect(engine.stream(ask()))
            await engine.renew("smollm2:135m")
        await engine.aclose()
    bodies = [call.json for call in server.chats]
    assert [body["keep_alive"] for body in bodies] == [60, 60, -1, -1, "5m"]  # released at the end
    assert [bool(body["messages"]) for body in bodies] == [True, False, True, False, False]
    assert {body["options"]["num_ctx"] for body in bodies} == {2048}  # another context would load it anew


async def test_a_dead_server_does_not_hold_up_the_end() -> None:
    async with ReplayServer() as server:
        engine = OllamaEngine(server.address, keep_of=lambda _ref: math.inf)
        await collect(engine.stream(ask()))
    async with asyncio.timeout(2):
        await engine.aclose()
    with pytest.raises(EngineOffline):  # it is closed, whatever the server heard of it
        await engine.models()


async def test_unload_waits_until_the_model_is_gone() -> None:
    async with ReplayServer() as server, engine_for(server) as engine:
        task = asyncio.ensure_future(engine.unload("smollm2:135m"))
        async with asyncio.timeout(5):
            while len(server.to("/api/ps")) < 2:  # noqa: ASYNC110 - the fake has no event
                await asyncio.sleep(0.01)
        assert not task.done()
        server.set("/api/ps", "models/ps-empty")
        await asyncio.wait_for(task, 5)


async def test_embeddings() -> None:
    async def route(call: Call) -> None:
        vectors = [[3, 4] for _ in call.json["input"]] if call.json["model"] == "good" else [[None]]
        await call.respond(200, {"embeddings": vectors})

    async with HttpServer(route) as server, engine_for(server) as engine:
        assert await engine.embed("good", ["a", "b"]) == [(0.6, 0.8), (0.6, 0.8)]
        assert await engine.embed("good", []) == []
        with pytest.raises(BadReply):
            await engine.embed("bad", ["a"])
    assert server.calls[0].json["options"] == {"num_ctx": 4096}
    assert server.calls[0].json["truncate"] is False
    assert len(server.calls) == 2


async def test_embedding_with_a_chat_model_is_refused() -> None:
    async with ReplayServer() as server, engine_for(server) as engine:
        server.set("/api/embed", "embed/one")
        with pytest.raises(RequestRefused, match="does not support embeddings"):
            await engine.embed("smollm2:135m", ["a"])


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (200, "<html><title>Router</title></html>", {"server": "nginx/1.22"}, "nginx/1.22"),
        (404, "<html>Not Found</html>", {"server": "Apache"}, "Apache"),
        (200, '{"hello": "world"}', {}, "lists no models"),
        (200, "[]", {"content-type": "application/json"}, "application/json"),
        (302, "", {"location": "https://elsewhere.example/"}, "elsewhere.example"),
    ],
)
async def test_something_else_on_the_port_is_named(
    status: int, body: str, headers: dict[str, str], words: str
) -> None:
    async def stranger(call: Call) -> None:
        await call.respond(status, body, headers)

    async with HttpServer(stranger) as server, engine_for(server) as engine:
        with pytest.raises(BadReply) as caught:
            await engine.models()
        outcome = await collect(engine.stream(ask()))
    assert words in caught.value.message
    assert server.address in caught.value.message
    assert isinstance(outcome.error, BadReply | Interrupted)


async def test_a_port_that_does_not_speak_http() -> None:
    async def ssh(call: Call) -> None:
        await call.raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    async with HttpServer(ssh) as server, engine_for(server) as engine:
        with pytest.raises(BadReply, match="HTTP"):
            await engine.models()


async def test_nobody_there() -> None:
    async with ReplayServer() as server:
        address = server.address
    engine = OllamaEngine(address)
    with pytest.raises(EngineOffline, match=r"127\.0\.0\.1"):
        await engine.models()
    assert isinstance((await collect(engine.stream(ask()))).error, EngineOffline)
    await engine.aclose()


async def test_a_closed_engine_is_offline() -> None:
    async with ReplayServer() as server:
        engine = OllamaEngine(server.address)
        await engine.models()
        await engine.aclose()
        await engine.aclose()
        with pytest.raises(EngineOffline):
            await engine.models()


async def test_the_environments_key_goes_to_its_own_origin_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "canary")
    async with ReplayServer() as server, engine_for(server) as engine:
        await engine.models()
        await collect(engine.stream(ask()))
    assert len(server.calls) > 3
    assert not any("canary" in json.dumps(dict(call.headers)) for call in server.calls)
    assert OllamaEngine("https://ollama.com")._api_key == "canary"
    assert OllamaEngine("https://ollama.com.evil.example")._api_key is None


async def test_an_own_key_is_sent_and_does_not_follow_redirects() -> None:
    async def other(call: Call) -> None:
        await call.respond(200, {"models": []})

    async with HttpServer(other) as elsewhere:

        async def redirect(call: Call) -> None:
            await call.respond(307, "", {"location": f"{elsewhere.address}{call.path}"})

        async with HttpServer(redirect) as server:
            engine = OllamaEngine(server.address, api_key="sk-mine")
            with pytest.raises(BadReply):
                await engine.models()
            assert isinstance((await collect(engine.stream(ask()))).error, BadReply)
            await engine.aclose()
    assert {call.headers["authorization"] for call in server.calls} == {"Bearer sk-mine"}
    assert elsewhere.calls == []


async def test_loopback_ignores_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with ReplayServer() as server, engine_for(server) as engine:
        assert await engine.models()
        assert (await collect(engine.stream(ask()))).error is None


async def test_a_slow_list_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    from slmdesk.engines.ollama import client as ollama_client

    monkeypatch.setattr(ollama_client, "_SHORT", 0.2)

    async def hang(call: Call) -> None:
        await call.is_gone.wait()

    async with HttpServer(hang) as server, engine_for(server) as engine:
        with pytest.raises(EngineOffline, match="in time"):
            await engine.models()


@pytest.mark.parametrize(
    ("piece", "words"), [(b" ", "within 0.3 seconds"), (b" " * 65_536, "more than 1 MiB")]
)
async def test_a_trickle_and_a_flood_in_place_of_a_reply_end(
    piece: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "REPLY_WITHIN_S", 0.3)
    monkeypatch.setattr(transport, "MAX_REPLY_BYTES", 1 << 20)

    async def endless(call: Call) -> None:
        await call.start(200)
        while True:
            await call.send(piece)
            await asyncio.sleep(0.01 if len(piece) == 1 else 0)

    async with HttpServer(endless) as server, engine_for(server) as engine, asyncio.timeout(5):
        client = await engine._client.get()
        for asking in (client.tags(), client.running(), client.details("m"), client.expire({})):
            with pytest.raises(BadReply, match=words):
                await asking
    assert all(call.bytes_sent < 16 << 20 for call in server.calls)


@pytest.mark.parametrize("status", [200, 401])
async def test_a_server_that_repeats_the_key_is_not_repeated(status: int) -> None:
    async def tell(call: Call) -> None:
        await call.respond(status, {"error": "unauthorized: sk-canary"})

    async with HttpServer(tell) as server:
        engine = OllamaEngine(server.address, api_key="sk-canary")
        error = (await collect(engine.stream(ask()))).error
        with pytest.raises(EngineError) as caught:
            await engine.models()
        await engine.aclose()
    assert error is not None
    assert "canary" not in caught.value.sentence() + error.sentence()


@pytest.mark.ollama
async def test_a_real_server() -> None:
    engine = OllamaEngine()
    try:
        models = await engine.models()
    except EngineError as error:
        pytest.skip(error.message)
    chats = [m for m in models if "completion" in m.capabilities]
    if not chats:
        pytest.skip("the server has no model to chat with")
    smallest = min(chats, key=lambda model: model.size_bytes or 0)
    outcome = await collect(engine.stream(ask(smallest.name, 2048, max_tokens=8, temperature=0.0)))
    assert outcome.error is None
    assert outcome.text
    assert outcome.done is not None
    assert outcome.done.timings.output_tokens in range(1, 9)
    assert smallest.name in [model.name for model in await engine.loaded()]
    await engine.unload(smallest.name)
    assert smallest.name not in [model.name for model in await engine.loaded()]
    overflow = Request(smallest.name, (Message("user", "word " * 5000),), Options(2048))
    assert isinstance((await collect(engine.stream(overflow))).error, ContextOverflow)
    await engine.unload(smallest.name)
    await engine.aclose()


async def test_pictures_are_sent_beside_the_text() -> None:
    seen = Message(
        "user", "What is this?", (Image(b"\x89PNG", "image/png"), Image(b"\xff\xd8", "image/jpeg"))
    )
    async with ReplayServer("chat/stream") as server, engine_for(server) as engine:
        await collect(engine.stream(Request("llava", (Message("system", "Be brief."), seen))))
    assert server.chats[0].json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is this?", "images": ["iVBORw==", "/9g="]},
    ]
