"""Dates and ranges in an answer, in English and German: found, joined, and one of them chosen."""

import datetime
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from slmdesk.features.evaluate.normal_text import folded
from slmdesk.features.evaluate.scorers.date_patterns import HINT, PATTERNS, Span

_LOOKED_AT = 2_000
_MOST_DATES = 50

_JOINT = re.compile(
    r",? ?(?:-|/|to|through|until|till|bis(?: zum)?|and|und) ?"
    r"(?:the |den |dem |(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )*"
)
_BETWEEN = re.compile(r"\b(?:between|zwischen)(?: the| dem| den)?(?: \w+day,?)? $")
_WEEK = re.compile(r"\b(?:week (?:of|beginning|starting)(?: on)?|woche (?:vom|ab))(?: the| dem)? $")
_NOT_BEFORE = re.compile(r"\b(?:not before|nicht vor)(?: the| dem)? $")
_BEFORE = re.compile(
    r"\b(?:before|until|till|by|no later than|prior to|vor|bis|spätestens)(?: the| dem| am| zum)? $"
)
_AFTER = re.compile(r"\b(?:after|since|from|following|nach|seit|ab|frühestens)(?: the| dem| am)? $")
_SMALL = (
    r"(?:(?:on|in|at|the|from|between|since|before|after|by|around|about|approximately|circa|ca\.?|roughly|date"
    r"|answer|is|was|it|until|am|im|um|vom|von|zwischen|dem|den|der|etwa|rund|seit|vor|nach|ab|bis|datum|war|ist"
    r"|antwort|\w+day|\w+tag|mittwoch|week|of|woche)\b[,:. ]*|[\"'*(~-] ?)*"
)
_OPENING = re.compile(rf"{_SMALL}$")
_ANSWER = re.compile(rf"(?:(?:answer|antwort|date|datum)\b(?: is| was| ist| war)?[:\s]+){_SMALL}$")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """Where in the folded text it stands, and its readings: two where day and month are unclear."""

    start: int
    end: int
    readings: tuple[Span, ...]


def find_dates(line: str) -> list[FoundDate]:
    """All dates in a folded text, in their order; ranges are one."""
    return _joined(line, _singles(line)) if HINT.search(line) else []


def read_dates(text: str) -> tuple[tuple[Span, ...], str]:
    """The readings of the one date that the text gives, and how it is written; no readings if it gives
    none, or several and none of them first or called the answer.
    """
    return _read(text[:_LOOKED_AT])


@lru_cache(maxsize=4_096)
def _read(text: str) -> tuple[tuple[Span, ...], str]:
    line = folded(text)
    found = find_dates(line)
    distinct = {each.readings for each in found}
    if not found:
        return (), ""
    chosen = found[0] if len(distinct) == 1 or _OPENING.match(line[: found[0].start]) else None
    chosen = next((each for each in reversed(found) if _ANSWER.search(line[: each.start])), chosen)
    if chosen is None:
        return (), ""
    return chosen.readings, line[chosen.start : chosen.end]


def _singles(line: str) -> list[FoundDate]:
    taken = [False] * (len(line) + 1)
    found: list[FoundDate] = []
    for pattern, reading in PATTERNS:
        for match in itertools.islice(pattern.finditer(line), _MOST_DATES):
            if any(taken[match.start() : match.end()]):
                continue
            # A day that no month has is no date, nor is the month it stands in.
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
            if spans := tuple(reading(match)):
                found.append(FoundDate(match.start(), match.end(), spans))
    return sorted(found, key=lambda each: each.start)[:_MOST_DATES]


def _joined(line: str, singles: Sequence[FoundDate]) -> list[FoundDate]:
    found: list[FoundDate] = []
    waiting = list(singles)
    while waiting:
        first = waiting.pop(0)
        if waiting and (whole := _range(line, first, waiting[0])) is not None:
            waiting.pop(0)
            found.append(whole)
        else:
            found.append(_bounded(line, first))
    return found


def _range(line: str, first: FoundDate, second: FoundDate) -> FoundDate | None:
    """Two dates with "to" between them, or "between" before them and "and"."""
    joint = line[first.end : second.start]
    if not _JOINT.fullmatch(joint):
        return None
    if ("and" in joint or "und" in joint) and not _BETWEEN.search(line[: first.start]):
        return None
    spans = tuple(dict.fromkeys(_spans(first.readings, second.readings)))
    return FoundDate(first.start, second.end, spans) if spans else None


def _spans(firsts: Sequence[Span], lasts: Sequence[Span]) -> Iterator[Span]:
    """The same way of reading for both, where both are unclear."""
    is_same_way = len(firsts) == len(lasts) == 2
    for one, two in zip(firsts, lasts, strict=True) if is_same_way else itertools.product(firsts, lasts):
        begin = one if one.has_year or not two.has_year else in_year(one, two.last.year)
        if begin is not None and begin.first <= two.last:
            yield Span(begin.first, two.last, two.has_year)


def in_year(span: Span, year: int) -> Span | None:
    """The same days of that year; None for a 29 February that it lacks."""
    try:
        return Span(span.first.replace(year=year), span.last.replace(year=year), True, span.bound)
    except ValueError:
        return None


def _bounded(line: str, found: FoundDate) -> FoundDate:
    before = line[: found.start]
    if _WEEK.search(before) and all(span.first == span.last for span in found.readings):
        days = datetime.timedelta(days=6)
        return replace(found, readings=tuple(_longer(span, days) for span in found.readings))
    is_after = _AFTER.search(before) or _NOT_BEFORE.search(before)
    bound = "after" if is_after else "before" if _BEFORE.search(before) else ""
    return replace(found, readings=tuple(replace(span, bound=bound) for span in found.readings))


def _longer(span: Span, days: datetime.timedelta) -> Span:
    try:
        return replace(span, last=span.last + days)
    except OverflowError:
        return span
