"""Bodies in any chunking, and what comes of a stream of chunks."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from slmdesk.base.errors import EngineError
from slmdesk.engines.base import Chunk, Delta, Done

Reader = Callable[[AsyncIterator[bytes]], AsyncGenerator[Chunk, None]]


@dataclass
class Outcome:
    """How a stream went: its chunks and the known error that ended it, if one did."""

    chunks: list[Chunk] = field(default_factory=list)
    error: EngineError | None = None

    @property
    def text(self) -> str:
        return "".join(chunk.text for chunk in self.chunks if isinstance(chunk, Delta))

    @property
    def thinking(self) -> str:
        return "".join(chunk.thinking for chunk in self.chunks if isinstance(chunk, Delta))

    @property
    def done(self) -> Done | None:
        return next((chunk for chunk in self.chunks if isinstance(chunk, Done)), None)


async def collect(chunks: AsyncGenerator[Chunk, None]) -> Outcome:
    """Read a stream to its end; anything but an EngineError is raised."""
    outcome = Outcome()
    try:
        async with contextlib.aclosing(chunks):
            async for chunk in chunks:
                outcome.chunks.append(chunk)
    except EngineError as error:
        outcome.error = error
    return outcome


async def pieces(body: bytes, sizes: Sequence[int] = ()) -> AsyncGenerator[bytes, None]:
    """`body` cut into pieces of these sizes in turn, in one piece without any."""
    at = turn = 0
    while at < len(body):
        size = sizes[turn % len(sizes)] if sizes else len(body)
        yield body[at : at + size]
        at, turn = at + size, turn + 1


def read(reader: Reader, body: bytes, sizes: Sequence[int] = ()) -> Outcome:
    """What `reader` makes of `body`, outside of any loop."""
    return asyncio.run(collect(reader(pieces(body, sizes))))


def mutate(body: bytes, chance: random.Random) -> bytes:
    """The body with one to four injuries of the kinds that networks and servers inflict."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(7):
            case 0:
                body = body[:at]
            case 1:
                body = body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
            case 2:
                body = body[:at] + chance.choice(_INJURIES) + body[at:]
            case 3:
                body = body[:at] + body[at + chance.randrange(40) :]
            case 4:
                lines = body.split(b"\n")
                chance.shuffle(lines)
                body = b"\n".join(lines)
            case 5:
                body = body.replace(b"\n", b"\r\n" if chance.random() < 0.5 else b"\n\n")
            case 6:
                body = body.replace(b'"content"', chance.choice(_FIELDS), chance.randrange(3))
    return body


_INJURIES = (
    *(b"\n", b"\r", b"\n\n", b"\x00", b"\xff\xfe", b"[]\n", b"null\n", b"7\n", b"{}\n", b": ping\n\n"),
    *(b'{"error":', b'{"error":"x"}\n', b"[DONE]\n", b"data: [DONE]\n\n", b"data:\n\n", b"event: error\n"),
    *("\u2028".encode(), "\u0085".encode(), b"1e999", b"NaN", b"9" * 400, b'"\\ud800"', b"\xef\xbb\xbf"),
    *(b"{" * 3000, b"[" * 3000, b"<html>\n", b'\n{"error":{"error":{"error":{"error":[]}}}}\n'),
    *(b"retry: 1\n", b'"done":true,', b'"finish_reason":"stop",', b"</think>", b"<think>"),
)
_FIELDS = (
    *(b'"content":null,"x"', b'"content":5,"x"', b'"content":["a"],"x"', b'"thinking"'),
    *(b'"tool_calls":[{}],"x"', b'"tool_calls":[{"function":{"arguments":"{"}}],"x"', b'"tool_calls":5,"x"'),
)
