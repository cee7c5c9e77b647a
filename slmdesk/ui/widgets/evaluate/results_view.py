"""The tab with the results: cards, filters, the matrix of answers, and the answer that was opened."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.errors import SlmdeskError
from slmdesk.features.evaluate.cell import CellKey, CellState
from slmdesk.features.evaluate.evaluation import Evaluation
from slmdesk.features.evaluate.filters import shown
from slmdesk.features.evaluate.rules import in_words
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.known_errors import InTurn
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.evaluate.cell_panel import CellPanel
from slmdesk.ui.widgets.evaluate.results_cards import ResultsCards, faces_of
from slmdesk.ui.widgets.evaluate.results_charts import ResultsCharts
from slmdesk.ui.widgets.evaluate.results_filters import FilterBar, nothing_words
from slmdesk.ui.widgets.evaluate.results_matrix import ResultsMatrix
from slmdesk.ui.widgets.evaluate.results_pages import Page, PageSwitch
from slmdesk.ui.widgets.evaluate.results_table import ResultsTable
from slmdesk.ui.widgets.evaluate.results_tables import ResultsTables
from slmdesk.ui.widgets.evaluate.survey_keeper import SurveyKeeper


class ResultsView(QWidget):
    """Follows one evaluation; works only while it is on the screen."""

    def __init__(self, services: Services, evaluation: Evaluation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluation = evaluation
        self.keeper = SurveyKeeper(services, evaluation, "results", self)
        self._corrections = InTurn(services.jobs, "evaluate:correction", self._on_refused)
        self.cards = ResultsCards()
        self.pages = PageSwitch()
        self.filters = FilterBar()
        self.matrix = ResultsMatrix(evaluation, self.keeper.results, self)
        self.table = ResultsTable(self.matrix)
        self.panel = CellPanel()
        self.tables = ResultsTables(lambda: evaluation.pack)
        self.charts = ResultsCharts()
        self.hint = ElidedLabel(
            tr("Enter or a click opens a cell; 1, 2, 3 mark it right, partly, wrong; 0 undoes"),
            mode=Qt.TextElideMode.ElideRight,
        )
        self.hint.setProperty("role", "small")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.empty = plain_label()
        self.all_button = QPushButton(tr("Show all"))
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self.panel.hide()
        self._show_emptiness()

    # showing

    def open_cell(self, key: CellKey) -> None:
        """The answer at length, beside the table."""
        self.panel.show()
        self._show_cell(key)

    def _show_cell(self, key: CellKey) -> None:
        index = self.matrix.index_of(key)
        if not index.isValid():
            return
        contender, document, question = self.matrix.place(index)
        expected = self._evaluation.pack.expected.get((document.name, question.id))
        cell = self.matrix.cell(index)
        self.panel.show_cell(key, question.text, contender.name, cell, expected)
        is_vote = contender.is_vote
        self.panel.set_possible(
            can_correct=not is_vote and cell.state is CellState.DONE, has_prompt=not is_vote
        )
        broken = self.keeper.results.contradictions(contender, document.name, question.id)
        questions = self._evaluation.pack.questions
        self.panel.show_rules("\n".join(in_words(rule, questions) for rule in broken))

    def _on_table_moved(self, key: CellKey) -> None:
        if self.panel.isVisible():
            self._show_cell(key)

    def _close_cell(self) -> None:
        self.panel.hide()
        self.table.setFocus()

    def _show_prompt(self, key: CellKey) -> None:
        messages = self._evaluation.prompt(key)
        self.panel.show_prompt("\n\n".join(message.content for message in messages))

    # following

    def _on_evaluation_changed(self) -> None:
        if self.matrix.is_of(self._evaluation, self.keeper.results.contenders):
            self.matrix.repaint_all()
        else:
            self.matrix.show_only(None)
            self.matrix.reset()
        self._follow_panel()
        self._show_emptiness()

    def _on_cell_changed(self, key: CellKey) -> None:
        self.matrix.repaint_cell(key)
        if self.panel.key is not None and (key.document, key.question) == self.panel.key[1:]:
            self._follow_panel()

    def _follow_panel(self) -> None:
        if self.panel.isVisible() and self.panel.key is not None:
            if self.matrix.index_of(self.panel.key).isValid():
                self._show_cell(self.panel.key)
            else:
                self.panel.hide()

    def _on_surveyed(self) -> None:
        self.filters.set_counts(self.keeper.results.survey.counts)
        self._filter()

    def _filter(self) -> None:
        survey = self.keeper.results.survey
        is_behind = survey.contenders is not self.matrix.contenders
        if self.filters.is_open or is_behind:
            self.matrix.show_only(None)
        else:
            width = len(survey.contenders)
            found = shown(survey.rows, survey.usual_s, width, self.filters.chosen, self.filters.words)
            self.matrix.show_only(found)
        self._show_emptiness()

    def _on_concluded(self) -> None:
        conclusion = self.keeper.conclusion
        if conclusion is None:
            return
        faces = faces_of(conclusion) if conclusion.survey.rows else ()
        self.cards.show_faces(faces)
        standings = conclusion.verdict.standings if conclusion.verdict is not None else ()
        self.charts.show_faces(faces, standings[0].needed if standings else None)
        self.tables.show_conclusion(conclusion)

    def _show_emptiness(self) -> None:
        words = self._empty_words()
        is_answers = self.pages.page is Page.ANSWERS
        self.empty.setText(words)
        self._empty_box.setVisible(bool(words) and is_answers)
        self.all_button.setVisible(not self.filters.is_open)
        self._split.setVisible(not words)

    def _empty_words(self) -> str:
        pack, setup = self._evaluation.pack, self._evaluation.setup
        if not pack.documents or not pack.questions:
            return tr("Answers stand here, a row a document and a column a question. Add both first.")
        if not setup.model_refs:
            return tr("Choose at least one model in the tab Models; its answers come here.")
        if self.matrix.rowCount() == 0:
            return nothing_words(self.filters.chosen, has_words=bool(self.filters.words))
        return ""

    # correcting

    def _correct(self, key: CellKey, value: float | None, note: str = "") -> None:
        index = self.matrix.index_of(key)
        if not index.isValid() or self.matrix.place(index)[0].is_vote:
            return  # a vote has no answer of its own: its models are corrected
        if value is None:
            self._corrections.start(partial(self._evaluation.uncorrect, key))
        else:
            self._corrections.start(partial(self._evaluation.correct, key, value, note))

    def _on_refused(self, error: SlmdeskError) -> None:
        notify.toast(self, error.sentence())

    def _copy(self, key: CellKey) -> None:
        index = self.matrix.index_of(key)
        QGuiApplication.clipboard().setText(self.matrix.cell(index).answer)

    # making

    def _connect(self) -> None:
        self.keeper.surveyed.connect(self._on_surveyed)
        self.keeper.concluded.connect(self._on_concluded)
        self.filters.changed.connect(self._filter)
        self.all_button.clicked.connect(self.filters.show_all)
        self.pages.chosen.connect(self._on_page_chosen)
        self.table.opened.connect(self.open_cell)
        self.table.moved.connect(self._on_table_moved)
        self.table.corrected.connect(self._correct)
        self.table.copied.connect(self._copy)
        self.panel.corrected.connect(self._correct)
        self.panel.closed.connect(self._close_cell)
        self.table.left.connect(self._close_cell)
        self.panel.prompt_wanted.connect(self._show_prompt)
        for unsubscribe in (
            self._evaluation.changed.subscribe(lambda _none: self._on_evaluation_changed()),
            self._evaluation.cell_changed.subscribe(self._on_cell_changed),
        ):
            self.destroyed.connect(unsubscribe)

    def _on_page_chosen(self) -> None:
        page = self.pages.page
        self.filters.setVisible(page is Page.ANSWERS)
        self.hint.setVisible(page is Page.ANSWERS)
        self.tables.show_page(page)  # before it is on the screen, so that it is filled once
        self._stack.setCurrentIndex(0 if page is Page.ANSWERS else 2 if page is Page.CHARTS else 1)
        self._show_emptiness()

    def _lay_out(self) -> None:
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.table)
        self._split.addWidget(self.panel)
        self._split.setStretchFactor(0, 1)
        self._empty_box = QWidget()
        box = QVBoxLayout(self._empty_box)
        box.addStretch(1)
        box.addWidget(self.empty)
        box.addWidget(self.all_button, 0, Qt.AlignmentFlag.AlignCenter)
        box.addStretch(2)
        self.empty.setProperty("role", "muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        answers = QWidget()
        inner = QVBoxLayout(answers)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self._split, 1)
        inner.addWidget(self._empty_box, 1)
        for page in (answers, self.tables, self.charts):
            self._stack.addWidget(page)
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self.pages, 3)
        head.addWidget(self.hint, 2)
        column.addLayout(head)
        column.addWidget(self.filters)
        column.addWidget(self._stack, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(10)
        whole.addWidget(self.cards)
        whole.addWidget(card, 1)
