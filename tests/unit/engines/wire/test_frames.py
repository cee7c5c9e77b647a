"""Bytes to objects: the traps of line splitting, in any chunking."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmdesk.base.errors import BadReply
from slmdesk.engines.wire import frames
from slmdesk.engines.wire.frames import Frame, ndjson_frames, parse_object, sse_frames
from tests.fakes.streams import pieces

Parser = Callable[[AsyncIterator[bytes]], AsyncGenerator[Frame, None]]

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
OBJECTS = st.lists(st.dictionaries(ANY_TEXT, ANY_TEXT | st.integers() | st.none(), max_size=3), max_size=8)
SIZES = st.lists(st.integers(1, 30), min_size=1, max_size=5)


def parse(parser: Parser, body: bytes, sizes: tuple[int, ...] | list[int] = ()) -> list[Frame]:
    async def run() -> list[Frame]:
        return [frame async for frame in parser(pieces(body, sizes))]

    return asyncio.run(run())


def sse(payload: str, end: str = "\n") -> str:
    return "".join(f"data: {line}{end}" for line in payload.split("\n")) + end


@given(OBJECTS, SIZES, st.booleans())
@settings(max_examples=300, deadline=None)
def test_ndjson_any_text_in_any_chunking(objects: list[Frame], sizes: list[int], is_ascii: bool) -> None:
    body = "".join(json.dumps(value, ensure_ascii=is_ascii) + "\n" for value in objects).encode()
    assert parse(ndjson_frames, body, sizes) == objects


@given(OBJECTS, SIZES, st.sampled_from(["\n", "\r\n"]), st.sampled_from([None, 1]))
@settings(max_examples=300, deadline=None)
def test_sse_any_text_in_any_chunking(
    objects: list[Frame], sizes: list[int], end: str, indent: int | None
) -> None:
    events = (sse(json.dumps(value, ensure_ascii=False, indent=indent), end) for value in objects)
    assert parse(sse_frames, "".join(events).encode(), sizes) == objects


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\u0085", "\u000b", "\u001c"])
def test_separators_of_unicode_are_text(char: str) -> None:
    line = json.dumps({"a": f"x{char}y"}, ensure_ascii=False)
    assert parse(ndjson_frames, f"{line}\n".encode(), (1,)) == [{"a": f"x{char}y"}]
    assert parse(sse_frames, f"data: {line}\n\n".encode(), (1,)) == [{"a": f"x{char}y"}]


@pytest.mark.parametrize(
    ("body", "objects"),
    [
        (b"", []),
        (b"\n\n  \n", []),
        (b'\n{"a":1}\n\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
        (b'{"a":1}\r\n', [{"a": 1}]),
        (b'{"a":1}', [{"a": 1}]),
        (b'{"a":1}\n{"a":', [{"a": 1}]),
    ],
)
def test_ndjson_tolerates(body: bytes, objects: list[Frame]) -> None:
    assert parse(ndjson_frames, body) == parse(ndjson_frames, body, (1,)) == objects


@pytest.mark.parametrize(
    ("body", "objects"),
    [
        (b"", []),
        (b": ping\n\n:\n", []),
        (b'\xef\xbb\xbfdata: {"a":1}\n\n', [{"a": 1}]),
        (b'event: x\nid: 7\nretry: 5\ndata:{"a":1}\n\n', [{"a": 1}]),
        (b'data: {\ndata: "a":1}\n\n', [{"a": 1}]),
        (b"data:\n\ndata\n\n", []),
        (b'data: {"a":1}\n\ndata: [DONE]\n\ndata: {"a":2}\n\n', [{"a": 1}]),
        (b'data: {"a":1}\n', [{"a": 1}]),
        (b'data: {"a":1}\n\ndata: {"a"', [{"a": 1}]),
        (b'data: {"a":1}\n\ndata: [DO', [{"a": 1}]),
        (b'error: {"code":500}\n\n', [{"error": {"code": 500}}]),
        (b'{"error":"x"}\n', [{"error": "x"}]),
        (b'{"error":"x"}', [{"error": "x"}]),
    ],
)
def test_sse_tolerates(body: bytes, objects: list[Frame]) -> None:
    assert parse(sse_frames, body) == parse(sse_frames, body, (1,)) == objects


@pytest.mark.parametrize(
    "line", [b"[]", b"null", b"7", b'"x"', b"garbage", b"\xff\xfe{}", b"{" * 9000, b'{"a":' * 9000]
)
def test_what_is_no_object_is_a_bad_reply(line: bytes) -> None:
    for parser, body in ((ndjson_frames, line + b"\n"), (sse_frames, b"data: " + line + b"\n\n")):
        with pytest.raises(BadReply):
            parse(parser, body)


@pytest.mark.parametrize("body", [b"<html>nginx</html>\n", b"<html>", b"SSH-2.0 \x00\xff\n"])
def test_another_protocol_is_a_bad_reply_that_quotes_it(body: bytes) -> None:
    for parser in (ndjson_frames, sse_frames):
        with pytest.raises(BadReply, match=r"html|SSH"):
            parse(parser, body)


@pytest.mark.parametrize("parser", [ndjson_frames, sse_frames])
def test_a_frame_has_a_limit(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert frames.MAX_FRAME_BYTES == 8 * 1024 * 1024
    monkeypatch.setattr(frames, "MAX_FRAME_BYTES", 100)
    fits = (
        b'data: {"a":"' + b"x" * 70 + b'"}\n\n' if parser is sse_frames else b'{"a":"' + b"x" * 80 + b'"}\n'
    )
    assert len(parse(parser, fits, (7,))) == 1
    for sizes in ((), (7,)):
        with pytest.raises(BadReply, match="MiB"):
            parse(parser, fits.replace(b"x", b"xx"), sizes)
    with pytest.raises(BadReply, match="MiB"):
        parse(sse_frames, b"data: x\n" * 60, (7,))


def test_half_characters_become_whole() -> None:
    assert parse_object(rb'{"a":["\ud83d\ude42","\ud83d"],"\udc00":"\u00e9"}') == {"a": ["🙂", "�"], "�": "é"}


async def test_a_flood_gives_the_loop_back() -> None:
    """C5: at most 8 ms in one callback, in CPU time of this thread."""
    line = json.dumps({"message": {"content": "word"}}).encode() + b"\n"

    async def flood() -> AsyncGenerator[bytes, None]:
        for _ in range(200):
            yield line * 200

    turns: list[float] = []
    is_over = False

    async def watch() -> None:
        last = time.thread_time()
        while not is_over:
            await asyncio.sleep(0)
            turns.append(time.thread_time() - last)
            last = time.thread_time()

    async def read() -> None:
        nonlocal is_over
        count = 0
        async for _ in ndjson_frames(flood()):
            count += 1
        is_over = True
        assert count == 40_000

    await asyncio.gather(watch(), read())
    assert len(turns) > 10
    assert sorted(turns)[len(turns) * 9 // 10] < 0.008


async def test_the_loop_is_not_given_back_needlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[Any] = []
    sleep = asyncio.sleep

    async def counted(delay: float) -> None:
        pauses.append(delay)
        await sleep(delay)

    async def slow() -> AsyncGenerator[bytes, None]:
        for _ in range(5):
            await sleep(0.006)
            yield b'{"a":1}\n'

    monkeypatch.setattr(asyncio, "sleep", counted)
    assert len([frame async for frame in ndjson_frames(slow())]) == 5
    assert pauses == []
