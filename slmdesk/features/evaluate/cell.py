"""One answer of one model to one question about one document, as it stands in the matrix."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from slmdesk.engines.base import Timings
from slmdesk.features.evaluate.score import Score


class CellKey(NamedTuple):
    """Names, not positions: a question that is moved keeps its answers. `model` is a `model_ref`, or the
    name of a vote.
    """

    model: str
    document: str
    question: str


class CellState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Cell:
    """`answer` is what was read from the reply; `is_valid` is False where the reply is not of the form that
    was asked for (no JSON, none of the choices), and `problem` says why; `is_cut` says that it reached the
    limit of its tokens. `score` is None where nothing is expected.

    `correction` is a score that the user gave by hand: kept apart, and counted instead of `score`.
    `stability` is the share of seeds with the same answer, None with one seed. `request_tokens` and the
    seconds of a reply that answered several questions are shared out evenly.
    """

    state: CellState = CellState.WAITING
    answer: str = ""
    reply: str = ""
    is_valid: bool = True
    problem: str = ""
    is_cut: bool = False
    score: Score | None = None
    correction: Score | None = None
    timings: Timings | None = None
    is_from_cache: bool = False
    stability: float | None = None
    error: str = ""

    @property
    def counted(self) -> Score | None:
        return self.correction or self.score
