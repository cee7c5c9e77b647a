"""Earlier comparisons: a button with a list, each to be opened again or deleted."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QListView, QPushButton, QWidget

from slmdesk.store.runs import RunSummary
from slmdesk.ui import theme
from slmdesk.ui.labels import moment, plain_label, plain_tip, tr
from slmdesk.ui.widgets.models.model_list import short_name
from slmdesk.ui.widgets.prompt.generation_settings import Popup
from slmdesk.ui.widgets.row_list import RowList
from slmdesk.ui.widgets.two_line_delegate import SUBTITLE_ROLE, TwoLineDelegate


class RunListModel(RowList[RunSummary]):
    """One line a run: its prompt, the models, the day and the vote."""

    def run_id(self, index: QModelIndex) -> str:
        return self.rows[index.row()].id if index.isValid() else ""

    def row_data(self, run: RunSummary, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return run.title
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(f"{run.title}\n{run_words(run)}")
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{run.title}, {run_words(run)}"
            case _ if role == SUBTITLE_ROLE:
                return run_words(run)
        return None


class RunList(QPushButton):
    """The button; `requested` asks for fresh runs when it is pressed."""

    requested = Signal()
    chosen = Signal(str)
    delete_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(self.tr("Earlier ▾"))
        self.setAccessibleName(self.tr("Earlier runs"))
        self.model = RunListModel(self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.tr("Earlier runs"))
        self.view.setMinimumSize(theme.scaled(440), theme.scaled(240))
        self.view.setItemDelegate(TwoLineDelegate(self.view))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setMouseTracking(True)
        self.view.setUniformItemSizes(True)
        self._empty = plain_label(self.tr("No comparison yet. The first one you send is kept here."))
        self._empty.setProperty("role", "muted")
        self._popup = Popup(self)
        self._popup.column.addWidget(self._empty)
        self._popup.column.addWidget(self.view)
        hint = plain_label(self.tr("Enter opens, Del deletes"))
        hint.setProperty("role", "small")
        self._popup.column.addWidget(hint)
        delete = QAction(self.tr("Delete"), self.view)
        delete.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        delete.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        delete.triggered.connect(self._on_delete_triggered)
        self.view.addAction(delete)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.view.activated.connect(self._on_view_chosen)
        self.view.clicked.connect(self._on_view_chosen)
        self.clicked.connect(self.requested)

    def open_with(self, runs: Sequence[RunSummary]) -> None:
        """Show the list below the button."""
        self.set_runs(runs)
        self._popup.open_at(self)
        self.view.setFocus()
        self.view.setCurrentIndex(self.model.index(0))

    def set_runs(self, runs: Sequence[RunSummary]) -> None:
        self.model.set_rows(runs)
        self._empty.setVisible(not runs)
        self.view.setVisible(bool(runs))

    def _on_view_chosen(self, index: QModelIndex) -> None:
        if self._popup.isVisible() and (run_id := self.model.run_id(index)):
            self._popup.close()
            self.chosen.emit(run_id)

    def _on_delete_triggered(self) -> None:
        if run_id := self.model.run_id(self.view.currentIndex()):
            self._popup.close()
            self.delete_requested.emit(run_id)


def _vote_words(kind: str | None) -> str:
    match kind:
        case "best":
            return tr("voted")
        case "tie":
            return tr("tie")
        case "none":
            return tr("none good")
    return ""


def run_words(run: RunSummary) -> str:
    """When, with whom, and how it was judged."""
    day = moment(run.created_at, tr("dd MMM hh:mm"))
    models = " / ".join(dict.fromkeys(short_name(ref) for ref in run.model_refs))
    parts = [day, models, _vote_words(run.vote_kind)]
    return " · ".join(part for part in parts if part)
