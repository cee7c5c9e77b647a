"""Asking a server for a file, or a part of it: redirects by our own rules, no cookies, no credentials."""

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from slmdesk import __version__
from slmdesk.base.errors import (
    BadInput,
    BadReply,
    EngineBusy,
    EngineOffline,
    ModelMissing,
    NotAuthorised,
    RequestRefused,
)
from slmdesk.base.words import say
from slmdesk.engines.wire.transport import error_table, mapped, retry_after_s
from slmdesk.features.pulls.part_file import Identity
from slmdesk.features.pulls.pasted import is_this_machine
from slmdesk.features.pulls.safe_names import checked_digest, shown

if TYPE_CHECKING:  # 0.2 s to import
    import httpx

MAX_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}
_OPEN_WITHIN_S = 30.0
_MAX_LIST_BYTES = 16 << 20
_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")
_HEADERS = {"User-Agent": f"SLM Desk/{__version__}", "Accept-Encoding": "identity", "Accept": "*/*"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An open response. `start` is where its bytes begin, None where its range makes no sense.

    `identity` is what the bytes belong to.
    """

    status: int
    start: int | None
    identity: Identity
    data: AsyncIterator[bytes]


class HttpSource:
    """One client for all files of one pull; close it with `aclose`."""

    def __init__(self, read_timeout_s: float = 20.0) -> None:
        self._read_timeout_s = read_timeout_s
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._table: Any = ()

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    @contextlib.asynccontextmanager
    async def get(self, address: str, start: int = 0, validator: str = "") -> AsyncGenerator[Reply, None]:
        """The bytes from `start` on; raises EngineError and BadInput. Leaving closes the connection."""
        headers = dict(_HEADERS)
        if start:
            headers["Range"] = f"bytes={start}-"
            if validator:
                headers["If-Range"] = validator
        async with self._opened("GET", address, headers) as (response, linked):
            data = _raw_bytes(response, self._table, _host(address))
            async with contextlib.aclosing(data):
                yield _reply(response, data, Identity(address).joined(linked), start)

    async def look(self, address: str) -> Identity:
        """What the file is, without its bytes; size unknown where the server does not say."""
        async with self._opened("HEAD", address, _HEADERS, is_question=True) as (response, linked):
            if response.status_code != 200:
                return linked  # the fetch itself will tell
            return _identity(response.headers, linked, _count(response.headers, "content-length"))

    async def json(self, address: str) -> Any:
        """A small JSON document; raises BadReply for anything else."""
        async with self._opened("GET", address, _HEADERS) as (response, _):
            body = bytearray()
            async with contextlib.aclosing(_raw_bytes(response, self._table, _host(address))) as data:
                async for piece in data:
                    body += piece
                    if len(body) > _MAX_LIST_BYTES:
                        raise BadReply(
                            say("{host} sent more than a list of files can have.", host=_host(address))
                        )
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadReply(
                say("{host} sent no list of files.", host=_host(address)), next_step=say("Try again later.")
            ) from error

    @contextlib.asynccontextmanager
    async def _opened(
        self, method: str, address: str, headers: dict[str, str], *, is_question: bool = False
    ) -> "AsyncGenerator[tuple[httpx.Response, Identity], None]":
        """The response at the end of all redirects, and what the first ones said of the file."""
        linked = Identity(address)
        here = address
        for _ in range(MAX_REDIRECTS + 1):
            client = await self._client(here)
            async with contextlib.AsyncExitStack() as stack:
                with _reached(self._table, _host(here)):
                    response = await _in_time(
                        stack, client.stream(method, here, headers=headers), _host(here)
                    )
                linked = linked.joined(_linked(response.headers))
                is_known = is_question and linked.sha256 and linked.size_bytes is not None
                if response.status_code not in _REDIRECTS or is_known:
                    # Signed addresses of stores refuse HEAD, as some servers do everywhere.
                    if not (is_known or (is_question and response.status_code in (403, 405, 501))):
                        _refuse(response, here)
                    yield response, linked
                    return
                here = next_address(here, response.headers.get("location", ""))
        raise BadReply(
            say(
                "{host} redirects from one address to the next, more than {count} times.",
                host=_host(address),
                count=MAX_REDIRECTS,
            ),
            next_step=say("Open it in a browser and copy the address where it ends."),
        )

    async def _client(self, address: str) -> "httpx.AsyncClient":
        is_near = is_this_machine(urlsplit(address).hostname or "")
        if is_near not in self._clients:
            self._clients[is_near] = await asyncio.to_thread(self._make, is_near=is_near)
        return self._clients[is_near]

    def _make(self, *, is_near: bool) -> "httpx.AsyncClient":
        """In a worker thread: the import and the TLS context take long."""
        import httpcore
        import httpx

        self._table = error_table(httpx, httpcore)
        return httpx.AsyncClient(
            trust_env=not is_near,  # a proxy of the environment is for the world, not for this machine
            follow_redirects=False,
            timeout=httpx.Timeout(self._read_timeout_s, connect=10.0),
            limits=httpx.Limits(max_keepalive_connections=0),
        )


def next_address(here: str, location: str) -> str:
    """Where a redirect leads; raises BadReply where none may be followed to."""
    try:
        target = urljoin(here, location)
        before, after = urlsplit(here), urlsplit(target)
        host, _ = after.hostname or "", after.port
    except ValueError as error:
        raise BadReply(say("{host} redirects to no address.", host=_host(here))) from error
    if not location or after.scheme not in ("http", "https") or not host:
        raise BadReply(
            say(
                "{host} redirects to “{location}”, which is no address.",
                host=_host(here),
                location=shown(location),
            )
        )
    if after.username is not None:
        raise BadReply(say("{host} redirects to an address with a name in it.", host=_host(here)))
    is_agreed = before.scheme == "http" and host == before.hostname  # plain http was asked about
    if after.scheme == "http" and not is_agreed and (before.scheme == "https" or not is_this_machine(host)):
        raise BadReply(
            say(
                "{host} redirects to {to} without encryption, which is not followed.",
                host=_host(here),
                to=host,
            ),
            next_step=say("Choose another source."),
        )
    if is_this_machine(host) and not is_this_machine(before.hostname or ""):
        raise BadReply(say("{host} redirects to this machine, which is not followed.", host=_host(here)))
    return target


async def _in_time(stack: contextlib.AsyncExitStack, opening: Any, where: str) -> Any:
    """The head of the answer has a deadline as a whole: a time-out of each read lets a trickle go on."""
    try:
        async with asyncio.timeout(_OPEN_WITHIN_S):
            return await stack.enter_async_context(opening)
    except TimeoutError as error:
        raise EngineBusy(
            say(
                "{where} did not answer within {seconds:.0f} seconds.",
                where=where,
                seconds=_OPEN_WITHIN_S,
            )
        ) from error


@contextlib.contextmanager
def _reached(table: Any, where: str) -> Iterator[None]:
    """As `mapped`, with what helps where it is the web that does not answer."""
    try:
        with mapped(table, where):
            yield
    except EngineOffline as error:
        message = error.message
        if _is_unknown_name(error):
            message = say("{host} is not found: this machine seems to be offline.", host=where)
        raise EngineOffline(message, next_step=say("Check the connection, then try again.")) from error


def _is_unknown_name(error: BaseException | None) -> bool:
    """Whether the system knew no machine of that name: its own words for it are nobody's."""
    while error is not None and not isinstance(error, socket.gaierror):
        error = error.__cause__ or error.__context__
    return error is not None


async def _raw_bytes(response: "httpx.Response", table: Any, where: str) -> AsyncGenerator[bytes, None]:
    """The body as it comes, with the client's exceptions mapped at their source."""
    with _reached(table, where):
        async for piece in response.aiter_raw():
            yield piece


def _reply(response: "httpx.Response", data: AsyncIterator[bytes], linked: Identity, asked: int) -> Reply:
    status, headers = response.status_code, response.headers
    length = _count(headers, "content-length")
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise BadReply(
            say("{host} sent the file packed in a way that was not asked for.", host=_host(linked.address))
        )
    start: int | None = 0
    total = length
    if status in (206, 416):
        found = _RANGE.fullmatch(headers.get("content-range", "").strip().lower())
        total = int(found[3]) if found and found[3] != "*" else None
        start = int(found[1]) if found and found[1] else None
        if status == 206 and (start != asked or not found or not _is_sound(found, length)):
            start = None
    return Reply(status, start, _identity(headers, linked, total), data)


def _is_sound(content_range: re.Match[str], length: int | None) -> bool:
    """A range that goes to the end of the file, as was asked for, and as long as the body."""
    first, last, total = content_range.groups()
    if first is None or total == "*" or int(last) != int(total) - 1:
        return False
    return length in (None, int(total) - int(first))


def _identity(headers: Any, linked: Identity, size_bytes: int | None) -> Identity:
    """The size of the body goes before what was linked; the hash is the source's own promise."""
    etag = headers.get("etag", "").strip()
    validator = "" if etag.startswith("W/") else etag
    size = linked.size_bytes if size_bytes is None else size_bytes
    return replace(linked, size_bytes=size, validator=(validator or headers.get("last-modified", ""))[:200])


def _linked(headers: Any) -> Identity:
    """What Hugging Face says of a large file before it sends on to where it lies."""
    sha256 = ""
    with contextlib.suppress(BadInput):
        sha256 = checked_digest(headers.get("x-linked-etag", "").strip().strip('"'))
    return Identity(size_bytes=_count(headers, "x-linked-size"), sha256=sha256)


def _refuse(response: "httpx.Response", address: str) -> None:
    """Raise for a status that brings no bytes; 416 says something about them, too."""
    status, host = response.status_code, _host(address)
    if status in (200, 206, 416):
        return
    if status in (401, 403):
        raise NotAuthorised(
            say("{host} does not give this file to everybody ({status}).", host=host, status=status),
            next_step=say(
                "Some models must be agreed to on their page first; then save the file in a browser "
                "and import it, or choose another source."
            ),
        )
    if status in (404, 410):
        raise ModelMissing(
            say("{host} has no such file ({status}).", host=host, status=status),
            next_step=say("Check the name or the address."),
        )
    if status in (408, 425, 429) or status >= 500:
        busy = EngineBusy(
            say("{host} cannot send the file now ({status}).", host=host, status=status),
            next_step=say("Try again later."),
        )
        busy.retry_after_s = retry_after_s(response.headers)
        raise busy
    raise RequestRefused(
        say("{host} refused the file ({status}).", host=host, status=status),
        next_step=say("Check the address."),
    )


def _count(headers: Any, name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def _host(address: str) -> str:
    return urlsplit(address).hostname or say("The server")
