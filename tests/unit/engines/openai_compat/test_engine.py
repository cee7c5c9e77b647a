"""The OpenAI-compatible engine against a server on loopback."""

import asyncio
import contextlib
import json
import traceback
from collections.abc import AsyncIterator

import pytest

from slmdesk.base.errors import (
    BadInput,
    BadReply,
    ContextOverflow,
    EngineBusy,
    EngineError,
    EngineOffline,
    Interrupted,
    ModelMissing,
    NotAuthorised,
    RequestRefused,
)
from slmdesk.engines.base import (
    Image,
    Message,
    ModelInfo,
    Options,
    Phase,
    Progress,
    Request,
    StopReason,
    Timings,
)
from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.engines.wire import transport
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.openai_server import HELLO, JSON, OpenAIServer, delta, stream
from tests.fakes.streams import collect

ASK = Request("small", (Message("user", "hi"),), Options(max_tokens=5))


@contextlib.asynccontextmanager
async def engine_for(server: HttpServer, key: str | None = None) -> AsyncIterator[OpenAICompatible]:
    engine = OpenAICompatible("box", "Box", server.address, key)
    try:
        yield engine
    finally:
        await engine.aclose()


async def test_an_answer() -> None:
    async with OpenAIServer() as server, engine_for(server) as engine:
        outcome = await collect(engine.stream(ASK))
    assert outcome.text == "Hello"
    assert outcome.chunks[0] == Progress(Phase.WAITING)
    assert outcome.done is not None
    assert outcome.done.stop_reason is StopReason.END
    assert outcome.done.timings == Timings(prompt_tokens=7, output_tokens=2)
    assert server.chats[0].json == {
        "model": "small",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 5,
    }


async def test_models_and_what_llama_cpp_adds() -> None:
    meta = {"n_ctx_train": 8192, "n_params": 134515008, "size": 98_000_000}
    entries = [{"id": "a", "meta": meta}, {"id": "b", "max_model_len": 4096}, {"id": 7}, "x"]

    async def listing(call: Call) -> None:
        await call.respond(200, {"data": entries}, JSON)

    async with HttpServer(listing) as server, engine_for(server) as engine:
        assert await engine.models() == [
            ModelInfo("box", "a", 98_000_000, 134515008, context_tokens=8192),
            ModelInfo("box", "b", context_tokens=4096),
        ]


async def test_embeddings_come_in_the_order_of_the_texts() -> None:
    async with OpenAIServer() as server, engine_for(server) as engine:
        assert await engine.embed("small", ["a", "b", "c"]) == [
            (0.0, 1.0),
            (pytest.approx(0.7071, abs=1e-4), pytest.approx(0.7071, abs=1e-4)),
            (pytest.approx(0.8944, abs=1e-4), pytest.approx(0.4472, abs=1e-4)),
        ]
        assert await engine.embed("small", []) == []
    assert len(server.calls) == 1


async def test_what_these_servers_do_not_tell() -> None:
    async with OpenAIServer() as server, engine_for(server) as engine:
        assert await engine.loaded() == []
        await engine.unload("small")
    assert server.calls == []


async def test_a_refusal_of_usage_costs_no_generation() -> None:
    generations = 0

    async def strict(call: Call) -> None:
        nonlocal generations
        if "stream_options" in call.json:
            await call.respond(400, {"error": {"message": "Unknown field: stream_options"}}, JSON)
        else:
            generations += 1
            await stream(call, HELLO)

    async with OpenAIServer() as server, engine_for(server) as engine:
        server.on_chat = strict
        for expected in (1, 2):
            assert (await collect(engine.stream(ASK))).text == "Hello"
            assert generations == expected
    assert len(server.chats) == 3  # the dislike is remembered


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"message": "m", "code": "context_length_exceeded"}, ContextOverflow),
        (400, {"message": "temperature is too hot"}, RequestRefused),
        (401, {"message": "no"}, NotAuthorised),
        (403, {"message": "no"}, NotAuthorised),
        (404, {"message": "The model `small` does not exist", "code": "model_not_found"}, ModelMissing),
        (409, {"message": "m"}, RequestRefused),
        (422, {"message": "m"}, RequestRefused),
        (429, {"message": "slow down"}, EngineBusy),
        (500, {"message": "m"}, RequestRefused),
        (502, "bad gateway", EngineOffline),
        (503, {"message": "Loading model", "type": "unavailable_error"}, EngineBusy),
    ],
)
async def test_each_status_has_its_error_and_is_asked_for_once(
    status: int, error: object, kind: type[EngineError]
) -> None:
    async def refuse(call: Call) -> None:
        await call.respond(status, json.dumps({"error": error}), JSON)

    async with OpenAIServer() as server, engine_for(server) as engine:
        server.on_chat = refuse
        outcome = await collect(engine.stream(ASK))
    assert type(outcome.error) is kind
    assert len(server.chats) == 1


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (200, "<html>Router</html>", {"server": "nginx/1.22"}, "nginx/1.22"),
        (404, "Not Found", {"server": "Apache"}, "Apache"),
        (200, '{"hello": "world"}', JSON, "hello"),
        (302, "", {"location": "https://elsewhere.example/"}, "elsewhere.example"),
    ],
)
async def test_something_else_at_the_address_is_named(
    status: int, body: str, headers: dict[str, str], words: str
) -> None:
    async def stranger(call: Call) -> None:
        await call.respond(status, body, headers)

    async with HttpServer(stranger) as server, engine_for(server) as engine:
        with pytest.raises(BadReply) as caught:
            await engine.models()
        assert isinstance((await collect(engine.stream(ASK))).error, BadReply | Interrupted)
    assert words in caught.value.message
    assert server.address in caught.value.message


