"""One line of the settings form, made from the description of the setting."""

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from slmdesk.config.settings import SettingField
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.widgets.models.model_picker import ModelPicker
from slmdesk.ui.widgets.number_box import inset

CONTROL_WIDTH = 260
LARGEST_NUMBER = 2_000_000_000  # that fits into Qt's numbers


class SettingRow(QWidget):
    """Label and help at the left, the control at the right, what is wrong below."""

    changed = Signal(str, object)

    def __init__(self, field: SettingField, value: Any, control: QWidget | None = None) -> None:
        super().__init__()
        self.name = field.name
        self._control = control or self._make(field, value)
        self._control.setAccessibleName(tr(field.label))
        self._control.setAccessibleDescription(tr(field.help))
        self._control.setFixedWidth(theme.scaled(CONTROL_WIDTH))
        self._control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._control.installEventFilter(self)
        label = plain_label(tr(field.label))
        label.setBuddy(self._control)  # a combo box takes its spoken name from its label alone
        words = plain_label(tr(field.help))
        words.setProperty("role", "small")
        words.setWordWrap(True)
        self._error = error_label()
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(label)
        texts.addWidget(words)
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addLayout(texts, 1)
        row.addWidget(self._control, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._error)

    @property
    def control(self) -> QWidget:
        return self._control

    @property
    def error(self) -> str:
        """What is wrong with the value, "" if nothing."""
        return self._error.text()

    def show_value(self, value: Any) -> None:
        """Show what is in force, without announcing it."""
        control = self._control
        control.blockSignals(True)
        match control:
            case QComboBox():
                control.setCurrentIndex(control.findData(value))
            case QSpinBox():
                control.setValue(value)
            case QCheckBox():
                control.setChecked(bool(value))
            case QLineEdit():
                control.setText(str(value))
            case ModelPicker():
                control.set_ref(value)
        control.blockSignals(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the page, wherever the pointer is: it never turns a setting by the way."""
        if event.type() is QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def set_error(self, text: str) -> None:
        self._error.setText(text)
        self._error.setVisible(bool(text))
        self._control.setProperty("is_wrong", bool(text))
        self._control.style().polish(self._control)

    def _make(self, field: SettingField, value: Any) -> QWidget:
        match field.kind:
            case "choice":
                return self._combo(field, value)
            case "integer":
                return self._spin(field, value)
            case "switch":
                box = QCheckBox()
                box.setChecked(bool(value))
                box.toggled.connect(lambda is_on: self.changed.emit(self.name, is_on))
                return box
            case _:
                line = QLineEdit(str(value))
                line.editingFinished.connect(lambda: self.changed.emit(self.name, line.text().strip()))
                return line

    def _combo(self, field: SettingField, value: Any) -> QComboBox:
        combo = QComboBox()
        for choice in field.choices:
            combo.addItem(tr(choice.capitalize()), choice)
        combo.setCurrentIndex(field.choices.index(value))
        combo.activated.connect(lambda _index: self.changed.emit(self.name, combo.currentData()))
        return combo

    def _spin(self, field: SettingField, value: Any) -> QSpinBox:
        spin = _NumberBox(field.minimum or 0, field.maximum or 0)
        spin.setValue(value)
        spin.setKeyboardTracking(False)
        inset(spin)
        spin.valueChanged.connect(lambda number: self.changed.emit(self.name, number))
        return spin


class _NumberBox(QSpinBox):
    """Takes every number that is typed: one out of bounds is said, not cut. The arrows keep to the bounds."""

    def __init__(self, least: int, most: int) -> None:
        super().__init__()
        self._least, self._most = least, most
        self.setRange(-LARGEST_NUMBER, LARGEST_NUMBER)

    def stepBy(self, steps: int) -> None:
        self.setValue(min(max(self.value() + steps, self._least), self._most))


def error_label() -> QLabel:
    """A sentence at the field, hidden while all is well."""
    label = plain_label()
    label.setProperty("role", "error")
    label.setWordWrap(True)
    label.hide()
    return label
