"""Name, address and key of a model server, with a test. A key that is kept is never shown again."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from slmdesk.base.errors import BadInput
from slmdesk.config.secrets import pasted_key
from slmdesk.config.servers import ServerAddress, ServerKind, read_server
from slmdesk.config.settings import MAX_AT_ONCE
from slmdesk.engines.assembly import OWN_IDS
from slmdesk.engines.examination import Verdict
from slmdesk.engines.openai_compat.dialect import OPENAI_ADDRESS, azure_address
from slmdesk.engines.wire.addresses import ollama_address, openai_address, origin
from slmdesk.ui.notify import Dialog, plain_label
from slmdesk.ui.widgets.number_box import inset
from slmdesk.ui.widgets.settings.setting_row import error_label

_ADDRESS_EXAMPLES: dict[ServerKind, str] = {
    "openai-compatible": "http://127.0.0.1:8080/v1",
    "openai": OPENAI_ADDRESS,
    "azure": "https://your-resource.openai.azure.com",
    "ollama": "http://lan-box:11434",
}


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """What was entered; `key` is "" where none was, and a kept one stays as it is."""

    server: ServerAddress
    key: str


class ServerDialog(Dialog):
    """Stays open until what was entered can be used; `test_asked` wants a verdict on it (show_verdict)."""

    test_asked = Signal()

    def __init__(
        self, parent: QWidget, known: ServerAddress | None, has_key: bool, others: Collection[ServerAddress]
    ) -> None:
        super().__init__(
            parent,
            self.tr("Add a server") if known is None else self.tr("Change a server"),
            self.tr("Its models stand beside your own. What you ask them is sent to this server."),
        )
        self.accepted_entry: ServerEntry | None = None
        self.is_closed = False
        self._known = known
        self._taken = {*OWN_IDS, *(other.id for other in others)}
        self._taken_labels = {other.label for other in others}
        self._make_fields(known, has_key)
        self._lay_out(known)
        self._show_kind()
        self.name.setFocus()

    @property
    def entry(self) -> ServerEntry:
        """What stands in the fields; raises BadInput with a sentence for the reader."""
        kind = self._chosen_kind
        address, api_version, models = self._place(kind)
        label = _free_label(self.name.text().strip() or self._usual_name(kind, address), self._taken_labels)
        server = ServerAddress(
            self._known.id if self._known else _free_id(label, kind, self._taken),
            label,
            address,
            kind,
            models,
            api_version,
            self.at_once.value(),
        )
        return ServerEntry(read_server(server), pasted_key(self.key.text()))

    def show_testing(self) -> None:
        self.save_button.setFocus()  # or Enter would press what comes next: Cancel
        self.test_button.setEnabled(False)
        self._say(self.tr("Asking…"), "small")

    def show_verdict(self, verdict: Verdict) -> None:
        """What the test said."""
        self.test_button.setEnabled(True)
        self._say(verdict.words, "success" if verdict.is_good else "error")

    def accept(self) -> None:
        if (entry := self.checked_entry()) is not None:
            self.accepted_entry = entry  # the fields are gone when the dialog is
            super().accept()

    def done(self, result: int) -> None:
        self.is_closed = True
        super().done(result)

    def checked_entry(self) -> ServerEntry | None:
        """What was entered, or None after what is wrong with it was said."""
        try:
            return self.entry
        except BadInput as error:
            self._say(error.sentence(), "error")
            self.address.setFocus()
            return None

    def _make_fields(self, known: ServerAddress | None, has_key: bool) -> None:
        self.kind = QComboBox()
        for kind, words in zip(get_args(ServerKind), self._kind_words(), strict=True):
            self.kind.addItem(words, kind)
        self.kind.setCurrentIndex(self.kind.findData(known.kind if known else "openai-compatible"))
        self.kind.currentIndexChanged.connect(lambda _index: self._show_kind())
        self.name = QLineEdit(known.label if known else "")
        self.address = QLineEdit(known.address if known else "")
        self.models = QLineEdit(", ".join(known.models) if known else "")
        self.models.setPlaceholderText("gpt-4o-mini, o4-mini")
        self.api_version = QLineEdit(known.api_version if known else "")
        self.api_version.setPlaceholderText(self.tr("empty for the v1 address"))
        self.key = QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(self.tr("kept; leave empty to keep it") if has_key else self.tr("none"))
        self.at_once = QSpinBox()
        inset(self.at_once)
        self.at_once.setRange(0, MAX_AT_ONCE)
        self.at_once.lineEdit().setTextMargins(6, 0, 0, 0)  # style sheets do not reach the field inside
        self.at_once.setSpecialValueText(self.tr("no limit"))
        self.at_once.setValue(known.at_once if known else 0)
        self.error = error_label()

    def _lay_out(self, known: ServerAddress | None) -> None:
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(8)
        for text, field in (
            (self.tr("Kind"), self.kind),
            (self.tr("Name"), self.name),
            (self.tr("Address"), self.address),
            (self.tr("Deployments"), self.models),
            (self.tr("API version"), self.api_version),
            (self.tr("Key"), self.key),
            (self.tr("Requests at once"), self.at_once),
        ):
            label = plain_label(text)
            label.setBuddy(field)
            field.setAccessibleName(text)
            self._form.addRow(label, field)
        self.body.addLayout(self._form)
        self.body.addWidget(self.error)
        self.test_button: QPushButton = self.add_button(
            self.tr("Test"), QDialogButtonBox.ButtonRole.ActionRole
        )
        self.test_button.clicked.connect(self.test_asked)
        self.save_button = self.add_button(self.tr("Save"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.save_button.setProperty("role", "primary")
        self.save_button.style().polish(self.save_button)  # the box has dressed it already
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)

    def _kind_words(self) -> tuple[str, ...]:
        return (
            self.tr("OpenAI-compatible (LM Studio…)"),
            self.tr("OpenAI"),
            self.tr("Azure OpenAI"),
            self.tr("Ollama on another machine"),
        )

    @property
    def _chosen_kind(self) -> ServerKind:
        kind: ServerKind = self.kind.currentData()
        return kind

    def _show_kind(self) -> None:
        """Only the fields that this kind needs."""
        kind = self._chosen_kind
        self._form.setRowVisible(self.address, kind != "openai")
        for field in (self.models, self.api_version):
            self._form.setRowVisible(field, kind == "azure")
        self.address.setPlaceholderText(_ADDRESS_EXAMPLES[kind])
        self.name.setPlaceholderText(self._usual_name(kind, ""))
        self._grow()

    def _place(self, kind: ServerKind) -> tuple[str, str, tuple[str, ...]]:
        """Address, API version and deployments as they are kept; raises BadInput."""
        text = self.address.text()
        match kind:
            case "openai":
                return OPENAI_ADDRESS, "", ()
            case "azure":
                named = tuple(part.strip() for part in self.models.text().split(",") if part.strip())
                found = azure_address(text, self.api_version.text().strip())
                models = named or found.deployments
                if not models:
                    raise BadInput(self.tr("Azure needs the name of at least one deployment."))
                return found.address, found.api_version, models
            case "ollama":
                if not text.strip():
                    raise BadInput(self.tr("The address is empty."))
                return ollama_address(text), "", ()
        return openai_address(text), "", ()

    def _usual_name(self, kind: ServerKind, address: str) -> str:
        match kind:
            case "openai":
                return "OpenAI"
            case "azure":
                return "Azure OpenAI"
        return origin(address).partition("://")[2] if address else self.tr("Office server")

    def _say(self, text: str, role: str) -> None:
        """The window grows with the sentence: Qt would squeeze the fields instead."""
        _show(self.error, text, role)
        self._grow()

    def _grow(self) -> None:
        self.resize(self.width(), max(self.height(), self.heightForWidth(self.width())))


def _show(label: QLabel, text: str, role: str) -> None:
    label.setText(text)
    label.setProperty("role", role)
    label.style().polish(label)
    label.show()


def _free_label(label: str, taken: Collection[str]) -> str:
    """Two of one name could not be told apart in the list of models."""
    names = (label, *(f"{label} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _free_id(label: str, kind: ServerKind, taken: Collection[str]) -> str:
    """The short name used in `engine/model`, made from the label; "ollama:" leads those of Ollama."""
    base = re.sub(r"[^a-z0-9._-]+", "-", label.casefold()).strip("-._")[:32] or "server"
    base = f"ollama:{base}" if kind == "ollama" else base
    names = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
