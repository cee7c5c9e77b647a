"""How to generate, as two chips with popups: the system prompt, and temperature, length, context, seed."""

from dataclasses import dataclass, field, replace
from typing import cast

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.words import number
from slmdesk.engines.base import Options
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.elided_button import ElidedButton
from slmdesk.ui.widgets.number_box import inset

LEAST_CONTEXT_TOKENS = 256
MOST_CONTEXT_TOKENS = 1_048_576
MOST_OUTPUT_TOKENS = 131_072
MOST_SEED = 2**31 - 1
CHIP_CHARACTERS = 32
SYSTEM_WIDTH_PX = 64
OPTIONS_WIDTH_PX = 104  # the context length stays readable


@dataclass(frozen=True, slots=True)
class Generation:
    """What these controls set, for a chat or for one column of a comparison.

    `has_probabilities` asks for those of each token; it can be set for a chat alone.
    """

    options: Options = field(default_factory=Options)
    system_prompt: str = ""
    is_thinking: bool = False
    has_probabilities: bool = False

    @property
    def words(self) -> str:
        """The options in one line; what is left to the model is not named."""
        options = self.options
        parts = [tr("Context {0}").format(options.context_tokens)]
        if options.temperature is not None:
            parts.append(tr("Temp {0}").format(number(options.temperature, "g")))
        if options.top_p is not None:
            parts.append(tr("Top-p {0}").format(number(options.top_p, "g")))
        if options.max_tokens is not None:
            parts.append(tr("Max {0}").format(options.max_tokens))
        if options.seed is not None:
            parts.append(tr("Seed {0}").format(options.seed))
        if self.is_thinking:
            parts.append(tr("Thinking"))
        if self.has_probabilities:
            parts.append(tr("Probabilities"))
        return " · ".join(parts)


class OptionsForm(QWidget):
    """The spin boxes; the lowest step of a box leaves the choice to the model."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None, *, offers_probabilities: bool = False) -> None:
        super().__init__(parent)
        self._kept = Options()
        self._offers_probabilities = offers_probabilities
        own = self.tr("model's own")
        self.temperature = _decimal_box(2.0, own)
        self.top_p = _decimal_box(1.0, own)
        self.max_tokens = _whole_box(0, MOST_OUTPUT_TOKENS, 50, self.tr("no limit"))
        self.context_tokens = _whole_box(LEAST_CONTEXT_TOKENS, MOST_CONTEXT_TOKENS, 1024, "")
        self.seed = _whole_box(-1, MOST_SEED, 1, self.tr("random"))
        self.is_thinking = QCheckBox(self.tr("Let the model think first, if it can"))
        self.has_probabilities = QCheckBox(self.tr("Token probabilities"))
        self.has_probabilities.setToolTip(
            self.tr("How sure the model was of each word, and what else it weighed. Writing takes longer.")
        )
        self.probabilities_note = plain_label()
        self.probabilities_note.setProperty("role", "muted")
        self.probabilities_note.setWordWrap(True)
        self._lay_out()
        for box in (self.temperature, self.top_p, self.max_tokens, self.context_tokens, self.seed):
            box.valueChanged.connect(lambda _value: self.changed.emit())
        for switch in (self.is_thinking, self.has_probabilities):
            switch.toggled.connect(lambda _is_on: self.changed.emit())

    def options(self) -> Options:
        """The values shown; what has no control here is kept as it came."""
        return replace(
            self._kept,
            temperature=_decimal(self.temperature),
            top_p=_decimal(self.top_p),
            max_tokens=self.max_tokens.value() or None,
            context_tokens=self.context_tokens.value(),
            seed=None if self.seed.value() < 0 else self.seed.value(),
        )

    def show_values(self, value: Generation) -> None:
        """Show these without telling that something changed."""
        self._kept = options = value.options
        self.blockSignals(True)
        self.temperature.setValue(
            self.temperature.minimum() if options.temperature is None else options.temperature
        )
        self.top_p.setValue(self.top_p.minimum() if options.top_p is None else options.top_p)
        self.max_tokens.setValue(options.max_tokens or 0)
        self.context_tokens.setValue(options.context_tokens)
        self.seed.setValue(-1 if options.seed is None else options.seed)
        self.is_thinking.setChecked(value.is_thinking)
        self.has_probabilities.setChecked(value.has_probabilities)
        self.blockSignals(False)

    def say_of_probabilities(self, words: str) -> None:
        """Why the chosen model gives none, "" if it may."""
        self.probabilities_note.setText(words)
        self.probabilities_note.setVisible(bool(words))
        self.has_probabilities.setAccessibleDescription(words)

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        rows = (
            (self.tr("Temperature"), self.temperature, self.tr("Low is steady, high is varied.")),
            (self.tr("Longest answer"), self.max_tokens, self.tr("In tokens; the answer is cut there.")),
            (
                self.tr("Context"),
                self.context_tokens,
                self.tr("Tokens of prompt and answer together. More takes more memory."),
            ),
            (self.tr("Top-p"), self.top_p, self.tr("The share of the likeliest tokens to choose from.")),
            (self.tr("Seed"), self.seed, self.tr("The same seed and settings repeat an answer.")),
        )
        for label, box, help_text in rows:
            box.setAccessibleName(label)
            box.setToolTip(help_text)
            caption = plain_label(label)
            caption.setMinimumHeight(
                box.sizeHint().height()
            )  # so that it stands beside the middle of its box
            caption.setBuddy(box)
            form.addRow(caption, box)
        form.addRow(self.is_thinking)
        if self._offers_probabilities:
            form.addRow(self.has_probabilities)
            form.addRow(self.probabilities_note)


class Popup(QFrame):
    """A small card over the window that closes with Esc or a click beside it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popup")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 14, 16, 14)
        self.column.setSpacing(8)

    def event(self, event: QEvent) -> bool:
        """Esc closes the popup, whatever it is a shortcut for in the pane below."""
        is_key = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and cast(QKeyEvent, event).key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def open_at(self, anchor: QWidget) -> None:
        """Above the anchor if there is room there, below it otherwise; always on the screen."""
        self.adjustSize()
        top = anchor.mapToGlobal(QPoint(0, 0))
        screen: QRect = anchor.screen().availableGeometry()
        y = top.y() - self.height() - 6
        if y < screen.top():
            y = top.y() + anchor.height() + 6
        x = min(max(top.x(), screen.left()), screen.right() - self.width())
        self.move(x, min(y, screen.bottom() - self.height()))
        self.show()


