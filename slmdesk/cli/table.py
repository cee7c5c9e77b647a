"""Rows of words as columns."""

import itertools
import textwrap
from collections.abc import Sequence

_GAP = "  "
_LEAST_WIDTH = 16


def table(rows: Sequence[Sequence[str]]) -> str:
    """Each column as wide as its widest cell; nothing is cut."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (_GAP.join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def side_by_side(rows: Sequence[Sequence[str]], columns: int) -> str:
    """As `table`, with the cells behind the first wrapped so that all of it fits into so many columns."""
    heads = max(len(row[0]) for row in rows)
    count = len(rows[0]) - 1
    width = max(_LEAST_WIDTH, (columns - heads) // count - len(_GAP))
    wrapped: list[Sequence[str]] = []
    for head, *cells in rows:
        parts = [textwrap.wrap(cell, width) or [""] for cell in cells]
        for number, line in enumerate(itertools.zip_longest(*parts, fillvalue="")):
            wrapped.append((head if number == 0 else "", *line))
    return table(wrapped)
