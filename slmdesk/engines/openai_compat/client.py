"""The `openai` package's client, made safe: no repeats, no redirects, nothing of the environment.

Import this module in a worker thread: it takes 0.7 s, and making a client may build a TLS context.
"""

import contextlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import httpcore2
import httpx2
import openai

from slmdesk.base.errors import BadReply, EngineOffline, Interrupted, RequestRefused
from slmdesk.base.words import later, say
from slmdesk.engines.openai_compat.dialect import COMPATIBLE, Dialect
from slmdesk.engines.wire.addresses import is_encrypted, is_loopback, origin
from slmdesk.engines.wire.frames import Frame, parse_object
from slmdesk.engines.wire.transport import (
    CONNECT_TIMEOUT_S,
    SHORT_TIMEOUT_S,
    Row,
    checked_key,
    error_body,
    error_table,
    mapped,
    replied_in_time,
    reply_error,
    response_bytes,
    stranger,
    whole_body,
    without_key,
)


@dataclass
class _Refused(Exception):
    """A response that is no success, read as far as it may be: the package itself would read on for ever."""

    status: int
    body: bytes
    headers: Any


TABLE = (
    Row(openai.APITimeoutError, EngineOffline, later("{where} did not answer in time.")),
    Row(openai.APIResponseValidationError, BadReply, later("{where} sent something unreadable{reason}.")),
    Row(openai.OpenAIError, Interrupted, later("The request to {where} failed{reason}.")),
    *error_table(httpx2, httpcore2),
    Row(
        TypeError,
        RequestRefused,
        later("The request cannot be sent to {where}{reason}."),
        "JSON serializable",
    ),
)
_SHORT = httpx2.Timeout(SHORT_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
# The first token has no deadline, only the connection has: a queue or a long prompt is silent.
_PATIENT = httpx2.Timeout(None, connect=CONNECT_TIMEOUT_S)
# An evaluation keeps up to 256 requests in flight: a new TLS connection for each would cost more than it.
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=256)
# The last one is how the package tells its own raw responses from parsed ones.
_SENT_HEADERS = frozenset(
    {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent"}
    | {"x-stainless-raw-response"}
)


class OpenAIClient:
    """Raises EngineError alone. The key is added to requests to its own origin and nowhere else."""

    def __init__(self, address: str, label: str, api_key: str | None, dialect: Dialect = COMPATIBLE) -> None:
        self._origin = origin(address)
        self._key_header = dialect.key_header
        self._api_key = checked_key(api_key)
        self._where = say("{label} at {address}", label=label, address=address)
        http_client = httpx2.AsyncClient(
            follow_redirects=False,
            timeout=_SHORT,
            limits=_LIMITS,
            trust_env=not is_loopback(address),
            # None makes no TLS context at all, which plain http does not need.
            verify=True if is_encrypted(address) else cast(Any, None),
            event_hooks={"request": [self._guard], "response": [self._refuse]},
        )
        common: Any = {
            "api_key": "see _guard",
            "max_retries": 0,
            "timeout": _SHORT,
            "http_client": http_client,
        }
        self._openai: openai.AsyncOpenAI = (
            openai.AsyncAzureOpenAI(azure_endpoint=address, api_version=dialect.api_version, **common)
            if dialect.api_version
            else openai.AsyncOpenAI(base_url=address, **common)
        )

    @contextlib.asynccontextmanager
    async def open_chat(self, body: Mapping[str, Any]) -> AsyncGenerator[AsyncGenerator[bytes, None], None]:
        """Send one generation; leaving the context closes the connection, which stops the server."""
        create: Any = self._openai.chat.completions.with_streaming_response.create
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(without_key(self._api_key))  # errors of the stream pass here, too
            with self._mapped(str(body["model"])):
                response = await stack.enter_async_context(create(**body, timeout=_PATIENT))
            data = response_bytes(response.http_response, TABLE, self._where)
            yield await stack.enter_async_context(contextlib.aclosing(data))

    async def listed(self) -> list[Frame]:
        """The entries of `/models`."""
        async with replied_in_time(self._where):
            return await self._entries(self._openai.models.with_streaming_response.list())

    async def require_deployment(self, name: str) -> None:
        """Raises ModelMissing if there is no such deployment. A chat without messages is refused by one
        that is there, before anything is generated.
        """
        with contextlib.suppress(RequestRefused):
            async with replied_in_time(self._where), self.open_chat({"model": name, "messages": []}):
                pass

    async def embeddings(self, model: str, texts: Sequence[str]) -> list[Frame]:
        """The entries of `/embeddings`; loading the model and many texts may take long."""
        embeddings: Any = self._openai.embeddings.with_streaming_response
        asked = embeddings.create(model=model, input=list(texts), encoding_format="float", timeout=_PATIENT)
        return await self._entries(asked, model)

    async def close(self) -> None:
        with self._mapped():
            await self._openai.close()

    async def _guard(self, request: httpx2.Request) -> None:
        """The package adds keys, organisations and headers of the environment, whatever the address."""
        for name in [name for name in request.headers if name not in _SENT_HEADERS]:
            del request.headers[name]
        if self._api_key and origin(str(request.url)) == self._origin:
            is_bearer = self._key_header == "authorization"
            request.headers[self._key_header] = f"Bearer {self._api_key}" if is_bearer else self._api_key

    async def _refuse(self, response: httpx2.Response) -> None:
        if not response.is_success:
            body = await error_body(response, TABLE, self._where)
            raise _Refused(response.status_code, body, response.headers)

    async def _entries(self, asked: Any, model: str = "") -> list[Frame]:
        with without_key(self._api_key), self._mapped(model):
            async with asked as answered:
                response = answered.http_response
                body = await whole_body(response, TABLE, self._where)
            return self._data(body, response.headers)

    def _data(self, body: bytes, headers: Any) -> list[Frame]:
        try:
            reply = parse_object(body)
        except BadReply as error:
            raise stranger(body, headers, self._where) from error
        entries = reply.get("data", ...)
        if not isinstance(entries, list | None):
            raise stranger(body, headers, self._where)
        return [entry for entry in entries or () if isinstance(entry, dict)]

    @contextlib.contextmanager
    def _mapped(self, model: str = "") -> Iterator[None]:
        with mapped(TABLE, self._where):
            try:
                yield
            except _Refused as refused:
                status, body, headers = refused.status, refused.body, refused.headers
                raise reply_error(status, body, headers, self._where, model=model) from None
            except openai.APIConnectionError as error:
                if isinstance(error.__cause__, Exception):
                    raise error.__cause__ from None
                raise
