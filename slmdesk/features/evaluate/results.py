"""All answers of an evaluation as they stand now, looked through in pieces so that a window stays awake."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from slmdesk.base.events import Event
from slmdesk.features.evaluate.cell import Cell, CellKey
from slmdesk.features.evaluate.contenders import Contender, contenders_of
from slmdesk.features.evaluate.filters import (
    Filter,
    Row,
    broken_rules,
    counts_of,
    questions_of,
    row_of,
    usual_seconds,
)
from slmdesk.features.evaluate.pack import Pack, Question, Rule
from slmdesk.features.evaluate.score_table import ScoreTable
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.evaluate.vote_cells import vote_cell
from slmdesk.features.evaluate.votes import OtherDocuments

PIECE_S = 0.004  # after this much work the loop has its turn
NOTICED = 0.005  # a share of right answers that moved less does not change what a vote weighs


class HasAnswers(Protocol):
    """What the results need of an evaluation."""

    changed: Event[None]
    cell_changed: Event[CellKey]
    is_running: bool

    @property
    def pack(self) -> Pack: ...
    @property
    def setup(self) -> Setup: ...
    def cell(self, key: CellKey) -> Cell: ...


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found at one look: a row for each document, in their order.

    A place in a row is `question * len(contenders) + contender`. `usual_s` is one a place.
    """

    contenders: tuple[Contender, ...] = ()
    questions: tuple[Question, ...] = ()
    rows: tuple[Row, ...] = ()
    usual_s: tuple[float | None, ...] = ()
    counts: Mapping[Filter, int] | None = None

    @property
    def has_marks(self) -> bool:
        """Whether any answer can be right or wrong yet."""
        return any(mark is not None for row in self.rows for mark in row.marks)

    def cells(self, contender: int, question: int) -> Sequence[Cell]:
        """One answer a document."""
        place = question * len(self.contenders) + contender
        return [row.cells[place] for row in self.rows]

    def cells_of(self, contender: int) -> Sequence[Cell]:
        """All answers of one model, document by document."""
        return [cell for row in self.rows for cell in row.cells[contender :: len(self.contenders)]]

    def score_table(self) -> ScoreTable:
        """The marks as the statistics want them, models by their keys."""
        width = len(self.contenders)
        return ScoreTable(
            models=tuple(contender.key for contender in self.contenders),
            documents=tuple(row.document for row in self.rows),
            questions=tuple(question.id for question in self.questions),
            weights=tuple(question.weight for question in self.questions),
            marks={
                contender.key: [row.marks[index::width] for row in self.rows]
                for index, contender in enumerate(self.contenders)
            },
        )


