"""One question: its words, what an answer is, when it is right, and what it counts."""

import json
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from slmdesk.features.evaluate.pack import DEFAULT_SCORERS, Kind, Question, Scoring
from slmdesk.features.evaluate.plain_pack import LONGEST_ID, LONGEST_NAME, MOST_CHOICES, MOST_WORDS
from slmdesk.features.evaluate.wording import KIND_WORDS, kind_words
from slmdesk.ui import theme
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.evaluate.form_rows import add_row, form_layout
from slmdesk.ui.widgets.evaluate.scoring_form import ScoringForm
from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.models.model_picker import KnowsModels
from slmdesk.ui.widgets.number_box import inset
from slmdesk.ui.widgets.settings.setting_row import error_label

TEXT_LINES, CHOICE_LINES, SCHEMA_LINES = 2, 3, 5
MOST_WEIGHT = 100.0


class QuestionForm(QWidget):
    """`changed` carries another question and the field that was edited; an id is changed once it is whole."""

    changed = Signal(object, str)

    def __init__(self, registry: KnowsModels, fit: FitOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._question: Question | None = None
        self.text = _lines(tr("Question"), TEXT_LINES)
        self.text.setPlaceholderText(tr("Is it a data breach?"))
        self.id = QLineEdit()
        self.id.setMaxLength(LONGEST_ID)
        self.id.setAccessibleName(tr("Short name"))
        self.id.setToolTip(tr("The key in JSON answers, and the heading in tables"))
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("The answer is"))
        for kind in KIND_WORDS:
            self.kind.addItem(kind_words(kind), kind)
        self.choices = _lines(tr("Choices"), CHOICE_LINES)
        self.choices.setPlaceholderText(tr("One choice a line"))
        self.unit = QLineEdit()
        self.unit.setMaxLength(LONGEST_ID)
        self.unit.setAccessibleName(tr("Unit"))
        self.unit.setPlaceholderText(tr("EUR, records, …"))
        self.max_words = QSpinBox()
        self.max_words.setRange(0, MOST_WORDS)
        self.max_words.setSpecialValueText(tr("no limit"))
        self.max_words.setAccessibleName(tr("At most so many words"))
        self.schema = _lines(tr("JSON schema"), SCHEMA_LINES)
        self.schema.setFont(theme.monospaced(12))
        self.schema_error = error_label()
        self.can_be_unstated = QCheckBox(tr("“Not stated” is an answer, too"))
        self.weight = QDoubleSpinBox()
        self.weight.setRange(0.0, MOST_WEIGHT)
        self.weight.setSingleStep(0.5)
        self.weight.setAccessibleName(tr("Weight"))
        for box in (self.max_words, self.weight):
            inset(box)
        self.scoring = ScoringForm(registry, fit)
        self._lay_out()
        self._connect()

    def show_question(self, question: Question) -> None:
        """Show it without telling that something changed."""
        self._question = question
        quiet = self.findChildren(QWidget)
        was_blocked = [each.blockSignals(True) for each in quiet]
        _fill(self.text, question.text)
        self.id.setText(question.id)
        self.kind.setCurrentIndex(self.kind.findData(question.kind))
        if _choices(self.choices.toPlainText()) != question.choices:
            self.choices.setPlainText("\n".join(question.choices))
        self.unit.setText(question.unit)
        self.max_words.setValue(question.max_words)
        schema = (
            json.dumps(question.json_schema, indent=2, ensure_ascii=False) if question.json_schema else ""
        )
        if _schema(self.schema.toPlainText()) != question.json_schema:
            self.schema.setPlainText(schema)
            self.schema_error.hide()
        self.can_be_unstated.setChecked(question.can_be_unstated)
        self.weight.setValue(question.weight)
        for widget, before in zip(quiet, was_blocked, strict=True):
            widget.blockSignals(before)
        self.scoring.show_question(question)
        for widget, kind in (
            (self.choices, Kind.CHOICE),
            (self.unit, Kind.NUMBER),
            (self.max_words, Kind.TEXT),
            (self._schema_row, Kind.JSON),
        ):
            self._form.setRowVisible(widget, question.kind is kind)

    def show_id(self) -> None:
        """The id as it is, after one that was refused."""
        self.id.setText(self._question.id if self._question else "")

    def _connect(self) -> None:
        self.text.textChanged.connect(lambda: self._tell("text", text=self.text.toPlainText()))
        self.id.editingFinished.connect(lambda: self._tell("id", id=self.id.text().strip()))
        self.kind.activated.connect(lambda _index: self._on_kind_chosen(Kind(self.kind.currentData())))
        self.choices.textChanged.connect(
            lambda: self._tell("choices", choices=_choices(self.choices.toPlainText()))
        )
        self.unit.textEdited.connect(lambda text: self._tell("unit", unit=text))
        self.max_words.valueChanged.connect(lambda value: self._tell("max_words", max_words=value))
        self.schema.textChanged.connect(self._on_schema_text_changed)
        self.can_be_unstated.toggled.connect(lambda is_on: self._tell("unstated", can_be_unstated=is_on))
        self.weight.valueChanged.connect(lambda value: self._tell("weight", weight=value))
        self.scoring.changed.connect(lambda scoring: self._tell("scoring", scoring=scoring))

    def _tell(self, what: str, **changes: Any) -> None:
        if self._question is None:
            return
        question = replace(self._question, **changes)
        if question != self._question:
            if what != "id":  # which may be refused
                self._question = question
            self.changed.emit(question, what)

    def _on_kind_chosen(self, kind: Kind) -> None:
        """What no longer fits goes: the choices stay for who comes back, the scorer does not."""
        if self._question is not None and kind is not self._question.kind:
            self._tell("kind", kind=kind, scoring=Scoring(DEFAULT_SCORERS[kind]))

    def _on_schema_text_changed(self) -> None:
        text = self.schema.toPlainText().strip()
        schema = _schema(text)
        self.schema_error.setText(tr("This is no JSON object yet."))
        self.schema_error.setVisible(bool(text) and schema is None)
        if schema is not None or not text:
            self._tell("schema", json_schema=schema)

    def _lay_out(self) -> None:
        self._schema_row = QWidget()
        column = QVBoxLayout(self._schema_row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.schema)
        column.addWidget(self.schema_error)
        self._form = form_layout()
        for label, widget in (
            (tr("Question"), self.text),
            (tr("Short name"), self.id),
            (tr("The answer is"), self.kind),
            (tr("Choices"), self.choices),
            (tr("Unit"), self.unit),
            (tr("At most so many words"), self.max_words),
            (tr("JSON schema"), self._schema_row),
            ("", self.can_be_unstated),
            (tr("Weight"), self.weight),
        ):
            add_row(self._form, label, widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(self._form)
        layout.addWidget(self.scoring)


def _lines(name: str, lines: int) -> QPlainTextEdit:
    edit = QPlainTextEdit()
    edit.setTabChangesFocus(True)
    edit.setAccessibleName(name)
    edit.setFixedHeight(lines * edit.fontMetrics().lineSpacing() + theme.scaled(22))
    return edit


def _fill(edit: QPlainTextEdit, text: str) -> None:
    """The cursor stays where nothing changed."""
    if edit.toPlainText() != text:
        edit.setPlainText(text)


def _choices(text: str) -> tuple[str, ...]:
    lines = (" ".join(line.split())[:LONGEST_NAME] for line in text.splitlines())
    return tuple(dict.fromkeys(filter(None, lines)))[:MOST_CHOICES]


def _schema(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
