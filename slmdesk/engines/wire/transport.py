"""Foreign exceptions of HTTP clients mapped to ours, in one table for httpx and its sibling httpx2."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import Any

from slmdesk.base.errors import (
    BadReply,
    EngineBusy,
    EngineError,
    EngineOffline,
    Interrupted,
    NotAuthorised,
    RequestRefused,
)
from slmdesk.engines.wire.frames import excerpt
from slmdesk.engines.wire.server_errors import read_body, status_error

CONNECT_TIMEOUT_S = 5.0
SHORT_TIMEOUT_S = 10.0  # for lists and figures, which no model has to compute
_ERROR_BODY_TIMEOUT_S = 5.0
_ERROR_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """`foreign` becomes `ours`; `needle` narrows an exception that is not only the network's."""

    foreign: type[Exception]
    ours: type[EngineError]
    sentence: str
    needle: str = ""


def error_table(library: Any, core: Any) -> tuple[Row, ...]:
    """Rows in the order in which they are asked, for httpx and httpcore or their siblings."""
    return (
        Row(library.ConnectTimeout, EngineOffline, "{where} did not answer within 5 seconds."),
        Row(library.ConnectError, EngineOffline, "{where} does not answer{reason}."),
        Row(library.ProxyError, EngineOffline, "The proxy gave no way to {where}{reason}."),
        Row(library.PoolTimeout, EngineBusy, "Too many requests to {where} are waiting."),
        Row(library.TimeoutException, EngineOffline, "{where} did not answer in time."),
        Row(library.RemoteProtocolError, Interrupted, "{where} hung up.", "disconnected"),
        Row(library.RemoteProtocolError, Interrupted, "{where} hung up.", "closed"),
        Row(library.RemoteProtocolError, BadReply, "What answers at {where} does not speak HTTP{reason}."),
        Row(library.LocalProtocolError, RequestRefused, "The request to {where} could not be sent."),
        Row(library.UnsupportedProtocol, EngineOffline, "{where} is not an address of the web."),
        Row(library.DecodingError, BadReply, "{where} sent a damaged body{reason}."),
        Row(library.TooManyRedirects, BadReply, "{where} redirects in a circle."),
        Row(library.HTTPError, Interrupted, "The connection to {where} broke{reason}."),
        Row(library.StreamError, Interrupted, "The connection to {where} was closed."),
        Row(library.InvalidURL, EngineOffline, "{where} is not an address of the web{reason}."),
        Row(core.TimeoutException, EngineOffline, "{where} did not answer in time."),
        Row(core.NetworkError, Interrupted, "The connection to {where} broke{reason}."),
        Row(core.ProtocolError, BadReply, "What answers at {where} does not speak HTTP{reason}."),
        Row(core.ProxyError, EngineOffline, "The proxy gave no way to {where}{reason}."),
        Row(core.UnsupportedProtocol, EngineOffline, "{where} is not an address of the web."),
        Row(core.ConnectionNotAvailable, Interrupted, "The connection to {where} was closed."),
        *PLAIN_ROWS,
    )


PLAIN_ROWS = (
    Row(ssl.SSLError, EngineOffline, "No secure connection to {where}{reason}."),
    Row(ConnectionRefusedError, EngineOffline, "{where} does not answer."),
    Row(ConnectionResetError, Interrupted, "The connection to {where} broke."),
    Row(BrokenPipeError, Interrupted, "The connection to {where} broke."),
    Row(ConnectionError, EngineOffline, "{where} does not answer."),  # ollama's word for ConnectError
    Row(OSError, EngineOffline, "{where} cannot be reached{reason}."),
    Row(ValueError, BadReply, "{where} sent something unreadable{reason}."),  # JSON, Unicode, pydantic
    Row(RuntimeError, Interrupted, "The connection to {where} was closed.", "closed"),
)


def map_error(error: Exception, table: tuple[Row, ...], where: str) -> EngineError | None:
    """Our error for a foreign one, None if the table does not know it: then it is a bug."""
    for row in table:
        if isinstance(error, row.foreign) and row.needle in str(error):
            return row.ours(row.sentence.format(where=where, reason=_reason(error)))
    return None


@contextlib.contextmanager
def mapped(table: tuple[Row, ...], where: str) -> Iterator[None]:
    """Raise ours for every foreign exception that the table knows."""
    try:
        yield
    except EngineError:
        raise
    except tuple({row.foreign for row in table}) as error:
        ours = map_error(error, table, where)
        if ours is None:
            raise
        raise ours from error


async def response_bytes(response: Any, table: tuple[Row, ...], where: str) -> AsyncGenerator[bytes, None]:
    """The body as it comes, with the client's exceptions mapped at their source."""
    with mapped(table, where):
        async with contextlib.aclosing(response.aiter_bytes()) as data:
            async for chunk in data:
                yield chunk


async def refuse_status(response: Any, table: tuple[Row, ...], where: str, *, model: str = "") -> None:
    """Raise the error for a response that is not 200; its body is read up to 64 KiB and 5 seconds."""
    if response.status_code == 200:
        return
    body = b""
    with contextlib.suppress(EngineError, TimeoutError):
        async with asyncio.timeout(_ERROR_BODY_TIMEOUT_S):
            async with contextlib.aclosing(response_bytes(response, table, where)) as data:
                async for chunk in data:
                    body += chunk
                    if len(body) > _ERROR_BODY_BYTES:
                        break
    raise reply_error(response.status_code, body, response.headers, where, model=model)


def reply_error(status: int, body: bytes, headers: Any, where: str, *, model: str = "") -> EngineError:
    """The error for a whole response that is not 200."""
    if 300 <= status < 400:
        return BadReply(
            f"{where} redirects to “{headers.get('location', 'nowhere')}”.",
            next_step="Enter that address if you trust it: redirects are not followed, for the key's sake.",
        )
    error = read_body(body)
    if not error.is_structured and status in (404, 405):
        return stranger(body, headers, where)
    return status_error(status, error, model=model)


def stranger(body: bytes, headers: Any, where: str) -> BadReply:
    """Something else holds the port: say what."""
    server = headers.get("server") or headers.get("content-type") or "it"
    answer = excerpt(body) if body.strip() else "without a word"
    return BadReply(f"{where} is something else: {server} answered {answer}.")


def checked_key(key: str | None) -> str:
    """The key as a header can carry it; the client's own complaint would show it."""
    found = (key or "").strip()
    if not (found.isascii() and found.isprintable()):
        raise NotAuthorised("The key holds characters that no key has.")
    return found


def _reason(error: Exception) -> str:
    words = " ".join(str(error).split())[:200].rstrip(".")
    return "" if not words or words == "All connection attempts failed" else f" ({words})"
