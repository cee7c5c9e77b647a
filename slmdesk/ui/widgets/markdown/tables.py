"""Widths of a table's columns, from its first rows so that later ones do not move them."""

from collections.abc import Sequence

from PySide6.QtGui import QFont, QFontMetricsF

from slmdesk.ui.widgets.markdown.look import Look
from slmdesk.ui.widgets.markdown.runs import Row

_NARROWEST_PX = 36
_WIDEST_PX = 420
_LONGEST_WORD_PX = 160


def column_shares(rows: Sequence[Row], columns: int, look: Look, width: float) -> list[float]:
    """Per cent of `width` pixels for each column, in proportion to its longest text within bounds.

    Where that is not enough for all, each has room for its longest word first.
    """
    bold = QFont(look.font)
    bold.setWeight(QFont.Weight.DemiBold)
    head, body = QFontMetricsF(bold), QFontMetricsF(look.font)
    widest, least = [float(_NARROWEST_PX)] * columns, [float(_NARROWEST_PX)] * columns
    padding = 2 * look.size_px
    for number, row in enumerate(rows[:16]):
        metrics = body if number else head
        for column, cell in enumerate(row[:columns]):
            text = "".join(run.text for run in cell)[:80]
            word = max(text.split(), key=len, default="")
            room = metrics.horizontalAdvance(text) + padding
            widest[column] = max(widest[column], min(room, _WIDEST_PX))
            room = metrics.horizontalAdvance(word) + padding
            least[column] = max(least[column], min(room, _LONGEST_WORD_PX))
    wanted, needed = sum(widest), sum(least)
    if wanted > width > needed:
        part = (width - needed) / max(1.0, wanted - needed)
        widest = [low + (high - low) * part for low, high in zip(least, widest, strict=True)]
    elif wanted > width:
        widest = least
    total = sum(widest)
    return [100.0 * room / total for room in widest]
