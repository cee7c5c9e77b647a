"""Scores and differences as people read them: per cent, without a decimal unless it is needed."""

from slmdesk.base.words import number, say
from slmdesk.features.evaluate.statistics import Interval


def per_cent(share: float, beside: float | None = None) -> str:
    """ "85 %"; with a decimal where it would look equal to `beside` and is not."""
    digits = 0 if beside is None or share == beside else _digits(share, beside)
    return say("{percent} %", percent=number(100 * share, f".{digits}f"))


def range_words(interval: Interval) -> str:
    """ "79–95 %"."""
    return say("{low:.0f}–{high:.0f} %", low=100 * interval.low, high=100 * interval.high)


def points(difference: float) -> str:
    """ "3.5" percentage points, without its sign."""
    return number(abs(100 * difference), ".1f")


def _digits(share: float, beside: float) -> int:
    return int(round(100 * share) == round(100 * beside))
