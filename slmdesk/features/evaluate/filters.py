"""Which answers are worth a look: wrong, disputed, inconsistent, not valid, slow. Rows as masks of bits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from slmdesk.features.evaluate.cell import Cell, CellState
from slmdesk.features.evaluate.contenders import Contender
from slmdesk.features.evaluate.pack import Pack, Question, Rule
from slmdesk.features.evaluate.rules import violated
from slmdesk.features.evaluate.same_answer import is_same_answer

SLOW_FACTOR = 2.0  # times what this model usually takes for this question
LEAST_FOR_USUAL = 3


class Filter(StrEnum):
    ALL = "all"
    WRONG = "wrong"
    DISAGREE = "disagree"
    INCONSISTENT = "inconsistent"
    INVALID = "invalid"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Row:
    """One document. `cells` and `marks` have one place for each answer (see `Survey`), and bit n of a mask
    in `masks` stands for place n. `violations` counts rules that do not hold. `text` is what is searched.
    """

    document: str
    cells: tuple[Cell, ...]
    marks: tuple[float | None, ...]
    masks: Mapping[Filter, int]
    violations: int
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What passes a filter: indices of documents and of questions, and a mask of answers a document."""

    documents: tuple[int, ...]
    questions: tuple[int, ...]
    masks: tuple[int, ...]


def row_of(document: str, pack: Pack, contenders: Sequence[Contender], cells: tuple[Cell, ...]) -> Row:
    """Look through the answers on one document."""
    inconsistent, violations = _inconsistencies(pack, contenders, cells)
    masks = {
        Filter.WRONG: _mask(cell.counted is not None and cell.counted.is_wrong for cell in cells),
        Filter.DISAGREE: _disputes(pack.questions, contenders, cells),
        Filter.INCONSISTENT: inconsistent,
        Filter.INVALID: _mask(cell.state is CellState.DONE and not cell.is_valid for cell in cells),
    }
    marks = tuple(cell.counted.value if cell.counted is not None else None for cell in cells)
    text = "\n".join((document, *(cell.answer for cell in cells))).casefold()
    return Row(document, cells, marks, masks, violations, text)


def broken_rules(pack: Pack, cells: Sequence[Cell]) -> Sequence[Rule]:
    """Those that one model's answers on one document break, one cell a question; both must be answered."""
    answers = {
        question.id: cell.answer
        for question, cell in zip(pack.questions, cells, strict=True)
        if cell.state is CellState.DONE
    }
    return [rule for rule in pack.rules if violated(rule, answers)]


def usual_seconds(rows: Sequence[Row]) -> tuple[float | None, ...]:
    """The median over the documents for each place, None with too few answers to speak of usual."""
    if not rows:
        return ()
    columns = zip(*([seconds_of(cell) for cell in row.cells] for row in rows), strict=True)
    known = [[value for value in column if value is not None] for column in columns]
    return tuple(median(values) if len(values) >= LEAST_FOR_USUAL else None for values in known)


def counts_of(rows: Sequence[Row], usual_s: Sequence[float | None], width: int) -> Mapping[Filter, int]:
    """How many: answers, for disagreements questions about a document, for inconsistencies rules."""
    return {
        Filter.ALL: sum(len(row.cells) for row in rows),
        Filter.WRONG: sum(row.masks[Filter.WRONG].bit_count() for row in rows),
        Filter.DISAGREE: sum(_groups(row.masks[Filter.DISAGREE], width) for row in rows),
        Filter.INCONSISTENT: sum(row.violations for row in rows),
        Filter.INVALID: sum(row.masks[Filter.INVALID].bit_count() for row in rows),
        Filter.SLOW: sum(slow_mask(row, usual_s).bit_count() for row in rows),
    }


def slow_mask(row: Row, usual_s: Sequence[float | None]) -> int:
    return _mask(
        usual is not None and (seconds := seconds_of(cell)) is not None and seconds > SLOW_FACTOR * usual
        for cell, usual in zip(row.cells, usual_s, strict=True)
    )


def shown(
    rows: Sequence[Row], usual_s: Sequence[float | None], width: int, chosen: Filter, search: str
) -> Shown:
    """The rows with at least one answer that passes, and the questions that any of those asks.

    Each word of `search` must stand in the name of the document or in one of its answers.
    """
    words = search.casefold().split()
    is_all = chosen is Filter.ALL
    documents, masks, union = [], [], 0
    for index, row in enumerate(rows):
        everything = (1 << len(row.cells)) - 1
        mask = everything if is_all else _mask_of(row, usual_s, chosen)
        if (mask or is_all) and all(word in row.text for word in words):
            documents.append(index)
            masks.append(mask)
            union |= mask
    count = len(rows[0].cells) // width if rows and width else 0
    one = (1 << width) - 1
    questions = [index for index in range(count) if union >> (index * width) & one]
    return Shown(tuple(documents), tuple(questions), tuple(masks))


def seconds_of(cell: Cell) -> float | None:
    return cell.timings.total_s if cell.timings is not None else None


def _mask_of(row: Row, usual_s: Sequence[float | None], chosen: Filter) -> int:
    return slow_mask(row, usual_s) if chosen is Filter.SLOW else row.masks[chosen]


def _mask(bits: Iterable[bool]) -> int:
    return sum(1 << place for place, bit in enumerate(bits) if bit)


def _disputes(questions: Sequence[Question], contenders: Sequence[Contender], cells: Sequence[Cell]) -> int:
    """All answers to a question on which two models differ in what they mean."""
    width, found = len(contenders), 0
    for index, question in enumerate(questions):
        here = cells[index * width : (index + 1) * width]
        said = [
            cell
            for contender, cell in zip(contenders, here, strict=True)
            if not contender.is_vote and cell.state is CellState.DONE
        ]
        if len(said) > 1 and any(not _means_the_same(question, said[0], other) for other in said[1:]):
            found |= ((1 << width) - 1) << (index * width)
    return found


def _means_the_same(question: Question, one: Cell, other: Cell) -> bool:
    """Looked at in the order of what it costs: words, marks, and only then the meaning."""
    if one.answer.strip().casefold() == other.answer.strip().casefold():
        return True
    if one.score is not None and other.score is not None and one.score.is_right != other.score.is_right:
        return False
    if one.score is not None and other.score is not None and one.score.is_right:
        return True
    return is_same_answer(question, one.answer, other.answer)


def questions_of(rule: Rule) -> set[str]:
    return {rule.when.question_id, rule.then.question_id}


def _inconsistencies(pack: Pack, contenders: Sequence[Contender], cells: Sequence[Cell]) -> tuple[int, int]:
    """The answers that a broken rule is about, and how many rules are broken, model by model."""
    width, mask, violations = len(contenders), 0, 0
    places = {question.id: index * width for index, question in enumerate(pack.questions)}
    for offset in range(width if pack.rules else 0):
        broken = broken_rules(pack, cells[offset::width])
        violations += len(broken)
        for rule in broken:
            mask |= sum(1 << (places[name] + offset) for name in questions_of(rule))
    return mask, violations


def _groups(mask: int, width: int) -> int:
    """How many questions have a bit."""
    count, one = 0, (1 << width) - 1
    while mask:
        count += bool(mask & one)
        mask >>= width
    return count
