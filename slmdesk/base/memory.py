"""Amounts of memory: how much of what is free may be used, and sizes in words."""

import math

# No model is loaded unasked when it needs more than this share of the free memory.
USABLE_SHARE = 0.90

_GIGABYTE = 1_000_000_000


def amount(size_bytes: int) -> str:
    """With its unit, as small as it takes: "4.7 GB", "12.3 MB", "41 kB"."""
    if size_bytes >= _GIGABYTE / 20:
        return f"{gigabytes(size_bytes)} GB"
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{math.ceil(size_bytes / 1000)} kB"


def gigabytes(size_bytes: int) -> str:
    """4,700,000,000 as "4.7", decimal as model sizes are given; anything above nothing is at least "0.1"."""
    tenths = round(size_bytes / (_GIGABYTE / 10))
    return f"{max(tenths, 1 if size_bytes > 0 else 0) / 10:.1f}"
