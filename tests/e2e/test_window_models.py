"""The real window from a pasted name to the freed disk: pulls over cuts, a dropped file, a custom model."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.model_steps import SYSTEM
from tests.e2e.test_window import ended_well, play
from tests.fakes.fault_proxy import FaultProxy, Faults
from tests.fakes.file_server import FileServer
from tests.fakes.http_server import Call
from tests.fakes.replay_server import ReplayServer, recorded_body, recorded_text
from tests.fakes.until import until
from tests.models import starter

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

NAME = "smollm2:135m"


class OllamaWithoutModels(ReplayServer):
    """Has the model of the recordings once it was pulled, and no other."""

    def __init__(self) -> None:
        super().__init__("chat/stream")
        self.set("/api/pull", "pull/resumed")
        self._is_pulled = False

    async def _replay(self, call: Call) -> None:
        if call.path == "/api/tags":
            models = json.loads(recorded_body("models/tags"))["models"] if self._is_pulled else []
            await call.respond(200, {"models": [one for one in models if one["name"] == NAME]})
        elif call.path == "/api/ps":
            await call.respond(200, {"models": []})
        else:
            await super()._replay(call)
            self._is_pulled = self._is_pulled or call.path == "/api/pull"


@contextlib.contextmanager
def environment(**values: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.asynccontextmanager
async def cut_once(server: ReplayServer | FileServer, path: str, after: int) -> AsyncIterator[FaultProxy]:
    """A way to the server that breaks every connection so far, and none any more once one to `path` broke."""

    async def heal(proxy: FaultProxy) -> None:
        await until(
            lambda: any(call.is_gone.is_set() for call in server.to(path) if call.method != "HEAD"), 120
        )
        proxy.faults = Faults()

    async with FaultProxy(server.address, Faults(cut_after=after)) as proxy:
        healing = asyncio.ensure_future(heal(proxy))
        try:
            yield proxy
        finally:
            healing.cancel()


async def test_models_are_fetched_dropped_made_and_deleted(tmp_path: Path) -> None:
    whole = starter().read_bytes()
    dropped = tmp_path / "Dropped.gguf"
    dropped.write_bytes(whole)
    async with (
        OllamaWithoutModels() as ollama,
        FileServer(files={"/Fetched.gguf": whole}, piece_bytes=1 << 20) as files,
        cut_once(ollama, "/api/pull", 8_000) as to_ollama,
        cut_once(files, "/Fetched.gguf", 40_000_000) as to_files,
    ):
        with environment(
            PULLED_NAME=NAME,
            PULLED_ADDRESS=f"{to_files.address}/Fetched.gguf",
            DROPPED_FILE=str(dropped),
            TEST_OLLAMA_HOST=to_ollama.address,
        ):
            played = await asyncio.to_thread(play, "models", tmp_path / "data")
        ranges = [call.headers.get("range", "") for call in files.to("/Fetched.gguf") if call.method == "GET"]
    ended_well(played)
    seen = played.seen[0]
    assert "smollm2:135m from Ollama's registry" in seen["name"]["understood"]
    assert len(ollama.to("/api/pull")) == 2
    assert "ready to use" in seen["name"]["ready"]
    assert seen["name"]["answer"] == recorded_text("chat/stream").strip()
    assert ollama.chats[-1].json["model"] == NAME
    assert ranges[0] == ""
    assert ranges[1].startswith("bytes=")  # gone on with, not begun anew
    assert int(ranges[1].strip("bytes=-")) > 30_000_000
    assert seen["address"]["answer"]
    header = seen["drop"]["header"]
    assert all(words in header for words in ("llama", "134,515,008", "8,192 tokens", "98 MB"))
    assert "builtin/Dropped" not in seen["drop"]["loaded"]  # nothing of it is loaded before the answer
    assert seen["drop"]["answer"]
    assert "ban" in seen["make"]["answer"].casefold(), SYSTEM
    assert "no room becomes free" in seen["delete parrot"]["question"]
    assert seen["delete parrot"]["freed"] == 0
    assert "98 MB are free again" in seen["delete Dropped"]["question"]
    assert "98 MB are free again" in seen["delete Dropped"]["told"]
    assert seen["delete Dropped"]["freed"] == len(whole)
    assert dropped.exists()
