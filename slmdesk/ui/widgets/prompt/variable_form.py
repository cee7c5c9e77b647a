"""The variables of a prompt as a small form."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from slmdesk.features.prompts.variables import PromptField, fields_of
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label

LINES_HEIGHT_PX = 72


class VariableForm(QWidget):
    """A line, a list or a small field for each; `changed` comes with every key."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: dict[str, str] = {}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(12)
        self.fields: dict[str, QWidget] = {}

    def values(self) -> dict[str, str]:
        """What was filled in; what is empty takes its default."""
        return {name: self._values.get(name, "") for name in self.fields}

    def show_fields(self, text: str) -> None:
        """The fields of this prompt; what was typed for a name stays for the next prompt that has it."""
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields = {field.name: self._control(field) for field in fields_of(text)}
        for name, control in self.fields.items():
            control.setAccessibleName(name)
            caption = plain_label(name)
            caption.setBuddy(control)
            self._form.addRow(caption, control)
        self.setVisible(bool(self.fields))

    def _control(self, field: PromptField) -> QWidget:
        known, keep = self._values.get(field.name, ""), partial(self._keep, field.name)
        if field.choices:
            box = QComboBox()
            box.addItems(field.choices)
            box.setCurrentText(known or field.default)
            box.currentTextChanged.connect(keep)
            return box
        if field.has_lines:
            lines = QPlainTextEdit(known)
            lines.setPlaceholderText(field.default)
            lines.setTabChangesFocus(True)
            lines.setFixedHeight(theme.scaled(LINES_HEIGHT_PX))
            lines.textChanged.connect(lambda: keep(lines.toPlainText()))
            return lines
        line = QLineEdit(known)
        line.setPlaceholderText(field.default)
        line.textChanged.connect(keep)
        return line

    def _keep(self, name: str, text: str) -> None:
        self._values[name] = text
        self.changed.emit()
