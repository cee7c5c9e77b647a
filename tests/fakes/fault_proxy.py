"""A TCP proxy that does to a stream what networks do: latency, bandwidth, slices, cuts, resets, hangs.

And what they should not do: a byte that arrives as another one.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass
class Faults:
    """What happens to bytes on their way to the client; counts are bytes since the connection began.

    `cut_after` closes, `reset_after` resets, `hang_after` keeps the connection and sends no more.
    `corrupt_at` is the byte that arrives as another one. `is_refusing` closes every new connection at once.
    """

    latency_s: float = 0.0
    bytes_per_s: float | None = None
    slice_bytes: int | None = None
    cut_after: int | None = None
    reset_after: int | None = None
    hang_after: int | None = None
    corrupt_at: int | None = None
    is_refusing: bool = False

    @property
    def limit(self) -> int | None:
        """The first byte that does not arrive."""
        limits = [n for n in (self.cut_after, self.reset_after, self.hang_after) if n is not None]
        return min(limits) if limits else None


class FaultProxy:
    """Stands before `target`; `faults` may be changed at any time and apply to what comes next."""

    def __init__(self, target: str, faults: Faults | None = None) -> None:
        parts = urlsplit(target)
        assert parts.hostname is not None
        assert parts.port is not None
        self._host, self._port = parts.hostname, parts.port
        self.faults = faults or Faults()
        self.connection_count = 0
        self.client_gone = asyncio.Event()
        self.client_gone_at: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connection_count += 1
        try:
            if not self.faults.is_refusing:
                await self._join(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            await _close(writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(self._host, self._port)
        up = asyncio.ensure_future(self._pass_up(reader, server_writer))
        down = asyncio.ensure_future(self._pass_down(server_reader, writer))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server_writer.close()
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _pass_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        self.client_gone_at = time.monotonic()
        self.client_gone.set()

    async def _pass_down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        while data := await reader.read(65536):
            limit = self.faults.limit
            allowed = data if limit is None else data[: max(0, limit - passed)]
            await self._send(writer, self._corrupted(allowed, passed))
            passed += len(allowed)
            if len(allowed) < len(data):
                await self._break(writer)
                return

    def _corrupted(self, data: bytes, passed: int) -> bytes:
        at = -1 if self.faults.corrupt_at is None else self.faults.corrupt_at - passed
        return data if not 0 <= at < len(data) else data[:at] + bytes([data[at] ^ 0x15]) + data[at + 1 :]

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        faults = self.faults
        size = faults.slice_bytes or max(1, len(data))
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            await asyncio.sleep(
                faults.latency_s + (len(piece) / faults.bytes_per_s if faults.bytes_per_s else 0)
            )
            writer.write(piece)
            await writer.drain()

    async def _break(self, writer: asyncio.StreamWriter) -> None:
        if self.faults.hang_after is not None:
            await asyncio.Event().wait()
        elif self.faults.reset_after is not None:
            writer.transport.abort()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
