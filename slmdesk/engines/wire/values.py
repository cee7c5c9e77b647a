"""Reads fields of JSON that a server sent: the wanted type or a harmless stand-in."""

import math
from typing import Any

from slmdesk.base.errors import BadReply
from slmdesk.base.words import say

_MAX = 2**53  # beyond it a float is no exact count, and the database has no room for it


def text(value: object) -> str:
    """Text, or "" where there is none; a number or an object in its place breaks the protocol."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise BadReply(say("The server sent {name} where text belongs.", name=type(value).__name__))


def number(value: object) -> float | None:
    """A finite number, None for everything else."""
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > _MAX or value != value:
        return None
    return float(value)


def count(value: object) -> int | None:
    """A count of something, None where it is missing or cannot be one."""
    found = number(value)
    return int(found) if found is not None and found >= 0 else None


def seconds(value: object, unit_s: float) -> float | None:
    """A duration given in units of `unit_s` seconds, None where it is missing."""
    found = number(value)
    return found * unit_s if found is not None and found >= 0 else None


def mapping(value: object) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def whole_characters(value: str) -> str:
    """Text without halves of surrogate pairs: JSON escapes and clipboards hold them, UTF-8 cannot."""
    if value.isascii():
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def vectors(values: list[Any], expected: int) -> list[tuple[float, ...]]:
    """Embeddings: as many as there were texts, of finite numbers, brought to length 1."""
    found = [tuple(number(part) for part in items(value)) for value in values]
    if len(found) != expected or any(not vector or None in vector for vector in found):
        raise BadReply(say("The server sent embeddings that are not vectors of numbers."))
    return [_unit(tuple(part for part in vector if part is not None)) for vector in found]


def _unit(vector: tuple[float, ...]) -> tuple[float, ...]:
    """Some servers send them so and some do not: comparing wants one length."""
    length = math.hypot(*vector)
    return tuple(part / length for part in vector) if length else vector
