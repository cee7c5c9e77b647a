"""The library of prompts: found by words, by task, filled in, and put into the message or sent."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.jobs import JobRunner
from slmdesk.base.words import counted
from slmdesk.features.prompts.library import Prompt, PromptLibrary
from slmdesk.features.prompts.variables import fill, missing
from slmdesk.ui import theme
from slmdesk.ui.known_errors import InTurn
from slmdesk.ui.labels import plain_label, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.chat.save_file import ask_path
from slmdesk.ui.widgets.prompt.variable_form import VariableForm
from slmdesk.ui.widgets.settings.setting_row import error_label

JOB = "prompts"
LIST_WIDTH_PX = 230
PREVIEW_SIZE_PX = (380, 120)


class PromptSheet(Dialog):
    """`inserted` and `sent` come with the text whose variables are filled in. `draft` can be saved."""

    inserted = Signal(str)
    sent = Signal(str)

    def __init__(self, parent: QWidget, library: PromptLibrary, jobs: JobRunner, draft: str) -> None:
        super().__init__(
            parent, self.tr("Prompts"), self.tr("Prompts for common tasks, and those that you save yourself.")
        )
        self._library = library
        self._turns = InTurn(jobs, JOB, self._on_failed)
        self._is_gone = False
        self._draft = draft.strip()
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search prompts"))
        self.search.setAccessibleName(self.tr("Search prompts"))
        self.search.setClearButtonEnabled(True)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setAccessibleName(self.tr("Prompts by task"))
        self.tree.setFixedWidth(theme.scaled(LIST_WIDTH_PX))
        self._purpose = plain_label()
        self._purpose.setProperty("role", "small")
        self._purpose.setWordWrap(True)
        self.preview = QPlainTextEdit()
        self.preview.setReadOnly(True)
        self.preview.setTabChangesFocus(True)
        self.preview.setMinimumSize(*map(theme.scaled, PREVIEW_SIZE_PX))
        self.preview.setAccessibleName(self.tr("The prompt as it will be sent"))
        self.form = VariableForm()
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Name of a prompt of your own"))
        self.name.setAccessibleName(self.tr("Name"))
        self.save_button = QPushButton(self.tr("Save the message"))
        self.save_button.setEnabled(bool(self._draft))
        self.delete_button = QPushButton(self.tr("Delete"))
        self.import_button = QPushButton(self.tr("Import…"))
        self.export_button = QPushButton(self.tr("Export…"))
        self.error = error_label()
        self.insert_button = self.add_button(self.tr("Insert"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.insert_button.setDefault(True)
        self.send_button = self.add_button(self.tr("Send"), QDialogButtonBox.ButtonRole.ActionRole)
        self.send_button.setProperty("role", "primary")
        self.add_button(self.tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        self._lay_out()
        self._connect()
        self._fill()
        self.search.setFocus()

    @property
    def prompt(self) -> Prompt | None:
        """The one that is marked."""
        item = self.tree.currentItem()
        return self._library.get(item.data(0, Qt.ItemDataRole.UserRole) or "") if item else None

    @property
    def text(self) -> str:
        """The prompt as it stands now."""
        prompt = self.prompt
        return fill(prompt.text, self.form.values()) if prompt else ""

    def accept(self) -> None:
        if text := self.text:
            self.inserted.emit(text)
        super().accept()

    def done(self, result: int) -> None:
        self._is_gone = True  # a job that is still under way must not touch what is deleted
        super().done(result)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.addWidget(self.search)
        left.addWidget(self.tree, 1)
        right = QVBoxLayout()
        right.addWidget(self._purpose)
        right.addWidget(self.form)
        right.addWidget(self.preview, 1)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addLayout(left)
        row.addLayout(right, 1)
        own = QHBoxLayout()
        own.addWidget(self.name, 1)
        for button in (self.save_button, self.delete_button, self.import_button, self.export_button):
            button.setAutoDefault(False)
            own.addWidget(button)
        self.body.addLayout(row)
        self.body.addLayout(own)
        self.body.addWidget(self.error)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _text: self._fill())
        self.tree.currentItemChanged.connect(lambda _now, _before: self._show())
        self.form.changed.connect(self._show_text)
        self.send_button.clicked.connect(self._send)
        self.save_button.clicked.connect(lambda: self._start(self._save))
        self.delete_button.clicked.connect(lambda: self._start(self._delete))
        self.import_button.clicked.connect(self._ask_for_import)
        self.export_button.clicked.connect(lambda: self._start(self._export))

    def _fill(self, current_id: str = "") -> None:
        if self._is_gone:
            return
        self.tree.clear()
        found = {prompt.id for prompt in self._library.find(self.search.text())}
        first = None
        for task, prompts in self._library.by_task().items():
            shown = [prompt for prompt in prompts if prompt.id in found]
            if not shown:
                continue
            heading = QTreeWidgetItem([tr(task) if task else self.tr("Your own")])
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.tree.addTopLevelItem(heading)
            for prompt in shown:
                item = QTreeWidgetItem([prompt.name if prompt.is_own else tr(prompt.name)])
                item.setData(0, Qt.ItemDataRole.UserRole, prompt.id)
                heading.addChild(item)
                first = item if first is None or prompt.id == current_id else first
            heading.setExpanded(True)
        if first is not None:
            self.tree.setCurrentItem(first)
        self._show()

    def _show(self) -> None:
        prompt = self.prompt
        self.error.hide()
        self.delete_button.setEnabled(prompt is not None and prompt.is_own)
        purpose = prompt.purpose if prompt else ""
        self._purpose.setText(tr(purpose) if prompt and purpose and not prompt.is_own else purpose)
        self.form.show_fields(prompt.text if prompt else "")
        self._show_text()

    def _show_text(self) -> None:
        prompt, text = self.prompt, self.text
        self.preview.setPlainText(text)
        self.insert_button.setEnabled(bool(text))
        is_whole = prompt is not None and not missing(prompt.text, self.form.values())
        self.send_button.setEnabled(is_whole and not self._draft)  # what was typed must not get lost

    def _send(self) -> None:
        self.sent.emit(self.text)
        super().accept()

    async def _save(self) -> None:
        kept = await self._library.save(Prompt(self.name.text(), self._draft))
        if self._is_gone:
            return
        self.search.clear()
        self._fill(kept.id)

    async def _delete(self) -> None:
        if (prompt := self.prompt) is not None:
            await self._library.delete(prompt.id)
            self._fill()

    def _ask_for_import(self) -> None:
        dialog = QFileDialog(self, self.tr("Import prompts"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self.tr("Prompts (*.json)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._start(lambda: self._import(Path(path))))
        dialog.open()

    async def _import(self, path: Path) -> None:
        imported = await self._library.import_file(path)
        self._fill(imported.prompts[0].id if imported.prompts else "")
        words = counted(len(imported.prompts), "{count} prompt came in.", "{count} prompts came in.")
        self._say(" ".join([words, *imported.problems]))

    async def _export(self) -> None:
        path = await ask_path(self, self.tr("Export your prompts"), "prompts.json")
        if path is not None:
            await asyncio.to_thread(self._library.export_file, path)

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.error.hide()
        self._turns.start(work)

    def _on_failed(self, error: SlmdeskError) -> None:
        self._say(error.sentence())

    def _say(self, words: str) -> None:
        if self._is_gone:
            return
        self.error.setText(words)
        self.error.show()
