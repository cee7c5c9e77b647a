"""Makes or changes a consistency rule: if one answer is so, another must be so, too."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QFormLayout, QHBoxLayout, QWidget

from slmdesk.features.evaluate.pack import Condition, Question, Relation, Rule
from slmdesk.features.evaluate.rules import in_words, problem
from slmdesk.ui.labels import plain_label, small_label, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.evaluate.expected_table import choices_of
from slmdesk.ui.widgets.settings.setting_row import error_label

WITHOUT_VALUE = Relation.IS_EMPTY, Relation.IS_NOT_EMPTY
SHOWN_CHARACTERS = 60


class ConditionRow(QWidget):
    """A question, how its answer stands to a value, and the value."""

    changed = Signal()

    def __init__(self, questions: Sequence[Question], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._questions = questions
        self.question = QComboBox()
        self.question.setAccessibleName(tr("{0}: question").format(name))
        for question in questions:
            self.question.addItem((question.text or question.id)[:SHOWN_CHARACTERS], question.id)
        self.relation = QComboBox()
        self.relation.setAccessibleName(tr("{0}: relation").format(name))
        for relation in Relation:
            self.relation.addItem(relation_words(relation), relation)
        self.value = QComboBox()
        self.value.setEditable(True)
        self.value.setAccessibleName(tr("{0}: value").format(name))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.question, 2)
        layout.addWidget(self.relation)
        layout.addWidget(self.value, 1)
        self.question.currentIndexChanged.connect(lambda _index: self._fill_values())
        self.relation.currentIndexChanged.connect(lambda _index: self._on_changed())
        self.value.currentTextChanged.connect(lambda _text: self.changed.emit())
        self._fill_values()

    def show_condition(self, condition: Condition) -> None:
        self.question.setCurrentIndex(max(self.question.findData(condition.question_id), 0))
        self.relation.setCurrentIndex(self.relation.findData(condition.relation))
        self.value.setCurrentText(condition.value)
        self._on_changed()

    def condition(self) -> Condition:
        relation = Relation(self.relation.currentData())
        value = "" if relation in WITHOUT_VALUE else self.value.currentText().strip()
        return Condition(self.question.currentData(), relation, value)

    def _fill_values(self) -> None:
        self.value.clear()
        self.value.addItems(list(choices_of(self._questions[self.question.currentIndex()])))
        self._on_changed()

    def _on_changed(self) -> None:
        self.value.setVisible(self.relation.currentData() not in WITHOUT_VALUE)
        self.changed.emit()


class RuleDialog(Dialog):
    """`wanted` carries the rule, once it can be kept."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget, questions: Sequence[Question], rule: Rule | None = None) -> None:
        super().__init__(
            parent,
            tr("Consistency rule"),
            tr("Answers of one model on one document that break it are counted as inconsistent."),
        )
        self._questions = questions
        self.when = ConditionRow(questions, tr("If"))
        self.then = ConditionRow(questions, tr("Then"))
        self.words = small_label()
        self.error = error_label()
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.addRow(plain_label(tr("If")), self.when)
        form.addRow(plain_label(tr("Then")), self.then)
        self.body.addLayout(form)
        self.body.addWidget(self.words)
        self.body.addWidget(self.error)
        self.keep_button = self.add_button(tr("Keep"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.keep_button.setProperty("role", "primary")
        self.keep_button.style().polish(self.keep_button)
        self.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        if rule is None:
            self.then.question.setCurrentIndex(min(1, len(questions) - 1))
        else:
            self.when.show_condition(rule.when)
            self.then.show_condition(rule.then)
        self.when.changed.connect(self._look)
        self.then.changed.connect(self._look)
        self.accepted.connect(lambda: self.wanted.emit(self.rule()))
        self._look()

    def rule(self) -> Rule:
        return Rule(self.when.condition(), self.then.condition())

    def _look(self) -> None:
        wrong = problem(self.rule(), self._questions)
        self.words.setText("" if wrong else in_words(self.rule(), self._questions))
        self.error.setText(wrong)
        self.error.setVisible(bool(wrong))
        self.keep_button.setEnabled(not wrong)


def relation_words(relation: Relation) -> str:
    match relation:
        case Relation.IS:
            return tr("is")
        case Relation.IS_NOT:
            return tr("is not")
        case Relation.IS_EMPTY:
            return tr("is empty")
    return tr("is not empty")
