"""Words for how large a model is: Tiny, Small, Medium, Large."""

from typing import Literal, TypeAlias

SizeClass: TypeAlias = Literal["Tiny", "Small", "Medium", "Large"]

_BILLION = 1_000_000_000


def size_class(parameters: int | None) -> SizeClass | None:
    """By parameters: below 1B, to 3B, to 9B (what people call the 7B class), and more; None if unknown."""
    if parameters is None:
        return None
    if parameters < _BILLION:
        return "Tiny"
    if parameters < 3.5 * _BILLION:  # "3B" models have up to 3.4 billion
        return "Small"
    return "Medium" if parameters < 10 * _BILLION else "Large"
