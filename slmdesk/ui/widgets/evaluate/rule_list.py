"""The consistency rules of a pack: what was suggested is switched on or off, others are made and changed."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from slmdesk.features.evaluate.open_pack import OpenPack
from slmdesk.features.evaluate.pack import Pack, Rule
from slmdesk.features.evaluate.rules import in_words, suggested_rules
from slmdesk.ui.labels import plain_label, small_label, tr
from slmdesk.ui.widgets.evaluate.rule_dialog import RuleDialog


class RuleList(QFrame):
    """A line a rule; one that is off is not in the pack, and stays in the list until another is opened."""

    def __init__(self, book: OpenPack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._book = book
        self._off: list[Rule] = []
        self._shown: tuple[tuple[Rule, bool, str], ...] | None = None
        self.switches: list[QCheckBox] = []
        title = plain_label(tr("Consistency between answers"))
        title.setProperty("role", "heading")
        self.add_button = QPushButton(tr("Add a rule…"))
        self.add_button.setProperty("role", "small_button")
        self.add_button.clicked.connect(self._add)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.add_button)
        self._empty = small_label(
            tr(
                "Rules such as “if no third parties are involved, their names are empty” find answers that "
                "do not go together."
            )
        )
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self._empty)
        layout.addLayout(self._rows)
        book.replaced.subscribe(lambda _none: self._off.clear())

    def refresh(self) -> None:
        """Draw anew where rules or the words of questions have changed."""
        pack = self._book.pack
        self.add_button.setEnabled(len(pack.questions) > 1)
        lines = self._lines(pack)
        if lines == self._shown:
            return
        self._shown = lines
        while (item := self._rows.takeAt(0)) is not None:
            if (row := item.widget()) is not None:
                row.hide()
                row.deleteLater()
        self.switches = []
        for rule, is_on, words in lines:
            self._rows.addWidget(self._row(rule, is_on, words))
        self._empty.setVisible(not lines)

    def _lines(self, pack: Pack) -> tuple[tuple[Rule, bool, str], ...]:
        """Those of the pack, then what was switched off and what is suggested."""
        ids = {question.id for question in pack.questions}
        others = [
            rule
            for rule in dict.fromkeys((*self._off, *suggested_rules(pack.questions)))
            if rule not in pack.rules and {rule.when.question_id, rule.then.question_id} <= ids
        ]
        known = [(rule, True) for rule in pack.rules] + [(rule, False) for rule in others]
        return tuple((rule, is_on, in_words(rule, pack.questions)) for rule, is_on in known)

    def _row(self, rule: Rule, is_on: bool, words: str) -> QWidget:
        row = QWidget()
        switch = QCheckBox()
        switch.setAccessibleName(words)
        switch.setChecked(is_on)
        switch.toggled.connect(partial(self._switch, rule))
        self.switches.append(switch)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(switch)
        layout.addWidget(_RuleLabel(words, switch), 1)
        for word, callback in ((tr("Edit"), self._edit), (tr("Delete"), self._delete)):
            button = QPushButton(word)
            button.setProperty("role", "flat")
            button.setAccessibleName(f"{word}: {words}")
            button.clicked.connect(partial(callback, rule))
            button.setVisible(is_on)
            layout.addWidget(button)
        return row

    def _switch(self, rule: Rule, is_on: bool) -> None:
        if not is_on:
            self._off = [each for each in self._off if each != rule] + [rule]
        rules = [each for each in self._book.pack.rules if each != rule]
        self._set([*rules, rule] if is_on else rules)

    def _add(self) -> None:
        dialog = RuleDialog(self, self._book.pack.questions)
        dialog.wanted.connect(lambda rule: self._set([*self._book.pack.rules, rule]))
        dialog.open()

    def _edit(self, rule: Rule, _is_checked: bool = False) -> None:
        dialog = RuleDialog(self, self._book.pack.questions, rule)
        dialog.wanted.connect(
            lambda other: self._set([other if each == rule else each for each in self._book.pack.rules])
        )
        dialog.open()

    def _delete(self, rule: Rule, _is_checked: bool = False) -> None:
        self._set([each for each in self._book.pack.rules if each != rule])

    def _set(self, rules: Sequence[Rule]) -> None:
        self._book.edit(replace(self._book.pack, rules=tuple(dict.fromkeys(rules))))


class _RuleLabel(QLabel):
    """On as many lines as it needs, which the text of a check box has not; a click is one on the box."""

    def __init__(self, words: str, switch: QCheckBox) -> None:
        super().__init__(words)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self._switch = switch

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._switch.click()
