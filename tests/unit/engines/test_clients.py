"""C4: clients and TLS contexts are made once, lazily, and never in the loop's thread."""

import asyncio
import importlib
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest

from slmdesk.base.errors import EngineError
from slmdesk.engines.base import Engine, Message, Request
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.engines.wire.lazy_client import LazyClient
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.replay_server import ReplayServer
from tests.fakes.streams import collect

ASK = Request("small", (Message("user", "hi"),))
Connect = Callable[[str], Engine]
ENGINES: list[Connect] = [OllamaEngine, lambda address: OpenAICompatible("box", "Box", address)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What was made, and whether in the main thread. (Importing ollama makes a client of its own.)"""
    importlib.import_module("ollama")
    found: list[tuple[str, bool]] = []

    def spy(owner: Any, name: str, label: str) -> None:
        real = getattr(owner, name)

        def noted(*args: Any, **kwargs: Any) -> Any:
            found.append((label, threading.current_thread() is threading.main_thread()))
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, noted)

    spy(httpx.AsyncClient, "__init__", "client")
    spy(httpx2.AsyncClient, "__init__", "client")
    spy(ssl.SSLContext, "load_verify_locations", "tls")
    spy(ssl, "create_default_context", "tls")
    spy(ssl.SSLContext, "__new__", "tls")
    return found


@pytest.mark.parametrize("connect", ENGINES, ids=["ollama", "openai"])
async def test_eight_streams_share_one_client_without_tls(
    connect: Connect, made: list[tuple[str, bool]]
) -> None:
    server = ReplayServer() if connect is OllamaEngine else OpenAIServer()
    async with server:
        engine = connect(server.address)
        assert made == []
        outcomes = await asyncio.gather(*(collect(engine.stream(ASK)) for _ in range(8)))
        await engine.aclose()
    assert all(outcome.error is None for outcome in outcomes)
    assert made == [("client", False)]


@pytest.mark.parametrize("connect", ENGINES, ids=["ollama", "openai"])
async def test_a_tls_context_is_made_in_another_thread(
    connect: Connect, made: list[tuple[str, bool]]
) -> None:
    engine = connect("https://127.0.0.1:9")
    with pytest.raises(EngineError):
        await engine.models()
    await engine.aclose()
    assert ("client", False) in made
    assert ("tls", False) in made
    assert not any(is_main for _, is_main in made)


def test_the_engines_import_no_client() -> None:
    """S2: the packages come with the first request, not with the window."""
    code = (
        "import sys, slmdesk.engines.registry;"
        "import slmdesk.engines.ollama.engine, slmdesk.engines.openai_compat.engine;"
        "print([m for m in ('ollama', 'openai', 'httpx', 'httpx2', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Slow:
    """A client whose making takes until it is let go."""

    def __init__(self) -> None:
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


async def test_a_client_that_is_made_while_its_engine_closes_is_closed() -> None:
    may_end, made = threading.Event(), []

    def make() -> Slow:
        may_end.wait(10)
        made.append(Slow())
        return made[-1]

    client = LazyClient("Box", make)
    getting = asyncio.ensure_future(client.get())
    await asyncio.sleep(0.02)  # the thread is at it
    getting.cancel()  # nobody waits for it any more
    closing = asyncio.ensure_future(client.close())
    await asyncio.sleep(0.02)
    may_end.set()
    await asyncio.gather(getting, closing, return_exceptions=True)
    assert [one.is_closed for one in made] == [True]
    with pytest.raises(EngineError):
        await client.get()
