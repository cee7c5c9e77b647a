"""Where each model stands against what was asked for: surely good enough, surely not, or open."""

from collections.abc import Iterator
from dataclasses import dataclass

from slmdesk.features.evaluate.pairs import more_documents
from slmdesk.features.evaluate.score_table import ScoreTable
from slmdesk.features.evaluate.setup import Target, TargetKind
from slmdesk.features.evaluate.statistics import (
    Estimate,
    chance_if_not_above,
    chance_if_not_positive,
    estimate_difference,
    estimate_score,
    holm,
    score_interval,
)

LEVEL = 0.04
"""How unlikely chance must be. Where answers on a document are much alike it lets a little more pass, but not
more than the promised one verdict in twenty (the calibration measures it)."""
FEWEST_DOCUMENTS = 3
_ROUNDING = 1e-9  # of sums: 17 marks of 20 are 85 %


@dataclass(frozen=True, slots=True)
class ModelScore:
    """The share of marks (0 to 1), each document counting alike, with its 95 % interval."""

    model: str
    score: float
    low: float
    high: float
    documents: int
    answers: int


@dataclass(frozen=True, slots=True)
class Standing:
    """`needed` is the score to reach: the target, or its share of the best model's score.

    `p_good` is the chance of such a score if the model were not good enough, adjusted (Holm) for the models
    beside it; `p_below` that of one so low if it were. `documents_needed`: about how many more would decide
    it, 0 when it is decided, None for more than 1,000. With too few documents both chances are 1.
    """

    score: ModelScore
    needed: float
    p_good: float
    p_below: float
    documents_needed: int | None

    @property
    def model(self) -> str:
        return self.score.model

    @property
    def has_enough(self) -> bool:
        """One or two documents are too few to judge by."""
        return self.score.documents >= FEWEST_DOCUMENTS

    @property
    def is_good(self) -> bool:
        return self.p_good <= LEVEL

    @property
    def is_below(self) -> bool:
        return self.p_below <= LEVEL

    @property
    def is_likely(self) -> bool:
        """It looks good enough, be that sure or not."""
        return self.has_enough and self.score.score >= self.needed - _ROUNDING


@dataclass(frozen=True, slots=True)
class _Evidence:
    """For and against one model. `distance` is what is above (or below, negative) the bound, `variance`
    how much it varies from document to document."""

    p_good: float
    p_below: float
    distance: float
    variance: float


def score_models(table: ScoreTable) -> tuple[ModelScore, ...]:
    """In the order of the table; models without a single mark are left out."""
    return tuple(_model_score(model, estimate) for model, estimate in _estimates(table))


def standings(table: ScoreTable, target: Target) -> list[Standing]:
    """In the order of the table; models without a single mark are left out."""
    estimates = dict(_estimates(table))
    if target.kind is TargetKind.SHARE:
        needed = target.value
        evidence = [_against_share(estimate, needed) for estimate in estimates.values()]
    else:
        needed = target.value * max((each.value for each in _rivals(estimates)), default=0.0)
        evidence = [_against_best(model, estimates, table, target.value) for model in estimates]
    adjusted = holm([each.p_good for each in evidence])
    return [
        _standing(_model_score(model, estimates[model]), needed, each, p_good, len(evidence))
        for model, each, p_good in zip(estimates, evidence, adjusted, strict=True)
    ]


def _estimates(table: ScoreTable) -> Iterator[tuple[str, Estimate]]:
    for model in table.models:
        if estimate := estimate_score(table.marks[model], table.weights):
            yield model, estimate


def _model_score(model: str, estimate: Estimate) -> ModelScore:
    interval = score_interval(estimate)
    return ModelScore(
        model, estimate.value, interval.low, interval.high, estimate.documents, estimate.answers
    )


def _against_share(estimate: Estimate, value: float) -> _Evidence:
    p_good = chance_if_not_above(estimate, value)
    variance = value * (1 - value) * estimate.documents / estimate.effective_answers
    return _Evidence(p_good, 1 - p_good, estimate.value - value, variance)


def _against_best(model: str, estimates: dict[str, Estimate], table: ScoreTable, share: float) -> _Evidence:
    """Good enough is who reaches the share of each other's score; one of them is the best.

    So each comparison must be sure, and none is corrected for the others (Berger, Multiparameter Hypothesis
    Testing and Acceptance Sampling, Technometrics 24, 1982); against it one that is sure will do, which is
    corrected (Bonferroni).
    """
    others = [name for name, each in estimates.items() if name != model and _is_enough(each)]
    found = [
        difference
        for other in others
        if (difference := estimate_difference(table.marks[model], table.marks[other], table.weights, share))
    ]
    if not others:
        return _Evidence(0.0, 1.0, 1.0, 0.0)
    if len(found) < len(others):  # somebody was asked other questions: nothing can be said
        return _Evidence(1.0, 1.0, 0.0, 0.0)
    hardest = max(found, key=chance_if_not_positive)
    p_good = chance_if_not_positive(hardest)
    variance = hardest.mark_variance * hardest.clustering
    return _Evidence(p_good, min(1.0, (1 - p_good) * len(found)), hardest.value, variance)


def _rivals(estimates: dict[str, Estimate]) -> list[Estimate]:
    return [each for each in estimates.values() if _is_enough(each)]


def _is_enough(estimate: Estimate) -> bool:
    return estimate.documents >= FEWEST_DOCUMENTS


def _standing(score: ModelScore, needed: float, evidence: _Evidence, p_good: float, models: int) -> Standing:
    if score.documents < FEWEST_DOCUMENTS:
        return Standing(score, needed, 1.0, 1.0, FEWEST_DOCUMENTS - score.documents)
    is_decided = p_good <= LEVEL or evidence.p_below <= LEVEL
    level = LEVEL / models if evidence.distance > 0 else LEVEL
    more = more_documents(score.documents, evidence.distance, evidence.variance, level)
    return Standing(score, needed, p_good, evidence.p_below, 0 if is_decided else more)
