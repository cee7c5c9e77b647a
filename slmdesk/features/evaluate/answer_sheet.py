"""What came back, read as cells: cheap to ask for, read and scored when it is first looked at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from slmdesk.engines.base import StopReason, Timings
from slmdesk.engines.plain import timings_from_plain
from slmdesk.features.evaluate import replies, scorers
from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.pack import BY_A_MODEL, Question, Scoring
from slmdesk.features.evaluate.replies import ReadAnswer
from slmdesk.features.evaluate.request_book import RequestBook
from slmdesk.features.evaluate.same_answer import stability
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.setup import Asking
from slmdesk.features.evaluate.unscored import waiting_words
from slmdesk.store.answers import StoredAnswer, StoredCorrection

_ScoreKey = tuple[bytes, str]  # the answer, the question


@dataclass(frozen=True, slots=True)
class _Known:
    """A cell that was read, and what it was read from."""

    cell: Cell
    answer: StoredAnswer
    question: Question
    expected: str | None


@dataclass(frozen=True, slots=True)
class _Given:
    """A score by a model, and by what: another rubric or another expected answer wants another score."""

    score: Score
    scoring: Scoring
    expected: str | None


class AnswerSheet:
    """Answers by the keys of their requests. `book` says which of them belong to which cell."""

    def __init__(self, book: RequestBook) -> None:
        self.book = book
        self.running: set[bytes] = set()
        self.errors: dict[bytes, str] = {}
        self._answers: dict[bytes, StoredAnswer] = {}
        self._fresh: set[bytes] = set()
        self._corrections: dict[_ScoreKey, Score] = {}
        self._given: dict[_ScoreKey, _Given] = {}
        self._cells: dict[CellKey, _Known] = {}
        self._read: dict[bytes, Mapping[str, ReadAnswer]] = {}

    def show(self, book: RequestBook) -> None:
        """Look at another pack or setup; what the same requests brought stays."""
        if book.setup.seeds != self.book.setup.seeds:
            self._cells.clear()
        self._read.clear()
        self.book = book

    def has(self, key: bytes) -> bool:
        return key in self._answers

    def add_stored(
        self, answers: Mapping[bytes, StoredAnswer], corrected: Iterable[StoredCorrection]
    ) -> None:
        """What the store has."""
        self._answers |= answers
        self._corrections |= {
            (each.key, each.question_id): Score(each.score, each.note) for each in corrected
        }

    def add(self, answer: StoredAnswer, cells: Iterable[CellKey]) -> None:
        """What has just been answered."""
        self._answers[answer.key] = answer
        self._fresh.add(answer.key)
        self.errors.pop(answer.key, None)
        self._read.pop(answer.key, None)
        self._forget(cells)

    def add_scores(self, scores: Mapping[CellKey, Score]) -> None:
        """Scores that a model gave, a judge or one for embeddings; they belong to the answers of now."""
        for cell, score in scores.items():
            if (key := self.key(cell)) is not None:
                expected = self.book.pack.expected.get((cell.document, cell.question))
                scoring = self.book.question(cell.question).scoring
                self._given[key, cell.question] = _Given(score, scoring, expected)
        self._forget(scores)

    def correct(self, cell: CellKey, score: Score | None) -> None:
        """None takes the correction away."""
        if (key := self.key(cell)) is None:
            return
        if score is None:
            self._corrections.pop((key, cell.question), None)
        else:
            self._corrections[key, cell.question] = score
        self._forget([cell])

    def key(self, cell: CellKey) -> bytes | None:
        """Of the answer that counts: the first seed's."""
        seeds = self.book.setup.seeds
        return self.book.key(cell, seeds[0]) if seeds else None

    def cell(self, cell: CellKey) -> Cell:
        """As it stands now; WAITING for what does not belong to the evaluation."""
        key = self.key(cell)
        if key is None:
            return Cell()
        answer = self._answers.get(key)
        if answer is None:
            return self._without_answer(key)
        question = self.book.question(cell.question)
        expected = self.book.pack.expected.get((cell.document, cell.question))
        known = self._cells.get(cell)
        if known and known.answer is answer and known.expected == expected and known.question == question:
            return known.cell
        made = self._made(cell, answer, question, expected)
        self._cells[cell] = _Known(made, answer, question, expected)
        return made

    def timings(self) -> Iterable[tuple[str, Timings]]:
        """Of every answer, with its model: what the machine has shown so far."""
        return (
            (answer.model_ref, timings_from_plain(answer.timings)) for answer in tuple(self._answers.values())
        )

    def _without_answer(self, key: bytes) -> Cell:
        if key in self.running:
            return Cell(CellState.RUNNING)
        if error := self.errors.get(key):
            return Cell(CellState.FAILED, error=error)
        return Cell()

    def _made(self, cell: CellKey, answer: StoredAnswer, question: Question, expected: str | None) -> Cell:
        read = self._read_of(answer, question)
        group = self.book.group_of(question.id)
        score = self._score(answer.key, question, read, expected)
        is_waiting = score is None and expected is not None
        return Cell(
            state=CellState.DONE,
            answer=read.answer,
            reply=answer.text,
            is_valid=read.is_valid,
            problem=read.problem or (waiting_words(question) if is_waiting else ""),
            is_cut=answer.stop_reason == StopReason.LENGTH,
            score=score,
            correction=self._corrections.get((answer.key, question.id)),
            timings=_share(timings_from_plain(answer.timings), group.index(question.id), len(group)),
            is_from_cache=answer.key not in self._fresh,
            stability=self._stability(cell, question, read.answer),
        )

    def _read_of(self, answer: StoredAnswer, question: Question) -> ReadAnswer:
        if self.book.setup.asking is Asking.ONE_BY_ONE:
            return replies.read_answer(question, answer.text)
        read = self._read.get(answer.key)
        if read is None:
            read = self._read[answer.key] = replies.read_answers(self.book.pack.questions, answer.text)
        return read[question.id]

    def _score(self, key: bytes, question: Question, read: ReadAnswer, expected: str | None) -> Score | None:
        if expected is None:
            return None
        if question.scoring.scorer in BY_A_MODEL:
            given = self._given.get((key, question.id))
            is_of_now = given and given.scoring == question.scoring and given.expected == expected
            return given.score if given and is_of_now else None
        if not read.is_valid and not read.answer:
            return Score(0.0, read.problem)
        return scorers.score(question, read.answer, expected)

    def _stability(self, cell: CellKey, question: Question, answer: str) -> float | None:
        """Over the seeds that have answered so far."""
        others = [self._read_of(other, question).answer for other in self._other_answers(cell)]
        return stability(question, [answer, *others])

    def _other_answers(self, cell: CellKey) -> Sequence[StoredAnswer]:
        keys = (self.book.key(cell, seed) for seed in self.book.setup.seeds[1:])
        return [self._answers[key] for key in keys if key in self._answers]

    def _forget(self, cells: Iterable[CellKey]) -> None:
        for cell in cells:
            self._cells.pop(cell, None)


def _share(timings: Timings, place: int, count: int) -> Timings:
    """The part of one of `count` questions that were answered together; tokens add up to the whole."""
    if count == 1:
        return timings

    def tokens(number: int | None) -> int | None:
        return None if number is None else number // count + (place < number % count)

    def seconds(number: float | None) -> float | None:
        return None if number is None else number / count

    return replace(
        timings,
        load_s=seconds(timings.load_s),
        prompt_tokens=tokens(timings.prompt_tokens),
        prompt_tokens_cached=tokens(timings.prompt_tokens_cached),
        prompt_s=seconds(timings.prompt_s),
        output_tokens=tokens(timings.output_tokens),
        output_s=seconds(timings.output_s),
        total_s=seconds(timings.total_s),
        thinking_tokens=tokens(timings.thinking_tokens),
    )
