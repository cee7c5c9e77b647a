"""The plan of a comparison in words, before anything is sent, and the button to choose otherwise."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from slmdesk.features.compare.plan import RunPlan
from slmdesk.ui.notify import plain_label
from slmdesk.ui.widgets.chip import Chip


class PlanCard(QFrame):
    """`chosen` carries True for one at a time, False for side by side."""

    chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._is_side_by_side = True
        self._words = plain_label()
        self._words.setWordWrap(True)
        self.button = QPushButton()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(10)
        self._chip = Chip(self.tr("Plan"), "accent")
        layout.addWidget(self._chip)
        layout.addWidget(self._words, 1)
        layout.addWidget(self.button)
        self.button.clicked.connect(lambda: self.chosen.emit(self._is_side_by_side))

    def show_plan(self, plan: RunPlan) -> None:
        words = plan.words
        if plan.is_side_by_side:
            words = self.tr("{0} Speeds share the machine.").format(words)
        self._is_side_by_side = plan.is_side_by_side
        self._chip.setText(self.tr("Plan"))
        self._words.setText(words)
        self.button.setText(self.tr("One at a time") if plan.is_side_by_side else self.tr("Side by side"))
        self.button.show()

    def show_rules(self, sentence: str) -> None:
        """What a blind run hides, in place of the plan, which would name the models."""
        self.show_sentence(sentence)
        self._chip.setText(self.tr("Blind"))

    def show_sentence(self, sentence: str) -> None:
        """Why there is no plan."""
        self._chip.setText(self.tr("Plan"))
        self._words.setText(sentence)
        self.button.hide()

    def words(self) -> str:
        return self._words.text()
