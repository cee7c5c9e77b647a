"""Foreign exceptions of HTTP clients mapped to ours, in one table for httpx and its sibling httpx2."""

import asyncio
import contextlib
import email.utils
import math
import ssl
import time
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
from slmdesk.base.words import later, say
from slmdesk.engines.wire.frames import excerpt
from slmdesk.engines.wire.server_errors import read_body, status_error

CONNECT_TIMEOUT_S = 5.0
SHORT_TIMEOUT_S = 10.0  # for lists and figures, which no model has to compute
REPLY_WITHIN_S = 15.0  # for all of such a reply: a time-out of each read alone lets a trickle go on for ever
MAX_REPLY_BYTES = 32 * 1024 * 1024
_ERROR_BODY_TIMEOUT_S = 5.0
_ERROR_BODY_BYTES = 64 * 1024
_MAX_WAIT_DIGITS = 7
_MAX_HEADER_CHARS = 80


@dataclass(frozen=True, slots=True)
class Row:
    """`foreign` becomes `ours`; `needle` narrows an exception that is not only the network's."""

    foreign: type[Exception]
    ours: type[EngineError]
    sentence: str
    needle: str = ""


# What is wrong with an encrypted connection, by OpenSSL's words in the library's exception.
_TLS_FAILURES = (
    (EngineOffline, later("The certificate of {where} is not trusted{reason}."), "CERTIFICATE_VERIFY_FAILED"),
    (
        EngineOffline,
        later("{where} does not speak https. Does its address begin with http://?"),
        "WRONG_VERSION",
    ),
    (
        EngineOffline,
        later("{where} does not speak https. Does its address begin with http://?"),
        "RECORD_LAYER",
    ),
)


def error_table(library: Any, core: Any) -> tuple[Row, ...]:
    """Rows in the order in which they are asked, for httpx and httpcore or their siblings."""
    return (
        Row(library.ConnectTimeout, EngineOffline, later("{where} did not answer within 5 seconds.")),
        *(Row(library.ConnectError, *about) for about in _TLS_FAILURES),
        Row(library.ConnectError, EngineOffline, later("{where} does not answer{reason}.")),
        Row(library.ProxyError, EngineOffline, later("The proxy gave no way to {where}{reason}.")),
        Row(library.PoolTimeout, EngineBusy, later("Too many requests to {where} are waiting.")),
        Row(library.TimeoutException, EngineOffline, later("{where} did not answer in time.")),
        Row(library.RemoteProtocolError, Interrupted, later("{where} hung up."), "disconnected"),
        Row(library.RemoteProtocolError, Interrupted, later("{where} hung up."), "closed"),
        Row(
            library.RemoteProtocolError,
            BadReply,
            later("What answers at {where} does not speak HTTP{reason}."),
        ),
        Row(library.LocalProtocolError, RequestRefused, later("The request to {where} could not be sent.")),
        Row(library.UnsupportedProtocol, EngineOffline, later("{where} is not an address of the web.")),
        Row(library.DecodingError, BadReply, later("{where} sent a damaged body{reason}.")),
        Row(library.TooManyRedirects, BadReply, later("{where} redirects in a circle.")),
        Row(library.HTTPError, Interrupted, later("The connection to {where} broke{reason}.")),
        Row(library.StreamError, Interrupted, later("The connection to {where} was closed.")),
        Row(library.InvalidURL, EngineOffline, later("{where} is not an address of the web{reason}.")),
        Row(core.TimeoutException, EngineOffline, later("{where} did not answer in time.")),
        Row(core.NetworkError, Interrupted, later("The connection to {where} broke{reason}.")),
        Row(core.ProtocolError, BadReply, later("What answers at {where} does not speak HTTP{reason}.")),
        Row(core.ProxyError, EngineOffline, later("The proxy gave no way to {where}{reason}.")),
        Row(core.UnsupportedProtocol, EngineOffline, later("{where} is not an address of the web.")),
        Row(core.ConnectionNotAvailable, Interrupted, later("The connection to {where} was closed.")),
        *PLAIN_ROWS,
    )


PLAIN_ROWS = (
    Row(ssl.SSLError, EngineOffline, later("No secure connection to {where}{reason}.")),
    Row(ConnectionRefusedError, EngineOffline, later("{where} does not answer.")),
    Row(ConnectionResetError, Interrupted, later("The connection to {where} broke.")),
    Row(BrokenPipeError, Interrupted, later("The connection to {where} broke.")),
    Row(ConnectionError, EngineOffline, later("{where} does not answer.")),  # ollama's word for ConnectError
    Row(OSError, EngineOffline, later("{where} cannot be reached{reason}.")),
    Row(ValueError, BadReply, later("{where} sent something unreadable{reason}.")),  # JSON, Unicode, pydantic
    Row(RuntimeError, Interrupted, later("The connection to {where} was closed."), "closed"),
)


def map_error(error: Exception, table: tuple[Row, ...], where: str) -> EngineError | None:
    """Our error for a foreign one, None if the table does not know it: then it is a bug."""
    for row in table:
        if isinstance(error, row.foreign) and row.needle in str(error):
            return row.ours(say(row.sentence, where=where, reason=_reason(error)))
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


