"""Amounts of memory: how much of what is free may be used, and sizes in words."""

from slmdesk.base.words import number

# No model is loaded unasked when it needs more than this share of the free memory.
USABLE_SHARE = 0.90

_GIGABYTE = 1_000_000_000


def gigabytes(size_bytes: int) -> str:
    """4,700,000,000 as "4.7", decimal as model sizes are given; anything above nothing is at least "0.1"."""
    tenths = round(size_bytes / (_GIGABYTE / 10))
    return number(max(tenths, 1 if size_bytes > 0 else 0) / 10, ".1f")


def round_gigabytes(size_bytes: int) -> str:
    """As `gigabytes`, without tenths where there are none: "16" and "15.6"."""
    return gigabytes(size_bytes).removesuffix(number(0.0, ".1f")[1:])
