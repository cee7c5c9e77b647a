"""When an answer counts as right: how it is compared, how exactly, and the sentence that says so."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QPlainTextEdit, QWidget

from slmdesk.features.evaluate.pack import Question, Scorer, Scoring
from slmdesk.features.evaluate.wording import (
    SCORERS_OF,
    WITH_THRESHOLD,
    WITH_TOLERANCE,
    scorer_words,
    scoring_words,
)
from slmdesk.ui import theme
from slmdesk.ui.labels import small_label, tr
from slmdesk.ui.widgets.evaluate.form_rows import add_row, form_layout
from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.models.model_picker import KnowsModels, ModelPicker
from slmdesk.ui.widgets.number_box import inset

MOST_DAYS = 3650.0
RUBRIC_LINES = 3


class ScoringForm(QWidget):
    """`changed` carries another Scoring."""

    changed = Signal(object)

    def __init__(self, registry: KnowsModels, fit: FitOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scoring = Scoring(Scorer.LABEL)
        self.scorer = QComboBox()
        self.scorer.setAccessibleName(tr("Right if it is"))
        self.tolerance = _box(tr("Tolerance"))
        self.threshold = _box(tr("Likeness"), 100.0, " %")
        self.model = ModelPicker(registry, fit)
        self.rubric = QPlainTextEdit()
        self.rubric.setTabChangesFocus(True)
        self.rubric.setAccessibleName(tr("What the judge looks at"))
        self.rubric.setPlaceholderText(
            tr("What makes an answer good: for instance “names the cause, no more than two sentences”")
        )
        self.rubric.setFixedHeight(RUBRIC_LINES * self.rubric.fontMetrics().lineSpacing() + theme.scaled(20))
        self.words = small_label()
        self._form = form_layout(self)
        for label, widget in (
            (tr("Right if it is"), self.scorer),
            (tr("Tolerance"), self.tolerance),
            (tr("Likeness"), self.threshold),
            (tr("By this model"), self.model),
            (tr("Looking at"), self.rubric),
            ("", self.words),
        ):
            add_row(self._form, label, widget)
        self.scorer.activated.connect(lambda _index: self._tell(scorer=Scorer(self.scorer.currentData())))
        self.tolerance.valueChanged.connect(lambda value: self._tell(tolerance=self._as_tolerance(value)))
        self.threshold.valueChanged.connect(lambda value: self._tell(threshold=value / 100))
        self.model.chosen.connect(lambda ref: self._tell(model_ref=ref))
        self.rubric.textChanged.connect(lambda: self._tell(rubric=self.rubric.toPlainText()))

    def show_question(self, question: Question) -> None:
        """Show how this one is scored, without telling that something changed."""
        self._scoring = scoring = question.scoring
        self._quietly(lambda: self._fill(question))
        for widget, is_wanted in (
            (self.tolerance, scoring.scorer in WITH_TOLERANCE),
            (self.threshold, scoring.scorer in WITH_THRESHOLD),
            (self.model, scoring.scorer in (Scorer.EMBEDDING, Scorer.JUDGE)),
            (self.rubric, scoring.scorer is Scorer.JUDGE),
        ):
            self._form.setRowVisible(widget, is_wanted)
        self.words.setText(scoring_words(question))

    def _fill(self, question: Question) -> None:
        scoring = question.scoring
        scorers = list(SCORERS_OF[question.kind])
        if scoring.scorer not in scorers:
            scorers.append(scoring.scorer)
        self.scorer.clear()
        for scorer in scorers:
            self.scorer.addItem(scorer_words(scorer), scorer)
        self.scorer.setCurrentIndex(scorers.index(scoring.scorer))
        is_days = scoring.scorer is Scorer.DATE
        self.tolerance.setMaximum(MOST_DAYS if is_days else 100.0)
        self.tolerance.setDecimals(0 if is_days else 1)
        self.tolerance.setSuffix(tr(" days") if is_days else " %")
        self.tolerance.setValue(scoring.tolerance if is_days else scoring.tolerance * 100)
        self.threshold.setValue(scoring.threshold * 100)
        self.model.set_ref(scoring.model_ref)
        if self.rubric.toPlainText() != scoring.rubric:
            self.rubric.setPlainText(scoring.rubric)

    def _as_tolerance(self, value: float) -> float:
        return value if self._scoring.scorer is Scorer.DATE else value / 100

    def _tell(self, **changes: object) -> None:
        scoring = replace(self._scoring, **changes)  # type: ignore[arg-type]  # fields by their names
        if scoring != self._scoring:
            self._scoring = scoring
            self.changed.emit(scoring)

    def _quietly(self, work: Callable[[], None]) -> None:
        fields = (self.scorer, self.tolerance, self.threshold, self.rubric)
        for field in fields:
            field.blockSignals(True)
        work()
        for field in fields:
            field.blockSignals(False)


def _box(name: str, most: float = 100.0, suffix: str = "") -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setAccessibleName(name)
    box.setRange(0.0, most)
    box.setDecimals(0)
    box.setSuffix(suffix)
    inset(box)
    return box
