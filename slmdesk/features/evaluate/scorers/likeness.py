"""How alike two texts are, from 0 to 1: token F1 as SQuAD has it, ROUGE-L, edit distance."""

import re
from collections import Counter

from slmdesk.features.evaluate.normal_text import folded, words_of

_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_NO_WORD = re.compile(r"[^\w\s]|_")


def squad_tokens(text: str) -> list[str]:
    """Folded, without punctuation and English articles."""
    return _ARTICLE.sub(" ", _NO_WORD.sub("", folded(text))).split()


def token_f1(answer: str, expected: str) -> float:
    """The harmonic mean of precision and recall over the words of both, however they are ordered.

    Two texts without words are the same, one alone shares nothing.
    """
    given, wanted = squad_tokens(answer), squad_tokens(expected)
    if not given or not wanted:
        return float(given == wanted)
    shared = sum((Counter(given) & Counter(wanted)).values())
    return _f1(shared, len(given), len(wanted))


def rouge_l(answer: str, expected: str) -> float:
    """The F1 of the longest common subsequence of words."""
    given, wanted = words_of(answer), words_of(expected)
    if not given or not wanted:
        return float(given == wanted)
    from rapidfuzz.distance import LCSseq  # a moment to import

    return _f1(LCSseq.similarity(given, wanted), len(given), len(wanted))


def _f1(shared: int, given: int, wanted: int) -> float:
    return 2 * shared / (given + wanted)


def edit_likeness(one: str, other: str) -> float:
    """By insertions and deletions, in the order of the words or sorted; both folded already."""
    from rapidfuzz.fuzz import ratio, token_sort_ratio  # a moment to import

    return max(ratio(one, other), token_sort_ratio(one, other)) / 100
