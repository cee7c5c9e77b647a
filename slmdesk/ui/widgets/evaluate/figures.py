"""Figures of an evaluation in words: shares, seconds, memory; a dash where nothing is known."""

from slmdesk.base.memory import gigabytes
from slmdesk.base.words import number
from slmdesk.ui.labels import tr

UNKNOWN = "–"


def per_cent(share: float | None) -> str:
    """ "89 %"."""
    return UNKNOWN if share is None else f"{round(share * 100)} %"


def interval(low: float, high: float) -> str:
    """ "79–95", in per cent."""
    return f"{round(low * 100)}–{round(high * 100)}"


def seconds(value_s: float | None) -> str:
    if value_s is None:
        return UNKNOWN
    return tr("{0} s").format(number(value_s, ".2f" if value_s < 1 else ".1f"))


def memory(size_bytes: int | None) -> str:
    return UNKNOWN if size_bytes is None else tr("{0} GB").format(gigabytes(size_bytes))


def tokens(count: float | None) -> str:
    return UNKNOWN if count is None else number(round(count))


def or_least(value: float | None) -> float:
    """Where a value that is not known is sorted."""
    return -1.0 if value is None else value
