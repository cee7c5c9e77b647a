"""Below the plan, once a run has ended: costs after a blind vote, fairness, and the votes."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from slmdesk.features.compare.blind import Cost
from slmdesk.features.compare.fairness import Fairness
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.chip import Chip, Tone
from slmdesk.ui.widgets.elided_button import ElidedButton
from slmdesk.ui.widgets.prompt.generation_settings import Popup

LIST_WIDTH_PX = 520
MOST_OF_A_NAME = 27


class RunCard(QFrame):
    """Shows what it is told; `retry_pressed` asks for the failed columns once more."""

    retry_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._fairness: Fairness | None = None
        self._told = plain_label()
        self._told.setWordWrap(True)
        self._chip = Chip()
        self._hint = plain_label(
            self.tr("Which answer is best? Vote in a column or with its number, T or N.")
        )
        self.fairness_button = ElidedButton()
        self.fairness_button.setProperty("role", "flat")
        self.retry_button = QPushButton()
        self.tie_button = QPushButton(self.tr("Tie"))
        self.none_button = QPushButton(self.tr("None good"))
        for button in (self.tie_button, self.none_button):
            button.setCheckable(True)
        self._lay_out()
        self.fairness_button.clicked.connect(self._on_fairness_clicked)
        self.retry_button.clicked.connect(self.retry_pressed)
        self.hide()

    def show_run(self, told: str, fairness: Fairness | None, failed_count: int, *, is_open: bool) -> None:
        """`told` is a sentence above; without `fairness` nothing is said of it; `is_open` for a vote."""
        self._told.setText(told)
        self._told.setVisible(bool(told))
        self._fairness = fairness
        self._chip.setVisible(fairness is not None)
        self.fairness_button.setVisible(fairness is not None)
        self._hint.setVisible(fairness is None)
        if fairness is not None:
            self._chip.set_state(*_chip_state(fairness))
            self.fairness_button.setAccessibleName(self.tr("Fairness: {0}").format(fairness.words))
            self.fairness_button.set_full_text(_line(fairness))
        self.retry_button.setText(self.tr("Retry {0} failed").format(failed_count))
        self.retry_button.setVisible(failed_count > 0 and is_open)
        self.setVisible(is_open or bool(told))

    def told(self) -> str:
        return self._told.text()

    def _on_fairness_clicked(self) -> None:
        if self._fairness is not None:
            popup = FairnessList(self._fairness, self)
            popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            popup.open_at(self.fairness_button)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self._chip)
        row.addWidget(self.fairness_button)
        row.addWidget(self._hint)
        row.addStretch(1)
        for button in (self.retry_button, self.tie_button, self.none_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 6)
        column.setSpacing(4)
        column.addWidget(self._told)
        column.addLayout(row)


class FairnessList(Popup):
    """Each difference with what it means; then what was equal and what is not known."""

    def __init__(self, fairness: Fairness, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Fairness"))
        self.setFixedWidth(theme.scaled(LIST_WIDTH_PX))
        for difference in fairness.differences:
            head = self._line(f"{difference.topic}: {difference.words}")
            head.setProperty("role", "heading")
            self._line(difference.explanation).setProperty("role", "muted")
        if fairness.equal:
            self._line(self.tr("The same for all: {0}.").format(_listed(fairness.equal)))
        if fairness.unknown:
            self._line(self.tr("Not known: {0}.").format(_listed(fairness.unknown)))
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.close)
        self.column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

    def _line(self, text: str) -> QLabel:
        label = plain_label(text)
        label.setWordWrap(True)
        self.column.addWidget(label)
        return label


def revealed_words(costs: Sequence[Cost]) -> str:
    """Who stood where in a blind run, from left to right, and what each took."""
    short = [replace(cost, name=shortened(cost.name)) for cost in costs]
    pairs = zip("ABCDEFGH", short, strict=False)
    return " · ".join(tr("{0} was {1}").format(letter, cost.words) for letter, cost in pairs)


def shortened(name: str) -> str:
    """The two ends of a long name: up to eight stand in one sentence."""
    half = (MOST_OF_A_NAME - 1) // 2
    return name if len(name) <= MOST_OF_A_NAME else f"{name[:half]}…{name[-half:]}"


def _chip_state(fairness: Fairness) -> tuple[str, Tone]:
    if fairness.is_fair:
        return tr("Fair"), "good"
    count = sum(not difference.is_inherent for difference in fairness.differences)
    return tr("{0} differed").format(count), "warn"


def _line(fairness: Fairness) -> str:
    """What differed comes first: the line is cut where there is no room."""
    topics = [each.topic for each in fairness.differences if not each.is_inherent]
    parts = [tr("Different: {0}.").format(_listed(topics)) if topics else ""]
    parts.append(tr("Same {0}.").format(_listed(fairness.equal)) if fairness.equal else "")
    return " ".join(part for part in parts if part)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
