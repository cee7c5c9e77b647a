"""Means over documents, and how far off they may be: nine answers on one document are not nine by themselves.

The documents are what is counted: a document's score is the weighted mean of its marks, and the spread
between documents tells how sure the mean of all is. A dozen documents tell that spread badly, and documents
that are all right do not tell it at all; so it is mixed with what PRIOR_DOCUMENTS more would say whose
answers are as alike as ALIKENESS. Both were chosen by simulation (tests/unit/features/evaluate/calibration.py
prints it), which also shows why this is no bootstrap over documents: with 6 of them its percentile interval
of "95 %" held the truth in 65 to 77 % of the packs, with 20 in 85 to 91 %; these here in 95 to 99 %.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from statistics import NormalDist

from slmdesk.features.evaluate.student_t import t_quantile, t_tail

ALIKENESS = 0.3
"""How alike answers on one document are, if nothing else is known: the intraclass correlation (0 to 1)."""
PRIOR_DOCUMENTS = 4
COVERAGE = 0.95

Marks = Sequence[Sequence[float | None]]
"""One row a document, one mark a question, None where there is none."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of `documents` documents with `answers` marks.

    `mark_variance` is of a single mark; `clustering` times that is the variance of one document's score:
    1 / questions where answers are independent, 1 where a document is right or wrong as a whole.
    `is_plain`: one mark a document, each 0 or 1.
    """

    value: float
    mark_variance: float
    clustering: float
    documents: int
    answers: int
    is_plain: bool = False

    @property
    def degrees(self) -> int:
        """Degrees of freedom of Student's t; what is thought beforehand counts as documents, too."""
        return self.documents - 1 + PRIOR_DOCUMENTS

    @property
    def standard_error(self) -> float:
        return math.sqrt(self.mark_variance * self.clustering / self.documents)

    @property
    def effective_answers(self) -> float:
        """As many independent answers, each right or wrong, would tell as much (Kish, Survey Sampling, 1965,
        section 5.4, solved for the sample size)."""
        binary = self.value * (1 - self.value)
        share = self.mark_variance / binary if min(binary, self.mark_variance) > 0 else 1.0
        return self.documents / (share * self.clustering)


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def score_of_document(marks: Sequence[float | None], weights: Sequence[float]) -> float | None:
    """The weighted mean of the marks of one document; None without one."""
    cells = [(m, w) for m, w in zip(marks, weights, strict=True) if m is not None and w > 0]
    return sum(m * w for m, w in cells) / sum(w for _, w in cells) if cells else None


def estimate_score(marks: Marks, weights: Sequence[float]) -> Estimate | None:
    """The mean score over the documents that have a mark; None without one.

    One more mark that is all or nothing is thought in, so that likenesses that happen to be equal (0.5 six
    times) do not pass for certainty.
    """
    sums = _Sums(zip(marks, repeat(weights), strict=False))
    if not sums.scores:
        return None
    mean = sums.mean
    binary = mean * (1 - mean)
    spread = (sums.squares_about(mean) + binary) / (sums.effective + 1)
    rarer = sums.effective * min(mean, 1 - mean)
    is_plain = sums.answers == len(sums.scores) and all(score in (0.0, 1.0) for score in sums.scores)
    return Estimate(mean, spread, _clustering(sums, spread, rarer), len(sums.scores), sums.answers, is_plain)


def estimate_difference(
    first: Marks, second: Marks, weights: Sequence[float], share: float = 1.0
) -> Estimate | None:
    """The mean of first - share * second over the cells where both have a mark; None without such a cell.

    Two more cells are thought in, one for each side, as Bonett and Price do for paired proportions
    (Adjusted Wald confidence interval, Journal of Educational and Behavioral Statistics 37, 2012).
    """
    rows = (_row_difference(ours, theirs, share) for ours, theirs in zip(first, second, strict=True))
    sums = _Sums(zip(rows, repeat(weights), strict=False))
    if not sums.scores:
        return None
    spread = (sums.squares_about(sums.mean) + 2) / (sums.effective + 2)
    return Estimate(sums.mean, spread, _clustering(sums, spread, sums.sizes), len(sums.scores), sums.answers)


def score_interval(estimate: Estimate, coverage: float = COVERAGE) -> Interval:
    """Wilson's score interval (1927) over the effective answers, with the t of the documents.

    For clustered samples as in Franco, Little, Louis and Slud (Comparative Study of Confidence Intervals for
    Proportions in Complex Sample Surveys, Journal of Survey Statistics and Methodology 7, 2019); one right or
    wrong answer a document makes it the plain one.
    """
    z = _quantile((1 - coverage) / 2, estimate)
    return wilson(estimate.value, estimate.effective_answers, z)


