"""Widths of a table's columns, fixed by its first rows so that later ones do not move them."""

from collections.abc import Sequence

from PySide6.QtGui import QFontMetricsF

from slmdesk.ui.widgets.markdown.look import Look
from slmdesk.ui.widgets.markdown.runs import Row

_NARROWEST_PX = 36
_WIDEST_PX = 420


def column_shares(rows: Sequence[Row], columns: int, look: Look) -> list[float]:
    """Per cent of the width for each column, in proportion to its longest text within bounds."""
    metrics = QFontMetricsF(look.font)
    widest = [float(_NARROWEST_PX)] * columns
    for row in rows[:16]:
        for column, cell in enumerate(row[:columns]):
            text = "".join(run.text for run in cell)[:80]
            width = metrics.horizontalAdvance(text) + 2 * look.size_px
            widest[column] = max(widest[column], min(width, _WIDEST_PX))
    total = sum(widest)
    return [100.0 * width / total for width in widest]
