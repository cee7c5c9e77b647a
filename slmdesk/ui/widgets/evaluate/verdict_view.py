"""The tab with the verdict: what is good enough, which model is, how sure that is, and on what it rests."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.features.evaluate.conclusion import Conclusion
from slmdesk.features.evaluate.evaluation import Evaluation
from slmdesk.features.evaluate.findings import finding_of, finding_to_plain
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.evaluate.verdict import Verdict, VerdictKind
from slmdesk.services import Services
from slmdesk.ui import notify, theme
from slmdesk.ui.known_errors import InTurn
from slmdesk.ui.labels import plain_label, small_label, tr
from slmdesk.ui.widgets.chip import Chip, Tone
from slmdesk.ui.widgets.evaluate.plain_table import PlainTableView
from slmdesk.ui.widgets.evaluate.survey_keeper import SurveyKeeper
from slmdesk.ui.widgets.evaluate.target_row import TargetRow
from slmdesk.ui.widgets.evaluate.verdict_rows import (
    Rows,
    names_of,
    pair_rows,
    question_rows,
    standing_rows,
)
from slmdesk.ui.widgets.evaluate.votes_card import VotesCard

MOST_ROWS = 10  # of a table that is not scrolled in itself
ROW_PX, HEAD_PX = 30, 34


class VerdictView(QWidget):
    """Follows one evaluation; works only while it is on the screen. `setup_wanted` carries the setup with
    another target or other votes, for whoever keeps it.
    """

    setup_wanted = Signal(object)

    def __init__(self, services: Services, evaluation: Evaluation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluation = evaluation
        self._findings = services.findings
        self._keeping = InTurn(services.jobs, "evaluate:finding", self._on_refused)
        self.keeper = SurveyKeeper(services, evaluation, "verdict", self)
        self.target = TargetRow()
        self.chip = Chip()
        self.sentence = plain_label()
        self.sentence.setProperty("role", "verdict")
        self.reasons = plain_label()
        self.votes = VotesCard()
        self.use_button = QPushButton(tr("Use this in the router"))
        self.copy_button = QPushButton(tr("Copy the verdict"))
        self.models = PlainTableView(tr("Where each model stands"))
        self.pairs = PlainTableView(tr("Models in pairs"))
        self.questions = PlainTableView(tr("The best model at each question"))
        self._parts: list[tuple[QWidget, PlainTableView]] = []
        self._lay_out()
        self._connect()
        self._show_setup()
        self._show_verdict(None)

    def _show_setup(self) -> None:
        self.target.show_target(self._evaluation.setup.target)
        self.votes.show_setup(self._evaluation.setup)

    def _on_concluded(self) -> None:
        conclusion = self.keeper.conclusion
        if conclusion is None:
            return
        self._show_verdict(conclusion.verdict)
        if (verdict := conclusion.verdict) is not None:
            self._fill(self.models, standing_rows(conclusion, verdict))
            self._fill(self.pairs, pair_rows(conclusion, verdict.pairs))
            self._fill(self.questions, question_rows(conclusion))
        for part, table in self._parts:
            part.setVisible(conclusion.verdict is not None and table.table.rowCount() > 0)

    def _show_verdict(self, verdict: Verdict | None) -> None:
        words = verdict.words if verdict is not None else (self._nothing_words(),)
        self.chip.setVisible(verdict is not None)
        if verdict is not None:
            self.chip.set_state(*_chip_state(verdict.kind))
        self.sentence.setText(words[0])
        coming = (tr("Answers are still coming: this may change."),) if self._evaluation.is_running else ()
        self.reasons.setText("\n".join((*coming, *words[1:], *_next_steps(verdict))))
        self.reasons.setVisible(bool(self.reasons.text()))
        self.use_button.setVisible(verdict is not None and bool(verdict.model))
        is_found = verdict is not None and verdict.kind is VerdictKind.FOUND
        self.use_button.setProperty("role", "primary" if is_found else "")
        self.use_button.style().polish(self.use_button)
        self.copy_button.setVisible(verdict is not None)

    def _nothing_words(self) -> str:
        pack, setup = self._evaluation.pack, self._evaluation.setup
        if not pack.documents or not pack.questions:
            return tr("A verdict needs documents and questions first.")
        if not setup.model_refs:
            return tr("A verdict needs at least one model: choose it in the tab Models.")
        if not pack.expected:
            return tr(
                "A verdict needs answers to compare with: type what is expected beside each document, "
                "or correct answers by hand in the tab Results."
            )
        return tr("The verdict comes with the first answers. Run starts it.")

    def _fill(self, view: PlainTableView, rows: Rows) -> None:
        view.show_rows(*rows)
        shown = min(view.table.rowCount(), MOST_ROWS)
        bar = view.horizontalScrollBar().sizeHint().height()
        view.setFixedHeight(theme.scaled(HEAD_PX) + shown * theme.scaled(ROW_PX) + bar + 4)

    # what is pressed

    def _want(self, setup: Setup) -> None:
        self.setup_wanted.emit(setup)

    def _use(self) -> None:
        conclusion = self.keeper.conclusion
        if conclusion is not None and conclusion.verdict is not None:
            self._keeping.start(partial(self._keep, conclusion, conclusion.verdict))

    async def _keep(self, conclusion: Conclusion, verdict: Verdict) -> None:
        title = self._evaluation.pack.title
        plain = finding_to_plain(finding_of(verdict, conclusion.best))
        finding = await self._findings.add(title, plain)
        name = names_of(conclusion)[verdict.model]
        words = tr("Kept for the router: {0} for “{1}”.").format(name, title)
        undo = partial(self._keeping.start, partial(self._findings.delete, finding.id))
        notify.toast(self, words, action=tr("Undo"), callback=undo)

    def _copy(self) -> None:
        parts = [self.sentence.text(), self.reasons.text()]
        QGuiApplication.clipboard().setText("\n".join(part for part in parts if part))

    def _on_refused(self, error: SlmdeskError) -> None:
        notify.toast(self, error.sentence())

    # making

    def _connect(self) -> None:
        self.keeper.concluded.connect(self._on_concluded)
        self.target.changed.connect(lambda target: self._want(replace(self._evaluation.setup, target=target)))
        self.votes.changed.connect(lambda votes: self._want(replace(self._evaluation.setup, votes=votes)))
        self.use_button.clicked.connect(self._use)
        self.copy_button.clicked.connect(self._copy)
        self.destroyed.connect(self._evaluation.changed.subscribe(lambda _none: self._on_changed()))

    def _on_changed(self) -> None:
        self._show_setup()
        conclusion = self.keeper.conclusion
        self._show_verdict(conclusion.verdict if conclusion is not None else None)

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setObjectName("scrolled")
        column = QVBoxLayout(inner)
        column.setContentsMargins(1, 1, 6, 1)
        column.setSpacing(12)
        column.addWidget(self._verdict_card())
        for title, hint, table in (
            (
                tr("Where each model stands, and what an answer costs"),
                tr("The smallest first. Seconds and tokens are those of one answer; stable is how often "
                   "another run gives the same."),
                self.models,
            ),
            (
                tr("Models in pairs, on the same answers"),
                tr("Answers on one document are not independent, so documents are compared; several "
                   "comparisons at once are corrected for."),
                self.pairs,
            ),
            (tr("The best model at each question"), "", self.questions),
        ):  # fmt: skip
            column.addWidget(self._part(title, hint, table))
        column.addWidget(self.votes)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName(tr("Verdict"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def _verdict_card(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        for label in (self.sentence, self.reasons):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for button in (self.use_button, self.copy_button):
            foot.addWidget(button)
        foot.addStretch(1)
        self.use_button.setToolTip(tr("Keeps what was found, so that the router can send such tasks there"))
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        column.addWidget(self.target)
        column.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.sentence)
        column.addWidget(self.reasons)
        column.addLayout(foot)
        return card

    def _part(self, title: str, hint: str, table: PlainTableView) -> QFrame:
        part = QFrame()
        part.setProperty("role", "card")
        heading: QLabel = plain_label(title)
        heading.setProperty("role", "heading")
        column = QVBoxLayout(part)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(6)
        column.addWidget(heading)
        if hint:
            column.addWidget(small_label(hint))
        column.addWidget(table)
        part.hide()
        self._parts.append((part, table))
        return part


def _chip_state(kind: VerdictKind) -> tuple[str, Tone]:
    match kind:
        case VerdictKind.FOUND:
            return tr("found"), "good"
        case VerdictKind.UNDECIDED:
            return tr("undecided"), "warn"
    return tr("none is good enough"), "bad"


def _next_steps(verdict: Verdict | None) -> tuple[str, ...]:
    """What would bring a verdict, or a better one."""
    if verdict is None or verdict.kind is VerdictKind.FOUND:
        return ()
    if verdict.kind is VerdictKind.UNDECIDED:
        return (
            tr("What helps: more documents, expected answers where they are missing, or a lower target."),
        )
    return (tr("What helps: a larger model, a vote of several, clearer questions, or a lower target."),)
