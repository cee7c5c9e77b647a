"""Makes a custom model from a pack: a base and a name are asked, the questions become its system prompt."""

from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QPlainTextEdit, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.words import counted
from slmdesk.features.evaluate.custom_model import suggested_name
from slmdesk.features.evaluate.custom_prompt import system_prompt_of
from slmdesk.features.evaluate.pack import Pack
from slmdesk.ui.labels import plain_label
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.models.model_list import FitOf
from slmdesk.ui.widgets.models.model_picker import KnowsModels, ModelPicker
from slmdesk.ui.widgets.settings.setting_row import error_label

PROMPT_LINES = 8


class CustomModelDialog(Dialog):
    """`base_ref` and `wanted_name` are what was accepted, which takes both.

    Raises BadInput for a pack without questions.
    """

    def __init__(
        self, parent: QWidget, registry: KnowsModels, fit: FitOf, pack: Pack, base_ref: str, name: str = ""
    ) -> None:
        prompt = system_prompt_of(pack)
        count = len(pack.questions)
        super().__init__(
            parent,
            self.tr("Custom model from the pack"),
            counted(
                count,
                "A model that answers {count} question about each document that it is sent alone.",
                "A model that answers {count} questions about each document that it is sent alone.",
            ),
        )
        self.base_ref, self.wanted_name = "", ""
        self.base = ModelPicker(registry, fit)
        self.base.set_ref(base_ref)
        self.name = QLineEdit(name or suggested_name(pack))
        self.prompt = QPlainTextEdit(prompt)
        self.prompt.setReadOnly(True)
        self.prompt.setTabChangesFocus(True)
        self.prompt.setFixedHeight(PROMPT_LINES * self.prompt.fontMetrics().lineSpacing() + 18)
        self.error = error_label()
        for text, widget in (
            (self.tr("Base"), self.base),
            (self.tr("Name"), self.name),
            (self.tr("System prompt"), self.prompt),
        ):
            label = plain_label(text)
            label.setBuddy(widget)
            if widget is not self.base:  # which says its model
                widget.setAccessibleName(text)
            self.body.addWidget(label)
            self.body.addWidget(widget)
        self.body.addWidget(self.error)
        self.create_button = self.add_button(self.tr("Create"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.create_button.setProperty("role", "primary")
        self.create_button.setDefault(True)
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.name.textChanged.connect(lambda _text: self._show_whether_possible())
        self.base.chosen.connect(lambda _ref: self._show_whether_possible())
        self._show_whether_possible()
        self.name.selectAll()
        self.name.setFocus()

    def accept(self) -> None:
        self.base_ref, self.wanted_name = self.base.ref, self.name.text().strip()
        super().accept()

    def show_error(self, error: SlmdeskError) -> None:
        """Why what was entered before could not be made."""
        self.error.setText(error.sentence())
        self.error.show()

    def _show_whether_possible(self) -> None:
        self.create_button.setEnabled(bool(self.base.ref and self.name.text().strip()))
