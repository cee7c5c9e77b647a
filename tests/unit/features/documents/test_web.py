"""Pages from the web: what is opened, what is followed, and where it ends."""

import asyncio
import gzip
import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from slmdesk.base.errors import BadInput, PrivateAddress
from slmdesk.features.documents.document import Kind
from slmdesk.features.documents.reading import DocumentReader
from slmdesk.features.documents.web import MAX_PAGE_BYTES, fetch
from slmdesk.features.documents.web_address import is_near, is_near_name, public_ip, web_address
from tests.data.pages import PAGE
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.until import until

HTML = {"content-type": "text/html; charset=utf-8"}
LATIN = {"content-type": "text/html;charset=latin-1"}


class Site(HttpServer):
    """Answers each path as its name says."""

    def __init__(self) -> None:
        super().__init__(self._give)

    async def _give(self, call: Call) -> None:
        path = call.path.partition("?")[0].removeprefix("http://example.org")
        if path.startswith("/hops/"):
            left = int(path.removeprefix("/hops/"))
            cookie = {"set-cookie": "id=1", "location": f"/hops/{left - 1}" if left else "/page"}
            await call.respond(302, b"", cookie)
        elif path == "/inward":
            await call.respond(302, b"", {"location": f"{self.address}/page"})
        elif path == "/file":
            await call.respond(302, b"", {"location": "file:///etc/passwd"})
        elif path == "/large":
            await self._pour(call)
        elif path == "/silent":
            await call.is_gone.wait()
        elif path == "/cut":
            await call.start(200, HTML)
            await call.send(b"<html>")
            await call.hang_up()
        else:
            await call.respond(*ANSWERS.get(path, (404, b"", HTML)))

    async def _pour(self, call: Call) -> None:
        await call.start(200, HTML)
        while not call.is_gone.is_set():
            await call.send(b"x" * 1_000_000)


ANSWERS = {
    "/page": (200, PAGE.encode(), HTML),
    "/old": (
        200,
        PAGE.replace("About", "Über").encode("latin-1"),
        {"content-type": "text/html;charset=latin-1"},
    ),
    "/packed": (200, gzip.compress(PAGE.encode()), HTML | {"content-encoding": "gzip"}),
    "/twice": (200, gzip.compress(gzip.compress(bytes(10))), HTML | {"content-encoding": "gzip, gzip"}),
    "/bomb": (200, gzip.compress(bytes(200_000_000)), HTML | {"content-encoding": "gzip"}),
    "/notes.txt": (200, b"Just words.", {"content-type": "text/plain"}),
    "/film": (200, b"\0" * 9, {"content-type": "video/mp4"}),
    "/torn": (200, b"not gzip at all", HTML | {"content-encoding": "gzip"}),
}


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as server:
        yield server


async def assert_refused(site: Site, path: str, word: str, *, limit_s: float = 20) -> None:
    with pytest.raises(BadInput, match=word) as refusal:
        await fetch(web_address(site.address + path), is_private_allowed=True, limit_s=limit_s)
    assert not isinstance(refusal.value, PrivateAddress)


@pytest.mark.parametrize("path", ["/page", "/old", "/packed", "/hops/4", "/page?a=b&c"])
async def test_the_article_of_an_address(site: Site, path: str) -> None:
    document = await DocumentReader().read_address(site.address + path, is_private_allowed=True)
    assert document.kind is Kind.HTML
    assert document.name == ("Über bread" if path == "/old" else "About bread")
    assert "Paragraph 11 of the article" in document.text
    assert "Subscribe" not in document.text
    assert document.source == site.address + ("/page" if path == "/hops/4" else path)


async def test_a_text_at_an_address(site: Site) -> None:
    document = await DocumentReader().read_address(f"{site.address}/notes.txt", is_private_allowed=True)
    assert (document.kind, document.text, document.name) == (Kind.TEXT, "Just words.", "127.0.0.1")


async def test_nothing_but_the_page_is_told_and_asked(site: Site) -> None:
    await fetch(web_address(f"{site.address}/hops/2"), is_private_allowed=True)
    assert [call.path for call in site.calls] == ["/hops/2", "/hops/1", "/hops/0", "/page"]
    for call in site.calls:
        assert "cookie" not in call.headers
        assert "referer" not in call.headers
        assert "authorization" not in call.headers
        assert call.headers["host"] == site.address.removeprefix("http://")


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/hops/9", "more than 5 times"),
        ("/file", "not an address of the web"),
        ("/large", "more than 10.0 MB"),
        ("/bomb", "more than 10.0 MB"),
        ("/twice", "packed"),
        ("/torn", "broke"),
        ("/film", "video/mp4"),
        ("/cut", "broke"),
        ("/nothing", "404"),
    ],
)
async def test_what_is_not_read_says_why(site: Site, path: str, word: str) -> None:
    await assert_refused(site, path, word)


