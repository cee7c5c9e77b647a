"""A small real HTTP/1.1 server on loopback that sees what a client does and when it leaves."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 503: "Service Unavailable"}


class Call:
    """One request and the way to answer it; `is_gone` is set when the client closes its socket."""

    def __init__(
        self, writer: asyncio.StreamWriter, method: str, path: str, headers: Mapping[str, str], body: bytes
    ):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.received_at = time.monotonic()
        self.is_gone = asyncio.Event()
        self.gone_at: float | None = None
        self.is_ended = False
        self.bytes_sent = 0
        self._writer = writer
        self._is_chunked = False

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    async def start(self, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Send the head; the body follows in chunks."""
        self._is_chunked = True
        await self._head(status, {"transfer-encoding": "chunked", **(headers or {})})

    async def send(self, data: bytes) -> None:
        if data:
            self.bytes_sent += len(data)
            self._writer.write(b"%x\r\n%s\r\n" % (len(data), data))
            await self._writer.drain()

    async def end(self) -> None:
        """The proper end of a chunked body."""
        self.is_ended = True
        if self._is_chunked:
            self._writer.write(b"0\r\n\r\n")
            await self._writer.drain()

    async def respond(
        self, status: int, body: bytes | str | dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole response with its length."""
        if isinstance(body, dict):
            body = json.dumps(body)
        data = body.encode() if isinstance(body, str) else body
        await self._head(status, {"content-length": str(len(data)), **(headers or {})})
        self._writer.write(data)
        self.bytes_sent += len(data)
        await self._writer.drain()
        self.is_ended = True

    async def raw(self, data: bytes) -> None:
        """Bytes without any framing, for servers that do not speak HTTP."""
        self._writer.write(data)
        await self._writer.drain()

    def abort(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()

    async def hang_up(self) -> None:
        """Close the connection without the end of the body."""
        self._writer.close()

    async def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [
            f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}",
            *(f"{k}: {v}" for k, v in headers.items()),
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        await self._writer.drain()


Handler = Callable[[Call], Awaitable[None]]


class HttpServer:
    """Hands every request to `handler`; `calls` keeps them all."""

    def __init__(self, handler: Handler, host: str = "127.0.0.1") -> None:
        self._handler = handler
        self._host = host
        self._connections: set[asyncio.Task[None]] = set()
        self.calls: list[Call] = []
        self.connection_count = 0
        self.fixed_port = 0  # for a server that comes back where another one was

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self._host, self.fixed_port)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def address(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    def hang_up_all(self) -> None:
        """Break every connection there is now."""
        for call in self.calls:
            call.abort()

    def to(self, path: str) -> list[Call]:
        """The calls to `path`."""
        return [call for call in self.calls if call.path == path]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self.connection_count += 1
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *rest = head.decode("latin-1").strip().split("\r\n")
            method, path, _ = first.split(" ")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            call = Call(writer, method, path, headers, body)
            self.calls.append(call)
            await self._answer(call, reader)
            if call.is_gone.is_set() or not call.is_ended:
                return

    async def _answer(self, call: Call, reader: asyncio.StreamReader) -> None:
        """Run the handler until it ends or the client leaves."""
        watch = asyncio.ensure_future(_watch(call, reader))
        work = asyncio.ensure_future(self._handler(call))
        try:
            await asyncio.wait({watch, work}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            for task in (watch, work):
                task.cancel()
            await asyncio.gather(watch, work, return_exceptions=True)


async def _watch(call: Call, reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        await reader.read(1)  # a client says no more until it has the answer: what comes is its end
    call.gone_at = time.monotonic()
    call.is_gone.set()
