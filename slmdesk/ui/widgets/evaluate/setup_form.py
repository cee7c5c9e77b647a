"""How models are asked in an evaluation, and what is good enough."""

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QCheckBox,
    QDoubleSpinBox,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from slmdesk.features.evaluate.setup import Asking, Setup
from slmdesk.ui.labels import small_label, tr
from slmdesk.ui.widgets.evaluate.form_rows import add_row, form_layout
from slmdesk.ui.widgets.evaluate.tab_parts import titled_card
from slmdesk.ui.widgets.evaluate.target_row import TargetRow
from slmdesk.ui.widgets.number_box import inset
from slmdesk.ui.widgets.prompt.generation_settings import LEAST_CONTEXT_TOKENS, MOST_CONTEXT_TOKENS

MOST_SEEDS = 10


class SetupForm(QWidget):
    """`changed` carries another setup."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setup = Setup()
        self.askings = {asking: QRadioButton(_asking_words(asking)) for asking in Asking}
        self.recommendation = small_label()
        self.context = QSpinBox()
        self.context.setRange(LEAST_CONTEXT_TOKENS, MOST_CONTEXT_TOKENS)
        self.context.setSingleStep(1024)
        self.temperature = QDoubleSpinBox()
        self.temperature.setRange(0.0, 2.0)
        self.temperature.setSingleStep(0.1)
        self.temperature.setDecimals(2)
        self.seeds = QSpinBox()
        self.seeds.setRange(1, MOST_SEEDS)
        self.seeds_note = small_label()
        self.is_thinking = QCheckBox(tr("Let models think first, if they can"))
        self.target = TargetRow()
        self._lay_out()
        self._connect()

    def show_setup(self, setup: Setup) -> None:
        """Show it without telling that something changed."""
        self._setup = setup
        for widget in self.findChildren(QWidget):
            widget.blockSignals(True)
        self.askings[setup.asking].setChecked(True)
        self.context.setValue(setup.options.context_tokens)
        self.temperature.setValue(setup.options.temperature or 0.0)
        self.seeds.setValue(len(setup.seeds))
        self.is_thinking.setChecked(setup.is_thinking)
        for widget in self.findChildren(QWidget):
            widget.blockSignals(False)
        self.target.show_target(setup.target)
        is_same_each_time = len(setup.seeds) > 1 and not setup.options.temperature
        self.seeds_note.setText(
            tr("At temperature 0 every run answers the same; a higher one shows how stable answers are.")
            if is_same_each_time
            else tr("With more than one, the others show how stable the answers are.")
        )

    def show_recommendation(self, recommended: Asking | None, why: str) -> None:
        """Which way of asking is better here, and why."""
        for asking, button in self.askings.items():
            words = _asking_words(asking)
            button.setText(tr("{0} (recommended)").format(words) if asking is recommended else words)
        self.recommendation.setText(why)
        self.recommendation.setVisible(bool(why))

    def _connect(self) -> None:
        for asking, button in self.askings.items():
            button.toggled.connect(partial(self._on_asking_toggled, asking))
        self.context.valueChanged.connect(lambda value: self._tell_options(context_tokens=value))
        self.temperature.valueChanged.connect(lambda value: self._tell_options(temperature=value))
        self.seeds.valueChanged.connect(lambda count: self._tell(seeds=tuple(range(1, count + 1))))
        self.is_thinking.toggled.connect(lambda is_on: self._tell(is_thinking=is_on))
        self.target.changed.connect(lambda target: self._tell(target=target))

    def _tell(self, **changes: Any) -> None:
        setup = replace(self._setup, **changes)
        if setup != self._setup:
            self._setup = setup
            self.changed.emit(setup)

    def _on_asking_toggled(self, asking: Asking, is_on: bool) -> None:
        if is_on:
            self._tell(asking=asking)

    def _tell_options(self, **changes: Any) -> None:
        self._tell(options=replace(self._setup.options, **changes))

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(titled_card(tr("How to ask"), self._asking()))
        layout.addWidget(titled_card(tr("Good enough"), self.target))
        layout.addWidget(titled_card(tr("Settings for all models"), self._settings()))

    def _asking(self) -> QWidget:
        group = QButtonGroup(self)
        body, column = _column()
        for button in self.askings.values():
            group.addButton(button)
            column.addWidget(button)
        column.addWidget(self.recommendation)
        return body

    def _settings(self) -> QWidget:
        body = QWidget()
        form = form_layout(body)
        rows: tuple[tuple[str, QAbstractSpinBox], ...] = (
            (tr("Context"), self.context),
            (tr("Temperature"), self.temperature),
            (tr("Runs with different seeds"), self.seeds),
        )
        for label, box in rows:
            box.setAccessibleName(label)
            inset(box)
            add_row(form, label, box)
        form.addRow(self.seeds_note)
        form.addRow(self.is_thinking)
        return body


def _column() -> tuple[QWidget, QVBoxLayout]:
    body = QWidget()
    column = QVBoxLayout(body)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    return body, column


def _asking_words(asking: Asking) -> str:
    if asking is Asking.TOGETHER:
        return tr("One request a document: all questions at once, the answer in JSON")
    return tr("One request a question, the document first: its reading is reused")
