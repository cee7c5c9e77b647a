"""Every two models on the same cells: which is better, by how much, and whether that may be chance."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

from slmdesk.base.words import counted, say
from slmdesk.features.evaluate.model_names import base_name, names_in_words
from slmdesk.features.evaluate.score_table import ScoreTable
from slmdesk.features.evaluate.shares import points
from slmdesk.features.evaluate.statistics import (
    Estimate,
    Interval,
    chance_if_not_positive,
    difference_interval,
    estimate_difference,
    holm,
)

CERTAIN_BELOW = 0.05
MANY_DOCUMENTS = 1000
"""More are not reckoned up: they are "more than 1,000"."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`better` scored higher than `worse` by `difference` (0 to 1) on the cells where both have a mark.

    `low` and `high` are its 95 % interval. `p_value` is two-sided and adjusted (Holm) for all pairs beside
    it. `documents_needed`: about how many more would separate the two; 0 when they are separate, None for
    more than 1,000. `is_same_model`: two quantizations of one model.
    """

    better: str
    worse: str
    difference: float
    low: float
    high: float
    p_value: float
    documents: int
    answers: int
    documents_needed: int | None
    is_same_model: bool
    words: str

    @property
    def is_clear(self) -> bool:
        return self.p_value <= CERTAIN_BELOW


def compare_pairs(table: ScoreTable, couples: Iterable[tuple[str, str]] | None = None) -> tuple[Pair, ...]:
    """All pairs of models, or these `couples` alone; those that share no cell are left out."""
    found = [
        (first, second, difference)
        for first, second in (combinations(table.models, 2) if couples is None else couples)
        if (difference := estimate_difference(table.marks[first], table.marks[second], table.weights))
    ]
    chances = holm([_two_sided(difference) for _, _, difference in found])
    names = names_in_words(table.models)
    return tuple(
        _pair(first, second, difference, p_value, len(found), names)
        for (first, second, difference), p_value in zip(found, chances, strict=True)
    )


def more_documents(documents: int, distance: float, variance: float, level: float) -> int | None:
    """About how many more than `documents` it takes until chance brings a `distance` from the bound with
    `level` (one-sided) alone, if they turn out like those so far. None for more than 1,000.

    The usual size of a sample, (z / distance)² * variance, where `variance` is from document to document.
    """
    if not distance:
        return None
    z = NormalDist().inv_cdf(1 - level)
    missing = math.ceil((z / distance) ** 2 * variance) - documents
    return _rounded(max(1, missing)) if missing <= MANY_DOCUMENTS else None


def _rounded(count: int) -> int:
    """Up to two digits: 147 as 150."""
    step: int = 10 ** max(0, len(str(count)) - 2)
    return math.ceil(count / step) * step


def needed_words(documents: int | None) -> str:
    """ "about 40 more documents"."""
    if documents is None:
        return say("more than {many:,} more documents", many=MANY_DOCUMENTS)
    return counted(documents, "about {count} more document", "about {count:,} more documents")


def _two_sided(difference: Estimate) -> float:
    one_sided = chance_if_not_positive(difference)
    return min(1.0, 2 * min(one_sided, 1 - one_sided))


def _pair(
    first: str, second: str, difference: Estimate, p_value: float, count: int, names: Mapping[str, str]
) -> Pair:
    interval, value = difference_interval(difference), difference.value
    if value < 0:
        first, second, value = second, first, -value
        interval = Interval(-interval.high, -interval.low)
    variance = difference.mark_variance * difference.clustering
    is_clear = p_value <= CERTAIN_BELOW
    needed = (
        0 if is_clear else more_documents(difference.documents, value, variance, CERTAIN_BELOW / 2 / count)
    )
    return Pair(
        better=first,
        worse=second,
        difference=value,
        low=interval.low,
        high=interval.high,
        p_value=p_value,
        documents=difference.documents,
        answers=difference.answers,
        documents_needed=needed,
        is_same_model=base_name(first) == base_name(second),
        words=_words(names[first], names[second], difference, interval, needed),
    )


def _words(better: str, worse: str, difference: Estimate, interval: Interval, needed: int | None) -> str:
    if needed == 0:
        return say(
            "{better} is better than {worse} by {points} points ({low:.1f} to {high:.1f}).",
            better=better,
            worse=worse,
            points=points(difference.value),
            low=100 * interval.low,
            high=100 * interval.high,
        )
    documents = counted(difference.documents, "{count} document", "{count:,} documents")
    if not difference.value:
        return say(
            "{better} and {worse} are equal on {documents}.", better=better, worse=worse, documents=documents
        )
    return say(
        "{documents} cannot separate {better} and {worse}; {needed} would.",
        documents=documents,
        better=better,
        worse=worse,
        needed=needed_words(needed),
    )
