"""An evaluation whose answers are made up at once: what the results need, without a store or a model."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from slmdesk.base.events import Event
from slmdesk.engines.base import Message, Timings
from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.pack import Document, Kind, Pack, Question, Scorer, Scoring
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.setup import Setup

MODELS = ("ollama/small:1b", "ollama/middle:3b", "ollama/large:7b")
BREACH = Question("breach", "Is it a breach?", Kind.YES_NO, Scoring(Scorer.LABEL))
ENTITY = Question("entity", "Which entity?", Kind.TEXT, Scoring(Scorer.EXACT))
RECORDS = Question("records", "How many records?", Kind.NUMBER, Scoring(Scorer.NUMBER))

Make = Callable[[CellKey], Cell]


class MadeEvaluation:
    """`make` says what a cell is that nobody has set; `looked_at` counts how often one was read."""

    def __init__(self, pack: Pack, setup: Setup, make: Make | None = None) -> None:
        self.changed: Event[None] = Event()
        self.cell_changed: Event[CellKey] = Event()
        self.pack = pack
        self.setup = setup
        self.is_running = False
        self.looked_at = 0
        self.cells: dict[CellKey, Cell] = {}
        self._make = make or (lambda _key: Cell())

    def cell(self, key: CellKey) -> Cell:
        self.looked_at += 1
        if key not in self.cells:
            self.cells[key] = self._make(key)
        return self.cells[key]

    def prompt(self, key: CellKey) -> tuple[Message, ...]:
        return Message("system", "Answer."), Message("user", f"The document {key.document}.")

    async def use(self, pack: Pack, setup: Setup) -> None:
        self.show(pack, setup)

    async def correct(self, key: CellKey, value: float, note: str = "") -> None:
        self.put(key, replace(self.cell(key), correction=Score(value, note)))

    async def uncorrect(self, key: CellKey) -> None:
        self.put(key, replace(self.cell(key), correction=None))

    def show(self, pack: Pack, setup: Setup) -> None:
        self.pack, self.setup = pack, setup
        self.changed.emit(None)

    def put(self, key: CellKey, cell: Cell) -> None:
        """An answer has come, or was corrected."""
        self.cells[key] = cell
        self.cell_changed.emit(key)


def done(answer: str, mark: float | None = 1.0, *, seconds: float = 1.0, **more: object) -> Cell:
    """An answer with its score."""
    score = Score(mark, f"{answer} counts {mark}.") if mark is not None else None
    timings = Timings(prompt_tokens=100, prompt_tokens_cached=80, output_tokens=5, total_s=seconds)
    cell = Cell(CellState.DONE, answer=answer, reply=f"It is {answer}.", score=score, timings=timings)
    return replace(cell, **more)  # type: ignore[arg-type]  # the names of its fields


def pack_of(
    documents: int = 3,
    questions: tuple[Question, ...] = (BREACH, ENTITY),
    expected: Mapping[str, str] | None = None,
) -> Pack:
    """Reports named r1, r2 …; `expected` by question, the same for every document."""
    names = [f"r{number}" for number in range(1, documents + 1)]
    expected = {"breach": "Yes", "entity": "Harbour"} if expected is None else expected
    return Pack(
        "Reports",
        documents=tuple(Document(name, f"Text of {name}.") for name in names),
        questions=questions,
        expected={(name, question): text for name in names for question, text in expected.items()},
    )


def setup_of(count: int = 3, votes: tuple[tuple[str, ...], ...] = ()) -> Setup:
    return Setup(model_refs=MODELS[:count], votes=votes)
