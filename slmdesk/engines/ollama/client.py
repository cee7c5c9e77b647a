"""The `ollama` package's client, made safe: one origin, one time-out table, streams as bytes.

Import this module in a worker thread: it takes 0.4 s, and making a client may build a TLS context.
"""

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

import httpcore
import httpx
import ollama

from slmdesk.base.errors import BadReply
from slmdesk.base.words import say
from slmdesk.engines.wire.addresses import is_encrypted, is_loopback
from slmdesk.engines.wire.frames import Frame, parse_object
from slmdesk.engines.wire.transport import (
    CONNECT_TIMEOUT_S,
    SHORT_TIMEOUT_S,
    checked_key,
    error_table,
    mapped,
    refuse_status,
    replied_in_time,
    response_bytes,
    stranger,
    whole_body,
    without_key,
)

TABLE = error_table(httpx, httpcore)
_SHORT = httpx.Timeout(SHORT_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
# The first token has no deadline, only the connection has: a queue or a long prompt is silent.
_PATIENT = httpx.Timeout(None, connect=CONNECT_TIMEOUT_S)
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=8)


class OllamaClient(ollama.AsyncClient):
    """Raises EngineError alone. Redirects are not followed and the key stays with its origin."""

    def __init__(self, address: str, api_key: str | None) -> None:
        self._key = checked_key(api_key)
        super().__init__(
            address,
            follow_redirects=False,
            timeout=_SHORT,
            limits=_LIMITS,
            trust_env=not is_loopback(address),
            # None makes no TLS context at all, which plain http does not need.
            verify=True if is_encrypted(address) else None,
        )
        self._where = say("Ollama at {address}", address=address)
        # The package adds OLLAMA_API_KEY of the environment, whatever the address.
        self._client.headers.pop("authorization", None)
        if self._key:
            self._client.headers["authorization"] = f"Bearer {self._key}"

    def open_chat(
        self, body: Mapping[str, Any]
    ) -> contextlib.AbstractAsyncContextManager[AsyncGenerator[bytes, None]]:
        """Send one generation; leaving the context closes the connection, which stops the server."""
        return self.open_stream("/api/chat", body)

    @contextlib.asynccontextmanager
    async def open_stream(
        self, path: str, body: Mapping[str, Any]
    ) -> AsyncGenerator[AsyncGenerator[bytes, None], None]:
        """Send what is answered piece by piece; leaving the context closes the connection."""
        stream = self._client.stream("POST", path, content=json.dumps(body), timeout=_PATIENT)
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(without_key(self._key))  # errors of the stream pass here, too
            with mapped(TABLE, self._where):
                response = await stack.enter_async_context(stream)
            await refuse_status(response, TABLE, self._where, model=str(body.get("model", "")))
            data = response_bytes(response, TABLE, self._where)
            yield await stack.enter_async_context(contextlib.aclosing(data))

    async def tags(self) -> list[Frame]:
        """The models as the server lists them: the package's own type drops their capabilities."""
        reply = await self._ask("GET", "/api/tags")
        models = reply.get("models", ...)
        if not isinstance(models, list | None):
            raise BadReply(say("{where} is something else: it lists no models.", where=self._where))
        return [model for model in models or () if isinstance(model, dict)]

    async def shown(self, model: str) -> Frame:
        """All that the server tells of one model."""
        return await self._ask("POST", "/api/show", content=json.dumps({"model": model}))

    async def order(self, method: str, path: str, body: Mapping[str, Any], *, model: str) -> None:
        """Have something done that is answered without words: a copy, a deletion."""
        where = self._where
        async with replied_in_time(where):
            with without_key(self._key), mapped(TABLE, where):
                async with self._client.stream(method, path, content=json.dumps(body)) as response:
                    await refuse_status(response, TABLE, where, model=model)

    async def has_blob(self, digest: str) -> bool:
        """Whether the server has a file of this digest."""
        with without_key(self._key), mapped(TABLE, self._where):
            response = await self._client.head(f"/api/blobs/{digest}")
            return bool(response.is_success)

    async def send_blob(self, digest: str, size_bytes: int, blocks: AsyncIterator[bytes]) -> None:
        """Give the server a file; it checks the digest."""
        path, headers = f"/api/blobs/{digest}", {"content-length": str(size_bytes)}
        stream = self._client.stream("POST", path, content=blocks, headers=headers, timeout=_PATIENT)
        with without_key(self._key), mapped(TABLE, self._where):
            async with stream as response:
                await refuse_status(response, TABLE, self._where)

    async def details(self, model: str) -> ollama.ShowResponse:
        reply = await self.shown(model)
        with mapped(TABLE, self._where):
            return ollama.ShowResponse(**reply)

    async def running(self) -> ollama.ProcessResponse:
        reply = await self._ask("GET", "/api/ps")
        with mapped(TABLE, self._where):
            return ollama.ProcessResponse(**reply)

    async def vectors(self, body: Mapping[str, Any]) -> list[Any]:
        """Embeddings; loading the model and many texts may take long."""
        reply = await self._fetch("POST", "/api/embed", content=json.dumps(body), timeout=_PATIENT)
        vectors = reply.get("embeddings")
        if not isinstance(vectors, list):
            raise BadReply(say("{where} sent no embeddings.", where=self._where))
        return vectors

    async def expire(self, body: Mapping[str, Any]) -> None:
        """Send a chat without messages that only sets how long a model is kept."""
        await self._ask("POST", "/api/chat", content=json.dumps(body))

    async def close(self) -> None:
        with mapped(TABLE, self._where):
            await self._client.aclose()

    async def _ask(self, method: str, path: str, **kwargs: Any) -> Frame:
        async with replied_in_time(self._where):
            return await self._fetch(method, path, **kwargs)

    async def _fetch(self, method: str, path: str, **kwargs: Any) -> Frame:
        where = self._where
        with without_key(self._key), mapped(TABLE, where):
            async with self._client.stream(method, path, **kwargs) as response:
                await refuse_status(response, TABLE, where)
                body = await whole_body(response, TABLE, where)
            try:
                return parse_object(body)
            except BadReply as error:
                raise stranger(body, response.headers, where) from error
