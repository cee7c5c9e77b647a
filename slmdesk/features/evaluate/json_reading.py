"""The JSON in a reply: whole, in a code fence, with text around it, or cut off in the middle."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LONGEST_REPLY = 200_000
_LONGEST_NUMBER = 300
_MOST_STARTS = 20
_LONGEST_LOOSE = 20_000
_DEEPEST = 64

_FENCE = re.compile(r"```[\w+-]*[ \t]*\n(.*?)(?:\n?[ \t]*```|\Z)", re.DOTALL)
_SMART = str.maketrans({"“": '"', "”": '"', "„": '"'})


@dataclass(frozen=True, slots=True)
class FoundJson:
    """`value` as far as it could be read; `is_whole` is False where the text ends too early or is broken."""

    value: Any
    is_whole: bool = True


def find_json(text: str) -> FoundJson | None:
    """The first object or list that can be read; what is left of one that is broken; None for no JSON."""
    text = text[:LONGEST_REPLY].strip()
    for candidate in _candidates(text):
        for start in _starts(candidate):
            value = _read(candidate, start)
            if isinstance(value, dict | list):
                return FoundJson(value)
            if candidate[start] == "{":
                break  # what stands inside a broken object is not the answer
    opening = re.search(r"[{\[]", text)
    if opening is None or ('"' not in text and text[opening.start()] == "["):
        return None
    value = _read_part(text[opening.start() :])
    return FoundJson(value, is_whole=False) if value is not None else None


def unfenced(text: str) -> str:
    """What stands in the code fence, if the text has one; else the text."""
    fence = _FENCE.search(text)
    return fence[1].strip() if fence else text


def loose_value(text: str, key: str) -> Any:
    """What stands after a key in broken JSON, or in a line such as "key: value"; None for nothing."""
    pattern = rf"(?i)(?<![\w-])[\"'*]?{re.escape(key)}[\"'*]{{0,3}}\s*[:=]\s*[*]*\s*"
    match = re.search(pattern, text[:LONGEST_REPLY])
    if match is None:
        return None
    rest = text[match.end() : match.end() + _LONGEST_LOOSE]
    try:
        value, end = _DECODER.raw_decode(rest)
        if re.match(r"\s*(?:[,}\]\n\"]|\Z)", rest[end:]):  # not the 11 of "11 August"
            return value
    except (ValueError, RecursionError):
        pass
    quoted = re.match(r"'([^'\n]*)'|\"([^\"\n]*)", rest)
    words = (quoted[1] or quoted[2] or "") if quoted else rest.partition("\n")[0].strip().rstrip(",}")
    return words.strip() or None


def _candidates(text: str) -> Iterator[str]:
    if fence := _FENCE.search(text):
        yield fence[1].strip()
    yield text
    if "“" in text:
        yield text.translate(_SMART)


def _starts(text: str) -> list[int]:
    """Where JSON may begin, objects first: a bracket is often no more than the mark of a note."""
    if text[:1] == "[":
        return [0]
    braces = [match.start() for match in re.finditer(r"\{", text)][:_MOST_STARTS]
    brackets = [match.start() for match in re.finditer(r"\[", text)][:_MOST_STARTS]
    return braces[:1] or brackets


def _read(text: str, start: int) -> Any:
    """The value that begins there; None where it is broken."""
    try:
        value, _ = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return None if _is_too_deep(value) else value


def _whole(digits: str) -> int | float:
    return (
        int(digits)
        if len(digits) <= _LONGEST_NUMBER
        else math.copysign(math.inf, -1 if digits[0] == "-" else 1)
    )


def _constant(word: str) -> None:
    """NaN and Infinity are nothing that was stated."""
    del word


_DECODER = json.JSONDecoder(parse_int=_whole, parse_constant=_constant, strict=False)


def _is_too_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            child
            for part in level
            if isinstance(part, dict | list)
            for child in (part.values() if isinstance(part, dict) else part)
        ]
        if depth > _DEEPEST:
            return True
    return False


def _read_part(text: str) -> Any:
    """Read up to where it breaks: the text is cut back to its last whole value and closed."""
    for end, closing in _safe_ends(text):
        value = _read(text[:end].rstrip().rstrip(",") + closing, 0)
        if isinstance(value, dict | list):
            return value
    return None


def _safe_ends(text: str) -> Iterator[tuple[int, str]]:
    """Where a value has ended, the last place first, with the brackets that close what is open there."""
    ends: list[tuple[int, str]] = []
    closers: list[str] = []
    is_in_text = is_escaped = False
    for place, character in enumerate(text):
        if is_in_text:
            is_in_text = is_escaped or character != '"'
            is_escaped = character == "\\" and not is_escaped
            continue
        if character == '"':
            is_in_text = True
        elif character in "{[":
            closers.append("}" if character == "{" else "]")
        elif character in "}]" and closers:
            closers.pop()
            ends.append((place + 1, "".join(reversed(closers))))
        elif character == ",":
            ends.append((place, "".join(reversed(closers))))
        if len(closers) > _DEEPEST:
            break
    if is_in_text:  # cut within a text: it counts as far as it is written
        ends.append((len(text), '"' + "".join(reversed(closers))))
    ends.append((len(text), "".join(reversed(closers))))
    return reversed(ends[-_MOST_STARTS:])
