"""One answer at length: what was expected, why it scores as it does, what it cost; corrected by hand here."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.ui import theme
from slmdesk.ui.icons import icon
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.evaluate.cell_delegate import PILL_PX, paint_pill
from slmdesk.ui.widgets.evaluate.cell_words import Look, cost_words, look_of, score_words, stability_words
from slmdesk.ui.widgets.flow_layout import FlowLayout
from slmdesk.ui.widgets.number_box import inset

WIDTH_PX = 310
REPLY_PX = 110
VALUE_PX = 78
RIGHT, PARTIAL, WRONG = 1.0, 0.5, 0.0


class CellPanel(QFrame):
    """`corrected` carries a value from 0 to 1 and a note, or None and "" to undo; `closed` is Esc
    or the cross. `prompt_wanted` asks for the prompt, which comes back with `show_prompt`.
    """

    corrected = Signal(object, object, str)
    closed = Signal()
    prompt_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setMinimumWidth(theme.scaled(WIDTH_PX))
        self.setAccessibleName(tr("The answer at length"))
        self.key: CellKey | None = None
        self._copied = ""
        self._question = plain_label()
        self._question.setProperty("role", "heading")
        self._question.setWordWrap(True)
        self._where = ElidedLabel()
        self._where.setProperty("role", "small")
        self._pill = _Pill()
        self._fields = {
            name: _Field() for name in ("answer", "expected", "why", "rules", "problem", "cost", "stability")
        }
        self.reply = _text_view(tr("The reply as it came"))
        self.prompt = _text_view(tr("The prompt"))
        self.prompt.hide()
        self._make_buttons()
        self._lay_out()
        theme.changed.connect(self._colour)
        self._colour()

    def show_cell(self, key: CellKey, question: str, model: str, cell: Cell, expected: str | None) -> None:
        """The same cell again keeps what was typed into its note."""
        is_other = key != self.key
        self.key = key
        self._question.setText(question)
        self._where.set_full_text(f"{key.document} · {model}")
        self._pill.show_look(look_of(cell))
        self._fill(cell, expected)
        if self.reply.toPlainText() != cell.reply:
            self.reply.setPlainText(cell.reply)
        self._copied = _as_text(question, key, model, cell, expected)
        self._show_correction(cell, is_other=is_other)
        if is_other:
            self.prompt.hide()
            self.prompt_button.setVisible(True)

    def set_possible(self, *, can_correct: bool, has_prompt: bool) -> None:
        """A vote has no answer and no prompt of its own; a cell may have no answer yet."""
        for widget in (*self._verdict_buttons, self.value, self.note):
            widget.setEnabled(can_correct)
        self.prompt_button.setEnabled(has_prompt)

    def show_rules(self, words: str) -> None:
        """The rules between questions that this answer breaks, "" for none."""
        self._fields["rules"].show_text(tr("Contradicts a rule"), words)

    def show_prompt(self, text: str) -> None:
        self.prompt.setPlainText(text)
        self.prompt.show()
        self.prompt_button.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Everything that is shown, as text."""
        QGuiApplication.clipboard().setText(self._copied)

    def _fill(self, cell: Cell, expected: str | None) -> None:
        is_done = cell.state is CellState.DONE
        score = cell.counted
        why = score.why if score is not None else ""
        if cell.correction is not None:
            scored = score_words(cell.score) if cell.score is not None else tr("not scored")
            why = "\n".join(
                part for part in (tr("Corrected by hand; the scorer said: {0}").format(scored), why) if part
            )
        problem = cell.error or cell.problem
        if cell.is_cut:
            problem = "\n".join(
                part for part in (problem, tr("The reply reached the limit of its tokens.")) if part
            )
        words = {
            "answer": (tr("Answer"), (cell.answer or tr("no answer")) if is_done else ""),
            "expected": (tr("Expected"), expected if expected is not None else tr("nothing expected")),
            "why": (tr("Why"), why),
            "problem": (tr("What went wrong"), problem),
            "cost": (tr("Tokens and time"), cost_words(cell)),
            "stability": (tr("Other runs"), stability_words(cell)),
        }
        for name, (title, text) in words.items():
            self._fields[name].show_text(title, text)
        self._reply_title.setVisible(bool(cell.reply))
        self.reply.setVisible(bool(cell.reply))

    def _show_correction(self, cell: Cell, *, is_other: bool) -> None:
        correction = cell.correction
        for button, value in zip(self._verdict_buttons, (RIGHT, PARTIAL, WRONG), strict=True):
            button.setChecked(correction is not None and correction.value == value)
        self.undo_button.setVisible(correction is not None)
        counted = cell.counted
        if not self.value.hasFocus():
            self.value.blockSignals(True)
            self.value.setValue(round(100 * counted.value) if counted is not None else 0)
            self.value.blockSignals(False)
        if is_other or not self.note.hasFocus():
            self.note.setText(correction.why if correction is not None else "")

    def _correct(self, value: float) -> None:
        if self.key is not None:
            self.corrected.emit(self.key, value, self.note.text().strip())

    def _undo(self) -> None:
        if self.key is not None:
            self.note.clear()
            self.corrected.emit(self.key, None, "")

    def _make_buttons(self) -> None:
        self.close_button = QToolButton()
        self.close_button.setProperty("role", "flat")
        self.close_button.setAccessibleName(tr("Close"))
        self.close_button.setToolTip(tr("Close (Esc)"))
        self.close_button.clicked.connect(self.closed)
        self.copy_button = QPushButton(tr("Copy"))
        self.copy_button.setProperty("role", "link")
        self.copy_button.clicked.connect(self.copy)
        self.prompt_button = QPushButton(tr("Show the prompt"))
        self.prompt_button.setProperty("role", "link")
        self.prompt_button.clicked.connect(lambda: self.prompt_wanted.emit(self.key))
        words = (tr("Right"), "1", RIGHT), (tr("Partly"), "2", PARTIAL), (tr("Wrong"), "3", WRONG)
        self._verdict_buttons = []
        for word, key, value in words:
            button = QPushButton(word)
            button.setProperty("role", "pill")
            button.setCheckable(True)
            button.setToolTip(tr("In the table: the key {0}").format(key))
            button.clicked.connect(lambda _checked, value=value: self._correct(value))
            self._verdict_buttons.append(button)
        self.value = QSpinBox()
        self.value.setRange(0, 100)
        self.value.setSuffix(tr(" %"))
        self.value.setKeyboardTracking(False)
        self.value.setAccessibleName(tr("Score by hand in per cent"))
        self.value.valueChanged.connect(lambda value: self._correct(value / 100))
        inset(self.value)
        self.value.setFixedWidth(theme.scaled(VALUE_PX))
        self.note = QLineEdit()
        self.note.setPlaceholderText(tr("Why, for later readers"))
        self.note.setAccessibleName(tr("Note on the correction"))
        self.note.editingFinished.connect(self._on_note_edited)
        self.undo_button = QPushButton(tr("Undo the correction"))
        self.undo_button.setProperty("role", "link")
        self.undo_button.setToolTip(tr("In the table: the key {0}").format("0"))
        self.undo_button.clicked.connect(self._undo)

    def _on_note_edited(self) -> None:
        """A note is kept with a correction that is there."""
        if not self.undo_button.isHidden() and self.note.isModified():
            self.note.setModified(False)
            self._correct(self.value.value() / 100)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._question, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self._reply_title = _section(tr("Reply"))
        inner = QWidget()
        inner.setObjectName("scrolled")
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, 6, 0)
        body.setSpacing(4)
        for name in ("answer", "expected", "why", "rules", "problem"):
            body.addWidget(self._fields[name])
        body.addWidget(_section(tr("Correct by hand")))
        body.addLayout(self._correction_row())
        body.addWidget(self.note)
        body.addWidget(self.undo_button, 0, Qt.AlignmentFlag.AlignLeft)
        for name in ("cost", "stability"):
            body.addWidget(self._fields[name])
        body.addWidget(self._reply_title)
        body.addWidget(self.reply)
        body.addWidget(self.prompt)
        body.addWidget(self.prompt_button, 0, Qt.AlignmentFlag.AlignLeft)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 8, 12)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self._where)
        second = QHBoxLayout()
        second.addWidget(self._pill, 1)
        second.addWidget(self.copy_button)
        column.addLayout(second)
        column.addWidget(scroll, 1)

    def _correction_row(self) -> FlowLayout:
        row = FlowLayout(6)
        for button in self._verdict_buttons:
            row.addWidget(button)
        row.addWidget(self.value)
        return row

    def _colour(self) -> None:
        self.close_button.setIcon(icon("close", theme.current().muted))


