"""Probabilities of tokens as servers send them, read so that a damaged one never ends an answer."""

from collections.abc import Sequence
from typing import Any

from slmdesk.engines.base import TokenLogprob
from slmdesk.engines.wire.frames import Frame
from slmdesk.engines.wire.values import items, mapping, number, whole_characters

MOST_ALTERNATIVES = 20  # what OpenAI and Ollama allow to ask for; a server may send its whole vocabulary
_LONGEST_TOKEN = 256  # characters, or bytes
_CONTINUATIONS = range(0x80, 0xC0)  # bytes of UTF-8 that begin no character


def read_logprobs(value: object) -> tuple[TokenLogprob, ...]:
    """The tokens of `choices[].logprobs.content`; Ollama's own list has the same items.

    What is no token with a probability is left out: it is a decoration of the answer.
    """
    entries = value if isinstance(value, list) else items(mapping(value).get("content"))
    return tuple(token for entry in entries if (token := _token(mapping(entry))) is not None)


def _token(entry: Frame) -> TokenLogprob | None:
    name, logprob = _name(entry), _logprob(entry)
    if name is None or logprob is None:
        return None
    others = list(map(mapping, items(entry.get("top_logprobs"))[:MOST_ALTERNATIVES]))
    if _begins_inside(others) and not _is_inside(name):
        name = _last_piece(entry, others)
    found = ((_name(other), _logprob(other)) for other in others)
    top = tuple((text, value) for text, value in found if text is not None and value is not None)
    return TokenLogprob(name, logprob, top)


def _name(entry: Frame) -> str | None:
    """The token; by its bytes where it is but a part of a character."""
    written, data = entry.get("token"), _bytes(entry.get("bytes"))
    if data is not None and not _is_utf8(data):
        return data.decode("utf-8", "surrogateescape")
    return whole_characters(written)[:_LONGEST_TOKEN] if isinstance(written, str) else None


def _bytes(value: object) -> bytes | None:
    numbers: Sequence[Any] = items(value)
    if not 0 < len(numbers) <= _LONGEST_TOKEN:
        return None
    is_bytes = all(type(each) is int and 0 <= each < 256 for each in numbers)
    return bytes(numbers) if is_bytes else None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _begins_inside(others: Sequence[Frame]) -> bool:
    """Whether the choice was one of pieces that go on with a character."""
    return any(data is not None and data[0] in _CONTINUATIONS for data in _all_bytes(others))


def _all_bytes(others: Sequence[Frame]) -> list[bytes | None]:
    return [_bytes(other.get("bytes")) for other in others]


def _is_inside(name: str) -> bool:
    return "\udc80" <= name[:1] <= "\udcbf"


def _last_piece(entry: Frame, others: Sequence[Frame]) -> str:
    """llama.cpp names the whole character, but the probability is that of its last piece alone.

    "" where it cannot be told which piece that was.
    """
    identifier = entry.get("id")
    same = (other for other in others if identifier is not None and other.get("id") == identifier)
    return _name(next(same, {})) or ""


def _logprob(entry: Frame) -> float | None:
    """At most 0, where rounding has made a certain token more than certain; None for what is no number."""
    value = number(entry.get("logprob"))
    return None if value is None else min(value, 0.0)