class Results:
    """Follows one evaluation. `refresh` looks again at what changed; `survey` is the last whole look.

    `is_stale` says that something changed since; `close` ends the following.
    """

    def __init__(self, evaluation: HasAnswers) -> None:
        self._evaluation = evaluation
        self._rows: dict[str, Row] = {}
        self._shares: Mapping[str, float | None] = {}
        self._others: OtherDocuments | None = None
        self._places: Mapping[str, int] = {}
        self._pack: Pack | None = None
        self._setup: Setup | None = None
        self.contenders: tuple[Contender, ...] = ()
        self.survey = Survey()
        self.is_stale = True
        self._unsubscribers = (
            evaluation.changed.subscribe(lambda _none: self._on_changed()),
            evaluation.cell_changed.subscribe(self._on_cell_changed),
        )
        self._on_changed()

    def close(self) -> None:
        for unsubscribe in self._unsubscribers:
            unsubscribe()

    def cell(self, contender: Contender, document: str, question: Question) -> Cell:
        """The answer as it is at this moment, also where the survey is behind."""
        if not contender.is_vote:
            return self._evaluation.cell(CellKey(contender.key, document, question.id))
        cells = {ref: self._evaluation.cell(CellKey(ref, document, question.id)) for ref in contender.members}
        weights = self._others.weights(self._places[document]) if self._others is not None else {}
        return vote_cell(cells, question, weights)

    def contradictions(self, contender: Contender, document: str, question_id: str) -> Sequence[Rule]:
        """The rules about this question that the answers of that model on that document break."""
        pack = self._evaluation.pack
        if not pack.rules:
            return []
        cells = [self.cell(contender, document, question) for question in pack.questions]
        return [rule for rule in broken_rules(pack, cells) if question_id in questions_of(rule)]

    async def refresh(self) -> None:
        """Look at every row that is not known as it is now; the loop has its turns meanwhile.

        What changes while it looks is left for the next time.
        """
        is_whole = False
        while not is_whole:
            self.is_stale = False
            pack, contenders = self._evaluation.pack, self.contenders
            await self._look(pack, contenders)
            is_whole = self._is_of(pack, contenders) and await self._conclude(pack, contenders)

    async def _look(self, pack: Pack, contenders: tuple[Contender, ...]) -> None:
        began = time.thread_time()
        for document in pack.documents:
            if not self._is_of(pack, contenders):
                return
            if document.name not in self._rows:
                self._rows[document.name] = self._row(document.name, pack)
            if time.thread_time() - began > PIECE_S:
                await asyncio.sleep(0)
                began = time.thread_time()

    def _row(self, document: str, pack: Pack) -> Row:
        cells = tuple(
            self.cell(contender, document, question)
            for question in pack.questions
            for contender in self.contenders
        )
        return row_of(document, pack, self.contenders, cells)

    async def _conclude(self, pack: Pack, contenders: tuple[Contender, ...]) -> bool:
        """Make the survey of the rows; False where another look is needed."""
        rows = tuple(row for document in pack.documents if (row := self._rows.get(document.name)) is not None)
        if len(rows) < len(pack.documents):
            return False  # one changed while the others were looked at
        usual_s = await asyncio.to_thread(usual_seconds, rows)
        counts = await asyncio.to_thread(counts_of, rows, usual_s, len(contenders))
        if not self._is_of(pack, contenders):
            return False
        self.survey = Survey(contenders, pack.questions, rows, usual_s, counts)
        return not await self._has_other_weights(pack, contenders)

    async def _has_other_weights(self, pack: Pack, contenders: tuple[Contender, ...]) -> bool:
        """A vote weighs its models by how good they are elsewhere; another weight is another answer."""
        models = [contender.key for contender in contenders if not contender.is_vote]
        if len(models) == len(contenders):
            return False
        weights = await asyncio.to_thread(_other_weights, self.survey, models, self._shares)
        if weights is None:
            return False
        if self._is_of(pack, contenders):
            self._shares, self._others = weights
            self._rows.clear()
        return True

    def _is_of(self, pack: Pack, contenders: tuple[Contender, ...]) -> bool:
        return self._evaluation.pack is pack and self.contenders is contenders

    def _on_changed(self) -> None:
        evaluation = self._evaluation
        if evaluation.pack is not self._pack or evaluation.setup is not self._setup:
            self._pack, self._setup = evaluation.pack, evaluation.setup
            self.contenders = contenders_of(evaluation.setup)
            self._places = {document.name: at for at, document in enumerate(evaluation.pack.documents)}
            self._others, self._shares = None, {}
        self._rows.clear()
        self.is_stale = True

    def _on_cell_changed(self, key: CellKey) -> None:
        self._rows.pop(key.document, None)
        self.is_stale = True


def _other_weights(
    survey: Survey, models: Sequence[str], before: Mapping[str, float | None]
) -> tuple[Mapping[str, float | None], OtherDocuments] | None:
    """What the models have right and how that weighs; None where it is as `before`."""
    shares = {key: _share(survey, index) for index, key in enumerate(models)}
    if not _is_other(shares, before):
        return None
    return shares, OtherDocuments(replace(survey.score_table(), models=models))


def _share(survey: Survey, contender: int) -> float | None:
    marks = [mark for row in survey.rows for mark in row.marks[contender :: len(survey.contenders)]]
    known = [mark for mark in marks if mark is not None]
    return sum(known) / len(known) if known else None


def _is_other(shares: Mapping[str, float | None], before: Mapping[str, float | None]) -> bool:
    if shares.keys() != before.keys():
        return True
    return any(abs((share or 0.0) - (before[key] or 0.0)) >= NOTICED for key, share in shares.items())
