"""Dates and ranges: how much of the expected time the answer names."""

import datetime
from collections.abc import Iterator, Sequence

from slmdesk.base.words import say
from slmdesk.features.evaluate.normal_text import shown
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.scorers.date_patterns import Span
from slmdesk.features.evaluate.scorers.date_reading import in_year, read_dates

HALF = 0.5
"""At most, where the year is missing or only an end of the time is named."""


def score_date(question: Question, answer: str, expected: str) -> Score:
    """1 within the tolerance (days, at both ends); else the F1 of the days that both name.

    A date such as 11/08/2024 counts in the reading that fits better, and the reason says so.
    """
    wanted, _ = read_dates(expected)
    given, _ = read_dates(answer)
    if not wanted:
        return Score(
            0.0, say("The expected answer “{expected}” cannot be read as a date.", expected=shown(expected))
        )
    if not given:
        return Score(0.0, say("“{answer}” cannot be read as one date or range.", answer=shown(answer)))
    value, read, meant = max(_compared(given, wanted, question.scoring.tolerance), key=lambda each: each[0])
    return Score(value, _why(value, read, meant, is_unclear=len(given) > 1))


def _compared(
    given: Sequence[Span], wanted: Sequence[Span], days: float
) -> Iterator[tuple[float, Span, Span]]:
    for read in given:
        for meant in wanted:
            yield _likeness(read, meant, days), read, meant


def _likeness(read: Span, meant: Span, days: float) -> float:
    most = 1.0
    if read.has_year != meant.has_year:
        most = HALF
        with_year = in_year(read, meant.first.year) if meant.has_year else in_year(meant, read.first.year)
        if with_year is None:
            return 0.0
        read, meant = (with_year, meant) if meant.has_year else (read, with_year)
    if read.bound != meant.bound:
        most = HALF
    return min(most, _overlap(read, meant, days))


def _overlap(read: Span, meant: Span, days: float) -> float:
    ends = (read.first - meant.first, read.last - meant.last)
    if all(abs(apart.days) <= days for apart in ends):
        return 1.0
    both = (min(read.last, meant.last) - max(read.first, meant.first)).days + 1
    return 2 * max(both, 0) / (_length(read) + _length(meant))


def _length(span: Span) -> int:
    return (span.last - span.first).days + 1


def _why(value: float, read: Span, meant: Span, *, is_unclear: bool) -> str:
    dates = {"read": in_words(read), "meant": in_words(meant)}
    if value >= 1.0 and is_unclear:
        return say("Day and month are unclear; read as {read}, it is the expected date.", **dates)
    if value >= 1.0:
        return say("The answer is read as {read}, which is {meant} as expected.", **dates)
    if value <= 0.0:
        return say("The answer is read as {read}, but {meant} is expected.", **dates)
    if not read.has_year and meant.has_year:
        return say("The answer is read as {read} without a year, where {meant} is expected.", **dates)
    if read.bound != meant.bound:
        return say("The answer names only an end of the time: {read}, where {meant} is expected.", **dates)
    return say("The answer is read as {read}, which is {meant} only in part.", **dates)


def in_words(span: Span) -> str:
    """ "2024-08-11" or "2024-08-11 to 2024-08-19"; without the year if it is not said."""
    first, last = _written(span.first, span.has_year), _written(span.last, span.has_year)
    return first if span.first == span.last else say("{first} to {last}", first=first, last=last)


def _written(day: datetime.date, has_year: bool) -> str:
    return day.isoformat() if has_year else day.isoformat()[5:]


def plain_date(text: str) -> str | None:
    """One spelling for all ways of writing the same date or range: "2024-08-11/2024-08-19"; None for none."""
    readings, _ = read_dates(text)
    if not readings:
        return None
    span = readings[0]
    parts = dict.fromkeys((_written(span.first, span.has_year), _written(span.last, span.has_year)))
    return " ".join(filter(None, (span.bound, "/".join(parts))))
