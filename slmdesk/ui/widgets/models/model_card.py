"""All that is known of the chosen model: memory, speed, openness, licence, forms, requirements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.machine import Machine
from slmdesk.base.memory import gigabytes, size_words
from slmdesk.base.words import counted, number, say
from slmdesk.features.catalog.facts import context_words
from slmdesk.features.catalog.fit import Fit
from slmdesk.features.catalog.listed import ListedModel
from slmdesk.features.catalog.measured import Measured
from slmdesk.ui import theme
from slmdesk.ui.icons import icon
from slmdesk.ui.labels import plain_label, plain_tip, tr
from slmdesk.ui.widgets.chip import Chip
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.models.card_facts import FormList, facts_of, joined_terms, need_lines
from slmdesk.ui.widgets.models.catalogue_model import VERDICT_TONES
from slmdesk.ui.widgets.models.memory_bar import MemoryBar

ICON_PX = 16
ROUNDING_PX = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """A model with what the card says of this machine: `machine` None while it is being measured."""

    row: ListedModel
    context_tokens: int
    machine: Machine | None
    measured: Sequence[Measured] = ()


class ModelCard(QFrame):
    """`pull_requested` carries what to pull, for one of the other forms; `menu_asked` where on the screen."""

    pull_requested = Signal(str)
    menu_asked = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.shown: Judged | None = None
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName(self.tr("The chosen model"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.addWidget(self._area)
        theme.changed.connect(self._colour)
        self.show_nothing()

    def show_nothing(self) -> None:
        """No model is chosen."""
        self.shown = None
        words = plain_label(
            self.tr("Choose a model to see what it needs, what it is good for and what it allows.")
        )
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._fill([words])

    def show_model(self, judged: Judged) -> None:
        """Everything about this one; a card that says the same already is left as it is."""
        if judged == self.shown:
            return
        is_other = self.shown is None or self.shown.row.key != judged.row.key
        place = 0 if is_other else self._area.verticalScrollBar().value()
        self.shown = judged
        self._fill([self._head(judged), _blocks(judged), self._below(judged)])
        self._area.verticalScrollBar().setValue(place)

    def words(self) -> str:
        """All that it says, for tests and reading aloud."""
        inner = self._area.widget()
        labels = inner.findChildren(QLabel) if inner else []
        return "\n".join(getattr(label, "full_text", label.text()) for label in labels)

    def _below(self, judged: Judged) -> QWidget:
        """Facts at the left; what the machine must have, and the forms, at the right."""
        block, (row, machine) = QWidget(), (judged.row, judged.machine)
        sides = QHBoxLayout(block)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.setSpacing(24)
        sides.addWidget(_about(judged), 3, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout()
        right.setSpacing(14)
        if row.card is not None and row.choice is not None and machine is not None:
            right.addWidget(_pairs(tr("Requirements"), need_lines(row.card, row.choice, machine)))
        if row.card is not None:
            forms = FormList(row.card, machine is not None)
            forms.pull_requested.connect(self.pull_requested)
            right.addWidget(forms)
        right.addStretch(1)
        sides.addLayout(right, 2)
        return block

    def _head(self, judged: Judged) -> QWidget:
        row = judged.row
        title = ElidedLabel(row.name)
        title.setProperty("role", "title")
        title.style().polish(title)
        title.setMaximumWidth(title.fontMetrics().horizontalAdvance(row.name) + ROUNDING_PX)
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(title, 1000)  # as wide as its words, and no wider than there is room
        if row.is_custom:
            layout.addWidget(Chip(self.tr("custom"), "accent"))
        if judged.machine is None:
            layout.addWidget(Chip(self.tr("measuring…")))
        else:
            layout.addWidget(Chip(say(row.verdict), VERDICT_TONES[row.verdict]))
        layout.addStretch(1)
        total = plain_label(_total_words(judged))
        total.setProperty("role", "muted")
        layout.addWidget(total)
        layout.addWidget(self._menu_button(row.name))
        return line

    def _menu_button(self, name: str) -> QToolButton:
        """Everything that can be done with the model, for who does not think of the right button."""
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setIcon(icon("more", theme.current().muted, ICON_PX))
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setToolTip(self.tr("What can be done with it"))
        button.setAccessibleName(self.tr("What can be done with {0}").format(name))
        button.clicked.connect(lambda: self.menu_asked.emit(button.mapToGlobal(button.rect().bottomLeft())))
        return button

    def _colour(self) -> None:
        if (judged := self.shown) is not None:
            self.shown = None
            self.show_model(judged)

    def _fill(self, parts: Sequence[QWidget]) -> None:
        inner = QWidget()
        inner.setObjectName("scrolled")
        column = QVBoxLayout(inner)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(14)
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)
        self._area.setWidget(inner)


def _total_words(judged: Judged) -> str:
    """ "estimate 6.1 GB at 8K · measured 5.1 GB" """
    needed = judged.row.fit.needed_bytes
    tokens = judged.row.choice.context_tokens if judged.row.choice else judged.context_tokens
    measured = next((one.memory_bytes for one in judged.measured if one.memory_bytes), None)
    estimate = say(
        "estimate {size} at {context}",
        size=f"{gigabytes(needed)} GB" if needed else say("unknown"),
        context=context_words(tokens),
    )
    return f"{estimate} · " + say("measured {size}", size=f"{gigabytes(measured)} GB" if measured else "—")


def _blocks(judged: Judged) -> QWidget:
    """The four that decide, beside each other."""
    line = QWidget()
    grid = QGridLayout(line)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(24)
    for number_, block in enumerate((_memory, _speed, _openness, _good_for)):
        grid.addWidget(_block(block(judged)), 0, number_, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(number_, 1)
    return line


def _block(parts: Iterator[QWidget]) -> QWidget:
    block = QWidget()
    column = QVBoxLayout(block)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    for part in parts:
        column.addWidget(part)
    return block


def _memory(judged: Judged) -> Iterator[QWidget]:
    """What was measured takes the place of what is estimated; the sum stays in the tip."""
    fit = judged.row.fit
    found = next((one for one in judged.measured if one.memory_bytes), None)
    if found is not None:
        yield _muted(tr("Memory measured here"))
        size = _large(size_words(found.memory_bytes or 0))
        size.setToolTip(plain_tip(fit.explanation))
        yield size
        if found.memory_tokens is not None:
            yield _muted(tr("with a context of {0}").format(context_words(found.memory_tokens)))
        return
    yield _muted(tr("Memory"))
    if fit.needed_bytes is None:
        yield _muted(fit.explanation)
        return
    yield MemoryBar(fit)
    yield _muted(_sum_words(fit))


def _sum_words(fit: Fit) -> str:
    """ "weights 4.7 · context 0.9 · work 0.5 GB of 9.2 GB free" """
    words = say(
        "weights {weights} · context {context} · work {work} GB",
        weights=gigabytes(fit.weights_bytes),
        context=gigabytes(fit.kv_bytes),
        work=gigabytes(fit.work_bytes),
    )
    if fit.is_loaded:
        return f"{words}, " + say("in memory already")
    return (
        words
        if fit.free_bytes is None
        else f"{words}, " + say("{size} GB free", size=gigabytes(fit.free_bytes))
    )


def _speed(judged: Judged) -> Iterator[QWidget]:
    """What was measured takes the place of what is expected."""
    found = next((one for one in judged.measured if one.speed), None)
    if found is not None and found.speed is not None:
        yield _muted(tr("Speed measured here"))
        yield _large(say("{speed} tok/s", speed=number(found.speed.tokens_per_s, ".1f")))
        yield _muted(
            counted(found.speed.answer_count, "from {count} answer", "the median of {count} answers")
        )
        return
    yield _muted(tr("Speed to expect"))
    speed = judged.row.choice.speed if judged.row.choice else None
    bandwidth = judged.machine.bandwidth if judged.machine else None
    if speed is None or bandwidth is None:
        is_waiting = judged.machine is None
        yield _large(tr("measuring…") if is_waiting else "—")
        yield _muted(tr("from the memory of this machine") if is_waiting else _why_no_speed(judged))
        return
    yield _large(speed.words)
    yield _muted(
        say(
            "from the memory bandwidth measured here: {rate} GB/s",
            rate=number(bandwidth.bytes_per_s / 1e9, ".0f"),
        )
    )


def _why_no_speed(judged: Judged) -> str:
    if judged.row.card is None:
        return tr("The catalogue does not know this model: its first answers will tell.")
    if "embedding" in judged.row.capabilities:
        return tr("It writes no text.")
    return tr("Nothing measured speaks for it: its first answers will tell.")


def _openness(judged: Judged) -> Iterator[QWidget]:
    card = judged.row.card
    yield _muted(tr("Openness"))
    if card is None:
        yield _large("—")
        yield _muted(tr("Nothing is known of its origin."))
        return
    yield _large(f"{card.openness.points} / 100")
    yield _muted(card.openness.words.partition(": ")[2])


def _good_for(judged: Judged) -> Iterator[QWidget]:
    card = judged.row.card
    yield _muted(tr("Good for"))
    if card is not None:
        tasks = plain_label(joined_terms(card.entry.tasks))
        tasks.setWordWrap(True)
        yield tasks
        yield _muted(joined_terms((card.entry.architecture.kind, *card.entry.capabilities)))
    else:
        yield _muted(joined_terms(sorted(judged.row.capabilities)))


def _about(judged: Judged) -> QWidget:
    card = judged.row.card
    return _pairs(tr("About"), list(facts_of(card)) if card else [(tr("Name"), judged.row.key)])


def _pairs(heading: str, lines: Sequence[tuple[str, str]]) -> QWidget:
    block = QWidget()
    grid = QGridLayout(block)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    title = plain_label(heading)
    title.setProperty("role", "heading")
    grid.addWidget(title, 0, 0, 1, 2)
    for number_, (name, value) in enumerate(lines, 1):
        grid.addWidget(_muted(name), number_, 0, Qt.AlignmentFlag.AlignTop)
        words = plain_label(value)
        words.setWordWrap(True)
        words.setMinimumWidth(1)  # a name without a gap does not make the card wider than the window
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(words, number_, 1)
    grid.setColumnMinimumWidth(0, theme.scaled(90))
    grid.setColumnStretch(1, 1)
    return block


def _large(text: str) -> QLabel:
    label = plain_label(text)
    label.setProperty("role", "title")
    return label


def _muted(text: str) -> QLabel:
    label = plain_label(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label
