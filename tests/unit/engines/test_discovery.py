"""Who listens on this machine, and the test of a server in Settings."""

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import pytest

from slmdesk.config.servers import ServerAddress
from slmdesk.engines import discovery
from slmdesk.engines.discovery import Found, discover
from slmdesk.engines.examination import Verdict, examine
from tests.fakes.documented_server import API_VERSION, KEY, DocumentedServer
from tests.fakes.http_server import Call, HttpServer

Pages = dict[str, Any]
MODELS = {"object": "list", "data": [{"id": "a", "owned_by": "me"}, {"id": "b", "owned_by": "me"}]}
OLLAMA: Pages = {"/api/version": {"version": "0.13.1"}, "/api/tags": {"models": [{"name": "a"}]}}
LLAMA_CPP: Pages = {"/v1/models": MODELS, "/props": {"build_info": "b7000-abc"}, "/api/tags": {"models": []}}
LM_STUDIO: Pages = {"/v1/models": MODELS, "/lmstudio-greeting": {"lmstudio": True}}
VLLM: Pages = {"/v1/models": {"data": [{"id": "a", "owned_by": "vllm"}]}, "/version": {"version": "0.11.0"}}
OPEN_WEBUI: Pages = {"/api/version": {"version": "0.6.0", "deployment_id": ""}}  # and a page for all else


class Pretender(HttpServer):
    """Answers these paths with JSON and all others as web servers do."""

    def __init__(self, pages: Pages, *, server: str = "uvicorn", other: str = "<!doctype html>") -> None:
        super().__init__(self._give)
        self.pages = pages
        self.server = server
        self.other = other

    async def _give(self, call: Call) -> None:
        headers = {"server": self.server}
        if call.path in self.pages:
            status, page = 200, self.pages[call.path]
            if isinstance(page, int):
                status, page = page, {"error": {"message": "Invalid API Key"}}
            await call.respond(status, json.dumps(page), headers | {"content-type": "application/json"})
        else:
            await call.respond(200, self.other, headers | {"content-type": "text/html"})


async def found_at(server: HttpServer) -> list[Found]:
    return await discover([], [], [server.port])


@pytest.mark.parametrize(
    ("pages", "header", "label", "version", "count", "kind"),
    [
        (OLLAMA, "", "Ollama", "0.13.1", 1, "ollama"),
        (LLAMA_CPP, "llama.cpp", "llama.cpp", "b7000-abc", 2, "openai-compatible"),
        (LM_STUDIO, "", "LM Studio", "", 2, "openai-compatible"),
        (VLLM, "uvicorn", "vLLM", "0.11.0", 1, "openai-compatible"),
    ],
)
async def test_each_program_is_known_by_its_own_signs(
    pages: Pages, header: str, label: str, version: str, count: int, kind: str
) -> None:
    async with Pretender(pages, server=header) as server:
        (found,) = await found_at(server)
    assert (found.server.label, found.version, found.model_count, found.server.kind) == (
        label,
        version,
        count,
        kind,
    )
    assert not found.needs_key
    assert found.server.address.startswith(f"http://127.0.0.1:{server.port}")


async def test_a_server_without_a_name_is_named_after_its_port() -> None:
    async with Pretender({"/v1/models": MODELS}) as server:
        (found,) = await found_at(server)
    assert found.server.id == f"port-{server.port}"


@pytest.mark.parametrize(
    "pages",
    [
        {},
        OPEN_WEBUI,
        {"/v1/models": {"data": []}},
        {"/v1/models": {"data": ["a", "b"]}},
        {"/v1/models": {"models": "all"}},
        {"/v1/models": [1, 2]},
        {"/api/version": {"version": 5}, "/api/tags": {"models": []}},
        {"/v1/models": 401},
    ],
)
async def test_other_web_servers_are_left_out_without_a_word(pages: Pages) -> None:
    async with Pretender(pages) as server:
        assert await found_at(server) == []


async def test_one_that_never_answers_costs_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "_WITHIN_S", 0.3)

    async def silence(call: Call) -> None:
        await call.is_gone.wait()

    async def flood(call: Call) -> None:
        await call.start(200)
        while True:
            await call.send(b" " * 65536)

    async with HttpServer(silence) as silent, HttpServer(flood) as loud:
        started = time.monotonic()
        assert await discover([], [], [silent.port, loud.port]) == []
        assert time.monotonic() - started < 3


async def test_a_redirect_to_another_machine_is_not_followed() -> None:
    async def away(call: Call) -> None:
        await call.respond(302, b"", {"location": "http://192.0.2.1/"})

    async with HttpServer(away) as server:
        assert await found_at(server) == []


