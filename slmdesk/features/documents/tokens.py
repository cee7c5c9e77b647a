"""An estimate of tokens for as long as no tokenizer was asked; it errs on the high side."""

import re
from collections.abc import Callable
from typing import TypeAlias

TokenCount: TypeAlias = Callable[[str], int]

# Words of up to eight letters are a token as a rule, digits and signs one each, spaces belong to the word
# that follows them. Other scripts are counted by the character.
_PIECE = re.compile(r"[A-Za-z]{1,8}|[^\W\d_a-zA-Z]{1,2}|[^\sA-Za-z]|\n+| {2,}")
_SLICE_CHARS = 1 << 16  # a search holds the interpreter: the window must get its turn in between


def estimate_tokens(text: str) -> int:
    """How many tokens a small model makes of the text, roughly."""
    slices = range(0, len(text), _SLICE_CHARS)
    return sum(len(_PIECE.findall(text[start : start + _SLICE_CHARS])) for start in slices)
