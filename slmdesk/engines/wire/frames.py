"""Bytes of a response body in, JSON objects out: NDJSON and server-sent events, in any chunking."""

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, TypeAlias

from slmdesk.base.errors import BadReply, EngineError
from slmdesk.base.words import say
from slmdesk.engines.wire.values import whole_characters

Frame: TypeAlias = dict[str, Any]

_DRAIN_S = 0.2
MAX_FRAME_BYTES = 8 * 1024 * 1024
YIELD_AFTER_S = 0.004

_SSE_FIELD = re.compile(rb"([A-Za-z][\w-]{0,31})(?::|$)")
_BOM = b"\xef\xbb\xbf"


class Pace:
    """Gives the loop back during a flood of buffered lines: other panes, Stop and paint need it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._has_turned = True

    @property
    def is_due(self) -> bool:
        """4 ms have passed in this turn of the loop."""
        now = time.perf_counter()
        if self._has_turned:
            self._has_turned, self._since = False, now
            self._loop.call_soon(self._turn)  # a clock cannot tell a wait from a busy machine
        return now - self._since > YIELD_AFTER_S

    async def pause(self) -> None:
        """Let others run once."""
        await asyncio.sleep(0)
        self._turn()

    def _turn(self) -> None:
        self._has_turned = True


class LineSplitter:
    r"""Cuts bytes at b"\n" alone: U+2028 and U+0085 are text, which `splitlines` does not know."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their line end."""
        first, *rest = data.split(b"\n")
        self._keep(first)
        if not rest:
            return []
        lines = [self.remainder(), *rest[:-1]]
        self._keep(rest[-1])
        for line in lines:
            _check_size(len(line))
        return lines

    def remainder(self) -> bytes:
        """What came after the last line end."""
        line = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return line

    def _keep(self, part: bytes) -> None:
        if part:
            self._parts.append(part)
            self._size += len(part)
            _check_size(self._size)


class SseEvents:
    """Lines of an event stream in, the data of complete events out."""

    def __init__(self) -> None:
        self._data: list[bytes] = []
        self._size = 0
        self._is_first = True

    def take(self, line: bytes) -> bytes | None:
        """The payload that `line` completes, if it does."""
        if self._is_first:
            self._is_first = False
            line = line.removeprefix(_BOM)
        line = line.removesuffix(b"\r")
        if not line:
            return self._complete()
        if line.startswith(b"data:"):
            self._add(line[5:].removeprefix(b" "))
        elif line.startswith(b"error:"):
            return b'{"error":' + line[6:] + b"}"  # llama.cpp's own field for a failure
        elif line.startswith(b"{"):
            return line  # a bare object where events were promised: usually an error
        elif not line.startswith(b":") and _SSE_FIELD.match(line) is None:
            raise BadReply(say("The server sent no event stream but: {line}", line=excerpt(line)))
        return None

    def _add(self, value: bytes) -> None:
        self._data.append(value)
        self._size += len(value) + 1
        _check_size(self._size)

    def _complete(self) -> bytes | None:
        payload = b"\n".join(self._data)
        self._data.clear()
        self._size = 0
        return payload if payload.strip() else None


async def ndjson_frames(data: AsyncIterator[bytes]) -> AsyncGenerator[Frame, None]:
    """One object a line. A last line that was cut off is dropped: the caller misses its terminal event."""
    splitter = LineSplitter()
    async with contextlib.aclosing(_lines(data, splitter)) as lines:
        async for line in lines:
            if line.strip():
                yield parse_object(line)
    rest = splitter.remainder().strip()
    if rest and not rest.startswith(b"{"):
        raise BadReply(say("The server sent a line that is not JSON: {rest}", rest=excerpt(rest)))
    if frame := _whole_object(rest):
        yield frame


async def sse_frames(data: AsyncIterator[bytes]) -> AsyncGenerator[Frame, None]:
    """One object an event, up to `[DONE]` or the end, where an event that was cut off is dropped."""
    splitter, events = LineSplitter(), SseEvents()
    async with contextlib.aclosing(_lines(data, splitter)) as lines:
        async for line in lines:
            payload = events.take(line)
            if payload is None:
                continue
            if payload.strip() == b"[DONE]":
                await lines.aclose()
                await drain(data)
                return
            yield parse_object(payload)
    for rest in (events.take(splitter.remainder()), events.take(b"")):
        if frame := _whole_object(rest or b""):
            yield frame


async def drain(data: AsyncIterator[bytes]) -> None:
    """Read what follows the terminal event, so that the connection can be used again; never wait long."""
    with contextlib.suppress(TimeoutError, EngineError):
        async with asyncio.timeout(_DRAIN_S):
            async for _ in data:
                pass


async def _lines(data: AsyncIterator[bytes], splitter: LineSplitter) -> AsyncGenerator[bytes, None]:
    pace = Pace()
    async for chunk in data:
        if pace.is_due:
            await pace.pause()
        for line in splitter.feed(chunk):
            if pace.is_due:
                await pace.pause()
            yield line


def parse_object(line: bytes) -> Frame:
    """The JSON object in `line`; anything else is no frame."""
    try:
        value = json.loads(line.decode())
        if isinstance(value, dict):
            return _without_lone_surrogates(value) if b"\\u" in line else value
    except (ValueError, RecursionError) as error:  # decoding, syntax, absurd numbers and nesting
        raise BadReply(say("The server sent a line that is not JSON: {line}", line=excerpt(line))) from error
    raise BadReply(say("The server sent a line that is not an object: {line}", line=excerpt(line)))


def _whole_object(rest: bytes) -> Frame | None:
    """The last frame of a body that ends without a line end, unless it was cut."""
    try:
        return parse_object(rest) if rest else None
    except BadReply:
        return None


def excerpt(data: bytes, limit: int = 80) -> str:
    """The start of a body, printable, for an error message."""
    text = data[: limit * 4].decode(errors="replace").strip()
    shown = "".join(char if char.isprintable() else " " for char in text[:limit])
    return f"“{shown}…”" if len(text) > limit else f"“{shown}”"


def _without_lone_surrogates(value: Any) -> Any:
    """Escapes may spell half a character; stores and widgets cannot encode it."""
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, list):
        return [_without_lone_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_lone_surrogates(key): _without_lone_surrogates(item) for key, item in value.items()}
    return value


def _check_size(size: int) -> None:
    if size > MAX_FRAME_BYTES:
        raise BadReply(
            say(
                "The server sent a frame of more than {max_frame_bytes} MiB.",
                max_frame_bytes=MAX_FRAME_BYTES // 1024 // 1024,
            )
        )
