"""Asks for answers in JSON: the schema, checked while it is typed, with examples to begin from."""

import asyncio

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QPlainTextEdit, QWidget

from slmdesk.base.errors import BadInput
from slmdesk.base.jobs import JobRunner
from slmdesk.features.structured.examples import schema_examples
from slmdesk.features.structured.schema import check_schema
from slmdesk.ui import theme
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.notify import Dialog

JOB = "schema:check"
CHECK_DELAY_MS = 250
EDITOR_SIZE_PX = (520, 280)


class SchemaSheet(Dialog):
    """`chosen` comes with the schema as it was written, "" for answers in prose."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, jobs: JobRunner, schema: str) -> None:
        super().__init__(
            parent,
            self.tr("Answers in JSON"),
            self.tr("The model can write nothing but JSON of this form. Say in the message what you want."),
        )
        self._jobs = jobs
        self._text = schema
        self._is_gone = False
        self.examples = QComboBox()
        self.examples.setAccessibleName(self.tr("Examples"))
        self.examples.addItem(self.tr("Begin with an example…"), "")
        for example in schema_examples():
            self.examples.addItem(f"{tr(example.name)} – {tr(example.purpose)}", example.text)
        self.editor = QPlainTextEdit(schema)
        self.editor.setFont(theme.monospaced(12))
        self.editor.setAccessibleName(self.tr("JSON schema"))
        self.editor.setTabChangesFocus(True)
        self.editor.setMinimumSize(*map(theme.scaled, EDITOR_SIZE_PX))
        self.verdict = plain_label()
        self.verdict.setWordWrap(True)
        self.body.addWidget(self.examples)
        self.body.addWidget(self.editor, 1)
        self.body.addWidget(self.verdict)
        self.use_button = self.add_button(self.tr("Answer in JSON"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.use_button.setProperty("role", "primary")
        self.prose_button = self.add_button(
            self.tr("Answer in prose"), QDialogButtonBox.ButtonRole.DestructiveRole
        )
        self.prose_button.setVisible(bool(schema))
        self.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(CHECK_DELAY_MS)
        self._timer.timeout.connect(self._check)
        self.editor.textChanged.connect(self._on_editor_text_changed)
        self.examples.activated.connect(self._on_examples_activated)
        self.prose_button.clicked.connect(self._choose_prose)
        self.editor.setFocus()
        self._check()

    def accept(self) -> None:
        if self.use_button.isEnabled():
            self.chosen.emit(self.editor.toPlainText())
            super().accept()

    def done(self, result: int) -> None:
        self._is_gone = True  # a job that is still under way must not touch what is deleted
        super().done(result)

    def _choose_prose(self) -> None:
        self.chosen.emit("")
        self.reject()

    def _on_examples_activated(self, index: int) -> None:
        if text := self.examples.itemData(index):
            self.editor.setPlainText(text)

    def _on_editor_text_changed(self) -> None:
        self._text = self.editor.toPlainText()
        self.use_button.setEnabled(False)
        self._timer.start()

    def _check(self) -> None:
        if not self._jobs.is_running(JOB):
            self._jobs.start(JOB, self._check_all)

    async def _check_all(self) -> None:
        """Until nothing was typed meanwhile; the first check loads the checker."""
        text = None
        while not self._is_gone and text != self._text:
            text = self._text
            try:
                checked = await asyncio.to_thread(check_schema, text)
            except BadInput as error:
                words, role = error.sentence(), "error"
            else:
                words, role = " ".join(checked.notes) or self.tr("This schema can be used."), "muted"
            if not self._is_gone:
                self._say(words if text.strip() else "", role)
                self.use_button.setEnabled(role == "muted")

    def _say(self, words: str, role: str) -> None:
        self.verdict.setProperty("role", role)
        self.verdict.style().polish(self.verdict)
        self.verdict.setText(words)
