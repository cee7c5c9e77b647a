"""What answers do not share: words that stand in no other answer, or only in some, with their places."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slmdesk.base.words import say

if TYPE_CHECKING:
    from rapidfuzz.distance import Opcode

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
# Numbers with their points, words with their apostrophes, and single signs where words have no spaces.
_WORD = re.compile(rf"\d+(?:[.,:]\d+)*|[{_CJK}]|[^\W\d_{_CJK}]+(?:['’\-][^\W\d_{_CJK}]+)*")
_RUN = 3
"""Words in a row that count as the same phrase wherever they stand; and the shortest match that
may stand alone inside a long difference."""
MAX_WORDS = 20_000
"""Of one answer; what comes after is not compared, which keeps eight answers within seconds."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of an answer; `shared_by` counts the others that have these words."""

    start: int
    end: int
    shared_by: int


@dataclass(frozen=True, slots=True)
class AnswerDifferences:
    """`spans` are what not every other answer has, in order, without overlap; counts are of words."""

    spans: tuple[Span, ...]
    word_count: int
    own_count: int

    @property
    def own_share(self) -> float:
        """The share of words in passages that no other answer has, 0 to 1."""
        return self.own_count / self.word_count if self.word_count else 0.0


@dataclass(frozen=True, slots=True)
class Differences:
    """One entry an answer, in the order given, and the whole in one sentence."""

    answers: tuple[AnswerDifferences, ...]
    words: str


def differences(names: Sequence[str], texts: Sequence[str]) -> Differences:
    """Compare two to eight answers; case, punctuation and the place of a phrase do not count.

    Eight answers of 20,000 words take some seconds: call it in a thread.
    """
    found = [[match.span() for match in _WORD.finditer(text)] for text in texts]
    is_cut = any(len(spans) > MAX_WORDS for spans in found)
    places = [spans[:MAX_WORDS] for spans in found]
    known: dict[str, int] = {}
    tokens = [
        [known.setdefault(text[start:end].casefold(), len(known)) for start, end in spans]
        for text, spans in zip(texts, places, strict=True)
    ]
    counts = _shared_counts(tokens)
    answers = tuple(
        _answer(spans, shared, len(texts) - 1) for spans, shared in zip(places, counts, strict=True)
    )
    if any(answer.spans for answer in answers):
        sentence = _sentence(names, answers)
    else:
        sentence = _likeness(texts, tokens)
    if is_cut:
        limit = say("Of long answers the first {count:,} words were compared.", count=MAX_WORDS)
        sentence = f"{sentence} {limit}"
    return Differences(answers, sentence)


def _shared_counts(tokens: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each word of each answer: how many other answers have it."""
    counts = [[0] * len(words) for words in tokens]
    runs = [_runs(words) for words in tokens]
    once = [{word for word, count in Counter(words).items() if count == 1} for words in tokens]
    for first in range(len(tokens)):
        for second in range(first + 1, len(tokens)):
            aligned = _aligned(tokens[first], tokens[second])
            for mine, other, matched in ((first, second, aligned[0]), (second, first, aligned[1])):
                _mark_runs(tokens[mine], runs[other], matched)
                _mark_words(tokens[mine], once[mine] & once[other], matched)
                counts[mine] = [count + has for count, has in zip(counts[mine], matched, strict=True)]
    return counts


def _aligned(a: Sequence[int], b: Sequence[int]) -> tuple[list[bool], list[bool]]:
    """Which words of each stand in the longest common subsequence, without chance matches."""
    in_a, in_b = [False] * len(a), [False] * len(b)
    if a == b:
        return [True] * len(a), [True] * len(b)
    from rapidfuzz.distance import LCSseq  # a moment to import

    blocks = list(LCSseq.opcodes(a, b))
    for at, block in enumerate(blocks):
        length = block.src_end - block.src_start
        if block.tag != "equal" or (length < _RUN and _is_lost(blocks, at, length)):
            continue
        in_a[block.src_start : block.src_end] = [True] * length
        in_b[block.dest_start : block.dest_end] = [True] * length
    return in_a, in_b


def _is_lost(blocks: "Sequence[Opcode]", at: int, length: int) -> bool:
    """An "of" or "the" between two longer differences was met by chance."""
    return 0 < at < len(blocks) - 1 and all(
        max(near.src_end - near.src_start, near.dest_end - near.dest_start) > length + 1
        for near in (blocks[at - 1], blocks[at + 1])
    )


def _runs(words: Sequence[int]) -> set[tuple[int, ...]]:
    return set(zip(*(words[offset:] for offset in range(_RUN)), strict=False))


def _mark_runs(words: Sequence[int], runs: set[tuple[int, ...]], matched: list[bool]) -> None:
    """A phrase that stands somewhere else in the other answer is shared, too."""
    for start, run in enumerate(zip(*(words[offset:] for offset in range(_RUN)), strict=False)):
        if run in runs:
            matched[start : start + _RUN] = [True] * _RUN


def _mark_words(words: Sequence[int], unmistakable: set[int], matched: list[bool]) -> None:
    """A word that both say exactly once, such as a name, is the same word wherever it stands."""
    for at, word in enumerate(words):
        if word in unmistakable:
            matched[at] = True


def _answer(places: Sequence[tuple[int, int]], shared: Sequence[int], others: int) -> AnswerDifferences:
    spans: list[Span] = []
    before: int | None = None
    for (start, end), count in zip(places, shared, strict=True):
        if count == before and count < others:
            spans[-1] = Span(spans[-1].start, end, count)
        elif count < others:
            spans.append(Span(start, end, count))
        before = count
    return AnswerDifferences(tuple(spans), len(places), Counter(shared)[0] if others else 0)


def _likeness(texts: Sequence[str], tokens: Sequence[Sequence[int]]) -> str:
    """Answers without a word of their own: `a < b` and `a > b` have the same words, too."""
    if any(words != tokens[0] for words in tokens):
        return say("The answers have the same words, in another order.")
    if any(text.split() != texts[0].split() for text in texts):
        return say("The answers are the same, word for word; only capitals, punctuation or signs differ.")
    return say("The answers are the same, word for word.")


def _sentence(names: Sequence[str], answers: Sequence[AnswerDifferences]) -> str:
    parts = [
        say(
            "{name} {own_count:,} of {word_count:,} ({own_share:.0f} %)",
            name=name,
            own_count=answer.own_count,
            word_count=answer.word_count,
            own_share=100 * answer.own_share,
        )
        for name, answer in zip(names, answers, strict=True)
    ]
    return say("Words in passages that no other answer has: {parts}.", parts=", ".join(parts))
