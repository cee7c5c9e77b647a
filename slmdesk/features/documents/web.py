"""One page fetched from the web, at the user's word alone: no cookies, no scripts, narrow limits."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slmdesk import __version__
from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.documents.limits import megabytes
from slmdesk.features.documents.web_address import (
    WebAddress,
    is_near_name,
    near_error,
    public_ip,
    web_address,
)

if TYPE_CHECKING:  # 0.4 s to import
    import httpx

MAX_PAGE_BYTES = 10_000_000
MAX_REDIRECTS = 5
FETCH_WITHIN_S = 20.0

_REDIRECTS = {301, 302, 303, 307, 308}
_ENCODINGS = {"", "identity", "gzip", "deflate"}  # a chain of them unpacks to anything
_PAGE = "text/html"
_SUFFIXES = {
    _PAGE: ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/json": ".json",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_HEADERS = {
    "User-Agent": f"Mozilla/5.0 (compatible; SLM Desk/{__version__})",
    "Accept": "text/html,application/xhtml+xml,text/plain,application/pdf;q=0.9,*/*;q=0.1",
    "Accept-Encoding": "gzip",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """The body of a page and the address where it was found, after redirects; `suffix` says what it is."""

    address: WebAddress
    suffix: str
    data: bytes


async def fetch(
    address: WebAddress, *, is_private_allowed: bool = False, limit_s: float = FETCH_WITHIN_S
) -> Fetched:
    """Get one page; raises BadInput, and PrivateAddress for this machine and its network."""
    try:
        async with asyncio.timeout(limit_s):
            return await _follow(address, is_private_allowed=is_private_allowed)
    except TimeoutError as error:
        raise BadInput(
            say(
                "{host} did not send the page within {limit_s:.0f} seconds.",
                host=address.host,
                limit_s=limit_s,
            ),
            next_step=say("Try again, or save the page in a browser and attach the file."),
        ) from error


async def fetch_safely(written: str, *, is_private_allowed: bool = False) -> bytes:
    """Over https alone, redirects too: nobody on the way may change what is read. Raises BadInput."""
    address = web_address(written)
    if address.scheme == "https":
        fetched = await fetch(address, is_private_allowed=is_private_allowed)
        if fetched.address.scheme == "https":
            return fetched.data
    raise BadInput(say("This is fetched from an address that begins with https:// alone."))


async def _follow(address: WebAddress, *, is_private_allowed: bool) -> Fetched:
    for _ in range(MAX_REDIRECTS + 1):
        sni = {"sni_hostname": address.host}  # the name that the certificate must be for, whatever the IP
        client, target, extra = await _route(address, is_private_allowed=is_private_allowed)
        async with client:
            with _said(address):
                async with client.stream("GET", target, headers=_HEADERS | extra, extensions=sni) as reply:
                    if reply.status_code not in _REDIRECTS:
                        return await _received(address, reply)
                    location = reply.headers.get("location", "")
        address = address.joined(location)
    raise BadInput(
        say(
            "{host} redirects from one address to the next, more than {max_redirects} times.",
            host=address.host,
            max_redirects=MAX_REDIRECTS,
        ),
        next_step=say("Open it in a browser and copy the address where it ends."),
    )


async def _route(
    address: WebAddress, *, is_private_allowed: bool
) -> "tuple[httpx.AsyncClient, str, dict[str, str]]":
    """A fresh client (so no cookies), the address to ask it for, and the header that names the host.

    Without a proxy the checked IP is asked, so that the name cannot lead elsewhere meanwhile. A proxy
    resolves names itself; there the name must do.
    """
    if _has_proxy(address):
        if not is_private_allowed and is_near_name(address.host):
            raise near_error(address)
        return await asyncio.to_thread(_client, address, is_proxied=True), address.text, {}
    ip = await public_ip(address, is_private_allowed=is_private_allowed)
    shown_ip = f"[{ip}]" if ":" in ip else ip
    origin, _, path = address.text.partition("://")[2].partition("/")
    target = f"{address.scheme}://{shown_ip}:{address.port}/{path}"
    return await asyncio.to_thread(_client, address, is_proxied=False), target, {"Host": origin}


def _has_proxy(address: WebAddress) -> bool:
    import urllib.request  # 0.05 s

    proxies = urllib.request.getproxies()
    has_one = address.scheme in proxies or "all" in proxies
    return has_one and not urllib.request.proxy_bypass(address.host)


def _client(address: WebAddress, *, is_proxied: bool) -> "httpx.AsyncClient":
    """Made in a worker thread: the import and the TLS context take long."""
    import httpx

    is_encrypted = address.scheme == "https"
    try:
        return httpx.AsyncClient(
            trust_env=is_proxied,
            verify=is_encrypted or is_proxied,
            follow_redirects=False,
            timeout=FETCH_WITHIN_S,
        )
    except (ImportError, ValueError) as error:  # SOCKS wants a package more
        raise BadInput(
            say(
                "The proxy that is set for programs here (ALL_PROXY) cannot lead to {host}.",
                host=address.host,
            ),
            next_step=say("Set an http:// proxy in HTTPS_PROXY, or save the page and attach the file."),
        ) from error


@contextlib.contextmanager
def _said(address: WebAddress) -> Iterator[None]:
    """What went wrong on the wire, in words."""
    import httpx

    host = address.host
    try:
        yield
    except httpx.TimeoutException as error:
        raise BadInput(
            say("{host} did not answer in time.", host=host), next_step=say("Try again later.")
        ) from error
    except httpx.ConnectError as error:
        if "certificate" in str(error).lower():
            what = say("{host} has no valid certificate.", host=host)
        else:
            what = say("{host} does not answer.", host=host)
        raise BadInput(what, next_step=say("Check the address in a browser.")) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        raise BadInput(
            say("The connection to {host} broke before the page was whole.", host=host),
            next_step=say("Try again."),
        ) from error


async def _received(address: WebAddress, reply: "httpx.Response") -> Fetched:
    if reply.status_code != 200:
        status = f"{reply.status_code} {reply.reason_phrase}".strip()
        raise BadInput(
            say("{host} refused the page ({status}).", host=address.host, status=status),
            next_step=say("Open it in a browser; a page behind a login can be saved there and attached."),
        )
    media_type, charset = _media_type(reply.headers.get("content-type", ""))
    suffix = _suffix(address, media_type)
    if reply.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
        raise BadInput(say("{host} sent the page packed in a way that was not asked for.", host=address.host))
    data = bytearray()
    async for piece in reply.aiter_bytes():
        data += piece
        if len(data) > MAX_PAGE_BYTES:
            raise BadInput(
                say("This page has more than {max_page}.", max_page=megabytes(MAX_PAGE_BYTES)),
                next_step=say("Save the part that matters and attach it as a file."),
            )
    return Fetched(address, suffix, _in_utf8(bytes(data), charset) if suffix == ".html" else bytes(data))


def _media_type(header: str) -> tuple[str, str]:
    """ "text/html; charset=latin-1" as its two parts; a page that says nothing is taken for HTML."""
    media_type, _, parameters = (header or _PAGE).lower().partition(";")
    _, _, charset = parameters.partition("charset=")
    return media_type.strip(), charset.partition(";")[0].strip(" \"'")


def _suffix(address: WebAddress, media_type: str) -> str:
    if media_type in _SUFFIXES:
        return _SUFFIXES[media_type]
    if media_type.startswith("text/"):
        return ".txt"
    raise BadInput(
        say(
            "This address of {host} holds no page but a file ({media_type}).",
            host=address.host,
            media_type=media_type,
        ),
        next_step=say("Save it in a browser and attach the file."),
    )


def _in_utf8(data: bytes, charset: str) -> bytes:
    """The server knows the encoding better than a guess; one that Python does not know is left to it."""
    if not charset or charset == "utf-8":
        return data
    try:
        return data.decode(charset, "replace").encode()
    except LookupError:
        return data
