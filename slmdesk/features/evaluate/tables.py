"""The answers summed up: by question, by document, by model, and which choice was taken for which."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from slmdesk.features.evaluate.cell import Cell, CellState
from slmdesk.features.evaluate.contenders import Contender
from slmdesk.features.evaluate.filters import seconds_of
from slmdesk.features.evaluate.pack import NO, NOT_STATED, YES, Kind, Pack, Question
from slmdesk.features.evaluate.results import Survey
from slmdesk.features.evaluate.score import WRONG_BELOW
from slmdesk.features.evaluate.scorers import score
from slmdesk.features.evaluate.statistics import score_of_document

SOMETHING_ELSE = ""
"""The label of a confusion table for answers that are none of the choices."""


@dataclass(frozen=True, slots=True)
class Line:
    """Means of marks from 0 to 1, one a contender, None where nothing is scored. `best` are the contenders
    with the highest one, none of them where all are equal. `wrong` and `scored` count answers.
    """

    name: str
    scores: tuple[float | None, ...]
    best: tuple[int, ...]
    wrong: int
    scored: int


@dataclass(frozen=True, slots=True)
class ModelLine:
    """What one contender did, and what an answer costs; None where nobody counted.

    Seconds and tokens are means of one answer. `cached_share` is the part of the prompt that the engine did
    not compute again. `stability` is the mean share of seeds that agree.
    """

    contender: Contender
    answers: int
    right: int
    partial: int
    wrong: int
    invalid: int
    failed: int
    corrected: int
    seconds: float | None
    prompt_tokens: float | None
    output_tokens: float | None
    cached_share: float | None
    stability: float | None


@dataclass(frozen=True, slots=True)
class Confusion:
    """`counts[expected][answered]`, both in the order of `labels`; the last label is SOMETHING_ELSE."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        return sum(map(sum, self.counts))


def by_question(survey: Survey) -> Sequence[Line]:
    width = len(survey.contenders)
    lines = []
    for index, question in enumerate(survey.questions):
        marks = [row.marks[index * width : (index + 1) * width] for row in survey.rows]
        lines.append(_line(question.text, marks, width))
    return lines


def by_document(survey: Survey) -> Sequence[Line]:
    """Questions count by their weight."""
    width = len(survey.contenders)
    weights = [question.weight for question in survey.questions]
    lines = []
    for row in survey.rows:
        marks = [row.marks[at : at + width] for at in range(0, len(row.marks), width or 1)]
        lines.append(_line(row.document, marks, width, weights))
    return lines


def by_model(survey: Survey) -> Sequence[ModelLine]:
    return [
        _model_line(contender, survey.cells_of(index)) for index, contender in enumerate(survey.contenders)
    ]


def has_confusion(question: Question) -> bool:
    """Whether its answers are a few labels."""
    return question.kind in {Kind.YES_NO, Kind.CHOICE}


def confusion(survey: Survey, pack: Pack, contender: int, question_index: int) -> Confusion:
    """Of the answers that are scored; the question must have labels (`has_confusion`)."""
    question = survey.questions[question_index]
    labels = _labels(question)
    counts = [[0] * len(labels) for _ in labels]
    place_of = cache(lambda text: _label_of(question, labels, text))
    for row, cell in zip(survey.rows, survey.cells(contender, question_index), strict=True):
        expected = pack.expected.get((row.document, question.id))
        if expected is not None and cell.state is CellState.DONE:
            counts[place_of(expected)][place_of(cell.answer)] += 1
    return Confusion(labels, tuple(map(tuple, counts)))


def _line(
    name: str,
    marks: Sequence[Sequence[float | None]],
    width: int,
    weights: Sequence[float] | None = None,
) -> Line:
    weights = weights or [1.0] * len(marks)
    scores = tuple(score_of_document([one[place] for one in marks], weights) for place in range(width))
    known = [mark for one in marks for mark in one if mark is not None]
    return Line(name, scores, _best(scores), sum(mark < WRONG_BELOW for mark in known), len(known))


def _best(scores: Sequence[float | None]) -> tuple[int, ...]:
    known = [value for value in scores if value is not None]
    if not known or (len(known) > 1 and min(known) == max(known)):
        return ()
    return tuple(index for index, value in enumerate(scores) if value == max(known))


def _model_line(contender: Contender, cells: Sequence[Cell]) -> ModelLine:
    scored = [one for cell in cells if (one := cell.counted) is not None]
    timings = [cell.timings for cell in cells if cell.timings is not None]
    known = [one for one in timings if one.prompt_tokens and one.prompt_tokens_cached is not None]
    prompt = sum(one.prompt_tokens or 0 for one in known)
    return ModelLine(
        contender,
        answers=sum(cell.state is CellState.DONE for cell in cells),
        right=sum(one.is_right for one in scored),
        partial=sum(not one.is_right and not one.is_wrong for one in scored),
        wrong=sum(one.is_wrong for one in scored),
        invalid=sum(cell.state is CellState.DONE and not cell.is_valid for cell in cells),
        failed=sum(cell.state is CellState.FAILED for cell in cells),
        corrected=sum(cell.correction is not None for cell in cells),
        seconds=_plain_mean([seconds_of(cell) for cell in cells]),
        prompt_tokens=_plain_mean([one.prompt_tokens for one in timings]),
        output_tokens=_plain_mean([one.output_tokens for one in timings]),
        cached_share=sum(one.prompt_tokens_cached or 0 for one in known) / prompt if prompt else None,
        stability=_plain_mean([cell.stability for cell in cells]),
    )


def _plain_mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _labels(question: Question) -> tuple[str, ...]:
    choices = (YES, NO) if question.kind is Kind.YES_NO else question.choices
    unstated = (NOT_STATED,) if question.can_be_unstated else ()
    return (*choices, *unstated, SOMETHING_ELSE)


def _label_of(question: Question, labels: Sequence[str], text: str) -> int:
    """Which label a text is, by its words or by what the scorer takes it for."""
    plain = text.strip().casefold()
    for index, label in enumerate(labels[:-1]):
        if label.casefold() == plain:
            return index
    for index, label in enumerate(labels[:-1]):
        if plain and score(question, text, label).is_right:
            return index
    return len(labels) - 1
