"""An OpenAI-compatible server on loopback: streams what it is told, refuses what it is told."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.fakes.http_server import Call, HttpServer


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def delta(**fields: Any) -> bytes:
    return event({"choices": [{"index": 0, "delta": fields, "finish_reason": None}]})


def finish(reason: str = "stop") -> bytes:
    return event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})


USAGE = event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}})
DONE = b"data: [DONE]\n\n"
HELLO = (
    delta(role="assistant", content=""),
    delta(content="Hel"),
    delta(content="lo"),
    finish(),
    USAGE,
    DONE,
)


class OpenAIServer(HttpServer):
    """Answers chats with `events`, or with `on_chat` where a test needs more."""

    def __init__(self, events: Sequence[bytes] = HELLO, *, key: str | None = None) -> None:
        super().__init__(self._route)
        self.events = events
        self.key = key
        self.on_chat: Callable[[Call], Awaitable[None]] | None = None

    @property
    def chats(self) -> list[Call]:
        return self.to("/v1/chat/completions")

    async def _route(self, call: Call) -> None:
        if self.key is not None and call.headers.get("authorization") != f"Bearer {self.key}":
            await call.respond(
                401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}, JSON
            )
        elif call.path == "/v1/models":
            await call.respond(200, {"object": "list", "data": [{"id": "small", "object": "model"}]}, JSON)
        elif call.path == "/v1/embeddings":
            data = [{"index": i, "embedding": [float(i), 1.0]} for i in range(len(call.json["input"]))]
            await call.respond(200, {"object": "list", "data": data[::-1]}, JSON)
        elif call.path != "/v1/chat/completions":
            await call.respond(404, "404 page not found", {"content-type": "text/plain"})
        elif self.on_chat is not None:
            await self.on_chat(call)
        else:
            await stream(call, self.events)


JSON = {"content-type": "application/json"}


async def stream(call: Call, events: Sequence[bytes]) -> None:
    await call.start(200, {"content-type": "text/event-stream"})
    for item in events:
        await call.send(item)
    await call.end()
