"""Makes or changes a custom model: a base with a name, a system prompt, parameters and an adapter."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from slmdesk.base.errors import BadInput
from slmdesk.features.prompts.presets import Preset
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.models.model_picker import KnowsModels, ModelPicker
from slmdesk.ui.widgets.settings.setting_row import error_label

PROMPT_LINES = 6
PARAMETER_LINES = 4
OF_PRESET = {"temperature": "temperature", "top_p": "top_p", "seed": "seed", "max_tokens": "num_predict"}


@dataclass(frozen=True, slots=True)
class CustomEntry:
    """What was entered; `base` is an `engine/model`, `parameters` are named as in a Modelfile.

    `kept_adapter` is the digest of an adapter that the server has of the model that is changed.
    """

    name: str
    base: str
    system: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    adapter: Path | None = None
    kept_adapter: str = ""


class CustomDialog(Dialog):
    """Stays open until what was entered can be used: `entry` once it was accepted.

    `known` is the model that is changed; its name and base stay.
    """

    def __init__(
        self,
        parent: QWidget,
        registry: KnowsModels,
        fit: FitOf,
        presets: Sequence[Preset],
        known: CustomEntry,
        *,
        is_new: bool,
    ) -> None:
        super().__init__(
            parent,
            self.tr("New custom model") if is_new else self.tr("Change a custom model"),
            self.tr("A model of your own over one that is here: it takes no more room on the disk."),
        )
        self.entry = known
        self._presets = presets
        self._known_adapter = known.kept_adapter
        self.base = ModelPicker(registry, fit)
        self.base.set_ref(known.base)
        self.name = QLineEdit(known.name)
        self.name.setPlaceholderText(self.tr("my-tutor"))
        self.base.setEnabled(is_new)
        self.name.setEnabled(is_new)
        self.system = _text(known.system, PROMPT_LINES)
        self.system.setPlaceholderText(self.tr("How it is to answer, said before every chat"))
        self.preset = QComboBox()
        self.parameters = _text(parameter_text(known.parameters), PARAMETER_LINES)
        self.parameters.setPlaceholderText('temperature 0.2\nstop "###"')
        self.adapter = QLineEdit(str(known.adapter or ""))
        self.adapter.setPlaceholderText(self.tr("none"))
        self.keeps_adapter = QCheckBox(self.tr("Keep the adapter that it has"))
        self.keeps_adapter.setChecked(bool(known.kept_adapter))
        self.keeps_adapter.setVisible(bool(known.kept_adapter))
        self.adapter.textChanged.connect(lambda text: self.keeps_adapter.setEnabled(not text.strip()))
        self.error = error_label()
        self._lay_out()
        self.save_button = self.add_button(
            self.tr("Create") if is_new else self.tr("Save"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.save_button.setProperty("role", "primary")
        self.save_button.style().polish(self.save_button)
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        (self.name if is_new else self.system).setFocus()

    def accept(self) -> None:
        try:
            self.entry = self._checked()
        except BadInput as error:
            self.error.setText(error.sentence())
            self.error.show()
            return
        super().accept()

    def _checked(self) -> CustomEntry:
        if not self.base.ref:
            raise BadInput(self.tr("Choose the model that it is made from."))
        name = self.name.text().strip()
        if not name:
            raise BadInput(self.tr("Give it a name."))
        adapter = self.adapter.text().strip()
        return CustomEntry(
            name,
            self.base.ref,
            self.system.toPlainText().strip(),
            parameters_of(self.parameters.toPlainText()),
            Path(adapter).expanduser() if adapter else None,
            self._known_adapter if self.keeps_adapter.isChecked() and not adapter else "",
        )

    def _lay_out(self) -> None:
        self.preset.addItem(self.tr("Fill from a preset…"))
        self.preset.addItems([preset.name for preset in self._presets])
        self.preset.activated.connect(self._on_preset_chosen)
        browse = QPushButton(self.tr("Choose…"))
        browse.setAccessibleName(self.tr("Choose an adapter"))
        browse.clicked.connect(self._on_browse_clicked)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        for text, widget in (
            (self.tr("Base"), self.base),
            (self.tr("Name"), self.name),
            (self.tr("Preset"), self.preset),
            (self.tr("System prompt"), self.system),
            (self.tr("Parameters"), self.parameters),
        ):
            label = plain_label(text)
            label.setBuddy(widget)
            if widget is not self.base:  # which says its model
                widget.setAccessibleName(text)
            form.addRow(label, widget)
        self.adapter.setAccessibleName(self.tr("Adapter"))
        line = QHBoxLayout()
        line.addWidget(self.adapter, 1)
        line.addWidget(browse)
        form.addRow(plain_label(self.tr("Adapter")), line)
        form.addRow(self.keeps_adapter)
        self.body.addLayout(form)
        self.body.addWidget(self.error)

    def _on_preset_chosen(self, index: int) -> None:
        """The preset's own values go over what stands there; what it leaves open stays."""
        self.preset.setCurrentIndex(0)
        if not index:
            return
        preset = self._presets[index - 1]
        if preset.system_prompt:
            self.system.setPlainText(preset.system_prompt)
        try:
            before = parameters_of(self.parameters.toPlainText())
        except BadInput:
            before = {}
        values = {name: getattr(preset, ours) for ours, name in OF_PRESET.items()}
        own = {name: value for name, value in values.items() if value is not None}
        self.parameters.setPlainText(parameter_text(before | own))

    def _on_browse_clicked(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose an adapter"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self.tr("Adapters (*.gguf)"))
        dialog.fileSelected.connect(self.adapter.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def parameter_text(parameters: dict[str, Any]) -> str:
    """A line for each value, as a Modelfile has it."""
    return "\n".join(
        f"{key} {json.dumps(one, ensure_ascii=False)}"
        for key, value in parameters.items()
        for one in (value if isinstance(value, list) else [value])
    )


def parameters_of(text: str) -> dict[str, Any]:
    """The other way round; a key that comes again makes a list. Raises BadInput for a line that is none."""
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, _, written = line.partition(" ")
        if not written.strip():
            raise BadInput(tr("“{0}” has no value.").format(line))
        value = _value(written.strip())
        if key in found:
            before = found[key]
            value = [*(before if isinstance(before, list) else [before]), value]
        found[key] = value
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _text(content: str, lines: int) -> QPlainTextEdit:
    edit = QPlainTextEdit(content)
    edit.setTabChangesFocus(True)
    edit.setFixedHeight(lines * edit.fontMetrics().lineSpacing() + 18)
    return edit
