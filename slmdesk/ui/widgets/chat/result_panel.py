"""The last answer as JSON: whether it fits the schema, and its tree with what breaks it; folded at first."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.errors import BadInput
from slmdesk.base.jobs import JobRunner
from slmdesk.engines.base import Chunk, Delta
from slmdesk.features.chat.session import ChatSession, SessionChange
from slmdesk.features.structured.answer import AnswerCheck, AnswerFit, CheckedAnswer, check_answer
from slmdesk.features.structured.schema import CheckedSchema, check_schema
from slmdesk.features.structured.tree import ResultNode
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.chip import Chip, Tone

JOB = "chat:result"
DRAW_MS = 300
TREE_HEIGHT_PX = 200


class ResultPanel(QFrame):
    """Follows one session; hidden while its answers are prose or there is none."""

    def __init__(self, jobs: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._jobs = jobs
        self._session: ChatSession | None = None
        self._check: AnswerCheck | None = None
        self._shown: CheckedAnswer | None = None
        self._leave: list[Callable[[], None]] = []
        self.chip = Chip()
        self.words = plain_label()
        self.words.setWordWrap(True)
        self.fold_button = QPushButton()
        self.fold_button.setProperty("role", "flat")
        self.fold_button.setCheckable(True)
        self.tree = QTreeWidget()
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels([self.tr("Field"), self.tr("Value"), self.tr("What is wrong")])
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.tree.setAccessibleName(self.tr("The answer as a tree"))
        self.tree.setFixedHeight(theme.scaled(TREE_HEIGHT_PX))
        self._timer = QTimer(self)
        self._timer.setInterval(DRAW_MS)
        self._timer.timeout.connect(self._draw_partial)
        line = QHBoxLayout()
        line.addWidget(self.chip)
        line.addWidget(self.words, 1)
        line.addWidget(self.fold_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 8, 6)
        column.addLayout(line)
        column.addWidget(self.tree)
        self.fold_button.toggled.connect(self._fold)
        self._fold(False)
        theme.changed.connect(self._on_theme_changed)
        self.hide()

    def show_session(self, session: ChatSession | None) -> None:
        """Check the last answer of this one, and those to come."""
        self._timer.stop()
        while self._leave:
            self._leave.pop()()
        self._session, self._check = session, None
        self._show(None)
        if session is not None:
            self._leave.append(session.changed.subscribe(self._on_session_changed))
            self.look()

    def look(self) -> None:
        """Check the last answer by the schema it was asked with, whatever is set now."""
        _, _, written = self._wanted()
        if not written:
            self._show(None)
        elif self.window().isVisible() and not self._jobs.is_running(JOB):  # no work while the program ends
            self._jobs.start(JOB, self._compare)

    async def _compare(self) -> None:
        asked: tuple[ChatSession | None, str, str] | None = None
        while asked != (now := self._wanted()):
            asked = session, text, written = now
            try:
                schema = await asyncio.to_thread(check_schema, written) if written else None
            except BadInput:
                schema = None  # the sheet says so
            if session is self._session and schema is not None:
                self._begin(schema)
            checked = await asyncio.to_thread(check_answer, text, schema) if schema and text else None
            if session is self._session and self._check is None:
                self._show(checked)

    def _wanted(self) -> tuple[ChatSession | None, str, str]:
        session = self._session
        last = session.messages[-1] if session is not None and session.messages else None
        text = last.text if last is not None and last.role == "assistant" else ""
        return session, text, last.schema if last is not None else ""

    def _on_session_changed(self, change: SessionChange) -> None:
        if change.kind == "answer began":
            self._show(None)
            self.look()
        elif change.kind in ("answer ended", "path changed"):
            self._timer.stop()
            self._check = None
            self.look()

    def _begin(self, schema: CheckedSchema) -> None:
        """Check the answer that is being written, from what it has so far."""
        answer = self._session.answer if self._session is not None else None
        if answer is not None and answer.is_running and self._check is None:
            self._check = AnswerCheck(schema)
            self._check.feed(answer.text)
            self._leave.append(answer.changed.subscribe(self._on_answer_changed))
            self._timer.start()

    def _on_answer_changed(self, chunk: Chunk | None) -> None:
        if isinstance(chunk, Delta) and self._check is not None:
            self._check.feed(chunk.text)

    def _draw_partial(self) -> None:
        if self._check is not None and (checked := self._check.so_far()).root is not None:
            self._show(checked)

    def _show(self, checked: CheckedAnswer | None) -> None:
        self._shown = checked
        self.setVisible(checked is not None)
        if checked is None:
            return
        self.chip.set_state(_word(checked.fit), _tone(checked.fit))
        first = checked.problems[0] if checked.problems else None
        said = [checked.words, f"{first.path} {first.sentence}".strip() if first else "", checked.note]
        self.words.setText(" ".join(part for part in said if part))
        self.tree.clear()
        self.tree.setColumnHidden(2, not checked.problems)
        if checked.root is not None:
            self.tree.addTopLevelItem(_item(checked.root))
            self.tree.expandAll()

    def _on_theme_changed(self) -> None:
        """What is wrong has a colour of its own."""
        self._show(self._shown)

    def _fold(self, is_open: bool) -> None:
        self.tree.setVisible(is_open)
        words = self.tr("Hide the tree") if is_open else self.tr("Show the tree")
        self.fold_button.setText(f"{words} {'▴' if is_open else '▾'}")
        self.fold_button.setAccessibleName(words)


def _item(node: ResultNode) -> QTreeWidgetItem:
    item = QTreeWidgetItem([node.key or tr("answer"), node.value, node.problem])
    if node.problem:
        for column in range(3):
            item.setForeground(column, QColor(theme.current().bad))
    for column, text in enumerate((node.key, node.value, node.problem)):
        item.setData(column, Qt.ItemDataRole.AccessibleTextRole, text)
    item.addChildren([_item(child) for child in node.children])
    return item


def _tone(fit: AnswerFit) -> Tone:
    if fit == "writing":
        return "accent"
    return "good" if fit == "fits" else "bad"


def _word(fit: AnswerFit) -> str:
    match fit:
        case "writing":
            return tr("JSON")
        case "fits":
            return tr("JSON ok")
        case "breaks":
            return tr("JSON breaks the schema")
    return tr("no JSON")
