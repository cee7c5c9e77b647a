"""Fields for numbers as they look everywhere in the program."""

from PySide6.QtWidgets import QAbstractSpinBox

INSET_PX = 6


def inset(box: QAbstractSpinBox) -> None:
    """Keep the number off the edge: style sheets do not reach the field inside of it."""
    box.lineEdit().setTextMargins(INSET_PX, 0, 0, 0)
