"""Tries a question: an answer is typed, and what it would be worth is said."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from slmdesk.base.words import number
from slmdesk.features.evaluate.pack import Question, Scorer
from slmdesk.features.evaluate.replies import read_answer
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.scorers import score
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.chip import Chip, Tone
from slmdesk.ui.widgets.evaluate.expected_table import example_of

BY_MODEL = Scorer.EMBEDDING, Scorer.JUDGE


class TryAnswer(QFrame):
    """Both fields are scored as they are typed, just as an answer of a model is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._question: Question | None = None
        self.answer = QLineEdit()
        self.answer.setAccessibleName(tr("An answer to try"))
        self.expected = QLineEdit()
        self.expected.setAccessibleName(tr("Expected answer to try"))
        self.chip = Chip()
        self.chip.hide()
        self.why = plain_label()
        self.why.setWordWrap(True)
        self.why.setProperty("role", "muted")
        title = plain_label(tr("Try it"))
        title.setProperty("role", "heading")
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.addWidget(plain_label(tr("A model answers")), 0, 0)
        grid.addWidget(plain_label(tr("Expected")), 0, 1)
        grid.addWidget(self.answer, 1, 0)
        grid.addWidget(self.expected, 1, 1)
        verdict = QHBoxLayout()
        verdict.setSpacing(10)
        verdict.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignTop)
        verdict.addWidget(self.why, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(title)
        layout.addLayout(grid)
        layout.addLayout(verdict)
        for field in (self.answer, self.expected):
            field.textChanged.connect(lambda _text: self._score())

    def show_question(self, question: Question) -> None:
        """Score by this one from now on; another question begins with empty fields."""
        if self._question is None or self._question.id != question.id:
            self.answer.clear()
            self.expected.clear()
        self._question = question
        self.answer.setPlaceholderText(example_of(question))
        self.expected.setPlaceholderText(example_of(question))
        self._score()

    def _score(self) -> None:
        question, answer, expected = self._question, self.answer.text(), self.expected.text()
        self.chip.setVisible(False)
        if question is None:
            return
        if question.scoring.scorer in BY_MODEL:
            self.why.setText(tr("A model gives this score: it is seen in the results."))
        elif not answer.strip() or not expected.strip():
            self.why.setText(
                tr("Type an answer and what you would expect: the score and its reason stand here.")
            )
        else:
            read = read_answer(question, answer)
            if read.is_valid:
                self._show(score(question, read.answer, expected))
            else:
                self._show(Score(0.0, read.problem))

    def _show(self, given: Score) -> None:
        word, tone = score_words(given)
        self.chip.set_state(word, tone)
        self.chip.show()
        self.why.setText(given.why)


def score_words(given: Score) -> tuple[str, Tone]:
    """ "right", "wrong" or "partly right, 67 %" with its colour."""
    if given.is_right:
        return tr("right"), "good"
    if given.is_wrong and not given.value:
        return tr("wrong"), "bad"
    return tr("partly right, {0} %").format(
        number(given.value * 100, ".0f")
    ), "bad" if given.is_wrong else "warn"
