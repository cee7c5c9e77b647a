"""What an empty chat shows: what was found on this machine, what to expect, and prompts to try."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.memory import size_words
from slmdesk.base.words import counted
from slmdesk.engines.base import EngineState, ModelInfo
from slmdesk.features.catalog.first_offer import FirstOffer
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_button_text, plain_label, tr
from slmdesk.ui.widgets.chip import Chip
from slmdesk.ui.widgets.models.model_list import FitOf, can_chat, short_name
from slmdesk.ui.widgets.models.model_picker import KnowsModels

WIDTH_PX = 580
TOY_PARAMETERS = 1_000_000_000  # below, a model is for trying things out


class StartCard(QWidget):
    """Follows the registry; an example or a better model is one click away.

    `pull_requested` carries what to pull, as it would be pasted; `seen` tells each time that it is shown.
    """

    example_chosen = Signal(str)
    model_chosen = Signal(str)
    pull_requested = Signal(str)
    seen = Signal()

    def __init__(self, registry: KnowsModels, fit: FitOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scrolled")
        self._registry = registry
        self._fit = fit
        self._ref = ""
        self._found = QGridLayout()
        self._hint = plain_label()
        self._better = QPushButton()
        self._better_ref = ""
        self._offer: FirstOffer | None = None
        self._get = QPushButton()
        self._get.hide()
        self._get.setProperty("role", "primary")
        self._get.setToolTip(self.tr("The best model for conversations that fits this machine"))
        self._get.clicked.connect(self._on_get_clicked)
        self._lay_out()
        self._better.clicked.connect(lambda: self.model_chosen.emit(self._better_ref))
        self.destroyed.connect(registry.changed.subscribe(lambda _none: self.refresh()))
        self.refresh()

    def set_model(self, ref: str) -> None:
        """The model that would answer: the hint is about it."""
        self._ref = ref
        self.refresh()

    def offer(self, found: FirstOffer | None) -> None:
        """A model that can be fetched, for who has none for real work."""
        self._offer = found
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit()

    def refresh(self) -> None:
        """Say again what there is; the figures follow the free memory."""
        _empty(self._found)
        for row, state in enumerate(self._registry.states.values()):
            chip, words = _found(state)
            self._found.addWidget(chip, row, 0, Qt.AlignmentFlag.AlignLeft)
            self._found.addWidget(words, row, 1)
        if not self._registry.states:
            self._found.addWidget(_muted(self.tr("Looking for engines…")), 0, 0, 1, 2)
        models = [model for state in self._registry.states.values() for model in state.models]
        here = next((model for model in models if model.ref == self._ref), None)
        self._hint.setText(_hint(here))
        self._hint.setVisible(bool(self._hint.text()))
        better = best_that_fits(models, self._fit, here)
        self._better.setVisible(better is not None)
        if better is not None:
            fit = self._fit(better.ref)
            offer = f"{short_name(better.ref)} · {fit.words}" if fit else short_name(better.ref)
            self._better_ref = better.ref
            self._better.setText(plain_button_text(self.tr("Use {0}").format(offer)))
            self._better.setToolTip(self.tr("The largest model here that fits this machine"))
        self._show_offer(best_that_fits(models, self._fit, None))

    def _show_offer(self, largest: ModelInfo | None) -> None:
        """Only beside toys: who has a model for real work knows where there are more."""
        offer = self._offer
        has_toys_alone = largest is None or (largest.parameters or TOY_PARAMETERS) < TOY_PARAMETERS
        self._get.setVisible(offer is not None and bool(self._registry.states) and has_toys_alone)
        if offer is not None:
            words = f"{offer.name} · {size_words(offer.size_bytes)}" if offer.size_bytes else offer.name
            self._get.setText(plain_button_text(self.tr("Get {0}").format(words)))

    def _on_get_clicked(self) -> None:
        if self._offer is not None:
            self.pull_requested.emit(self._offer.source)

    def _lay_out(self) -> None:
        card = QFrame()
        card.setProperty("role", "card")
        card.setMaximumWidth(theme.scaled(WIDTH_PX))
        title = QLabel(self.tr("Ask a model on your own machine"))
        title.setProperty("role", "title")
        self._found.setHorizontalSpacing(10)
        self._found.setVerticalSpacing(8)
        self._found.setColumnStretch(1, 1)
        self._hint.setWordWrap(True)
        self._hint.setProperty("role", "muted")
        better_row = QHBoxLayout()
        better_row.addWidget(self._better)
        better_row.addWidget(self._get)
        better_row.addStretch(1)
        try_label = QLabel(self.tr("TO TRY"))
        try_label.setProperty("role", "section")
        column = QVBoxLayout(card)
        column.setContentsMargins(24, 22, 24, 22)
        column.setSpacing(12)
        column.addWidget(title)
        column.addLayout(self._found)
        column.addWidget(self._hint)
        column.addLayout(better_row)
        column.addSpacing(4)
        column.addWidget(try_label)
        for text in (
            self.tr("Explain what a REST API is in simple terms."),
            self.tr("Write a short Python function that reverses a string."),
            self.tr("Give me three names for a small bakery."),
        ):
            example = QPushButton(text)
            example.setProperty("role", "example")
            example.clicked.connect(partial(self.example_chosen.emit, text))
            column.addWidget(example)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card, 100)
        row.addStretch(1)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(row)
        outer.addStretch(2)


def best_that_fits(models: Iterable[ModelInfo], fit: FitOf, here: ModelInfo | None) -> ModelInfo | None:
    """The largest model that fits well, if it is larger than the one in use."""
    fitting = [
        model
        for model in models
        if can_chat(model) and (verdict := fit(model.ref)) and verdict.kind == "fits"
    ]
    best = max(fitting, key=lambda model: model.size_bytes or 0, default=None)
    if best is None or (here is not None and (here.size_bytes or 0) >= (best.size_bytes or 0)):
        return None
    return best


def _found(state: EngineState) -> tuple[QWidget, QWidget]:
    count = len(state.models)
    if state.is_absent and state.engine.is_local:
        words = tr("not running; its models appear here once it is")
        return Chip(state.engine.label, "plain"), _muted(words)
    if not state.is_online:
        words = f"{state.problem} {state.next_step}".strip()
        return Chip(state.engine.label, "plain"), _muted(words)
    if count == 1:
        return Chip(state.engine.label, "good"), _muted(tr("ready with {0}").format(state.models[0].name))
    return Chip(state.engine.label, "good"), _muted(
        counted(count, "{count} model", "{count} models") if count else tr("no models yet")
    )


def _hint(model: ModelInfo | None) -> str:
    """What to expect of the smallest ones, said before they disappoint."""
    if model is None or not model.parameters or model.parameters >= TOY_PARAMETERS:
        return ""
    size = f"{model.parameters / 1_000_000:.0f}M"
    return tr(
        "A model of {0} parameters is for trying things out: it answers at once and is often wrong. "
        "For real work choose a larger one."
    ).format(size)


def _muted(text: str) -> QLabel:
    label = plain_label(text)
    label.setWordWrap(True)
    label.setProperty("role", "muted")
    return label


def _empty(layout: QGridLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
