"""Numbers that are typed: refused with what is wanted."""

import argparse
from collections.abc import Callable


def number(
    words: str, kind: type[int] | type[float], low: float, high: float = 2**31 - 1
) -> Callable[[str], float]:
    """A converter that says what it wants."""

    def convert(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"“{text}” is not {words}") from None
        if not low <= value <= high:  # NaN, too, is not between them
            raise argparse.ArgumentTypeError(f"“{text}” is not {words}")
        return value

    return convert
