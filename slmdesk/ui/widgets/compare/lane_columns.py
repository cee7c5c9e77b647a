"""The columns of a comparison side by side, in rows, or one at a time; they scroll where there is no room."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from slmdesk.engines.registry import Registry
from slmdesk.features.compare.plan import MAX_LANES, MIN_LANES, LaneSpec
from slmdesk.ui import theme
from slmdesk.ui.widgets.compare.lane_column import LEAST_WIDTH_PX, LaneColumn
from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.prompt.generation_settings import Generation

SPACING_PX = 10
ColumnLayout: TypeAlias = Literal["columns", "grid", "single", "differences"]


class LaneColumns(QScrollArea):
    """Two to eight columns; every signal carries the column."""

    changed = Signal()
    stop_pressed = Signal(object)
    again_pressed = Signal(object, bool)
    best_pressed = Signal(object)
    go_on_pressed = Signal(object)
    add_file_requested = Signal()

    def __init__(
        self, registry: Registry, fit: FitOf, scheduler: PaintScheduler, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._registry = registry
        self._fit = fit
        self._scheduler = scheduler
        self.columns: list[LaneColumn] = []
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Columns"))
        content = QWidget()
        content.setObjectName("scrolled")
        self._grid = QGridLayout(content)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACING_PX)
        self.layout_kind: ColumnLayout = "columns"
        self._current = self._placed_across = 0
        self.setWidget(content)

    @property
    def is_full(self) -> bool:
        return len(self.columns) >= MAX_LANES

    def add(self, model_ref: str, own: Generation | None = None, *, after: LaneColumn | None = None) -> None:
        """A new column at the end, or beside another."""
        if self.is_full:
            return
        column = LaneColumn(self._registry, self._fit, self._scheduler, model_ref)
        column.set_own(own)
        place = self.columns.index(after) + 1 if after else len(self.columns)
        self.columns.insert(place, column)
        self._connect(column)
        self._renumber()
        self.changed.emit()

    def remove(self, column: LaneColumn) -> None:
        """Take a column away; two always stay."""
        if len(self.columns) > MIN_LANES:
            self._drop(column)
            self._renumber()
            self.changed.emit()

    def replace_all(self, wanted: list[tuple[str, Generation | None]]) -> None:
        """Other columns than before."""
        self._rebuild(wanted)
        self.changed.emit()

    def _rebuild(self, wanted: list[tuple[str, Generation | None]]) -> None:
        self.blockSignals(True)
        for column in list(self.columns):
            self._drop(column)
        for ref, own in wanted:
            self.add(ref, own)
        self.blockSignals(False)

    def arrange(self, order: Sequence[int]) -> None:
        """Show them in this order of their places so far."""
        if list(order) != list(range(len(self.columns))):
            self.columns = [self.columns[place] for place in order]
            self._renumber()

    def set_layout(self, kind: ColumnLayout) -> None:
        self.layout_kind = kind
        self._place()

    def scroll_to_last(self) -> None:
        if self.columns:
            self.ensureWidgetVisible(self.columns[-1], 0, 0)

    def show_only(self, position: int) -> None:
        """Which column is on the screen while there is one at a time."""
        self._current = position
        self._place()

    def wanted(self) -> list[tuple[str, Generation | None]]:
        """The model of each column, and its own settings where it has some."""
        return [(column.model_ref, column.own) for column in self.columns]

    def specs(self, shared: Generation) -> list[LaneSpec]:
        """What each column asks for; `shared` are the settings of those that have none of their own."""
        return [column.spec(shared) for column in self.columns]

    def show_specs(self, specs: Sequence[LaneSpec]) -> Generation:
        """The columns of a run; returns the settings that most of them share.

        `changed` is not told: a blind run must hide the names before anyone reads them.
        """
        values = [Generation(spec.options, spec.system_prompt, spec.is_thinking) for spec in specs]
        shared = max(values, key=values.count)
        self._rebuild(
            [
                (spec.model_ref, None if value == shared else value)
                for spec, value in zip(specs, values, strict=True)
            ]
        )
        return shared

    def forget(self) -> None:
        """Keep the models; nothing of what they answered."""
        for column in self.columns:
            column.forget()

    def _drop(self, column: LaneColumn) -> None:
        column.leave()
        self.columns.remove(column)
        self._grid.removeWidget(column)
        column.hide()
        column.deleteLater()

    def _renumber(self) -> None:
        for position, column in enumerate(self.columns):
            column.set_position(position)
            column.remove_action.setEnabled(len(self.columns) > MIN_LANES)
        self._place()

    def _place(self) -> None:
        count, is_single = len(self.columns), self.layout_kind == "single"
        across = self._across()
        current = min(self._current, count - 1)
        self._placed_across = across
        for position, column in enumerate(self.columns):
            self._grid.removeWidget(column)
            self._grid.addWidget(column, *divmod(position, max(1, across)))
            column.setVisible(not is_single or position == current)
        for place in range(MAX_LANES):
            is_used = not is_single or place == current
            self._grid.setColumnStretch(place, int(place < across and is_used))
            self._grid.setRowStretch(place, int(place * across < count))
        for before, after in pairwise(self.columns):
            self.setTabOrder(before, after)

    def _across(self) -> int:
        """Columns in a row: in a grid no more than there is room for, so that it scrolls one way only."""
        if self.layout_kind != "grid":
            return len(self.columns)
        room = (self.viewport().width() + SPACING_PX) // (theme.scaled(LEAST_WIDTH_PX) + SPACING_PX)
        return max(1, min(math.ceil(math.sqrt(len(self.columns))), room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._across() != self._placed_across:
            self._place()

    def _connect(self, column: LaneColumn) -> None:
        column.changed.connect(self.changed)
        column.stop_pressed.connect(lambda: self.stop_pressed.emit(column))
        column.again_pressed.connect(lambda is_forced: self.again_pressed.emit(column, is_forced))
        column.best_pressed.connect(lambda: self.best_pressed.emit(column))
        column.go_on_pressed.connect(lambda: self.go_on_pressed.emit(column))
        column.add_file_requested.connect(self.add_file_requested)
        column.duplicate_pressed.connect(lambda: self._duplicate(column))
        column.remove_pressed.connect(lambda: self._on_column_remove_pressed(column))

    def _duplicate(self, column: LaneColumn) -> None:
        """The same model again, with settings of its own to change."""
        self.add(column.model_ref, column.own or column.own_settings.value(), after=column)

    def _on_column_remove_pressed(self, column: LaneColumn) -> None:
        if column.is_running:
            self.stop_pressed.emit(column)
        self.remove(column)
