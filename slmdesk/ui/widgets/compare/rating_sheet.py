"""Which model is better by all votes so far, and which cannot be told apart yet."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QHeaderView, QTableView, QWidget

from slmdesk.base.words import counted, number
from slmdesk.features.compare.rating import RatedModel, Rating, Separation, rate
from slmdesk.store.ballots import Ballots
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, plain_tip, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.models.model_list import short_name
from slmdesk.ui.widgets.two_line_delegate import Index

ROOT = QModelIndex()
SHEET_WIDTH_PX = 900
TABLE_HEIGHT_PX = 200


class RatingModel(QAbstractTableModel):
    """A line a model, the strongest first."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._models: Sequence[RatedModel] = ()
        self._separations: Sequence[Separation] = ()

    def set_rating(self, rating: Rating) -> None:
        self.beginResetModel()
        self._models, self._separations = rating.models, rating.separations
        self.endResetModel()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._models)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(_headings())

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return _headings()[section] if orientation is Qt.Orientation.Horizontal else str(section + 1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        model = self._models[index.row()]
        is_last = index.row() >= len(self._separations)
        separation = None if is_last else self._separations[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (*_cells(model), _separation_words(separation))[index.column()]
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(separation.words if separation and index.column() else model.name)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(index.column())
        return None


class RatingSheet(Dialog):
    """Reads the votes when it opens; `start` runs a job of the pane."""

    def __init__(
        self,
        parent: QWidget,
        ballots: Ballots,
        start: Callable[[str, Callable[[], Coroutine[Any, Any, None]]], None],
    ) -> None:
        super().__init__(
            parent, tr("Rating"), tr("By your votes: 1,000 is the middle, with a 95 % interval.")
        )
        self._ballots = ballots
        self._start = start
        self._is_closed = False
        self.finished.connect(self._on_finished)
        self.setMinimumWidth(theme.scaled(SHEET_WIDTH_PX))
        self.model = RatingModel(self)
        self.words = plain_label()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "muted")
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName(tr("Rating"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.setCornerButtonEnabled(False)
        self.table.setMinimumHeight(theme.scaled(TABLE_HEIGHT_PX))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.blind_only = QCheckBox(tr("Count blind votes only"))
        self.blind_only.toggled.connect(lambda _is_on: self._read())
        for widget in (self.words, self.table, self.blind_only):
            self.body.addWidget(widget)
        self.add_close_button()
        self._read()

    def _read(self) -> None:
        self._start("compare:rating", self._load)

    async def _load(self) -> None:
        ballots = await self._ballots.all()
        is_blind_only = None
        while not self._is_closed and is_blind_only != self.blind_only.isChecked():
            is_blind_only = self.blind_only.isChecked()
            rating = await asyncio.to_thread(rate, ballots, is_blind_only=is_blind_only)
            if not self._is_closed:
                self._show(rating)

    def _on_finished(self) -> None:
        self._is_closed = True  # what is still being worked out must not be shown in a widget that is gone

    def _show(self, rating: Rating) -> None:
        self.model.set_rating(rating)
        none = (
            counted(rating.none_count, "Once none was good.", "{count} times none was good.")
            if rating.none_count
            else ""
        )
        self.words.setText("\n".join(part for part in (rating.words, none) if part))
        self.words.setMinimumHeight(self.words.heightForWidth(self.words.width()))


def _alignment(column: int) -> Qt.AlignmentFlag:
    """Numbers stand to the right, under their headings."""
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _headings() -> tuple[str, ...]:
    counts = tr("Votes"), tr("Won"), tr("Tied"), tr("Lost")
    return tr("Model"), tr("Strength"), tr("Interval"), *counts, tr("Ahead of the next")


def _separation_words(separation: Separation | None) -> str:
    """Whether a model is better than the one below it, or how many votes that would take."""
    if separation is None:
        return ""
    if separation.is_clear:
        return tr("yes")
    if separation.more_votes is None:
        return tr("cannot be said")
    return counted(separation.more_votes, "in about {count:,} vote", "in about {count:,} votes")


def _cells(model: RatedModel) -> tuple[str, ...]:
    counts = (model.vote_count, model.won, model.tied, model.lost)
    interval = f"{model.low:.0f} … {model.high:.0f}"
    return short_name(model.name), number(model.rating, ".0f"), interval, *map(number, counts)
