"""The `ollama` package's client, made safe: one origin, one time-out table, streams as bytes.

Import this module in a worker thread: it takes 0.4 s, and making a client may build a TLS context.
"""

import contextlib
import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

import httpcore
import httpx
import ollama

from slmdesk.base.errors import BadReply
from slmdesk.engines.wire.addresses import is_encrypted, is_loopback
from slmdesk.engines.wire.frames import Frame, parse_object
from slmdesk.engines.wire.server_errors import read_body, status_error
from slmdesk.engines.wire.transport import (
    CONNECT_TIMEOUT_S,
    SHORT_TIMEOUT_S,
    Row,
    checked_key,
    error_table,
    mapped,
    refuse_status,
    reply_error,
    response_bytes,
    stranger,
)

TABLE = (
    *error_table(httpx, httpcore),
    # The package unpacks a reply into its type without a look at it.
    Row(TypeError, BadReply, "{where} sent something that is not an object.", "must be a mapping"),
)
_SHORT = httpx.Timeout(SHORT_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
# The first token has no deadline, only the connection has: a queue or a long prompt is silent.
_PATIENT = httpx.Timeout(None, connect=CONNECT_TIMEOUT_S)
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=8)


class OllamaClient(ollama.AsyncClient):
    """Raises EngineError alone. Redirects are not followed and the key stays with its origin."""

    def __init__(self, address: str, api_key: str | None) -> None:
        key = checked_key(api_key)
        super().__init__(
            address,
            follow_redirects=False,
            timeout=_SHORT,
            limits=_LIMITS,
            trust_env=not is_loopback(address),
            # None makes no TLS context at all, which plain http does not need.
            verify=True if is_encrypted(address) else None,
        )
        self._where = f"Ollama at {address}"
        # The package adds OLLAMA_API_KEY of the environment, whatever the address.
        self._client.headers.pop("authorization", None)
        if key:
            self._client.headers["authorization"] = f"Bearer {key}"

    @contextlib.asynccontextmanager
    async def open_chat(self, body: Mapping[str, Any]) -> AsyncGenerator[AsyncGenerator[bytes, None], None]:
        """Send one generation; leaving the context closes the connection, which stops the server."""
        stream = self._client.stream("POST", "/api/chat", content=json.dumps(body), timeout=_PATIENT)
        async with contextlib.AsyncExitStack() as stack:
            with mapped(TABLE, self._where):
                response = await stack.enter_async_context(stream)
            await refuse_status(response, TABLE, self._where, model=str(body.get("model", "")))
            data = response_bytes(response, TABLE, self._where)
            yield await stack.enter_async_context(contextlib.aclosing(data))

    async def tags(self) -> list[Frame]:
        """The models as the server lists them: the package's own type drops their capabilities."""
        reply = await self._fetch("GET", "/api/tags")
        models = reply.get("models", ...)
        if not isinstance(models, list | None):
            raise BadReply(f"{self._where} is something else: it lists no models.")
        return [model for model in models or () if isinstance(model, dict)]

    async def details(self, model: str) -> ollama.ShowResponse:
        with self._mapped():
            return await self.show(model)

    async def running(self) -> ollama.ProcessResponse:
        with self._mapped():
            return await self.ps()

    async def vectors(self, body: Mapping[str, Any]) -> list[Any]:
        """Embeddings; loading the model and many texts may take long."""
        reply = await self._fetch("POST", "/api/embed", content=json.dumps(body), timeout=_PATIENT)
        vectors = reply.get("embeddings")
        if not isinstance(vectors, list):
            raise BadReply(f"{self._where} sent no embeddings.")
        return vectors

    async def expire(self, body: Mapping[str, Any]) -> None:
        """Send a chat without messages that only sets how long a model is kept."""
        await self._fetch("POST", "/api/chat", content=json.dumps(body))

    async def close(self) -> None:
        with mapped(TABLE, self._where):
            await self._client.aclose()

    async def _fetch(self, method: str, path: str, **kwargs: Any) -> Frame:
        with self._mapped():
            response = await self._client.request(method, path, **kwargs)
        body, where = response.content, self._where
        if response.status_code != 200:
            raise reply_error(response.status_code, body, response.headers, where)
        try:
            return parse_object(body)
        except BadReply as error:
            raise stranger(body, response.headers, where) from error

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            with mapped(TABLE, self._where):
                yield
        except ollama.ResponseError as error:
            raise status_error(error.status_code, read_body(error.error.encode())) from error
