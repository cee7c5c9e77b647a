"""The cells of an Excel workbook: every sheet as a heading and comma-separated rows."""

import csv
import io
import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import openpyxl

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.documents.document import Content, Kind
from slmdesk.features.documents.limits import MAX_TEXT_CHARS, READING_S

_MAX_EMPTY_ROWS = 1000  # a format applied to a whole column leaves a million of them


def read(name: str, data: bytes) -> Content:
    """Values as last computed; sheets that hold none are left out."""
    deadline = time.monotonic() + READING_S
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    out, notes = io.StringIO(), []
    sheets = book.worksheets
    for sheet in sheets:
        if sheet.sheet_state != "visible":
            notes.append(say("The sheet “{title}” is hidden and was left out.", title=sheet.title))
            continue
        is_whole = _write_sheet(out, sheet, deadline)
        if not is_whole:
            notes.append(
                say("The sheet “{title}” was not read to its end: it is too long.", title=sheet.title)
            )
            break
    text = out.getvalue().strip()
    if not text:
        raise BadInput(
            say("“{name}” holds no values.", name=name),
            next_step=say("If it holds formulas alone, open it in Excel, save it and attach it again."),
        )
    return Content(Kind.XLSX, text, tuple(notes), len(sheets))


def _write_sheet(out: io.StringIO, sheet: Any, deadline: float) -> bool:
    """False if the sheet is longer than there is room or time for."""
    writer, is_begun = csv.writer(out, lineterminator="\n"), False
    sheet.reset_dimensions()  # what the file says of its size is often wrong
    for row in _filled(sheet.iter_rows(values_only=True)):
        if not is_begun:
            out.write(f"\n## {sheet.title}\n")
            is_begun = True
        writer.writerow([_shown(value) for value in row])
        if out.tell() > MAX_TEXT_CHARS or time.monotonic() > deadline:
            return False
    return True


def _filled(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows with a value, without the empty cells at their end."""
    empty_count = 0
    for row in rows:
        last = max((index for index, value in enumerate(row) if value is not None), default=-1)
        if last >= 0:
            empty_count = 0
            yield row[: last + 1]
        elif (empty_count := empty_count + 1) > _MAX_EMPTY_ROWS:
            return


def _shown(value: Any) -> str:
    """Dates without a time of midnight, numbers without a tail of zeros."""
    if value is None:
        return ""
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.15g}"
    return " ".join(str(value).split())
