"""The facts of a card as lines, and the list of its forms with the recommended one first."""

from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.machine import Machine
from slmdesk.base.memory import size_words
from slmdesk.base.words import counted, say
from slmdesk.features.catalog.cards import Card
from slmdesk.features.catalog.estimate import Estimate
from slmdesk.features.catalog.facts import (
    architecture_words,
    context_words,
    country_name,
    language_words,
    licence_words,
    parameter_words,
)
from slmdesk.features.catalog.listed import source_of
from slmdesk.features.catalog.requirements import Requirement, requirements
from slmdesk.features.catalog.terms import term
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.chip import Chip
from slmdesk.ui.widgets.models.catalogue_model import VERDICT_TONES

_MARKS = {True: "✓", False: "✕", None: "?"}


def facts_of(card: Card) -> Iterator[tuple[str, str]]:
    """Name and value of everything that the catalogue knows of a model."""
    entry = card.entry
    conditions = " ".join(map(say, card.licence.conditions))
    yield tr("Licence"), f"{licence_words(card.licence)}. {conditions}".strip()
    yield (
        tr("Openness"),
        "\n".join(f"{part.points}/{part.most}: {part.reason}" for part in card.openness.parts),
    )
    countries = ", ".join(term(country_name(code)) for code in entry.countries) or say("unknown")
    yield tr("Maker"), f"{entry.maker} ({countries})"
    yield tr("Released"), entry.released or say("unknown")
    yield tr("Parameters"), parameter_words(entry)
    yield tr("Architecture"), architecture_words(entry)
    yield tr("Context"), say("{context} tokens", context=context_words(entry.context_tokens))
    yield tr("Languages"), language_words(entry)
    if entry.ollama:
        yield tr("Ollama"), ", ".join(entry.ollama)
    if entry.hugging_face:
        yield tr("Hugging Face"), entry.hugging_face
    if not entry.ollama and not entry.hugging_face:
        yield tr("Engines"), tr("None of those here runs it: it stands here to be known.")


def need_lines(card: Card, choice: Estimate, machine: Machine) -> Sequence[tuple[str, str]]:
    """What the machine must have, each with ✓ or ✕, why, and what would help."""
    return [_need_line(need) for need in requirements(card, choice, machine)]


def _need_line(need: Requirement) -> tuple[str, str]:
    words = " ".join(filter(None, (f"{need.reason}.", need.next_step)))
    return f"{_MARKS[need.is_met]} {say(need.name)}", words


def joined_terms(names: Iterable[str]) -> str:
    """Tasks or capabilities, as they stand in the catalogue, in the language of the window."""
    return " · ".join(map(term, names)) or say("unknown")


class FormList(QWidget):
    """The quantizations: the recommended one, and the others behind a button."""

    pull_requested = Signal(str)

    def __init__(self, card: Card, is_measured: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = plain_label(self.tr("Quantizations"))
        title.setProperty("role", "heading")
        others = [choice for choice in card.choices if choice is not card.best]
        self.more = QPushButton(counted(len(others), "{count} other form", "{count} other forms"))
        self.more.setProperty("role", "link")
        self.more.setCheckable(True)
        self.others = self._grid(card, others, is_measured)
        self.others.hide()
        self.more.setVisible(bool(others))
        self.more.toggled.connect(self.others.setVisible)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(title)
        column.addWidget(self._grid(card, [card.best], is_measured))
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.others)

    def _grid(self, card: Card, choices: Sequence[Estimate], is_measured: bool) -> QWidget:
        block = QWidget()
        grid = QGridLayout(block)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        for number, choice in enumerate(choices):
            for column, widget in enumerate(self._line(card, choice, is_measured)):
                grid.addWidget(widget, number, column, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(5, 1)
        return block

    def _line(self, card: Card, choice: Estimate, is_measured: bool) -> Iterator[QWidget]:
        name = plain_label(choice.quantization.name)
        name.setProperty("role", "number")
        yield name
        weights = choice.fit.weights_bytes
        yield plain_label(size_words(weights) if weights else say("unknown"))
        if is_measured:
            yield Chip(say(choice.verdict), VERDICT_TONES[choice.verdict])
        else:
            yield Chip(self.tr("measuring…"))
        yield Chip(self.tr("recommended"), "accent") if choice is card.best else QWidget()
        yield self._pull_button(source_of(card, choice))

    def _pull_button(self, source: str) -> QWidget:
        if not source:
            return QWidget()
        button = QPushButton(self.tr("Pull"))
        button.setProperty("role", "link")
        button.setToolTip(source)
        button.setAccessibleName(self.tr("Pull {0}").format(source))
        button.clicked.connect(lambda: self.pull_requested.emit(source))
        return button
