"""What an evaluation has found, in the form in which it is kept for choosing models by."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from slmdesk.features.evaluate.answer_cost import AnswerCost
from slmdesk.features.evaluate.per_question import QuestionBest
from slmdesk.features.evaluate.setup import Target, TargetKind
from slmdesk.features.evaluate.standing import Standing
from slmdesk.features.evaluate.verdict import Verdict, VerdictKind
from slmdesk.store.findings import StoredFinding


@dataclass(frozen=True, slots=True)
class FoundModel:
    """`score`, `low` and `high` from 0 to 1; what an answer costs is None where it is not known."""

    model: str
    score: float
    low: float
    high: float
    documents: int
    is_good: bool
    seconds: float | None
    tokens: float | None
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and its figures. `models` are smallest first; `best_models` has the best one by question."""

    kind: VerdictKind
    model: str
    target: Target
    words: tuple[str, ...]
    models: tuple[FoundModel, ...]
    best_models: Mapping[str, str]


def finding_of(verdict: Verdict, bests: Iterable[QuestionBest]) -> Finding:
    """What of a verdict is kept; `bests` of the same table."""
    return Finding(
        kind=verdict.kind,
        model=verdict.model,
        target=verdict.target,
        words=verdict.words,
        models=tuple(
            _found_model(each, verdict.costs.get(each.model, AnswerCost())) for each in verdict.standings
        ),
        best_models={each.question: each.best.model for each in bests},
    )


def finding_to_plain(finding: Finding) -> dict[str, Any]:
    """As the store keeps it."""
    return asdict(finding)


def finding_from_stored(stored: StoredFinding) -> Finding | None:
    """None when it is damaged: half a finding would choose the wrong model."""
    content = stored.content
    try:
        target = content["target"]
        return Finding(
            kind=VerdictKind(content["kind"]),
            model=_of(str, content["model"]),
            target=Target(TargetKind(target["kind"]), _of(float, target["value"])),
            words=tuple(_of(str, sentence) for sentence in content["words"]),
            models=tuple(_model_from_plain(each) for each in content["models"]),
            best_models={question: _of(str, model) for question, model in content["best_models"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _found_model(standing: Standing, cost: AnswerCost) -> FoundModel:
    score = standing.score
    return FoundModel(
        model=score.model,
        score=score.score,
        low=score.low,
        high=score.high,
        documents=score.documents,
        is_good=standing.is_good,
        seconds=cost.seconds,
        tokens=cost.tokens,
        memory_bytes=cost.memory_bytes,
    )


def _model_from_plain(content: Mapping[str, Any]) -> FoundModel:
    return FoundModel(
        model=_of(str, content["model"]),
        score=_of(float, content["score"]),
        low=_of(float, content["low"]),
        high=_of(float, content["high"]),
        documents=_of(int, content["documents"]),
        is_good=_of(bool, content["is_good"]),
        seconds=_known(float, content["seconds"]),
        tokens=_known(float, content["tokens"]),
        memory_bytes=_known(int, content["memory_bytes"]),
    )


_Value = TypeVar("_Value")


def _of(kind: type[_Value], value: object) -> _Value:
    """The value, which is of this kind; raises TypeError."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)  # JSON has but one sort of numbers
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise TypeError(value)


def _known(kind: type[_Value], value: object) -> _Value | None:
    return None if value is None else _of(kind, value)
