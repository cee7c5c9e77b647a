"""The page of a list of prompts: its head, the table, and the answer of the cell that was clicked."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from slmdesk.engines.answer import Answer
from slmdesk.engines.base import Chunk, Delta
from slmdesk.features.compare.batch import Batch
from slmdesk.ui import notify, theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.compare.batch_table import BatchTable, figures_of
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.transcript import BlockView

PROMPT_WIDTH_PX = 260
CELL_WIDTH_PX = 240
MESSAGE = "answer"


class BatchPage(QWidget):
    """Follows one batch; what is pressed comes out as a signal."""

    left = Signal()
    paused = Signal()
    resumed = Signal(bool)
    columns_wanted = Signal(str)

    def __init__(self, batch: Batch, scheduler: PaintScheduler, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._batch = batch
        self._place: tuple[int, int] | None = None
        self._answer: Answer | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self.back_button = QPushButton(tr("‹ Columns"))
        self._name = ElidedLabel()
        self._name.setProperty("role", "title")
        self.words = plain_label()
        self.words.setProperty("role", "muted")
        self.pause_button = QPushButton()
        self.retry_button = QPushButton(tr("Retry failed"))
        self.more_button = QPushButton(tr("More ▾"))
        self.more_button.setAccessibleName(tr("More for this list"))
        self.menu = QMenu(self)
        self.more_button.setMenu(self.menu)
        self.table = QTableView()
        self.model = BatchTable(batch, self)
        self.view = BlockView(scheduler, is_card=False)
        self.view.setFrameShape(QFrame.Shape.StyledPanel)
        self.view.setProperty("role", "framed")
        self.view.link_clicked.connect(partial(notify.open_link, self))
        self._cell_words = ElidedLabel(mode=Qt.TextElideMode.ElideRight)
        self.open_button = QPushButton(tr("Open in columns"))
        self._dress_table()
        self._lay_out()
        self._connect()
        self._on_model_reset()
        self.refresh()

    def refresh(self) -> None:
        """Name, progress and buttons, after something began or ended."""
        batch = self._batch
        self._name.set_full_text(batch.name)
        self.words.setText(batch.words)
        self.pause_button.setText(tr("Pause") if batch.is_running else tr("Go on"))
        total = len(batch.prompts) * len(batch.specs)
        is_over = batch.done_count + batch.failed_count == total
        self.pause_button.setEnabled(batch.is_running or not is_over)
        self.retry_button.setVisible(batch.failed_count > 0 and not batch.is_running)
        self.more_button.setEnabled(bool(batch.prompts))
        self.open_button.setEnabled(self._place is not None and not batch.is_running)

    def show_cell(self, row: int, column: int) -> None:
        """The whole answer below the table; it grows there while it is written."""
        self._place = (row, column)
        self._answer = None
        self._follow()
        self.refresh()

    # inside

    def _follow(self) -> None:
        if self._place is None:
            return
        row, column = self._place
        answer = self._batch.row(row)[column].answer
        cell = self._batch.cell(row, column)
        parts = (str(row + 1), self._batch.names[column], figures_of(cell))
        self._cell_words.set_full_text(" · ".join(part for part in parts if part))
        if answer is self._answer and answer is not None:
            self._end(answer)
            return
        self._answer = answer
        self._leave()
        self.view.clear()
        self.view.add_message("question", "user", self._batch.prompts[row])
        if answer is None:
            self.view.begin_answer(MESSAGE)
            self.view.end_answer(MESSAGE)
            self.view.set_note(MESSAGE, tr("No answer yet."))
        elif answer.is_running:
            self.view.begin_answer(MESSAGE)
            self.view.append(MESSAGE, answer.text, answer.thinking)
            self._unsubscribe = answer.changed.subscribe(self._on_answer_changed)
        else:
            self.view.add_message(MESSAGE, "assistant", answer.text, answer.thinking)
            self._note(answer)

    def _end(self, answer: Answer) -> None:
        if not answer.is_running:
            self._leave()
            self.view.end_answer(MESSAGE)
            self._note(answer)

    def _leave(self) -> None:
        """Stop following the answer; it goes on."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _note(self, answer: Answer) -> None:
        if answer.error is not None:
            self.view.set_note(MESSAGE, answer.error.sentence(), is_error=True)

    def _on_answer_changed(self, chunk: Chunk | None) -> None:
        if isinstance(chunk, Delta):
            self.view.append(MESSAGE, chunk.text, chunk.thinking)

    def _on_cell_changed(self, place: tuple[int, int]) -> None:
        self.refresh()
        if place == self._place:
            self._follow()

    def _on_batch_changed(self) -> None:
        if self._place is not None and self._place[0] >= len(self._batch.prompts):
            self._place = None
        self.refresh()

    def _on_current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.show_cell(current.row(), max(0, current.column() - 1))

    def _on_pause_clicked(self) -> None:
        if self._batch.is_running:
            self.paused.emit()
        else:
            self.resumed.emit(False)

    def _on_open_clicked(self) -> None:
        if self._place is not None:
            self.columns_wanted.emit(self._batch.run_ids[self._place[0]])

    def _connect(self) -> None:
        self.back_button.clicked.connect(self.left)
        self.pause_button.clicked.connect(self._on_pause_clicked)
        self.retry_button.clicked.connect(lambda: self.resumed.emit(True))
        self.open_button.clicked.connect(self._on_open_clicked)
        self.table.selectionModel().currentChanged.connect(self._on_current_changed)
        self.model.modelReset.connect(self._on_model_reset)
        for unsubscribe in (
            self._batch.cell_changed.subscribe(self._on_cell_changed),
            self._batch.changed.subscribe(lambda _none: self._on_batch_changed()),
        ):
            self.destroyed.connect(unsubscribe)

    def _on_model_reset(self) -> None:
        self._place = self._answer = None
        self._leave()
        self.view.clear()
        self._cell_words.set_full_text(tr("Click a cell to read its answer."))
        header = self.table.horizontalHeader()
        for column in range(1, self.model.columnCount()):  # the models share what the prompts leave
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(0, theme.scaled(PROMPT_WIDTH_PX))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.table.setFocus()
        self._answer = None  # it may have grown meanwhile
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._leave()

    def _dress_table(self) -> None:
        self.table.setModel(self.model)
        self.table.setAccessibleName(tr("Prompts and answers"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setShowGrid(False)
        self.table.setCornerButtonEnabled(False)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.table.horizontalHeader()
        header.setMinimumSectionSize(theme.scaled(CELL_WIDTH_PX))  # where that is too much it scrolls
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.back_button)
        head.addWidget(self._name, 1)
        for widget in (self.words, self.retry_button, self.pause_button, self.more_button):
            head.addWidget(widget)
        foot = QHBoxLayout()
        foot.setSpacing(10)
        foot.addWidget(self._cell_words, 1)
        foot.addWidget(self.open_button)
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.addLayout(foot)
        below.addWidget(self.view, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(lower)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(split, 1)
