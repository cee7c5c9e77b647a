"""The head of a column: model, fit, what it does now, its speed and clock, and the phase bar."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from slmdesk.engines.answer import Answer
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.fit import Fit
from slmdesk.ui import theme
from slmdesk.ui.icons import icon
from slmdesk.ui.labels import plain_tip, tr
from slmdesk.ui.widgets.answer_words import StatusWords, phase_seconds, status_of
from slmdesk.ui.widgets.chip import FIT_TONES, Chip
from slmdesk.ui.widgets.compare.phase_bar import PhaseBar
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.models.model_picker import ModelPicker


class LaneHead(QWidget):
    """Shows; what is pressed comes out as a signal."""

    model_chosen = Signal(str)
    stop_pressed = Signal()
    add_file_requested = Signal()

    def __init__(self, registry: Registry, fit: FitOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._registry = registry
        self._name = ElidedLabel()
        self._name.setProperty("role", "heading")
        self.fit_chip = Chip()
        self.swap_button = self._tool("swap", self.tr("Swap the model"))
        self.menu_button = self._tool("more", self.tr("More for this column"))
        self.menu = QMenu(self)
        self.menu_button.setMenu(self.menu)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.picker = ModelPicker(registry, fit, self)
        self.picker.hide()  # only its list is wanted
        self.phase_chip = Chip("", "plain")
        self._figure = QLabel()
        self._figure.setProperty("role", "number")
        self._detail = ElidedLabel(mode=Qt.TextElideMode.ElideRight)
        self._detail.setProperty("role", "muted")
        self.stop_button = QPushButton(self.tr("Stop"))
        self.stop_button.setProperty("role", "small_button")
        self.bar = PhaseBar()
        self._lay_out()
        self.swap_button.clicked.connect(self._on_swap_clicked)
        self.picker.chosen.connect(self.model_chosen)
        self.picker.add_file_requested.connect(self.add_file_requested)
        self.stop_button.clicked.connect(self.stop_pressed)
        theme.changed.connect(self._paint_icons)
        self.show_words(_ready())

    @property
    def name(self) -> str:
        return self._name.full_text

    def set_model(self, ref: str, name: str, fit: Fit | None) -> None:
        """`fit` on this machine; of a model elsewhere it is said that prompts go there."""
        self.picker.set_ref(ref)
        state = self._registry.states.get(ref.partition("/")[0])
        is_elsewhere = state is not None and not state.engine.is_local
        self.fit_chip.setVisible(is_elsewhere or fit is not None or self._registry.is_lost(ref))
        if state is not None and is_elsewhere:
            self.fit_chip.set_state(self.tr("leaves this machine"), "warn")
            where = self.tr("Prompts go to {0} at {1}.").format(state.engine.label, state.engine.address)
            self.fit_chip.setToolTip(plain_tip(where))
        elif self._registry.is_lost(ref):
            self.fit_chip.set_state(self.tr("missing"), "bad")
            self.fit_chip.setToolTip(plain_tip(self.tr("No engine offers {0}. Swap it.").format(ref)))
        elif fit is not None:
            self.fit_chip.set_state(fit.words, FIT_TONES[fit.kind])
            self.fit_chip.setToolTip(plain_tip(fit.explanation))
        self._set_name(name, is_hidden=False)

    def set_hidden(self, letter: str) -> None:
        """Name no model: what would give it away is emptied, not only out of sight."""
        self.picker.set_ref("")
        self.fit_chip.set_state("", "plain")
        self.fit_chip.setToolTip("")
        self.fit_chip.hide()
        self._set_name(letter, is_hidden=True)

    def _set_name(self, name: str, *, is_hidden: bool) -> None:
        self._name.set_full_text(name)
        self._name.setMaximumWidth(self._name.fontMetrics().horizontalAdvance(name) + 2)
        for button in (self.swap_button, self.menu_button):
            button.setEnabled(not is_hidden)
        self.stop_button.setAccessibleName(self.tr("Stop {0}").format(name))
        self.swap_button.setAccessibleName(self.tr("Swap {0} for another model").format(name))
        self.menu_button.setAccessibleName(self.tr("More for {0}").format(name))

    def show_answer(self, answer: Answer | None, *, is_queued: bool, scale_s: float) -> None:
        """What the column does now; called while the clock runs."""
        if is_queued:
            self.show_words(StatusWords(self.tr("waiting for its turn"), "plain"), can_stop=True)
        elif answer is None:
            self.show_words(_ready())
        else:
            self.show_words(status_of(answer), can_stop=answer.is_running)
        self.bar.set_seconds(phase_seconds(answer) if answer and not is_queued else {}, scale_s)

    def show_hidden(self, words: StatusWords) -> None:
        """No clock and no bar: each gives a model away."""
        self.show_words(words)
        self.bar.set_seconds({}, 0.0)

    def show_words(self, words: StatusWords, *, can_stop: bool = False) -> None:
        self.phase_chip.set_state(words.word, words.tone)
        figure = words.figure or words.note
        if self._figure.text() != figure:
            self._figure.setText(figure)
        self._figure.setVisible(bool(figure))
        self._detail.set_full_text(words.detail)
        self.stop_button.setVisible(can_stop)

    def _on_swap_clicked(self) -> None:
        self.picker.setGeometry(self.swap_button.geometry())  # the list opens below it
        self.picker.open_list()

    def _tool(self, icon_name: str, name: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "flat")
        button.setObjectName(icon_name)
        button.setIcon(icon(icon_name, theme.current().muted, 16))
        button.setToolTip(name)
        button.setAccessibleName(name)
        return button

    def _paint_icons(self) -> None:
        for button in (self.swap_button, self.menu_button):
            button.setIcon(icon(button.objectName(), theme.current().muted, 16))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._name, 100)
        top.addWidget(self.fit_chip)
        top.addStretch(1)
        top.addWidget(self.swap_button)
        top.addWidget(self.menu_button)
        state = QHBoxLayout()
        state.setSpacing(8)
        state.addWidget(self.phase_chip)
        state.addWidget(self._figure)
        state.addWidget(self._detail, 1)
        state.addWidget(self.stop_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(state)
        column.addWidget(self.bar)
        state.setContentsMargins(0, 0, 0, 2)
        retained = self.stop_button.sizePolicy()
        retained.setRetainSizeWhenHidden(True)  # the text below must not jump when the answer ends
        self.stop_button.setSizePolicy(retained)


def _ready() -> StatusWords:
    return StatusWords(tr("ready"), "plain")
