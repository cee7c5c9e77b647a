"""The vote on a comparison: buttons, keys and commands, each there only while it can be used."""

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from slmdesk.features.compare.plan import MAX_LANES
from slmdesk.store.runs import VoteKind
from slmdesk.ui.actions import Actions
from slmdesk.ui.widgets.compare.lane_columns import LaneColumns


class Ballot(QObject):
    """`cast` carries the kind and, for "best", the column."""

    cast = Signal(str, object)

    def __init__(
        self,
        columns: LaneColumns,
        tie_button: QPushButton,
        none_button: QPushButton,
        actions: Actions,
        owner: QWidget,
    ) -> None:
        super().__init__(owner)
        self._columns = columns
        tie, none = partial(self.cast.emit, "tie", None), partial(self.cast.emit, "none", None)
        self._buttons: tuple[tuple[QPushButton, VoteKind], ...] = (
            (tie_button, "tie"),
            (none_button, "none"),
        )
        tie_button.clicked.connect(lambda: tie())
        none_button.clicked.connect(lambda: none())
        columns.best_pressed.connect(partial(self.cast.emit, "best"))
        self._whole = (
            actions.add("vote_tie", self.tr("Vote: tie"), tie, shortcut="T", owner=owner),
            actions.add("vote_none", self.tr("Vote: none good"), none, shortcut="N", owner=owner),
        )
        # A text field takes these keys for itself, so they vote only outside of one.
        self._best = [
            actions.add(
                f"vote_{position + 1}",
                self.tr("Vote: column {0} is best").format(position + 1),
                partial(self._on_best_triggered, position),
                shortcut=str(position + 1),
                owner=owner,
            )
            for position in range(MAX_LANES)
        ]

    def show(self, kind: VoteKind | None, best: int | None, *, is_open: bool) -> None:
        """Show the vote, `best` being the lane; while `is_open` another can be cast."""
        columns = self._columns.columns
        for column in columns:
            column.set_best(kind == "best" and column.lane is not None and column.lane.index == best)
        for button, meaning in self._buttons:
            button.setVisible(is_open)
            button.setChecked(kind == meaning)
        for command in self._whole:
            command.setEnabled(is_open)
        for position, command in enumerate(self._best):
            is_there = position < len(columns) and columns[position].can_be_judged
            command.setEnabled(is_open and is_there)

    def _on_best_triggered(self, position: int) -> None:
        self.cast.emit("best", self._columns.columns[position])