async def test_what_is_known_is_not_asked_and_ids_are_free() -> None:
    async with (
        Pretender(LLAMA_CPP, server="llama.cpp") as first,
        Pretender(LLAMA_CPP, server="llama.cpp") as other,
    ):
        assert await discover([f"http://localhost:{first.port}/v1"], [], [first.port]) == []
        assert first.calls == []
        ids = [one.server.id for one in await discover([], [], [first.port, other.port])]
        assert ids == ["llama.cpp", f"llama.cpp-{other.port}"]


async def test_a_locked_llama_cpp_is_found_as_one_that_wants_a_key() -> None:
    async with Pretender(LLAMA_CPP | {"/props": 401}, server="llama.cpp") as server:
        (found,) = await found_at(server)
    assert found.needs_key


def test_nobody_there_costs_no_client() -> None:
    code = (
        "import asyncio, sys; from slmdesk.engines.discovery import discover;"
        "print(asyncio.run(discover([], [], [9])), 'httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False"


def address(server: HttpServer, kind: Any = "openai-compatible", path: str = "/v1") -> ServerAddress:
    return ServerAddress("box", "Box", server.address + path, kind)


async def test_a_good_test_says_what_which_version_and_how_many() -> None:
    async with Pretender(LLAMA_CPP, server="llama.cpp") as server:
        assert await examine(address(server), None) == Verdict(
            True, "llama.cpp b7000-abc answers and offers 2 models."
        )
    async with Pretender(OLLAMA | {"/api/show": {}}) as server:
        verdict = await examine(address(server, "ollama", ""), None)
        assert verdict == Verdict(True, "Ollama 0.13.1 answers and offers 1 model.")
    async with DocumentedServer("openai") as server:
        verdict = await examine(ServerAddress("o", "O", server.engine_address, "openai"), KEY)
        assert verdict == Verdict(True, "OpenAI takes the key and offers 1 model.")


async def test_an_ollama_added_as_something_else_is_pointed_out() -> None:
    async with Pretender(OLLAMA | {"/v1/models": MODELS}) as server:
        verdict = await examine(address(server), None)
    assert "Choose the kind Ollama" in verdict.words


@pytest.mark.parametrize(("deployment", "is_good"), [("small", True), ("large", False)])
async def test_deployments_of_azure_are_looked_for_without_generating(deployment: str, is_good: bool) -> None:
    async with DocumentedServer("azure") as server:
        entry = ServerAddress("az", "Azure", server.engine_address, "azure", (deployment,), API_VERSION)
        verdict = await examine(entry, KEY)
    assert verdict.is_good == is_good
    assert ("large" in verdict.words) != is_good
    assert server.generations == 0


async def test_what_is_wrong_is_a_sentence() -> None:
    nowhere = ServerAddress("n", "N", "http://127.0.0.1:9/v1")
    assert "does not answer" in (await examine(nowhere, None)).words
    async with DocumentedServer("openai") as server:
        verdict = await examine(ServerAddress("o", "O", server.engine_address, "openai"), "sk-wrong")
        assert "refused the key" in verdict.words
        assert "sk-wrong" not in verdict.words
    async with Pretender({}, server="nginx") as server:
        assert "is something else: nginx" in (await examine(address(server), None)).words
    async with Pretender(LLAMA_CPP | {"/props": 401}, server="llama.cpp") as server:
        assert await examine(address(server), None) == Verdict(False, "llama.cpp wants a key.")
        assert "refuses the key" in (await examine(address(server), "k")).words
    unusable = ServerAddress("u", "U", "ftp://x")
    assert not (await examine(unusable, None)).is_good


async def test_https_where_only_http_is_spoken() -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    verdict = await examine(ServerAddress("t", "T", f"https://127.0.0.1:{port}/v1"), None)
    server.close()
    assert "does not speak https" in verdict.words


async def test_a_test_that_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slmdesk.engines.examination._WITHIN_S", 0.2)

    async def silence(call: Call) -> None:
        await call.is_gone.wait()

    async with HttpServer(silence) as server:
        verdict = await examine(address(server), None)
    assert verdict == Verdict(False, "Box did not answer within 0.2 seconds.")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "gopher://127.0.0.1:9"])
@pytest.mark.parametrize("kind", ["openai-compatible", "ollama"])
async def test_a_proxy_that_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, proxy: str, kind: Any
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    verdict = await examine(ServerAddress("lan", "Lan", "http://lan-box:1", kind), None)
    assert not verdict.is_good
    assert "proxy" in verdict.words
    assert "NO_PROXY" in verdict.words
    near = await examine(ServerAddress("near", "Near", "http://127.0.0.1:9", kind), None)
    assert "does not answer" in near.words  # nothing on this machine goes through a proxy
