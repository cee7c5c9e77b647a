"""Words for how large a model is (Tiny, Small, Medium, Large) and what to expect of each."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from slmdesk.base.words import later

SizeClass: TypeAlias = Literal["Tiny", "Small", "Medium", "Large"]

_BILLION = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SizeAdvice:
    """What to expect of a size class: how many parameters, how much memory with 4 bits, and for what."""

    size_class: SizeClass
    parameters: str
    memory: str
    use: str


SIZE_ADVICE: tuple[SizeAdvice, ...] = (
    SizeAdvice("Tiny", "below 1B", "0.2 to 1 GB", later("labels, short extractions, trying things out")),
    SizeAdvice("Small", "1B to 3B", "1 to 3 GB", later("summaries, rewriting, simple questions, drafts")),
    SizeAdvice(
        "Medium", "3B to 9B", "3 to 8 GB", later("chat, code, extraction from longer texts, translation")
    ),
    SizeAdvice(
        "Large",
        later("13B and more"),
        later("9 GB and more"),
        later("reasoning, difficult code, careful writing"),
    ),
)


def size_class(parameters: int | None) -> SizeClass | None:
    """By parameters: below 1B, to 3B, to 9B (what people call the 7B class), and more; None if unknown."""
    if parameters is None:
        return None
    if parameters < 0.99 * _BILLION:  # "1B" models have a little less
        return "Tiny"
    if parameters < 3.5 * _BILLION:  # "3B" models have up to 3.4 billion
        return "Small"
    return "Medium" if parameters < 10 * _BILLION else "Large"


def advice_on(size: SizeClass) -> SizeAdvice:
    """What to expect of a class."""
    return next(advice for advice in SIZE_ADVICE if advice.size_class == size)
