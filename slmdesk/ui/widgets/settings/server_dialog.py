"""Name, address and key of an OpenAI-compatible server. A key that is kept is never shown again."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QLineEdit, QWidget

from slmdesk.base.errors import BadInput
from slmdesk.config.servers import ServerAddress
from slmdesk.engines.assembly import OWN_IDS
from slmdesk.engines.wire.addresses import openai_address, origin
from slmdesk.ui.notify import Dialog, plain_label
from slmdesk.ui.widgets.settings.setting_row import error_label


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """What was entered; `key` is "" where none was, and a kept one stays as it is."""

    server: ServerAddress
    key: str


class ServerDialog(Dialog):
    """Stays open until what was entered can be used."""

    def __init__(
        self, parent: QWidget, known: ServerAddress | None, has_key: bool, other_ids: Collection[str]
    ) -> None:
        is_new = known is None
        super().__init__(
            parent,
            self.tr("Add a server") if is_new else self.tr("Change a server"),
            self.tr("Any server that speaks OpenAI's protocol: llama.cpp, LM Studio, vLLM, OpenAI itself."),
        )
        self.accepted_entry: ServerEntry | None = None
        self._known = known
        self._taken = {*OWN_IDS, *other_ids}
        self.name = QLineEdit(known.label if known else "")
        self.name.setPlaceholderText(self.tr("Office server"))
        self.address = QLineEdit(known.address if known else "")
        self.address.setPlaceholderText("http://127.0.0.1:8080/v1")
        self.key = QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(self.tr("kept; leave empty to keep it") if has_key else self.tr("none"))
        self.error = error_label()
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        for text, field in (
            (self.tr("Name"), self.name),
            (self.tr("Address"), self.address),
            (self.tr("Key"), self.key),
        ):
            label = plain_label(text)
            label.setBuddy(field)
            field.setAccessibleName(text)
            form.addRow(label, field)
        self.body.addLayout(form)
        self.body.addWidget(self.error)
        accept = self.add_button(self.tr("Save"), QDialogButtonBox.ButtonRole.AcceptRole)
        accept.setProperty("role", "primary")
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.name.setFocus()

    @property
    def entry(self) -> ServerEntry:
        """What stands in the fields; raises BadInput with a sentence for the reader."""
        address = openai_address(self.address.text())
        label = self.name.text().strip() or origin(address).partition("://")[2]
        server_id = self._known.id if self._known else _free_id(label, self._taken)
        return ServerEntry(ServerAddress(server_id, label, address), self.key.text().strip())

    def accept(self) -> None:
        try:
            self.accepted_entry = self.entry  # the fields are gone when the dialog is
        except BadInput as error:
            self.error.setText(error.sentence())
            self.error.show()
            self.address.setFocus()
            return
        super().accept()


def _free_id(label: str, taken: Collection[str]) -> str:
    """The short name used in `engine/model`, made from the label."""
    base = re.sub(r"[^a-z0-9._-]+", "-", label.casefold()).strip("-._")[:32] or "server"
    names = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
