"""What a published model would need here: per quantization, context and cache type, with the sum as lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from slmdesk.base.machine import Machine
from slmdesk.base.memory import USABLE_SHARE, gigabytes
from slmdesk.base.words import later, say
from slmdesk.features.catalog.entry import Entry, Quantization
from slmdesk.features.catalog.fit import Fit, guessed_kv_bytes_per_token, sum_up
from slmdesk.features.catalog.kv_cache import CacheType, kv_bytes, kv_words
from slmdesk.features.catalog.speed import SLOW_TOKENS_PER_S, Speed, expected_speed

Place: TypeAlias = Literal["GPU", "partly on GPU", "CPU"]

# Bits a weight takes in all, as llama.cpp's own table for 8B gives them, with its scales and larger layers.
BITS: dict[str, float] = {
    "Q2_K": 3.16,
    "Q3_K_M": 4.0,
    "MXFP4": 4.6,
    "Q4_0": 4.64,
    "Q4_1": 5.11,
    "Q4_K_S": 4.67,
    "Q4_K_M": 4.89,
    "Q5_0": 5.6,
    "Q5_K_M": 5.7,
    "Q6_K": 6.56,
    "Q8_0": 8.5,
    "BF16": 16.0,
    "F16": 16.0,
}
_FOUR_BITS = ("Q4_K_M", "MXFP4", "Q4_K_S", "Q4_1", "Q4_0")
_LIKED = (*_FOUR_BITS, "Q5_K_M", "Q6_K", "Q8_0", "Q3_K_M", "Q2_K", "BF16", "F16")
_LIKED_WHEN_TINY = ("Q8_0", "Q6_K", "F16", "BF16", "Q5_K_M", *_FOUR_BITS)
_LEAST_VIDEO_BYTES = 500_000_000  # on less no layer is worth the way


@dataclass(frozen=True, slots=True)
class SumLine:
    """One line of the sum: what it is, its bytes, and where they come from."""

    name: str
    size_bytes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """One quantization with one context; `speed` is None where nothing measured speaks for it."""

    quantization: Quantization
    context_tokens: int
    cache_type: CacheType
    fit: Fit
    place: Place
    speed: Speed | None
    lines: tuple[SumLine, ...]

    @property
    def is_possible(self) -> bool:
        """Whether it can be loaded on this machine as it is now."""
        return self.fit.kind in ("fits", "tight")

    @property
    def verdict(self) -> str:
        """ "fits", "fits, slow (CPU)", "partly on GPU", "tight", "too large" or "unknown"."""
        if self.fit.kind != "fits":
            return self.fit.kind
        if self.place == "partly on GPU":
            return self.place
        is_slow = self.speed is not None and self.speed.most_tokens_per_s < SLOW_TOKENS_PER_S
        return later("fits, slow (CPU)") if is_slow and self.place == "CPU" else "fits"

    @property
    def words(self) -> str:
        """ "fits · 3.6 GB" """
        size = self.fit.needed_bytes
        verdict = say(self.verdict)
        return verdict if size is None else f"{verdict} · {gigabytes(size)} GB"


def weights_bytes(entry: Entry, quantization: Quantization) -> int | None:
    """What is published, else parameters times bits; None where neither is known."""
    if quantization.size_bytes is not None:
        return quantization.size_bytes
    bits = BITS.get(quantization.name)
    return None if entry.parameters is None or bits is None else int(entry.parameters * bits / 8)


def estimate(
    entry: Entry,
    quantization: Quantization,
    machine: Machine,
    context_tokens: int,
    cache_type: CacheType = "f16",
) -> Estimate:
    """What this form of the model needs with this context (no more than it was trained for)."""
    context_tokens = min(context_tokens, entry.context_tokens or context_tokens)
    free_bytes = None if machine.free_bytes is None else machine.free_bytes + machine.free_video_bytes
    size_bytes = weights_bytes(entry, quantization)
    if size_bytes is None:
        return Estimate(
            quantization, context_tokens, cache_type, Fit("unknown", free_bytes=free_bytes), "CPU", None, ()
        )
    kv = kv_bytes(entry.architecture, context_tokens, cache_type)
    if kv is None:
        kv = guessed_kv_bytes_per_token(size_bytes) * context_tokens
    fit = sum_up(size_bytes, kv, free_bytes)
    place = _place(fit, machine)
    is_measured = place == "CPU" and machine.bandwidth is not None
    speed = expected_speed(entry, size_bytes, kv, machine.bandwidth) if is_measured else None
    lines = _lines(entry, quantization, fit, kv_words(entry.architecture, context_tokens, cache_type))
    return Estimate(quantization, context_tokens, cache_type, fit, place, speed, lines)


def estimates(
    entry: Entry, machine: Machine, context_tokens: int, cache_type: CacheType = "f16"
) -> Sequence[Estimate]:
    """One for each quantization, in their order."""
    return [estimate(entry, one, machine, context_tokens, cache_type) for one in entry.quantizations]


def recommended(entry: Entry, choices: Sequence[Estimate]) -> Estimate:
    """The form to take: 4 bits, or 8 where the model is tiny and loses much; the smallest if none fits."""
    is_tiny = (entry.parameters or 0) < 1_000_000_000
    for name in _LIKED_WHEN_TINY if is_tiny else _LIKED:
        for choice in choices:
            if choice.quantization.name == name and choice.is_possible:
                return choice
    return min(choices, key=lambda choice: choice.fit.needed_bytes or 0)


def _place(fit: Fit, machine: Machine) -> Place:
    if machine.free_video_bytes < _LEAST_VIDEO_BYTES or fit.needed_bytes is None:
        return "CPU"
    return "GPU" if fit.needed_bytes <= machine.free_video_bytes * USABLE_SHARE else later("partly on GPU")


def _lines(entry: Entry, quantization: Quantization, fit: Fit, context_reason: str) -> tuple[SumLine, ...]:
    weights_reason = say("{name} as published", name=quantization.name)
    if quantization.size_bytes is None:
        billions = (entry.parameters or 0) / 1e9
        weights_reason = say(
            "about, as {name}: {billions:.2f}B × {bits} bits",
            name=quantization.name,
            billions=billions,
            bits=BITS[quantization.name],
        )
    return (
        SumLine("weights", fit.weights_bytes, weights_reason),
        SumLine("context", fit.kv_bytes, context_reason),
        SumLine("work", fit.work_bytes, say("the program, its vocabulary and its buffers")),
    )
