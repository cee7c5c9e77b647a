"""The number that an answer gives: ranges joined, bounds and units understood, one of several chosen."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from slmdesk.features.evaluate.scorers.number_literals import LOOKED_AT, Literal, line_of, literals
from slmdesk.features.evaluate.scorers.number_units import currency, factors_to
from slmdesk.features.evaluate.scorers.number_words import with_digits

_RESTATED = 0.02  # "184,302 (about 184 thousand)"

_ABOUT = r"(?:(?:about|around|approximately|roughly|circa|ca\.?|etwa|rund|ungefähr|some) )?"
_JOINT = re.compile(rf" ?(?:-|to|bis(?: zu)?|and|und|through) ?{_ABOUT}")
_BETWEEN = re.compile(rf"\b(?:between|zwischen) {_ABOUT}$")
_BOUND = re.compile(
    r"(?:\b(no|not|nicht) )?(?:"
    r"(?P<more>\b(?:more than|over|at least|exceed(?:ing|s|ed)|upwards? of|above|greater than|larger than"
    r"|minimum of|in excess of|mehr als|über|mindestens|wenigstens)|>=?|≥)"
    r"|(?P<less>\b(?:fewer than|less than|under|below|up to|at most|as many as|maximum of|weniger als|unter"
    r"|bis zu|höchstens|maximal)|<=?|≤)) ?$"
)
_MORE_AFTER = re.compile(r" ?(?:\+(?! ?\d)|(?:or|and|oder|und) (?:more|mehr|higher|above)\b)")
_LESS_AFTER = re.compile(r" ?(?:or|oder) (?:less|fewer|weniger)\b")
_SMALL = (
    r"(?:(?:about|around|approximately|approx\.?|roughly|circa|ca\.?|some|nearly|almost|just|well|between|from|the"
    r"|a|total|of|answer|number|is|was|it|are|were|an|estimated|etwa|rund|ungefähr|fast|knapp|gut|zwischen|von"
    r"|insgesamt|antwort|anzahl|ist|sind|es|more than|over|at least|up to|fewer than|less than|under|mehr als"
    r"|über|mindestens|weniger als|unter|bis zu|höchstens|no|not)\b[,:=. ]*|[\"'*(~≈<>≥≤=-] ?)*"
)
_OPENING = re.compile(rf"{_SMALL}$")
_ANSWER = re.compile(rf"(?:\b(?:answer|antwort|total|insgesamt)\b(?: is| was| of| ist|:|=)* ?){_SMALL}$")
_NONE = re.compile(r"[\"'*]*(?:none|no|nil|keine[rnsm]?|nobody|niemand|not (?:a single|any))\b")
_LISTED = re.compile(r"[\s,;/]*(?:or|oder|and|und|in)?\s*")  # "1 in 5", "42, 43"
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Amount:
    """From `low` to `high`, both the same for a plain number. `currency` is a code such as "EUR", or "%".

    `bound` is "more" or "less" where only one end is named: the other one is then twice or half of it.
    """

    low: float
    high: float
    currency: str = ""
    bound: str = ""

    @property
    def named(self) -> float:
        """The number that stands in the text of a one-ended range."""
        return self.high if self.bound == "less" else self.low


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    amount: Amount
    unit: str


def read_numbers(text: str, unit: str = "") -> tuple[tuple[Amount, ...], str]:
    """The readings of the one number that the text gives, and how it is written.

    Two readings where "184.302" can be German or English, the larger one first; none where there is no
    number, or several of which none is in the asked unit, the first words, or called the answer.
    """
    return _read(text[:LOOKED_AT], unit)


@lru_cache(maxsize=4_096)
def _read(text: str, unit: str) -> tuple[tuple[Amount, ...], str]:
    line = line_of(text)
    spelled = with_digits(line)
    if not _DIGIT.search(spelled):
        return ((Amount(0.0, 0.0),), line) if _NONE.match(line) else ((), "")
    is_mixed = bool(_DIGIT.search(line)) and spelled != line
    if not is_mixed or _begins_with_number(spelled) > _begins_with_number(line):
        line = spelled  # "two systems, 12,000 records": which of them is meant stays open
    return _readings(line, unit.strip().casefold(), can_be_first=not is_mixed or line != spelled)


def _begins_with_number(line: str) -> bool:
    first = _DIGIT.search(line)
    return first is not None and _OPENING.match(line[: first.start()]) is not None


def _readings(line: str, unit: str, *, can_be_first: bool) -> tuple[tuple[Amount, ...], str]:
    found: dict[Amount, str] = {}
    factors = factors_to(unit)
    for mark in ".,":
        numbers = literals(line, mark, factors)
        if (
            numbers
            and (one := _chosen(line, _amounts(line, numbers, factors), unit, can_be_first)) is not None
        ):
            found.setdefault(one.amount, line[one.start : one.end])
    ordered = sorted(found, key=lambda amount: -abs(amount.named))
    return tuple(ordered), found[ordered[0]] if ordered else ""


def _amounts(line: str, numbers: Sequence[Literal], factors: Mapping[str, float]) -> list[_Found]:
    found: list[_Found] = []
    waiting = list(numbers)
    while waiting:
        first = waiting.pop(0)
        last = first
        if waiting and _is_range(line, first, waiting[0]):
            last = waiting.pop(0)
            first = _with_scale_of(first, last)
        amount = _amount(first, last, factors)
        if first is last:
            amount = _bounded(line, first, amount)
        if math.isfinite(amount.low) and math.isfinite(amount.high):
            found.append(_Found(first.start, last.end, amount, last.unit))
    return found


def _is_range(line: str, first: Literal, last: Literal) -> bool:
    joint = line[first.end : last.start]
    if not _JOINT.fullmatch(joint) or first.value > last.value * (last.scale / first.scale):
        return False
    return not ("and" in joint or "und" in joint) or bool(_BETWEEN.search(line[: first.start]))


def _with_scale_of(first: Literal, last: Literal) -> Literal:
    """ "5 to 7 thousand": the first shares what stands at the last alone."""
    scale = last.scale if first.scale == 1.0 and first.value <= last.value else first.scale
    return replace(first, scale=scale, unit=first.unit or last.unit, currency=first.currency or last.currency)


def _amount(first: Literal, last: Literal, factors: Mapping[str, float]) -> Amount:
    low, high = (each.value * each.scale * factors.get(each.unit, 1.0) for each in (first, last))
    return Amount(low, high, first.currency or last.currency)


def _bounded(line: str, literal: Literal, amount: Amount) -> Amount:
    after = (line[literal.core :], line[literal.end :])
    match = _BOUND.search(line[: literal.start])
    if match is not None:
        is_more = bool(match["more"]) != bool(match[1])  # "no more than" is at most
        is_less = not is_more
    else:
        is_more = any(_MORE_AFTER.match(rest) for rest in after)
        is_less = any(_LESS_AFTER.match(rest) for rest in after)
    if amount.low <= 0 or not (is_more or is_less):
        return amount
    if is_more:
        return replace(amount, high=2 * amount.low, bound="more")
    return replace(amount, low=amount.high / 2, bound="less")


def _chosen(line: str, found: Sequence[_Found], unit: str, can_be_first: bool) -> _Found | None:
    """The one amount that is meant; None if it stays open."""
    in_unit = [each for each in found if _has_unit(each, unit)] or list(found)
    if not in_unit:
        return None
    first = in_unit[0]
    if all(_is_same(first.amount, each.amount) for each in in_unit[1:]):
        return first
    called = [each for each in in_unit if _ANSWER.search(line[: each.start])]
    if called:
        return called[-1]
    is_opening = first is found[0] and can_be_first and _OPENING.match(line[: first.start])
    is_listed = first.unit in ("", found[1].unit) and _LISTED.fullmatch(line[first.end : found[1].start])
    return first if is_opening and not is_listed else None


def _has_unit(found: _Found, unit: str) -> bool:
    """Whether the asked unit stands at the number: its word, its plural, another unit of its kind."""
    if not unit:
        return False
    if code := currency(unit):
        return found.amount.currency == code
    return bool(found.unit) and (
        found.unit in factors_to(unit)
        or found.unit.rstrip("s") == unit.rstrip("s")
        or unit.startswith(found.unit)
    )


def _is_same(one: Amount, other: Amount) -> bool:
    return all(
        math.isclose(a, b, rel_tol=_RESTATED) for a, b in ((one.low, other.low), (one.high, other.high))
    )