async def whole_body(response: Any, table: tuple[Row, ...], where: str) -> bytes:
    """A body that is no stream; more than 32 MiB of it are a BadReply."""
    body = bytearray()
    async with contextlib.aclosing(response_bytes(response, table, where)) as data:
        async for chunk in data:
            body += chunk
            if len(body) > MAX_REPLY_BYTES:
                raise BadReply(
                    say(
                        "{where} sent more than {max_reply_bytes} MiB where a short reply belongs.",
                        where=where,
                        max_reply_bytes=MAX_REPLY_BYTES >> 20,
                    )
                )
    return bytes(body)


@contextlib.asynccontextmanager
async def replied_in_time(where: str) -> AsyncGenerator[None, None]:
    """For a request that no model has to compute: the reply is whole in time, or it is a BadReply."""
    try:
        async with asyncio.timeout(REPLY_WITHIN_S):
            yield
    except TimeoutError as error:
        raise BadReply(
            say(
                "{where} did not end its reply within {reply_within_s:g} seconds.",
                where=where,
                reply_within_s=REPLY_WITHIN_S,
            )
        ) from error


async def refuse_status(response: Any, table: tuple[Row, ...], where: str, *, model: str = "") -> None:
    """Raise the error for a response that is no success."""
    if not response.is_success:
        body = await error_body(response, table, where)
        raise reply_error(response.status_code, body, response.headers, where, model=model)


async def error_body(response: Any, table: tuple[Row, ...], where: str) -> bytes:
    """The body of a refusal, or what comes of it in 5 seconds and 64 KiB."""
    body = b""
    with contextlib.suppress(EngineError, TimeoutError):
        async with asyncio.timeout(_ERROR_BODY_TIMEOUT_S):
            async with contextlib.aclosing(response_bytes(response, table, where)) as data:
                async for chunk in data:
                    body += chunk
                    if len(body) > _ERROR_BODY_BYTES:
                        break
    return body


def reply_error(status: int, body: bytes, headers: Any, where: str, *, model: str = "") -> EngineError:
    """The error for a response that is no success."""
    if 300 <= status < 400:
        target = headers.get("location", "nowhere").encode()
        return BadReply(
            say("{where} redirects to {target}.", where=where, target=excerpt(target)),
            next_step=say(
                "Enter that address if you trust it: redirects are not followed, for the key's sake."
            ),
        )
    error = read_body(body)
    if not error.is_structured and status in (404, 405):
        return stranger(body, headers, where)
    refusal = status_error(status, error, model=model)
    if isinstance(refusal, EngineBusy) and status in (429, 503):
        refusal.retry_after_s = retry_after_s(headers)
        if refusal.retry_after_s:
            refusal.next_step = say(
                "Try again in {retry_after_s} s.", retry_after_s=math.ceil(refusal.retry_after_s)
            )
    return refusal


def retry_after_s(headers: Any) -> float | None:
    """What the server asks to wait: milliseconds (a cloud's own header), seconds, or until a date."""
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _is_short_number(milliseconds):
        return int(milliseconds) / 1000
    asked = headers.get("retry-after", "").strip()
    if _is_short_number(asked):
        return float(asked)
    until, now = _moment(asked), _moment(headers.get("date", ""))  # by its own clock where it has one
    return None if until is None else max(0.0, until - (now or time.time()))


def _is_short_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_WAIT_DIGITS


def _moment(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def stranger(body: bytes, headers: Any, where: str) -> BadReply:
    """Something else holds the port: say what."""
    server = (headers.get("server") or headers.get("content-type") or "it")[:_MAX_HEADER_CHARS]
    answer = excerpt(body) if body.strip() else say("without a word")
    return BadReply(
        say(
            "{where} is something else: {server} answered {answer}.",
            where=where,
            server=server,
            answer=answer,
        )
    )


def checked_key(key: str | None) -> str:
    """The key as a header can carry it; the client's own complaint would show it."""
    found = (key or "").strip()
    if not (found.isascii() and found.isprintable()):
        raise NotAuthorised(say("The key holds characters that no key has."))
    return found


@contextlib.contextmanager
def usable_proxy(where: str) -> Iterator[None]:
    """A client takes the proxy of the environment when it is made; some kinds it cannot use at all."""
    try:
        yield
    except (ImportError, ValueError) as error:  # SOCKS wants a package more; a scheme that it does not know
        raise EngineOffline(
            say(
                "The proxy that is set for programs here (ALL_PROXY) is of a kind that cannot lead "
                "to {where}.",
                where=where,
            ),
            next_step=say("Set one that begins with http:// in HTTPS_PROXY, or name the host in NO_PROXY."),
        ) from error


@contextlib.contextmanager
def without_key(key: str) -> Iterator[None]:
    """Errors are shown, stored and copied into reports: none may repeat the key, as some servers do."""
    try:
        yield
    except EngineError as error:
        if not key or key not in error.sentence():
            raise
        error.message, error.next_step = (text.replace(key, "…") for text in (error.message, error.next_step))
        error.args = (error.message,)
        raise error from None  # what caused it holds the key, too


def _reason(error: Exception) -> str:
    words = " ".join(str(error).split())[:200].rstrip(".")
    return "" if not words or words == "All connection attempts failed" else f" ({words})"
