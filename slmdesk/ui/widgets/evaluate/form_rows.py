"""Rows of a form whose labels stand in one column, also over several forms."""

from PySide6.QtWidgets import QAbstractSpinBox, QFormLayout, QLabel, QWidget

from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label

LABEL_PX = 140
NUMBER_PX = 150


def form_layout(parent: QWidget | None = None) -> QFormLayout:
    """A form without margins; give it its rows with `add_row`."""
    form = QFormLayout(parent)
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(12)
    form.setVerticalSpacing(8)
    return form


def add_row(form: QFormLayout, text: str, field: QWidget) -> None:
    """A number has the room that a number needs; the label stands beside the first line of its field."""
    label = QLabel() if not text else plain_label(text)
    label.setMinimumWidth(theme.scaled(LABEL_PX))
    label.setBuddy(field)
    if isinstance(field, QAbstractSpinBox):
        field.setMaximumWidth(theme.scaled(NUMBER_PX))
    label.setMinimumHeight(min(field.sizeHint().height(), theme.scaled(32)))
    form.addRow(label, field)