def wilson(share: float, size: float, z: float) -> Interval:
    """Wilson's interval for a share of `size` answers, `z` standard errors to each side."""
    shrunk = 1 + z * z / size
    middle = (share + z * z / (2 * size)) / shrunk
    half = z / shrunk * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def difference_interval(estimate: Estimate, coverage: float = COVERAGE) -> Interval:
    """Student's t interval of the mean of the documents' differences, within -1 and 1."""
    half = _quantile((1 - coverage) / 2, estimate) * estimate.standard_error
    return Interval(max(-1.0, estimate.value - half), min(1.0, estimate.value + half))


def chance_if_not_above(estimate: Estimate, bound: float) -> float:
    """The chance of a score this high where the true one is only `bound`: the test that Wilson's interval
    inverts, one-sided."""
    if not 0 < bound < 1:
        return 0.0 if bound <= 0 else 1.0
    error = math.sqrt(bound * (1 - bound) / estimate.effective_answers)
    return _tail((estimate.value - bound) / error, estimate)


def chance_if_not_positive(estimate: Estimate) -> float:
    """The chance of a difference this high where there is none: Student's paired t test, one-sided."""
    return _tail(estimate.value / estimate.standard_error, estimate)


def holm(chances: Sequence[float]) -> list[float]:
    """The chances (p-values) adjusted for being several, in their order.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
    """
    adjusted = [0.0] * len(chances)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        largest = max(largest, min(1.0, chances[place] * (len(chances) - rank)))
        adjusted[place] = largest
    return adjusted


class _Sums:
    """What one pass over the cells tells. Weights count as in Kish's effective size: (sum w)² / sum w²."""

    def __init__(self, rows: Iterable[tuple[Sequence[float | None], Sequence[float]]]) -> None:
        self.scores: list[float] = []
        self.answers = 0
        self.effective = 0.0
        self.sizes = 0.0
        self._squares: list[tuple[float, float]] = []
        for marks, weights in rows:
            self._add([(m, w) for m, w in zip(marks, weights, strict=True) if m is not None and w > 0])

    def _add(self, cells: Sequence[tuple[float, float]]) -> None:
        if not cells:
            return
        total = sum(weight for _, weight in cells)
        effective = total * total / sum(weight * weight for _, weight in cells)
        self.scores.append(sum(mark * weight for mark, weight in cells) / total)
        self.answers += len(cells)
        self.effective += effective
        self.sizes += effective * sum(abs(mark) * weight for mark, weight in cells) / total
        self._squares.append((effective, sum(mark * mark * weight for mark, weight in cells) / total))

    @property
    def mean(self) -> float:
        return sum(self.scores) / len(self.scores)

    @property
    def variance(self) -> float:
        """Of the documents' scores, unbiased; 0 for a single document."""
        mean = self.mean
        return sum((score - mean) ** 2 for score in self.scores) / max(1, len(self.scores) - 1)

    def squares_about(self, middle: float) -> float:
        """The sum of the squared distances of the marks."""
        squares = (
            effective * (square - 2 * middle * score + middle * middle)
            for (effective, square), score in zip(self._squares, self.scores, strict=True)
        )
        return max(0.0, sum(squares))  # equal marks may sum up to a little less than nothing


def _clustering(sums: _Sums, mark_variance: float, rarer: float) -> float:
    """The variance of a document's score as a share of a mark's, mixed with what is thought beforehand.

    `rarer` is how many answers are of the rarer sort: only these show whether they come together.
    """
    documents = len(sums.scores)
    questions = sums.effective / documents
    expected = (1 + (questions - 1) * ALIKENESS) / questions
    if mark_variance <= 0 or sums.answers == documents:
        return expected
    known = min(documents - 1, rarer)
    observed = sums.variance / mark_variance
    return (known * observed + PRIOR_DOCUMENTS * expected) / (known + PRIOR_DOCUMENTS)


def _row_difference(
    ours: Sequence[float | None], theirs: Sequence[float | None], share: float
) -> list[float | None]:
    return [None if a is None or b is None else a - share * b for a, b in zip(ours, theirs, strict=True)]


def _quantile(tail: float, estimate: Estimate) -> float:
    if estimate.is_plain:
        return -NormalDist().inv_cdf(tail)
    return t_quantile(tail, estimate.degrees)


def _tail(t: float, estimate: Estimate) -> float:
    if estimate.is_plain:
        return NormalDist().cdf(-t)
    return t_tail(t, estimate.degrees)