class GenerationSettings(QWidget):
    """Both chips in a row; `changed` comes with each new value."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, offers_probabilities: bool = False) -> None:
        super().__init__(parent)
        self._value = Generation()
        self.system_chip = _chip_button(self.tr("System prompt"), least_width_px=SYSTEM_WIDTH_PX)
        self.options_chip = _chip_button(self.tr("Generation settings"), least_width_px=OPTIONS_WIDTH_PX)
        self.form = OptionsForm(offers_probabilities=offers_probabilities)
        self.system_edit = QPlainTextEdit()
        self.system_edit.setPlaceholderText(
            self.tr("How the model should behave, for instance: Answer in one sentence.")
        )
        self.system_edit.setAccessibleName(self.tr("System prompt"))
        self.system_edit.setTabChangesFocus(True)
        self.system_edit.setMinimumSize(theme.scaled(380), theme.scaled(120))
        self._system_popup = self._popup(self.tr("System prompt"), self.system_edit)
        self._options_popup = self._popup(self.tr("Generation"), self.form)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.system_chip)
        layout.addWidget(self.options_chip)
        self.system_chip.clicked.connect(self.open_system_prompt)
        self.options_chip.clicked.connect(self.open_options)
        self.form.changed.connect(self._on_form_changed)
        self.system_edit.textChanged.connect(self._on_form_changed)
        self.set_value(self._value)

    def value(self) -> Generation:
        return self._value

    def set_value(self, value: Generation) -> None:
        """Show a value that comes from elsewhere; `changed` is not emitted."""
        self._value = value
        self.form.show_values(value)
        self.system_edit.blockSignals(True)
        self.system_edit.setPlainText(value.system_prompt)
        self.system_edit.blockSignals(False)
        self._show_words(value)

    def open_system_prompt(self) -> None:
        self._system_popup.open_at(self.system_chip)
        self.system_edit.setFocus()

    def open_options(self) -> None:
        self._options_popup.open_at(self.options_chip)
        self.form.temperature.setFocus()

    def _popup(self, title: str, content: QWidget) -> Popup:
        popup = Popup(self)
        popup.setAccessibleName(title)
        heading = plain_label(title)
        heading.setProperty("role", "heading")
        popup.column.addWidget(heading)
        popup.column.addWidget(content)
        return popup

    def _on_form_changed(self) -> None:
        value = Generation(
            self.form.options(),
            self.system_edit.toPlainText().strip(),
            self.form.is_thinking.isChecked(),
            self.form.has_probabilities.isChecked(),
        )
        if value != self._value:
            self._value = value
            self._show_words(value)
            self.changed.emit(value)

    def _show_words(self, value: Generation) -> None:
        prompt = " ".join(value.system_prompt.split())
        if len(prompt) > CHIP_CHARACTERS:
            prompt = f"{prompt[:CHIP_CHARACTERS]}…"
        shown = self.tr("System: {0}").format(prompt) if prompt else self.tr("System prompt")
        self.system_chip.set_full_text(f"{shown} ▾")
        self.options_chip.set_full_text(value.words)
        self.options_chip.setAccessibleDescription(value.words)


def _chip_button(name: str, least_width_px: int) -> ElidedButton:
    button = ElidedButton(least_width_px=least_width_px)
    button.setProperty("role", "pill")
    button.setAutoDefault(False)
    button.setAccessibleName(name)
    return button


def _decimal_box(most: float, lowest_text: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    inset(box)
    box.setDecimals(2)
    box.setSingleStep(0.05)
    box.setRange(-0.05, most)
    box.setSpecialValueText(lowest_text)
    box.setKeyboardTracking(False)  # half a number is no value
    return box


def _whole_box(least: int, most: int, step: int, lowest_text: str) -> QSpinBox:
    box = QSpinBox()
    inset(box)
    box.setRange(least, most)
    box.setSingleStep(step)
    box.setSpecialValueText(lowest_text)
    box.setKeyboardTracking(False)  # half a number is no value
    return box


def _decimal(box: QDoubleSpinBox) -> float | None:
    return None if box.value() < 0 else round(box.value(), 2)
