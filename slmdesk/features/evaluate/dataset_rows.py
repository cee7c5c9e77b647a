"""Rows of an instruction dataset, one at a time: from a pack, or from a CSV file of any length."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.evaluate.asking import question_text, tidy
from slmdesk.features.evaluate.pack import NOT_STATED, Kind, Pack, Question, Scorer
from slmdesk.features.evaluate.scorers.texts import alternatives_in

LONGEST_FIELD = 5_000_000
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "instruction": ("question", "instruction"),
    "input": ("context", "input"),
    "output": ("answer", "output"),
}
_SEPARATORS = ",;\t"
# What is expected there is a pattern, or what a judge is to look for: no answer.
_NO_ANSWERS = (Scorer.REGEX, Scorer.JUDGE)


@dataclass(frozen=True, slots=True)
class Row:
    """`place` says where it came from: "line 12", or the document and the question."""

    instruction: str
    input: str
    output: str
    place: str

    @property
    def document(self) -> str:
        """What must not be in both parts: the document, or the question where there is none."""
        return self.input or self.instruction


def pack_rows(pack: Pack) -> Iterator[Row]:
    """One for each expected answer that a model could give."""
    instructions = tidy(pack.instructions).strip()
    asked = [question for question in pack.questions if question.scoring.scorer not in _NO_ANSWERS]
    texts = {question.id: f"{instructions}\n\n{question_text(question)}".strip() for question in asked}
    for document in pack.documents:
        for question in asked:
            if (expected := pack.expected.get((document.name, question.id))) is not None:
                yield Row(
                    texts[question.id],
                    tidy(document.text),
                    _answer(question, expected),
                    f"{document.name} / {question.id}",
                )


def left_out_questions(pack: Pack) -> Sequence[str]:
    """The ids of the questions whose expected answers are nothing that a model could say."""
    return [question.id for question in pack.questions if question.scoring.scorer in _NO_ANSWERS]


def _answer(question: Question, expected: str) -> str:
    """Of several texts that are all right the first; a list without items in words."""
    if question.kind is Kind.LIST and not expected.strip():
        return NOT_STATED
    if question.kind is not Kind.TEXT:
        return expected.strip()
    _whole, *parts = alternatives_in(expected)
    return parts[0] if parts else expected.strip()


def csv_rows(path: Path) -> Iterator[Row]:
    """The file is read as it is needed; raises BadInput that names the line.

    The first line names the columns: question, context (may be missing) and answer; or instruction,
    input and output.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _read(file, path.name)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(say("{name} cannot be read ({reason}).", name=path.name, reason=reason)) from error
    except UnicodeDecodeError as error:
        raise BadInput(
            say("{name} is no text in UTF-8.", name=path.name), next_step=say("Save it as UTF-8 text.")
        ) from error


def _read(file: TextIO, name: str) -> Iterator[Row]:
    first = file.readline(LONGEST_FIELD)
    file.seek(0)
    reader = csv.reader(file, delimiter=max(_SEPARATORS, key=first.count), strict=True)
    try:
        places = _places(next(reader, []), name)
        start = reader.line_num + 1
        for cells in reader:
            if cells:
                instruction, context, answer = (_cell(cells, place) for place in places)
                yield Row(instruction, context, answer, say("line {number}", number=start))
            start = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(
            say("Line {line_num} is no CSV ({error}).", line_num=reader.line_num, error=error)
        ) from error


def _places(header: Sequence[str], name: str) -> Sequence[int | None]:
    """Where instruction, input and output stand; the input may be missing."""
    names = [cell.strip().casefold() for cell in header]
    places = [
        next((names.index(column) for column in columns if column in names), None)
        for columns in _COLUMNS.values()
    ]
    if places[0] is None or places[2] is None:
        raise BadInput(
            say("{name} has no columns for question and answer.", name=name),
            next_step=say("Name the columns question, context and answer in the first line."),
        )
    return places


def _cell(cells: Sequence[str], place: int | None) -> str:
    return tidy(cells[place]).strip() if place is not None and place < len(cells) else ""
