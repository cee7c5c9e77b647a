"""Amounts of memory: what may be used, what a model needs beside its weights, sizes in words."""

import math

from slmdesk.base.words import number

# No model is loaded unasked when it needs more than this share of the free memory.
USABLE_SHARE = 0.90

_GIGABYTE = 1_000_000_000
# The process with its vocabulary and its buffers for 512 tokens, by llama.cpp on a processor: 60 MB measured
# for SmolLM2 135M (49,000 words), 110 MB for Gemma 3 270M (262,000 words).
_WORK_BASE_BYTES = 64 << 20
_WORK_SHARE_OF_WEIGHTS = 0.10


def amount(size_bytes: int) -> str:
    """With its unit, as small as it takes: "4.7 GB", "12.3 MB", "41 kB"."""
    if size_bytes >= _GIGABYTE / 20:
        return f"{gigabytes(size_bytes)} GB"
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{math.ceil(size_bytes / 1000)} kB"


def gigabytes(size_bytes: int) -> str:
    """4,700,000,000 as "4.7", decimal as model sizes are given; anything above nothing is at least "0.1"."""
    tenths = round(size_bytes / (_GIGABYTE / 10))
    return number(max(tenths, 1 if size_bytes > 0 else 0) / 10, ".1f")


def round_gigabytes(size_bytes: int) -> str:
    """As `gigabytes`, without tenths where there are none: "16" and "15.6"."""
    return gigabytes(size_bytes).removesuffix(number(0.0, ".1f")[1:])


def size_words(size_bytes: int) -> str:
    """ "98 MB", and "4.7 GB" from a gigabyte on."""
    if size_bytes < _GIGABYTE - 500_000:
        return f"{round(size_bytes / 1e6)} MB"
    return f"{gigabytes(size_bytes)} GB"


def work_bytes(weights_bytes: int) -> int:
    """What running a model takes beside its weights and its context."""
    return _WORK_BASE_BYTES + int(weights_bytes * _WORK_SHARE_OF_WEIGHTS)
