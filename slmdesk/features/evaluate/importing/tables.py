"""A table out of CSV, an Excel workbook that was read as text, or JSON Lines: headings and rows of texts."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.evaluate.editing import free_name
from slmdesk.features.evaluate.pack import LIST_SEPARATOR

MOST_ROWS = 100_000
MOST_COLUMNS = 1_000
SEPARATORS = ",;\t|"
_SHEET = "## "
_SAMPLED_LINES = 20
_MOST_CELL_CHARS = 5_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """Every row has a text for each column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table_from_text(suffix: str, text: str) -> Table:
    """Read it as the ending of its file says (".csv", ".xlsx", ".jsonl", ...); raises BadInput."""
    text = text.removeprefix("\ufeff")
    first = text.lstrip()[:1]
    if suffix in (".jsonl", ".ndjson", ".json") or first in ("{", "["):
        columns, rows = _from_objects(_objects(text))
    elif suffix in (".xlsx", ".xlsm"):
        columns, rows = _headed(_parsed(_first_sheet(text), ","))
    else:
        columns, rows = _headed(_parsed(text, guessed_separator(text)))
    if not rows:
        raise BadInput(
            say("There is no row below the headings."),
            next_step=say("The first line names the columns, the others hold what is in them."),
        )
    return Table(tuple(columns), tuple(rows))


def guessed_separator(text: str) -> str:
    """What stands equally often, and most often, in the first lines."""
    lines = [line for line in text.splitlines()[:_SAMPLED_LINES] if line.strip()]

    def merit(separator: str) -> tuple[float, int]:
        counts = Counter(len(next(csv.reader([line], delimiter=separator), [])) for line in lines)
        width, lines_of_it = max(counts.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
        return (lines_of_it / len(lines) if width > 1 else 0.0, width)

    return max(SEPARATORS, key=merit) if lines else ","


def _first_sheet(text: str) -> str:
    """The rows of the first sheet, below its name."""
    lines = text.splitlines()
    if lines and lines[0].startswith(_SHEET):
        lines = lines[1:]
    end = next((place for place, line in enumerate(lines) if line.startswith(_SHEET)), len(lines))
    return "\n".join(lines[:end])


def _parsed(text: str, separator: str) -> list[list[str]]:
    csv.field_size_limit(_MOST_CELL_CHARS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) > MOST_ROWS:
                raise _too_long()
            _require_narrow(len(row))
    except csv.Error as error:
        raise BadInput(
            say("Line {line:,} is no row of a table ({reason}).", line=reader.line_num, reason=error),
            next_step=say("Mend it in a spreadsheet, or save the table as CSV again."),
        ) from error
    return rows


def _headed(rows: Sequence[Sequence[str]]) -> tuple[list[str], list[tuple[str, ...]]]:
    if not rows:
        raise BadInput(say("This table is empty."))
    width = max(map(len, rows))
    head = [cell.strip() for cell in rows[0]] + [""] * (width - len(rows[0]))
    columns = _unique(name or say("Column {number}", number=place) for place, name in enumerate(head, 1))
    return columns, [tuple(row) + ("",) * (width - len(row)) for row in rows[1:]]


def _unique(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        found.append(free_name(name, found))
    return found


def _objects(text: str) -> list[dict[str, Any]]:
    """One object a line, or a list of objects."""
    try:
        whole = json.loads(text) if text.lstrip().startswith("[") else None
    except (ValueError, RecursionError) as error:
        raise BadInput(say("This is no whole JSON list.")) from error
    if whole is not None:
        return [_object(number, value) for number, value in enumerate(whole, 1)]
    lines = enumerate(text.split("\n"), 1)
    return [_object(number, _value(number, line)) for number, line in lines if line.strip()]


def _value(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(say("Line {number} is no JSON.", number=number)) from error


def _object(number: int, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(say("Line {number} is no JSON object.", number=number))
    if number > MOST_ROWS:
        raise _too_long()
    return value


def _from_objects(objects: Sequence[dict[str, Any]]) -> tuple[list[str], list[tuple[str, ...]]]:
    columns: dict[str, None] = {}
    for each in objects:
        columns |= dict.fromkeys(each)
        _require_narrow(len(columns))
    return list(columns), [tuple(_text(each.get(name)) for name in columns) for each in objects]


def _text(value: Any) -> str:
    """As a person would type it."""
    match value:
        case None:
            return ""
        case str():
            return value.encode("utf-8", "replace").decode().replace("\0", "")
        case bool():
            return "Yes" if value else "No"
        case list() if all(isinstance(item, str | int | float) for item in value):
            return f"{LIST_SEPARATOR} ".join(map(_text, value))
        case int() | float():
            return f"{value:.15g}" if isinstance(value, float) else str(value)
    return json.dumps(value, ensure_ascii=False)


def _require_narrow(columns: int) -> None:
    """Every row gets a text for each column: one wide row among many short ones would fill the memory."""
    if columns > MOST_COLUMNS:
        raise BadInput(
            say("This table has more than {most:,} columns.", most=MOST_COLUMNS),
            next_step=say("Leave out those that are not needed."),
        )


def _too_long() -> BadInput:
    return BadInput(
        say("This table has more than {most:,} rows.", most=MOST_ROWS), next_step=say("Split it into parts.")
    )
