"""A server of files as the web has them: ranges, ETags, redirects, and what goes wrong with them."""

import asyncio
import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from tests.fakes.http_server import Call, HttpServer

Fault = Literal[
    "", "cut", "reset", "stall", "ignore range", "no content-range", "wrong start", "wrong total", "short",
    "416", "503", "500", "404", "403", "gzip", "too long", "trickle",
]  # fmt: skip


@dataclass
class Script:
    """What happens to one request: `after` are the bytes of its body that arrive first."""

    fault: Fault = ""
    after: int = 0


@dataclass
class FileServer(HttpServer):
    """Serves `files` by path. `scripts` holds what happens to the next requests, in order.

    `redirects` lead from one path to an address, with what Hugging Face says of a large file if `has_links`.
    `sent_bytes` counts the bytes of bodies that were sent, `piece_bytes` at a time.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    scripts: deque[Script] = field(default_factory=deque)
    redirects: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    json: dict[str, str] = field(default_factory=dict)
    has_links: bool = False
    has_lengths: bool = True
    head_status: int = 200
    piece_bytes: int = 64 << 10
    pause_s: float = 0.0
    sent_bytes: int = 0

    def __post_init__(self) -> None:
        super().__init__(self._answer_call)

    def url(self, path: str) -> str:
        return self.address + path

    def etag(self, path: str) -> str:
        return self.etags.get(path, f'"{hashlib.md5(self.files[path]).hexdigest()}"')  # noqa: S324

    async def _answer_call(self, call: Call) -> None:
        path = call.path.partition("?")[0]
        if path in self.json:
            await call.respond(200, self.json[path])
        elif path in self.redirects:
            await self._redirect(call, path)
        elif path not in self.files:
            await call.respond(404, b"")
        elif call.method == "HEAD":
            await self._head_only(call, path)
        else:
            await self._send_file(call, path, self.scripts.popleft() if self.scripts else Script())

    async def _redirect(self, call: Call, path: str) -> None:
        target = self.redirects[path]
        headers = {"location": target}
        whole = self.files.get(target.removeprefix(self.address).partition("?")[0])
        if self.has_links and whole is not None:
            headers |= {
                "x-linked-etag": f'"{hashlib.sha256(whole).hexdigest()}"',
                "x-linked-size": str(len(whole)),
            }
        await call.respond(302, b"", headers)

    async def _head_only(self, call: Call, path: str) -> None:
        if self.head_status != 200:
            await call.respond(self.head_status, b"")
            return
        lengths = {"content-length": str(len(self.files[path]))} if self.has_lengths else {}
        await _head(call, 200, {"etag": self.etag(path), **lengths})
        call.is_ended = True

    async def _send_file(self, call: Call, path: str, script: Script) -> None:
        if script.fault in ("404", "403", "500", "503"):
            await call.respond(
                int(script.fault), b"", {"retry-after": "0"} if script.fault == "503" else None
            )
            return
        whole = self.files[path]
        start = self._start(call, path, script)
        if script.fault == "416":
            await call.respond(416, b"", {"content-range": f"bytes */{len(whole)}"})
            return
        if start >= len(whole) > 0:
            await call.respond(416, b"", {"content-range": f"bytes */{len(whole)}"})
            return
        headers = {"etag": self.etag(path)}
        if self.has_lengths:
            headers["content-length"] = str(len(whole) - start + (1000 if script.fault == "too long" else 0))
        if script.fault == "gzip":
            headers["content-encoding"] = "gzip"
        if start:
            first = start - 1 if script.fault == "wrong start" else start
            total = len(whole) + 7 if script.fault == "wrong total" else len(whole)
            headers["content-range"] = f"bytes {first}-{len(whole) - 1}/{total}"
            if script.fault == "no content-range":
                del headers["content-range"]
        body = whole[start:] + (bytes(1000) if script.fault == "too long" else b"")
        await self._send_body(call, 206 if start else 200, headers, body, script)

    def _start(self, call: Call, path: str, script: Script) -> int:
        asked = call.headers.get("range", "")
        condition = call.headers.get("if-range", "")
        if not asked or script.fault == "ignore range" or (condition and condition != self.etag(path)):
            return 0
        return int(asked.removeprefix("bytes=").partition("-")[0])

    async def _send_body(
        self, call: Call, status: int, headers: dict[str, str], body: bytes, script: Script
    ) -> None:
        if self.has_lengths:
            await _head(call, status, headers)
        else:
            await call.start(status, headers)
        send = call.raw if self.has_lengths else call.send
        stops = script.fault in ("cut", "reset", "stall", "short", "trickle")
        part = body[: script.after] if stops else body
        for at in range(0, len(part), self.piece_bytes):
            piece = part[at : at + self.piece_bytes]
            await send(piece)
            self.sent_bytes += len(piece)
            if self.pause_s:
                await asyncio.sleep(self.pause_s)
        match script.fault:
            case "cut" | "short":
                await call.hang_up()
            case "reset":
                call.abort()
            case "stall":
                await asyncio.Event().wait()
            case "trickle":
                for byte in body[script.after :]:
                    await send(bytes((byte,)))
                    self.sent_bytes += 1
                    await asyncio.sleep(0.01)
            case _:
                call.is_ended = True
                if not self.has_lengths:
                    await call.end()


async def _head(call: Call, status: int, headers: dict[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    await call.raw("\r\n".join([*lines, "", ""]).encode())
