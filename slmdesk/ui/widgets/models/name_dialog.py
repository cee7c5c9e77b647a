"""Asks for the name of a copy."""

from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from slmdesk.ui.notify import Dialog


class NameDialog(Dialog):
    """`wanted` is what was typed; an empty name cannot be accepted."""

    def __init__(self, parent: QWidget, title: str, text: str, name: str, accept: str) -> None:
        super().__init__(parent, title, text)
        self.wanted = name
        self.field = QLineEdit(name)
        self.field.setAccessibleName(self.tr("Name"))
        self.field.selectAll()
        self.body.addWidget(self.field)
        self._button = self.add_button(accept, QDialogButtonBox.ButtonRole.AcceptRole)
        self._button.setDefault(True)
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.field.textChanged.connect(self._on_text_changed)
        self.field.setFocus()

    def _on_text_changed(self, text: str) -> None:
        self.wanted = text.strip()
        self._button.setEnabled(bool(self.wanted))