async def test_a_flood_is_left_at_the_limit(site: Site) -> None:
    await assert_refused(site, "/large", "10.0 MB")
    await asyncio.wait_for(site.calls[0].is_gone.wait(), 5)
    assert site.calls[0].bytes_sent < 4 * MAX_PAGE_BYTES


async def test_a_silent_host_is_left_in_time(site: Site) -> None:
    await assert_refused(site, "/silent", "within 0 seconds", limit_s=0.3)
    await until(lambda: site.calls[0].is_gone.is_set())


async def test_a_host_that_does_not_answer(site: Site) -> None:
    address = site.address
    await site.__aexit__()
    with pytest.raises(BadInput, match="does not answer"):
        await fetch(web_address(address), is_private_allowed=True)


async def test_places_nearby_need_a_word(site: Site) -> None:
    for address in (site.address, site.address.replace("127.0.0.1", "localhost"), "http://2130706433/"):
        with pytest.raises(PrivateAddress) as refusal:
            await fetch(web_address(address))
        assert refusal.value.next_step
    assert site.connection_count == 0


async def test_a_redirect_to_a_place_nearby_is_not_followed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first host passes for a public one; where it leads is checked all the same."""
    seen: list[str] = []

    async def first_is_public(address: object, *, is_private_allowed: bool) -> str:
        seen.append(str(address))
        return await public_ip(address, is_private_allowed=len(seen) == 1)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr("slmdesk.features.documents.web.public_ip", first_is_public)
    with pytest.raises(PrivateAddress):
        await fetch(web_address(f"{site.address}/inward"))
    assert [call.path for call in site.calls] == ["/inward"]


async def test_through_a_proxy_the_name_must_do(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", site.address)
    fetched = await fetch(web_address("http://example.org/page"))
    assert b"Paragraph 11" in fetched.data
    assert site.calls[0].path == "http://example.org/page"
    with pytest.raises(PrivateAddress):
        await fetch(web_address("http://router.lan/"))


async def test_a_proxy_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(BadInput, match="proxy"):
        await fetch(web_address("http://example.org/page"))


async def test_an_unknown_host() -> None:
    with pytest.raises(BadInput, match="no host"):
        await public_ip(web_address("http://nothing.invalid/"), is_private_allowed=False)


@pytest.mark.parametrize(
    ("text", "whole", "host", "port"),
    [
        ("example.org", "https://example.org/", "example.org", 443),
        (" http://Example.org:8080/a?b=c#d ", "http://example.org:8080/a?b=c", "example.org", 8080),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/ü", "xn--bcher-kva.example", 443),
        ("http://[::1]/x", "http://[::1]/x", "::1", 80),
    ],
)
def test_addresses_as_people_paste_them(text: str, whole: str, host: str, port: int) -> None:
    address = web_address(text)
    assert (address.text, address.host, address.port) == (whole, host, port)
    assert host in address.words
    assert "leaves this machine" in address.words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "file:///etc/passwd",
        "ftp://example.org/",
        "javascript://example.org/%0aalert(1)",
        "https://user:secret@example.org/",
        "https://example.org/a b",
        "https://example.org\n.evil/",
        "https://exa\0mple.org/",
        "https://example.org:99999/",
        "https://[::1/",
        "https://" + "a" * 5000,
        "https://" + "ü" * 70 + ".org/",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        web_address(text)
    assert "secret" not in refusal.value.sentence()


@pytest.mark.parametrize(
    ("ip", "near"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("192.168.1.1", True),
        ("172.16.0.1", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("::1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("::ffff:127.0.0.1", True),
        ("2002:7f00:1::", True),
        ("64:ff9b::7f00:1", True),
        ("93.184.216.34", False),
        ("2606:2800:220:1::1", False),
    ],
)
def test_which_places_are_near(ip: str, near: bool) -> None:
    assert is_near(ip) is near
    assert is_near_name(ip) is near


def test_which_names_are_near() -> None:
    assert [is_near_name(name) for name in ("localhost", "box.local", "nas", "example.org")] == [True] * 3 + [
        False
    ]
