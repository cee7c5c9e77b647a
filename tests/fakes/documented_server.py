"""A server of OpenAI's protocol as it is documented, for clients that must get every part of it right.

Its model "small" repeats one sentence. It is OpenAI's, Azure's or any compatible server, by its paths,
header of the key and names of options, and fails in the ways that it is told to.
"""

import asyncio
import json
import math
from collections import deque
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.fakes.http_server import Call, HttpServer
from tests.fakes.openai_server import DONE, JSON, event

KEY = "sk-documented"
API_VERSION = "2024-10-21"
MOST_CHARACTERS = 40_000  # of a prompt
SENTENCE = "Apples, pears and plums are three fruits that many people like to eat. "
WORDS = [word + " " for word in SENTENCE.split()] * 20
JSON_ANSWER = ['{"', "fruit", '": "', "apple", '"}']

Flavour = Literal["compatible", "openai", "azure", "azure-v1"]
Fault = Literal["cut", "stall", "left open", "busy", "error frame"]


class DocumentedServer(HttpServer):
    """`faults` happen to the next chats, one each. `generations` counts answers that were begun."""

    def __init__(self, flavour: Flavour = "compatible") -> None:
        super().__init__(self._route)
        self.flavour = flavour
        self.faults: deque[Fault] = deque()
        self.generations = 0

    @property
    def engine_address(self) -> str:
        """What a client is given."""
        return self.address + {"azure": "", "azure-v1": "/openai/v1"}.get(self.flavour, "/v1")

    async def _route(self, call: Call) -> None:
        path, query = urlsplit(call.path).path, parse_qs(urlsplit(call.path).query)
        if not self._is_authorised(call):
            await refuse(call, 401, "Incorrect API key provided", code="invalid_api_key")
        elif self.flavour == "azure" and query.get("api-version") != [API_VERSION]:
            await refuse(call, 404, "Resource not found", code="404")
        else:
            await self._act(call, self._action(call, path))

    async def _act(self, call: Call, action: str) -> None:
        match action:
            case "models":
                entries = [{"id": "small", "object": "model", "created": 1, "owned_by": "us"}]
                await call.respond(200, {"object": "list", "data": entries}, JSON)
            case "embeddings":
                await self._embed(call)
            case "chat/completions":
                await self._chat(call)
            case "no deployment":
                await refuse(call, 404, "The API deployment does not exist.", code="DeploymentNotFound")
            case _:
                await call.respond(404, "404 page not found", {"content-type": "text/plain"})

    def _is_authorised(self, call: Call) -> bool:
        if self.flavour.startswith("azure"):
            return call.headers.get("api-key") == KEY and "authorization" not in call.headers
        is_key = call.headers.get("authorization") == f"Bearer {KEY}"
        return is_key or (self.flavour == "compatible" and "authorization" not in call.headers)

    def _action(self, call: Call, path: str) -> str:
        """The part of the path behind the base address and, at Azure, the deployment."""
        if self.flavour != "azure":
            return path.removeprefix(urlsplit(self.engine_address).path + "/")
        if not path.startswith("/openai/deployments/"):
            return path.removeprefix("/openai/")
        deployment, _, action = path.removeprefix("/openai/deployments/").partition("/")
        return action if deployment == "small" else "no deployment"

    async def _embed(self, call: Call) -> None:
        body = call.json
        if body["model"] != "small":
            await missing(call, body["model"])
            return
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        data = [
            {"object": "embedding", "index": index, "embedding": [float(len(text)), 1.0, 0.0]}
            for index, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        await call.respond(200, {"object": "list", "data": data[::-1], "usage": usage}, JSON)

    async def _chat(self, call: Call) -> None:
        body = call.json
        if body["model"] != "small":
            await missing(call, body["model"])
        elif not body["messages"]:
            await refuse(call, 400, "[] is too short - 'messages'", param="messages")
        elif sum(len(message["content"]) for message in body["messages"]) > MOST_CHARACTERS:
            words = "This model's maximum context length is 8192 tokens."
            await refuse(call, 400, words, code="context_length_exceeded", param="messages")
        elif self.flavour == "openai" and (wrong := next((n for n in _REFUSED if n in body), None)):
            await refuse(call, 400, f"Unsupported parameter: '{wrong}' is not supported.", param=wrong)
        else:
            await self._generate(call, body, self.faults.popleft() if self.faults else None)

    async def _generate(self, call: Call, body: dict[str, Any], fault: Fault | None) -> None:
        if fault == "busy":
            data = json.dumps({"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}})
            await call.respond(429, data, {**JSON, "retry-after": "1"})
            return
        self.generations += 1
        await asyncio.sleep(0.05)  # a model reads before it writes
        words, reason = _words(body)
        await call.start(200, {"content-type": "text/event-stream"})
        await call.send(_chunk(body, {"role": "assistant", "content": ""}))
        for number, word in enumerate(words):
            if number == 2 and fault in ("cut", "stall", "error frame"):
                await self._fail(call, fault)
                return
            await call.send(_chunk(body, {"content": word}, word))
        await call.send(_chunk(body, {}, reason=reason))
        if fault == "left open":
            await call.is_gone.wait()
        if body.get("stream_options", {}).get("include_usage"):
            usage = {"prompt_tokens": 7, "completion_tokens": len(words), "total_tokens": 7 + len(words)}
            await call.send(event({"object": "chat.completion.chunk", "choices": [], "usage": usage}))
        await call.send(DONE)
        await call.end()

    @staticmethod
    async def _fail(call: Call, fault: Fault) -> None:
        match fault:
            case "cut":
                call.abort()
            case "stall":
                await call.is_gone.wait()
            case "error frame":
                await call.send(
                    event({"error": {"message": "The server had an error", "type": "server_error"}})
                )
                await call.end()


_REFUSED = ("max_tokens", "temperature")  # by OpenAI's reasoning models


async def refuse(call: Call, status: int, message: str, *, code: str = "", param: str = "") -> None:
    error = {
        "message": message,
        "type": "invalid_request_error",
        "param": param or None,
        "code": code or None,
    }
    await call.respond(status, {"error": error}, JSON)


async def missing(call: Call, model: str) -> None:
    await refuse(call, 404, f"The model `{model}` does not exist", code="model_not_found")


def _words(body: dict[str, Any]) -> tuple[list[str], str]:
    """What the model says, and why it stops: the schema's end, a stop word or the limit."""
    words = JSON_ANSWER if body.get("response_format", {}).get("type") == "json_schema" else WORDS
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or len(words)
    said: list[str] = []
    for word in words:
        if any(stop in "".join([*said, word]) for stop in body.get("stop", ())):
            return said, "stop"
        if len(said) == limit:
            return said, "length"
        said.append(word)
    return said, "stop"


def _chunk(body: dict[str, Any], delta: dict[str, Any], word: str = "", reason: str | None = None) -> bytes:
    choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": reason}
    if word and body.get("logprobs"):
        others = [("other ", math.log(0.2)), ("third ", math.log(0.1))][: body["top_logprobs"] - 1]
        top = [{"token": token, "logprob": value} for token, value in ((word, math.log(0.7)), *others)]
        choice["logprobs"] = {"content": [{**top[0], "top_logprobs": top}]}
    frame = {"id": "1", "object": "chat.completion.chunk", "model": body["model"], "choices": [choice]}
    return event(frame)
