"""Serves the recordings of a real Ollama in tests/data/ollama, in any chunking and at any pace."""

import asyncio
import functools
import json
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.fakes.http_server import Call, HttpServer

FOLDER = Path(__file__).parents[1] / "data" / "ollama"
MISSING_MODEL = "nothing:here"
Slicer = Callable[[bytes], Sequence[bytes]]


@functools.cache
def recordings() -> dict[str, dict[str, Any]]:
    """Every recorded exchange by its name."""
    found = {}
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line:
                exchange = json.loads(line)
                found[exchange["name"]] = exchange
    return found


def recorded_body(name: str) -> bytes:
    """The body of a recording, in one piece."""
    return "".join(text for _, text in recordings()[name]["response"]["chunks"]).encode()


def recorded_text(name: str) -> str:
    """The answer that a recorded chat stream holds."""
    frames = [json.loads(line) for line in recorded_body(name).decode().split("\n") if line]
    return "".join(frame["message"]["content"] for frame in frames if "message" in frame)


class ReplayServer(HttpServer):
    """`play` queues recordings for `/api/chat` (then `chat/stream`); `set` chooses for other paths.

    `speed` scales the recorded times (0: no waiting at all); `slicer` cuts every body anew.
    """

    def __init__(self, *chats: str, speed: float = 0.0, slicer: Slicer | None = None) -> None:
        super().__init__(self._replay)
        self.speed = speed
        self.slicer = slicer
        self._chats = deque(chats)
        self._fixed = {
            "/api/tags": "models/tags",
            "/api/ps": "models/ps-loaded",
            "/api/version": "server/version",
            "/": "server/root",
        }

    def play(self, *names: str) -> None:
        self._chats.extend(names)

    def set(self, path: str, name: str) -> None:
        self._fixed[path] = name

    @property
    def chats(self) -> list[Call]:
        return self.to("/api/chat")

    async def _replay(self, call: Call) -> None:
        if call.path == "/api/chat":
            name = self._next_chat(call)
        elif call.path == "/api/show":
            name = next(
                (n for n in ("models/show", "models/show-verbose-false-base") if _asks(n) == call.json),
                "models/show-missing",
            )
        else:
            name = self._fixed.get(call.path, "server/unknown-path")
        await self.give(call, name)

    def _next_chat(self, call: Call) -> str:
        if call.json["model"] == MISSING_MODEL:
            return "chat/missing-model"
        if call.json["messages"] == []:
            return "models/unload"
        return self._chats.popleft() if self._chats else "chat/stream"

    async def give(self, call: Call, name: str) -> None:
        """Answer `call` with the recording."""
        response = recordings()[name]["response"]
        await asyncio.sleep((response["headers_ms"] or 0) / 1000 * self.speed)
        if "content-length" in response["headers"]:
            content_type = response["headers"].get("content-type", "")
            await call.respond(response["status"], recorded_body(name), {"content-type": content_type})
            return
        await call.start(response["status"], {"content-type": response["headers"].get("content-type", "")})
        for delay_s, piece in self._pieces(name):
            await asyncio.sleep(delay_s)
            await call.send(piece)
        if response["end"] == "complete":
            await call.end()
        elif response["end"] == "client closed":
            await call.is_gone.wait()
        else:
            call.abort()

    def _pieces(self, name: str) -> list[tuple[float, bytes]]:
        chunks = recordings()[name]["response"]["chunks"]
        if self.slicer is not None:
            return [(0.0, piece) for piece in self.slicer(recorded_body(name))]
        before = [0.0, *(at for at, _ in chunks)]
        return [
            ((at - earlier) / 1000 * self.speed, text.encode())
            for earlier, (at, text) in zip(before, chunks, strict=False)
        ]


def _asks(name: str) -> Any:
    return recordings()[name]["request"]["json"]
