"""The answers of an evaluation that wait for a score by a model, and what is said of them meanwhile."""

from collections.abc import Iterator
from typing import Protocol

from slmdesk.base.words import say
from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.judge import Judged
from slmdesk.features.evaluate.pack import BY_A_MODEL, Pack, Question
from slmdesk.features.evaluate.setup import Setup


class HasCells(Protocol):
    """An evaluation as far as it is looked at here."""

    @property
    def pack(self) -> Pack: ...
    @property
    def setup(self) -> Setup: ...
    def cell(self, key: CellKey) -> Cell: ...


def unscored(evaluation: HasCells) -> Iterator[Judged]:
    """Answers that a model is to score, and has not yet."""
    pack = evaluation.pack
    for question in pack.questions:
        if question.scoring.scorer not in BY_A_MODEL:
            continue
        for document in pack.documents:
            expected = pack.expected.get((document.name, question.id))
            if expected is None:
                continue
            for model_ref in evaluation.setup.model_refs:
                key = CellKey(model_ref, document.name, question.id)
                cell = evaluation.cell(key)
                if cell.state is CellState.DONE and cell.score is None:
                    yield Judged(key, question, document.text, cell.answer, expected)


def waiting_words(question: Question) -> str:
    """Why an answer that could be compared has no score."""
    if not question.scoring.model_ref:
        return say("Nobody scores this answer: choose the model that compares in the question.")
    return say("Waiting for {model} to compare this answer.", model=question.scoring.model_ref)
