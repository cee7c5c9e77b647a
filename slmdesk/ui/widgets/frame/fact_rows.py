"""Facts in a line each: a name at the left, its words at the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from slmdesk.ui.labels import plain_label, plain_tip
from slmdesk.ui.widgets.elided_label import ElidedLabel


@dataclass(frozen=True, slots=True)
class Fact:
    """`is_warning` colours the words, which say it themselves; `tip` says more."""

    name: str
    words: str
    tip: str = ""
    is_warning: bool = False


class FactRows(QWidget):
    """As many rows as there are facts; hidden without any."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[ElidedLabel, QLabel]] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self.hide()

    def show_facts(self, facts: Sequence[Fact]) -> None:
        while len(self._rows) < len(facts):
            self._rows.append(self._add_row())
        for index, (name, words) in enumerate(self._rows):
            is_used = index < len(facts)
            name.setVisible(is_used)
            words.setVisible(is_used)
            if is_used:
                _show(facts[index], name, words)
        self.setVisible(bool(facts))

    def _add_row(self) -> tuple[ElidedLabel, QLabel]:
        name = ElidedLabel()
        name.setProperty("role", "small")
        words = plain_label()
        row = QHBoxLayout()
        row.addWidget(name, 1)
        row.addWidget(words)
        self._layout.addLayout(row)
        return name, words


def _show(fact: Fact, name: ElidedLabel, words: QLabel) -> None:
    name.set_full_text(fact.name)
    words.setText(fact.words)
    words.setToolTip(plain_tip(fact.tip))
    role = "warning" if fact.is_warning else "number"
    if words.property("role") != role:
        words.setProperty("role", role)
        words.style().polish(words)