async def test_nobody_there() -> None:
    async with OpenAIServer() as server:
        pass
    async with engine_for(server) as engine:
        with pytest.raises(EngineOffline):
            await engine.models()
        assert isinstance((await collect(engine.stream(ASK))).error, EngineOffline)


async def test_a_cut_and_a_reset_in_the_middle() -> None:
    async def cut(call: Call) -> None:
        await call.start(200, {"content-type": "text/event-stream"})
        await call.send(delta(content="so far"))
        call.abort() if len(server.chats) > 1 else await call.hang_up()

    async with OpenAIServer() as server, engine_for(server) as engine:
        server.on_chat = cut
        for _ in range(2):
            outcome = await collect(engine.stream(ASK))
            assert outcome.text == "so far"
            assert isinstance(outcome.error, Interrupted)
            assert outcome.done is None
    assert len(server.chats) == 2


async def test_the_key_goes_to_its_origin_and_follows_no_redirect() -> None:
    async def other(call: Call) -> None:
        await call.respond(200, {"data": []}, JSON)

    async with HttpServer(other) as elsewhere:

        async def redirect(call: Call) -> None:
            await call.respond(307, "", {"location": f"{elsewhere.address}{call.path}"})

        async with HttpServer(redirect) as server, engine_for(server, "sk-mine") as engine:
            with pytest.raises(BadReply):
                await engine.models()
            assert isinstance((await collect(engine.stream(ASK))).error, BadReply)
    assert {call.headers["authorization"] for call in server.calls} == {"Bearer sk-mine"}
    assert elsewhere.calls == []


async def test_nothing_of_the_environment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "BASE_URL", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "https://canary")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Canary: canary\nAuthorization: canary")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with OpenAIServer() as server, engine_for(server) as engine:
        await engine.models()
        assert (await collect(engine.stream(ASK))).text == "Hello"
    assert len(server.calls) == 2
    for call in server.calls:
        assert "canary" not in json.dumps(dict(call.headers))
        assert "authorization" not in call.headers


async def test_a_server_that_repeats_the_key_is_not_repeated() -> None:
    async def tell(call: Call) -> None:
        await call.respond(401, {"error": {"message": "Incorrect API key provided: sk-canary"}}, JSON)

    async with HttpServer(tell) as server, engine_for(server, "sk-canary") as engine:
        with pytest.raises(NotAuthorised) as caught:
            await engine.models()
        error = (await collect(engine.stream(ASK))).error
    assert error is not None
    assert "canary" not in caught.value.sentence() + error.sentence()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (delta(content="a") + b'data: {"error": {"message": "bad key sk-canary"}}\n\n', {}),
        (b"Bearer sk-canary is what you sent", {"content-type": "text/plain"}),
        (b'{"authorization": "Bearer sk-canary"}', JSON),
    ],
)
async def test_nor_is_one_that_repeats_it_with_status_200(body: bytes, headers: dict[str, str]) -> None:
    async def tell(call: Call) -> None:
        await call.respond(200, body, headers)

    async with HttpServer(tell) as server, engine_for(server, "sk-canary") as engine:
        with pytest.raises(BadReply) as caught:
            await engine.models()
        error = (await collect(engine.stream(ASK))).error
    assert error is not None
    assert "canary" not in "".join(traceback.format_exception(error)) + str(error)
    assert "canary" not in "".join(traceback.format_exception(caught.value)) + str(caught.value)


