"""Votes of several models, each counted as one more model: chosen here, and taken away again."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.features.evaluate.contenders import LEAST_VOTERS, MOST_VOTERS, short_names
from slmdesk.features.evaluate.setup import Setup
from slmdesk.ui.labels import plain_button_text, plain_label, small_label, tr
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.flow_layout import FlowLayout


class VotesCard(QFrame):
    """`changed` carries the groups of model_refs that vote from now on."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._votes: tuple[tuple[str, ...], ...] = ()
        self._refs: tuple[str, ...] = ()
        self.buttons: dict[str, QPushButton] = {}
        self.add_button = QPushButton(tr("Count their vote as one more model"))
        self.add_button.clicked.connect(self._add)
        self.remove_buttons: list[QPushButton] = []
        title = plain_label(tr("Votes"))
        title.setProperty("role", "heading")
        hint = tr(
            "Two to five models answer, and the majority counts. With equally many votes the answer of "
            "the models that are better on the other documents wins."
        )
        self._choices = FlowLayout(8)
        self._standing = QVBoxLayout()
        self._standing.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(small_label(hint))
        column.addLayout(self._choices)
        foot = QHBoxLayout()
        foot.addWidget(self.add_button)
        foot.addStretch(1)
        column.addLayout(foot)
        column.addLayout(self._standing)
        self._show_addable()

    def show_setup(self, setup: Setup) -> None:
        """The models that can vote, and the votes that count."""
        if setup.model_refs != self._refs:
            self._refs = setup.model_refs
            self._make_choices()
        if setup.votes != self._votes or not self._standing.count():
            self._votes = setup.votes
            self._make_standing()
        self.setVisible(len(self._refs) >= LEAST_VOTERS)
        self._show_addable()

    def chosen(self) -> tuple[str, ...]:
        """The models that are pressed, in the order of the columns."""
        return tuple(ref for ref, button in self.buttons.items() if button.isChecked())

    def _add(self) -> None:
        group = self.chosen()
        for button in self.buttons.values():
            button.setChecked(False)
        self.changed.emit((*self._votes, group))

    def _remove(self, group: tuple[str, ...], _is_checked: bool = False) -> None:
        self.changed.emit(tuple(vote for vote in self._votes if vote != group))

    def _show_addable(self) -> None:
        group = self.chosen()
        self.add_button.setEnabled(LEAST_VOTERS <= len(group) <= MOST_VOTERS and group not in self._votes)

    def _make_choices(self) -> None:
        for button in self.buttons.values():
            self._choices.removeWidget(button)
            button.hide()
            button.deleteLater()
        names = short_names(self._refs)
        self.buttons = {ref: self._choice(names[ref]) for ref in self._refs}
        for button in self.buttons.values():
            self._choices.addWidget(button)

    def _choice(self, name: str) -> QPushButton:
        button = QPushButton(plain_button_text(name))
        button.setProperty("role", "pill")
        button.setCheckable(True)
        button.setAccessibleName(tr("{0} votes").format(name))
        button.toggled.connect(lambda _is_on: self._show_addable())
        return button

    def _make_standing(self) -> None:
        while (item := self._standing.takeAt(0)) is not None:
            if (row := item.widget()) is not None:
                row.hide()
                row.deleteLater()
        self.remove_buttons = []
        names = short_names(self._refs)
        for group in self._votes:
            self._standing.addWidget(self._row(group, [names.get(ref, ref) for ref in group]))

    def _row(self, group: tuple[str, ...], names: Sequence[str]) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        words = ElidedLabel(tr("Counts as one more model: {0}").format(", ".join(names)))
        remove = QPushButton(tr("Take away"))
        remove.setProperty("role", "link")
        remove.setAccessibleName(tr("Take the vote away: {0}").format(", ".join(names)))
        remove.clicked.connect(partial(self._remove, group))
        self.remove_buttons.append(remove)
        line.addWidget(words, 1)
        line.addWidget(remove)
        return row
