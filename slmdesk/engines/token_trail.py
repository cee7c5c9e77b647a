"""The tokens of an answer with their probabilities: where each stands in its text, packed for the store."""

import json
import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeAlias

from slmdesk.engines.base import TokenLogprob

ALTERNATIVES = 5
_MOST_WAITING = 64  # tokens whose text has not come; a server that holds back more is not waited for
_MOST_UNTOLD = 1_000  # characters whose tokens have not come
_MOST_UNPACKED_BYTES = 8_000_000
_MOST_TOKENS = 40_000  # more than any answer has; a chat that was brought may say anything
_MOST_NUMBER = 2**31
_NOWHERE = (-1, -1)
_LEAST = -9999.0  # what OpenAI says of a token that was next to impossible

Place: TypeAlias = tuple[int, int]
Alternatives: TypeAlias = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class PlacedToken:
    """A token, its logprob (natural logarithm), the likeliest other choices, and its place in the answer.

    `start` and `end` count characters of the answer's text, -1 where the place is not certain. Bytes that
    are but a part of a character are lone surrogates in `text` (PEP 383); their place is the whole character.
    """

    text: str
    logprob: float
    others: Alternatives = ()
    start: int = -1
    end: int = -1

    @property
    def probability(self) -> float:
        """From 0 to 1."""
        return math.exp(min(self.logprob, 0.0))

    @property
    def is_placed(self) -> bool:
        return self.start >= 0


class TokenTrail:
    """Follows a stream. Text and tokens may come at different times: a server holds text back that may
    become a stop word or the rest of a character, and it leaves tokens out. Only where both agree byte
    by byte a token is given a place.
    """

    def __init__(self, begin: int = 0, tokens: Sequence[PlacedToken] = ()) -> None:
        """`begin`: characters of the answer that came before, of which these are the tokens."""
        self._tokens = list(tokens)
        self._end = begin
        self._waiting: list[TokenLogprob] = []
        self._text = ""

    def feed(self, text: str, tokens: Sequence[TokenLogprob]) -> None:
        """Take the answer's text and the tokens of one chunk."""
        self._text += text
        self._waiting += tokens
        came, wanted = _joined(self._waiting), self._text.encode("utf-8", "surrogatepass")
        if came == wanted:
            self._place(len(self._waiting))
        elif _joined(tokens) == text.encode("utf-8", "surrogatepass"):
            self._place(len(tokens), len(text))
        elif self._is_late or not (came.startswith(wanted) or wanted.startswith(came)):
            self._place(0)

    @property
    def _is_late(self) -> bool:
        return len(self._waiting) > _MOST_WAITING or len(self._text) > _MOST_UNTOLD

    def finish(self) -> tuple[PlacedToken, ...]:
        """All tokens; those whose text never came have no place."""
        self._place(0)
        return tuple(self._tokens)

    def _place(self, count: int, length: int | None = None) -> None:
        """Give the last `count` of the waiting tokens the last `length` characters, or all; the rest none."""
        first = len(self._waiting) - count
        end = self._end + len(self._text)
        begin = self._end if length is None else end - length
        lost = [_placed(token, _NOWHERE) for token in self._waiting[:first]]
        self._tokens += lost + _spread(self._waiting[first:], begin)
        self._end, self._waiting, self._text = end, [], ""


def _joined(tokens: Iterable[TokenLogprob]) -> bytes:
    return b"".join(_bytes(token.token) for token in tokens)


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogateescape")


def _spread(tokens: Sequence[TokenLogprob], begin: int) -> list[PlacedToken]:
    """Tokens whose bytes are exactly the text that begins there."""
    data = _joined(tokens)
    # How many characters have begun before each byte, and how many before the end.
    begun = [0, *accumulate(int(byte & 0xC0 != 0x80) for byte in data)]
    is_first = [byte & 0xC0 != 0x80 for byte in data] + [True]
    placed, at = [], 0
    for token in tokens:
        end = at + len(_bytes(token.token))
        start = begun[at] - (not is_first[at])
        placed.append(_placed(token, (begin + start, begin + begun[end]) if end > at else _NOWHERE))
        at = end
    return placed


def _placed(token: TokenLogprob, place: Place) -> PlacedToken:
    others = tuple(other for other in token.top if other[0] != token.token)[:ALTERNATIVES]
    return PlacedToken(token.token, token.logprob, others, *place)


def pack(tokens: Sequence[PlacedToken]) -> bytes:
    """As the store keeps them, b"" for none: about 30 bytes a token. Logprobs in thousandths."""
    if not tokens:
        return b""
    rows = [
        [
            token.text,
            _thousandths(token.logprob),
            token.start,
            token.end - token.start,
            [[text, _thousandths(logprob)] for text, logprob in token.others],
        ]
        for token in tokens
    ]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode())


def unpack(data: bytes) -> tuple[PlacedToken, ...]:
    """What can be read; nothing of it is trusted, and nothing is raised."""
    try:
        plain = zlib.decompressobj().decompress(data, _MOST_UNPACKED_BYTES) if data else b"[]"
        rows = json.loads(plain)
    except (zlib.error, ValueError, RecursionError):
        return ()
    found = (_token(row) for row in rows[:_MOST_TOKENS]) if isinstance(rows, list) else ()
    return tuple(token for token in found if token is not None)


def _thousandths(logprob: float) -> int:
    return round(1000 * max(_LEAST, logprob))


def _token(row: Any) -> PlacedToken | None:
    match row:
        case [str(text), int(logprob), int(start), int(length), list(others)] if (
            length >= 0 and max(abs(logprob), abs(start), length) < _MOST_NUMBER
        ):
            found = tuple(
                (other[0], other[1] / 1000)
                for other in others[:ALTERNATIVES]
                if isinstance(other, list)
                and list(map(type, other)) == [str, int]
                and abs(other[1]) < _MOST_NUMBER
            )
            end = start + length if start >= 0 else -1
            return PlacedToken(text, logprob / 1000, found, max(start, -1), end)
    return None
