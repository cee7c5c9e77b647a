"""An evaluation as CSV, one line an answer, and as a workbook with a sheet for each table."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from slmdesk.base.spreadsheet_cells import harmless, harmless_in_csv
from slmdesk.base.text_cleaning import clean
from slmdesk.base.words import say
from slmdesk.features.evaluate.cell import Cell
from slmdesk.features.evaluate.pack import Document, Question
from slmdesk.features.evaluate.report import figures
from slmdesk.features.evaluate.report.report import ModelRow, Report

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

Value: TypeAlias = str | float | int | bool | None

_TIMINGS = ("prompt_tokens", "prompt_tokens_cached", "output_tokens", "ttft_s", "total_s")
_HEADER = (
    "document", "question", "text", "model", "state", "answer", "expected", "valid", "score",
    "corrected", "note", "why", "stability", *_TIMINGS, "error",
)  # fmt: skip
_LONGEST_CELL = 32_767
"""Characters that a cell of a workbook holds."""
_MOST_ROWS = 1_048_576
_WIDTHS = {"text": 40, "answer": 40, "expected": 40, "why": 50, "note": 30, "document": 28, "model": 34}
_USUAL_WIDTH = 14


def csv_pieces(report: Report) -> Iterator[str]:
    """One line an answer, behind the mark by which Excel knows UTF-8."""
    yield "\ufeff"
    yield _line(_HEADER)
    for row in _answers(report):
        yield _line([_written(value) for value in row])


def write_workbook(report: Report, file: BinaryIO) -> None:
    """Sheets of the verdict with the models, questions, documents, answers and settings; raises OSError.

    Rows go to the disk as they come. Answers beyond the last row that a sheet can have stand on a next one.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _add_sheet(book, say("Verdict"), _verdict(report), widths=(34,))
    _add_sheet(book, say("Questions"), _questions(report), widths=(18, 50, 30, 40))
    _add_sheet(book, say("Documents"), _documents(report), widths=(28, 40))
    _add_answers(book, report)
    _add_sheet(book, say("Settings"), _settings(report), widths=(34, 50, 20, 20, 70))
    book.save(file)


def _answers(report: Report) -> Iterator[Sequence[Value]]:
    for model in report.models:
        for document, question, cell in report.cells_of(model.ref):
            yield _answer(report, model, document, question, cell)


def _answer(
    report: Report, model: ModelRow, document: Document, question: Question, cell: Cell
) -> Sequence[Value]:
    counted, correction = cell.counted, cell.correction
    return (
        document.name,
        question.id,
        question.text,
        model.ref,
        cell.state.value,
        cell.answer,
        report.pack.expected.get((document.name, question.id)),
        cell.is_valid,
        counted.value if counted else None,
        correction is not None,
        correction.why if correction else None,
        cell.score.why if cell.score else None,
        cell.stability,
        *(getattr(cell.timings, name, None) for name in _TIMINGS),
        cell.error,
    )


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _written(value: Value) -> str:
    """Words of scripts for what is true or false; figures with a point in every language."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return harmless_in_csv(value) if isinstance(value, str) else f"{value:.6g}"


def _verdict(report: Report) -> Iterator[Sequence[Value]]:
    for sentence in report.verdict_words:
        yield (sentence,)
    yield ()
    yield (
        say("Model"), say("Score"), say("From"), say("To"), say("Answers"), say("Scored"), say("Failed"),
        say("Not of the form"), say("Broken rules"), say("By hand"), say("Seconds an answer"), say("Seconds"),
        say("Prompt tokens"), say("Written tokens"), say("Memory (GB)"), say("Same with other seeds"),
    )  # fmt: skip
    for model in report.models:
        memory = report.facts_of(model.ref).memory_bytes
        yield (
            model.ref, model.score, model.low, model.high, model.done, model.scored, model.failed,
            model.invalid, model.violations, model.corrected, model.answer_s, model.seconds,
            model.prompt_tokens, model.output_tokens, memory / 1e9 if memory else None, model.stability,
        )  # fmt: skip


def _questions(report: Report) -> Iterator[Sequence[Value]]:
    names = [model.ref for model in report.models]
    yield (say("Question"), say("Text"), say("Answer"), say("How it is compared"), say("Weight"), *names)
    for question, scores in zip(report.pack.questions, report.question_scores, strict=True):
        told = question.id, question.text, figures.kind(question), figures.scoring(question), question.weight
        yield (*told, *(scores.get(name) for name in names))


def _documents(report: Report) -> Iterator[Sequence[Value]]:
    names = [model.ref for model in report.models]
    yield (say("Document"), say("Source"), *names)
    for document, scores in zip(report.pack.documents, report.document_scores, strict=True):
        yield (document.name, document.source, *(scores.get(name) for name in names))


def _settings(report: Report) -> Iterator[Sequence[Value]]:
    yield from figures.settings(report)
    yield from report.facts.machine
    yield (say("Program"), report.facts.program)
    yield (say("Date"), figures.moment(report.facts.made_at))
    yield ()
    yield (say("Model"), say("Engine"), say("Quantization"), say("Size (bytes)"), say("Digest"))
    for ref in report.setup.model_refs:
        facts = report.facts_of(ref)
        yield (ref, facts.engine, facts.quantization, facts.size_bytes, facts.digest)


def _add_answers(book: "Workbook", report: Report) -> None:
    rows = _answers(report)
    widths = [_WIDTHS.get(name, _USUAL_WIDTH) for name in _HEADER]
    number, is_more = 1, True
    while is_more:
        title = say("Answers") if number == 1 else f"{say('Answers')} {number}"
        is_more = _add_sheet(book, title, rows, header=_HEADER, widths=widths)
        number += 1


def _add_sheet(
    book: "Workbook",
    title: str,
    rows: Iterable[Sequence[Value]],
    *,
    header: Sequence[str] = (),
    widths: Sequence[float],
) -> bool:
    """Whether the sheet was full before the rows had come to their end."""
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    if header:
        sheet.freeze_panes = "A2"
        sheet.append(list(header))
    for written, row in enumerate(rows, 1 if header else 0):
        sheet.append([_cell(sheet, value) for value in row])
        if written + 1 == _MOST_ROWS:
            return True
    return False


def _cell(sheet: Any, value: Value) -> Any:
    """The words of a spreadsheet for an error ("#N/A") are a text, too."""
    if not isinstance(value, str):
        return value
    text = harmless(clean(value))[:_LONGEST_CELL]
    if not text.startswith("#"):
        return text
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell
