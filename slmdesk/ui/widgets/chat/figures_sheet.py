"""All that was counted and measured of an answer, as a table."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QGridLayout, QWidget

from slmdesk.engines.plain import timings_from_plain
from slmdesk.store.messages import StoredMessage
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.answer_words import count, estimate_tokens, figure_rows


def show_figures(parent: QWidget, message: StoredMessage, show_tokens: Callable[[], object]) -> Dialog:
    """Open the table; it is not waited for. `show_tokens` opens that of the tokens in its place."""
    dialog = Dialog(parent, tr("Figures of this answer"), message.model_ref)
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setColumnStretch(1, 1)
    for number, (name, value) in enumerate(_rows(message)):
        caption, figure = plain_label(name), plain_label(value)
        caption.setProperty("role", "muted")
        figure.setProperty("role", "number")
        figure.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(caption, number, 0)
        grid.addWidget(figure, number, 1)
    dialog.body.addLayout(grid)
    tokens = dialog.add_button(tr("Probabilities…"), QDialogButtonBox.ButtonRole.ActionRole)
    tokens.clicked.connect(dialog.accept)
    tokens.clicked.connect(show_tokens)
    dialog.add_close_button()
    dialog.open()
    return dialog


def _rows(message: StoredMessage) -> list[tuple[str, str]]:
    rows = figure_rows(timings_from_plain(message.timings))
    if message.thinking:
        rows.append((tr("Thoughts"), count(estimate_tokens(message.thinking), is_estimate=True)))
    return rows
