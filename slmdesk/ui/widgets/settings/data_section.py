"""The data folder in the settings: its place, settings out and in, and deleting everything."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.words import counted
from slmdesk.config.transfer import export_settings, import_settings
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.known_errors import InTurn
from slmdesk.ui.labels import small_label
from slmdesk.ui.widgets.chat.save_file import ask_path
from slmdesk.ui.widgets.settings.folder_place import FolderPlace
from slmdesk.ui.widgets.settings.setting_row import error_label

JOB = "settings:data"


class DataSection(QWidget):
    """`imported` comes when the settings in force came from a file."""

    imported = Signal()

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.place = FolderPlace(services)
        self.export_button = QPushButton(self.tr("Export the settings…"))
        self.import_button = QPushButton(self.tr("Import settings…"))
        self.forget_button = QPushButton(self.tr("Delete everything…"))
        self.forget_button.setProperty("role", "danger")
        self.said = small_label()
        self.said.hide()
        self.error = error_label()
        self._work = InTurn(services.jobs, JOB, self._on_failed)
        self._lay_out()
        self.export_button.clicked.connect(lambda: self._start(self._export))
        self.import_button.clicked.connect(self._ask_for_import)
        self.forget_button.clicked.connect(lambda: self._start(self._forget))

    def _lay_out(self) -> None:
        transfer = small_label(
            self.tr("What was chosen here, for another machine. Keys of servers and chats do not go along.")
        )
        forget = small_label(
            self.tr(
                "All chats, comparisons, evaluations with their packs, and the log of activity, for good. "
                "Settings and models stay."
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.place)
        column.addSpacing(8)
        column.addWidget(transfer)
        column.addLayout(_line(self.export_button, self.import_button))
        column.addSpacing(8)
        column.addWidget(forget)
        column.addLayout(_line(self.forget_button))
        column.addWidget(self.said)
        column.addWidget(self.error)

    async def _export(self) -> None:
        path = await ask_path(self, self.tr("Export the settings"), "slmdesk-settings.json")
        if path is not None:
            await asyncio.to_thread(export_settings, self._services.settings, path)
            self._say(self.tr("The settings are in {0}.").format(path.name))

    def _ask_for_import(self) -> None:
        dialog = QFileDialog(self, self.tr("Import settings"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self.tr("Settings (*.json)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._start(lambda: self._import(Path(path))))
        dialog.open()

    async def _import(self, path: Path) -> None:
        imported = await asyncio.to_thread(import_settings, path, self._services.settings)
        await self._services.update_settings(imported.settings)
        self.imported.emit()
        words = counted(
            len(imported.changed), "{count} setting was changed.", "{count} settings were changed."
        )
        self._say(" ".join([words, *imported.problems]))

    async def _forget(self) -> None:
        title, accept = self.tr("Delete everything?"), self.tr("Delete for good")
        words = self.tr("Chats, comparisons and the log of activity are overwritten. There is no way back.")
        if (kept := self.place.kept_folder) is not None:
            words += "\n\n" + self.tr("The folder used before, {0}, has copies. Remove it, too.").format(kept)
        if await notify.ask(self, title, words, accept):
            await self._services.forget_everything()
            self._say(self.tr("Everything was deleted."))
            self.place.measure()

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.error.hide()
        self.said.hide()
        self._work.start(work)

    def _on_failed(self, error: SlmdeskError) -> None:
        self.error.setText(error.sentence())
        self.error.show()

    def _say(self, words: str) -> None:
        self.said.setText(words)
        self.said.show()


def _line(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    return row
