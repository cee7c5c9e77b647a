"""The smallest model that is good enough, and how sure that is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from slmdesk.features.evaluate.answer_cost import AnswerCost
from slmdesk.features.evaluate.pairs import Pair, compare_pairs
from slmdesk.features.evaluate.score_table import ScoreTable
from slmdesk.features.evaluate.setup import Target
from slmdesk.features.evaluate.standing import Standing, standings
from slmdesk.features.evaluate.verdict_words import VerdictWords


class VerdictKind(StrEnum):
    FOUND = "found"
    UNDECIDED = "undecided"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`model`: the smallest that is surely good enough (found), the smallest that looks so (undecided, ""
    where none does), or "" (none). `words` are whole sentences, the first one being the verdict.

    At most one verdict in twenty says "found" of a model that is not good enough. `documents_needed`: about
    how many more documents would decide what is open, 0 where nothing is, None for more than 1,000.
    `standings` are the models that have a score, the smallest first; `pairs` are in their order, too.
    """

    kind: VerdictKind
    model: str
    words: tuple[str, ...]
    documents_needed: int | None
    target: Target
    standings: tuple[Standing, ...] = ()
    pairs: tuple[Pair, ...] = ()
    costs: Mapping[str, AnswerCost] = field(default_factory=dict)


def find_verdict(
    table: ScoreTable,
    sizes_bytes: Mapping[str, int | None],
    target: Target,
    costs: Mapping[str, AnswerCost] | None = None,
) -> Verdict:
    """Judge the models of the table; those of unknown size count as the largest.

    5 models with 1,000 documents and 20 questions take about a second: call it in a thread.
    """
    ranked = smallest_first(standings(table, target), sizes_bytes)
    words = VerdictWords(ranked, target)
    finding = _find(ranked, words)
    cost = words.cost(finding.chosen, costs or {}) if finding.chosen else ()
    return Verdict(
        kind=finding.kind,
        model=finding.chosen.model if finding.chosen else "",
        words=(*finding.words, *cost, *words.provisos(sizes_bytes)),
        documents_needed=finding.documents_needed,
        target=target,
        standings=tuple(ranked),
        pairs=compare_pairs(table),
        costs=costs or {},
    )


def smallest_first(ranked: Sequence[Standing], sizes_bytes: Mapping[str, int | None]) -> list[Standing]:
    """Those of one size, and those of none that is known, stay in their order."""

    def size(standing: Standing) -> float:
        known = sizes_bytes.get(standing.model)
        return float("inf") if known is None else known

    return sorted(ranked, key=size)


class _Finding(NamedTuple):
    kind: VerdictKind
    chosen: Standing | None
    documents_needed: int | None
    words: Iterable[str]


def _find(ranked: Sequence[Standing], words: VerdictWords) -> _Finding:
    judged = [each for each in ranked if each.has_enough]
    open_ones = [each for each in judged if not each.is_good and not each.is_below]
    if good := next((each for each in judged if each.is_good), None):
        smaller = [each for each in open_ones if ranked.index(each) < ranked.index(good)]
        needed = _most(smaller)
        return _Finding(VerdictKind.FOUND, good, needed, words.found(good, smaller, needed))
    if likely := next((each for each in judged if each.is_likely), None):
        return _Finding(VerdictKind.UNDECIDED, likely, likely.documents_needed, words.likely(likely))
    if not judged:
        return _Finding(VerdictKind.UNDECIDED, None, _most(ranked), words.nothing())
    best = max(judged, key=lambda each: each.score.score)
    if open_ones:
        needed = _most(open_ones)
        return _Finding(VerdictKind.UNDECIDED, None, needed, words.undecided(best, needed))
    return _Finding(VerdictKind.NONE, None, 0, words.none(best))


def _most(standings: Sequence[Standing]) -> int | None:
    """How many documents decide all of them; None is more than any."""
    counts = [each.documents_needed for each in standings]
    return None if None in counts else max((count for count in counts if count is not None), default=0)