async def test_how_long_to_wait_is_told() -> None:
    """More than a minute is not waited for: the user decides."""
    asked = [
        {"retry-after": "90"},
        {"retry-after": "Wed, 21 Oct 2026 07:29:40 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
        {"retry-after-ms": "61000", "retry-after": "1"},
        {"retry-after": "soon"},
    ]

    async def refuse(call: Call) -> None:
        headers = JSON | asked[len(server.chats) - 1]
        await call.respond(429, {"error": "Rate limit reached"}, headers)

    async with OpenAIServer() as server, engine_for(server) as engine:
        server.on_chat = refuse
        errors = [(await collect(engine.stream(ASK))).error for _ in asked]
    assert [error.next_step for error in errors if error] == [
        "Try again in 90 s.",
        "Try again in 100 s.",
        "Try again in 61 s.",
        EngineBusy.next_step,
    ]
    assert len(server.chats) == len(asked)


@pytest.mark.parametrize("status", [200, 401, 500])
async def test_a_body_without_end_is_not_waited_for(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "REPLY_WITHIN_S", 0.3)
    monkeypatch.setattr(transport, "_ERROR_BODY_TIMEOUT_S", 0.2)

    async def trickle(call: Call) -> None:
        await call.start(status, {"content-type": "audio/mpeg"})
        while True:
            await call.send(b"x")
            await asyncio.sleep(0.01)

    async with HttpServer(trickle) as server, engine_for(server) as engine, asyncio.timeout(5):
        with pytest.raises(BadReply if status == 200 else EngineError):
            await engine.models()
        if status != 200:
            assert (await collect(engine.stream(ASK))).error is not None


async def test_a_flood_in_place_of_a_list_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_REPLY_BYTES", 1 << 20)

    async def flood(call: Call) -> None:
        await call.start(200, JSON)
        while True:
            await call.send(b" " * 65_536)

    async with HttpServer(flood) as server, engine_for(server) as engine, asyncio.timeout(5):
        for asking in (engine.models(), engine.embed("small", ["a"])):
            with pytest.raises(BadReply, match="sent more than 1 MiB"):
                await asking
    assert all(call.bytes_sent < 16 << 20 for call in server.calls)


async def test_a_wrong_and_a_right_key() -> None:
    async with OpenAIServer(key="right") as server:
        async with engine_for(server, "wrong") as engine:
            with pytest.raises(NotAuthorised):
                await engine.models()
        async with engine_for(server, "right") as engine:
            assert [model.ref for model in await engine.models()] == ["box/small"]


async def test_a_key_that_is_no_header() -> None:
    async with OpenAIServer() as server, engine_for(server, "sk-\nline") as engine:
        with pytest.raises(NotAuthorised) as caught:
            await engine.models()
    assert server.calls == []
    assert "sk-" not in caught.value.sentence()


async def test_a_schema_that_is_no_json() -> None:
    async with OpenAIServer() as server, engine_for(server) as engine:
        outcome = await collect(engine.stream(Request("small", (), schema={"type": {1, 2}})))
    assert isinstance(outcome.error, RequestRefused)


async def test_half_characters_in_a_prompt_do_not_stop_it() -> None:
    async with OpenAIServer() as server, engine_for(server) as engine:
        outcome = await collect(engine.stream(Request("small", (Message("user", "a\ud83d"),))))
    assert outcome.text == "Hello"
    assert server.chats[0].json["messages"][0]["content"] == "a�"


def test_an_address_that_is_none() -> None:
    with pytest.raises(BadInput):
        OpenAICompatible("x", "X", "ftp://box")


async def test_a_closed_engine_is_offline() -> None:
    async with OpenAIServer() as server:
        engine = OpenAICompatible("x", "X", server.address)
        await engine.models()
        await engine.aclose()
        await engine.aclose()
        with pytest.raises(EngineOffline):
            await engine.models()


async def test_pictures_are_sent_before_the_text() -> None:
    seen = Message("user", "What is this?", (Image(b"\x89PNG", "image/png"),))
    async with OpenAIServer() as server, engine_for(server) as engine:
        await collect(engine.stream(Request("small", (seen,))))
    assert server.chats[0].json["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
                {"type": "text", "text": "What is this?"},
            ],
        }
    ]
