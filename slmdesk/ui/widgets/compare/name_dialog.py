"""Asks for a name, without a nested event loop."""

from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QWidget

from slmdesk.ui.labels import tr
from slmdesk.ui.notify import Dialog

MOST_CHARACTERS = 80


async def ask_name(parent: QWidget, title: str, sentence: str, name: str = "") -> str:
    """What was entered; "" if the reader thought better of it."""
    dialog = Dialog(parent, title, sentence)
    field = QLineEdit(name)
    field.setMaxLength(MOST_CHARACTERS)
    field.setAccessibleName(tr("Name"))
    dialog.body.addWidget(field)
    accept = dialog.add_button(tr("Save"), QDialogButtonBox.ButtonRole.AcceptRole)
    accept.setProperty("role", "primary")
    accept.setEnabled(bool(name.strip()))
    accept.setDefault(True)
    field.textChanged.connect(lambda text: accept.setEnabled(bool(text.strip())))
    dialog.add_button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
    field.selectAll()
    field.setFocus()
    entered: list[str] = []
    dialog.accepted.connect(lambda: entered.append(field.text().strip()))  # the field is gone afterwards
    await dialog.answer()
    return "".join(entered)
