"""The data folder in the settings: where it is, settings out and in, and deleting everything."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import counted, number
from slmdesk.config.relocation import confirm_move, data_place
from slmdesk.config.transfer import export_settings, import_settings
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.labels import plain_label
from slmdesk.ui.widgets.chat.save_file import ask_path
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.settings.setting_row import error_label

JOB = "settings:data"
JOB_SIZE = "settings:size"


class DataSection(QWidget):
    """`imported` comes when the settings in force came from a file."""

    imported = Signal()

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._size = plain_label()
        self._size.setProperty("role", "number")
        self.export_button = QPushButton(self.tr("Export the settings…"))
        self.import_button = QPushButton(self.tr("Import settings…"))
        self.forget_button = QPushButton(self.tr("Delete everything…"))
        self.forget_button.setProperty("role", "danger")
        self.confirm_button = QPushButton(self.tr("Delete the old copy…"))
        self._previous = _small()
        self.said = _small()
        self.said.hide()
        self.error = error_label()
        self._lay_out()
        self.export_button.clicked.connect(lambda: self._start(self._export))
        self.import_button.clicked.connect(self._ask_for_import)
        self.forget_button.clicked.connect(lambda: self._start(self._forget))
        self.confirm_button.clicked.connect(lambda: self._start(self._confirm))
        if not services.jobs.is_running(JOB_SIZE):
            services.jobs.start(JOB_SIZE, self._measure)

    def _lay_out(self) -> None:
        path = ElidedLabel(str(self._services.paths.data_dir))
        path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        place = QHBoxLayout()
        place.addWidget(path, 1)
        place.addWidget(self._size)
        move = _small(
            self.tr(
                "To move it, close SLM Desk and run “slmdesk data move” with the new folder. "
                "“slmdesk data back” is the way back."
            )
        )
        move.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        transfer = _small(
            self.tr("What was chosen here, for another machine. Keys of servers and chats do not go along.")
        )
        forget = _small(
            self.tr("All chats, comparisons and the log of activity, for good. Settings and models stay.")
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(place)
        column.addWidget(move)
        column.addWidget(self._previous)
        column.addLayout(_line(self.confirm_button))
        column.addWidget(transfer)
        column.addLayout(_line(self.export_button, self.import_button))
        column.addWidget(forget)
        column.addLayout(_line(self.forget_button))
        column.addWidget(self.said)
        column.addWidget(self.error)
        self._show_previous(None)

    async def _measure(self) -> None:
        size_bytes = await asyncio.to_thread(_folder_bytes, self._services.paths.data_dir)
        self._size.setText(
            f"{gigabytes(size_bytes)} GB"
            if size_bytes >= 50_000_000
            else f"{number(size_bytes / 1e6, '.1f')} MB"
        )
        place = await asyncio.to_thread(data_place)
        is_here = place.folder == self._services.paths.data_dir
        self._show_previous(place.previous if is_here else None)

    def _show_previous(self, previous: Path | None) -> None:
        """The folder from before a move, while it is kept."""
        self._previous.setVisible(previous is not None)
        self.confirm_button.setVisible(previous is not None)
        words = self.tr("It was moved here from {0}, where the old copy is kept.")
        self._previous.setText(words.format(previous))

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
        if await notify.ask(self, title, words, accept):
            await self._services.forget_everything()
            self._say(self.tr("Everything was deleted."))
            await self._measure()

    async def _confirm(self) -> None:
        title, accept = self.tr("Delete the old copy?"), self.tr("Delete it")
        words = self.tr("The data stays where it is now. After this there is no way back to the old folder.")
        if await notify.ask(self, title, words, accept):
            freed_bytes = await asyncio.to_thread(confirm_move)
            self._say(self.tr("{0} GB are free again.").format(gigabytes(freed_bytes)))
            self._show_previous(None)

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.error.hide()
        self.said.hide()
        start_told(self._services.jobs, JOB, work, self._on_failed)

    def _on_failed(self, error: SlmdeskError) -> None:
        self.error.setText(error.sentence())
        self.error.show()

    def _say(self, words: str) -> None:
        self.said.setText(words)
        self.said.show()


def _small(text: str = "") -> QLabel:
    label = plain_label(text)
    label.setProperty("role", "small")
    label.setWordWrap(True)
    return label


def _line(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    return row


def _folder_bytes(folder: Path) -> int:
    """Bytes of all files; what vanishes meanwhile is left out."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
