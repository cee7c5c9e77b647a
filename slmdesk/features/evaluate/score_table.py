"""The scores of all models as plain numbers: what the statistics work on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """`marks[model][document][question]` from 0 to 1, None where there is no score.

    Documents and questions stand in the same order for all models; `weights` is one a question.
    """

    models: Sequence[str]
    documents: Sequence[str]
    questions: Sequence[str]
    weights: Sequence[float]
    marks: Mapping[str, Sequence[Sequence[float | None]]]