class _Pill(QWidget):
    """The answer as it stands in the table."""

    def __init__(self) -> None:
        super().__init__()
        self._look: Look | None = None
        self.setFixedHeight(theme.scaled(PILL_PX) + 4)

    def show_look(self, look: Look) -> None:
        self._look = look
        self.setAccessibleName(look.said)
        self.setToolTip(look.said)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._look is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = Look(self._look.said, self._look.tone, self._look.mark, "", self._look.is_corrected)
        paint_pill(painter, self.rect().adjusted(-6, 0, 0, 0), shown)
        painter.end()


class _Field(QWidget):
    """A small title over a text that can be selected; gone where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._title = _section("")
        self._text = plain_label()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._title)
        column.addWidget(self._text)

    def show_text(self, title: str, text: str) -> None:
        self._title.setText(title)
        self._text.setText(text)
        self._text.setAccessibleName(f"{title}: {text}")
        self.setVisible(bool(text))


def _section(title: str) -> QLabel:
    label = plain_label(title)
    label.setProperty("role", "small")
    label.setContentsMargins(0, 6, 0, 0)
    return label


def _text_view(name: str) -> QPlainTextEdit:
    view = QPlainTextEdit()
    view.setReadOnly(True)
    view.setTabChangesFocus(True)
    view.setAccessibleName(name)
    view.setFont(theme.monospaced(12))
    view.setFixedHeight(theme.scaled(REPLY_PX))
    return view


def _as_text(question: str, key: CellKey, model: str, cell: Cell, expected: str | None) -> str:
    lines = (
        (tr("Document"), key.document),
        (tr("Question"), question),
        (tr("Model"), model),
        (tr("Answer"), cell.answer),
        (tr("Expected"), expected or ""),
        (tr("Score"), look_of(cell).said),
        (tr("Why"), cell.counted.why if cell.counted is not None else ""),
        (tr("Tokens and time"), cost_words(cell)),
        (tr("What went wrong"), cell.error or cell.problem),
        (tr("Reply"), cell.reply),
    )
    return "\n".join(f"{title}: {text}" for title, text in lines if text)
