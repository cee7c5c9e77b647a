"""Where the data folder is, how large, how much room is left; moving it, and the folder from before."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.base.memory import amount
from slmdesk.base.words import counted
from slmdesk.config.folder_copy import size_bytes
from slmdesk.config.move_plan import MovePlan, fitting_target, plan_move
from slmdesk.config.paths import Paths
from slmdesk.config.relocation import DataPlace, confirm_move, data_place, is_there
from slmdesk.features.monitor.volumes import volume_of
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.labels import plain_label, small_label
from slmdesk.ui.relocating import Relocation, duration_words
from slmdesk.ui.widgets.chat.save_file import ask_folder
from slmdesk.ui.widgets.elided_label import ElidedLabel
from slmdesk.ui.widgets.settings.setting_row import error_label

JOB = "settings:place"
JOB_MEASURE = "settings:size"


class FolderPlace(QWidget):
    """`relocation_asked` comes with what the user wants, after all questions: the window must go for it."""

    relocation_asked = Signal(object)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._folder = services.paths.data_dir
        self._place = DataPlace(self._folder)
        self.figures = plain_label()
        self.figures.setProperty("role", "number")
        self.move_button = QPushButton(self.tr("Move…"))
        self.move_button.setAccessibleName(self.tr("Move the data folder…"))
        self.back_button = QPushButton(self.tr("Go back…"))
        self.remove_button = QPushButton(self.tr("Remove it…"))
        self.note = small_label()
        self.kept = small_label()
        self.said = small_label()
        self.error = error_label()
        self._lay_out()
        self._show_kept(None)
        self.said.hide()
        self.move_button.clicked.connect(lambda: self._start(self._ask_where))
        self.back_button.clicked.connect(lambda: self._start(self._ask_back))
        self.remove_button.clicked.connect(lambda: self._start(self._ask_remove))

    def showEvent(self, event: QShowEvent) -> None:
        """The disk of the other folder may have been connected meanwhile."""
        self.measure()
        super().showEvent(event)

    def measure(self) -> None:
        """Look how large the folder is and whether another one is kept."""
        if not self._services.jobs.is_running(JOB_MEASURE):
            self._services.jobs.start(JOB_MEASURE, self._measure)

    def _lay_out(self) -> None:
        path = ElidedLabel(str(self._folder))
        path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        place = QHBoxLayout()
        place.addWidget(path, 1)
        place.addWidget(self.figures)
        place.addWidget(self.move_button)
        kept = QHBoxLayout()
        kept.addWidget(self.kept, 1)
        kept.addWidget(self.back_button)
        kept.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(place)
        column.addWidget(self.note)
        column.addLayout(kept)
        column.addWidget(self.said)
        column.addWidget(self.error)

    @property
    def kept_folder(self) -> Path | None:
        """The folder used before a move, while its copies are still there."""
        return self._place.previous if self._place.folder == self._folder else None

    async def _measure(self) -> None:
        used, free = await asyncio.to_thread(_folder_bytes, self._folder)
        self.figures.setText(self.tr("{0} · {1} free").format(amount(used), amount(free)))
        try:
            self._place = await asyncio.to_thread(data_place)
        except SlmdeskError as error:
            self._on_failed(error)
            return
        is_usual = self._place.folder == self._folder
        self.move_button.setEnabled(is_usual)
        self.note.setText(
            self.tr("Chats, comparisons, settings and fetched models. Model files elsewhere stay there.")
            if is_usual
            else self.tr("This folder was given at the start (--data-dir), so it is not moved from here.")
        )
        kept = self.kept_folder
        self._show_kept(kept, await asyncio.to_thread(_kept_bytes, kept) if kept else None)

    def _show_kept(self, kept: Path | None, kept_bytes: int | None = None) -> None:
        """The folder from before; `kept_bytes` is None while its disk is away."""
        for part in (self.kept, self.back_button, self.remove_button):
            part.setVisible(kept is not None)
        is_here = kept_bytes is not None
        self.back_button.setEnabled(is_here)
        if is_here:
            words = self.tr("The folder used before, {0}, is kept until you remove it.")
            self.remove_button.setText(self.tr("Remove it (frees {0})…").format(amount(kept_bytes or 0)))
        else:
            words = self.tr("The folder used before, {0}, is not there now: connect its disk to go back.")
            self.remove_button.setText(self.tr("Forget it…"))
        self.kept.setText(words.format(kept))

    async def _ask_where(self) -> None:
        if self._place.previous is not None:  # said before a folder is looked for
            raise BadInput(
                self.tr("The folder used before is still kept."),
                next_step=self.tr("Remove it or go back to it first."),
            )
        if (chosen := await ask_folder(self, self.tr("Where the data folder is moved to"))) is not None:
            await self.propose(chosen)

    async def propose(self, chosen: Path) -> None:
        """Say what a move there would do, and ask; raises BadInput where it cannot be done."""
        target = await asyncio.to_thread(fitting_target, chosen)
        volume = await asyncio.to_thread(volume_of, target)
        plan = await asyncio.to_thread(plan_move, target, volume)
        title, accept = self.tr("Move the data folder?"), self.tr("Move it")
        if await notify.ask(self, title, "\n\n".join(self._told(plan)), accept):
            self.relocation_asked.emit(Relocation(plan.target))

    def _told(self, plan: MovePlan) -> list[str]:
        words = self.tr(
            "{0} are copied to {1} and verified, which takes {2}. Meanwhile SLM Desk does nothing else;"
            " it can be cancelled, and then all is as it was. {3} are free there."
        )
        told = [
            words.format(
                amount(plan.size_bytes), plan.target, duration_words(plan.duration_s), amount(plan.free_bytes)
            ),
            self.tr("The present folder is kept until you remove it, and you can go back to it."),
        ]
        if plan.volume is not None and plan.volume.is_removable:
            told.append(
                self.tr(
                    "This disk can be unplugged. SLM Desk needs it to start with your chats, and pulling it"
                    " out while SLM Desk is open may cost what came last."
                )
            )
        return told + self._warnings()

    def _warnings(self) -> list[str]:
        """What ends when everything is closed for a moment."""
        warnings = []
        if (count := self._services.chats.writing_count) > 0:
            warnings.append(
                counted(
                    count,
                    "{count} answer is being written: it ends now, and what has come is kept.",
                    "{count} answers are being written: they end now, and what has come is kept.",
                )
            )
        if not self._services.settings.is_history_kept:
            warnings.append(self.tr("Chats are not kept at present: those since the start are forgotten."))
        return warnings

    async def _ask_back(self) -> None:
        title, accept = self.tr("Go back to the other folder?"), self.tr("Go back")
        words = self.tr(
            "From now on {0} is used, as it was when it was left. What was written since stays in {1},"
            " and you can come back to that in the same way."
        ).format(self._place.previous, self._folder)
        if await notify.ask(self, title, "\n\n".join([words, *self._warnings()]), accept):
            self.relocation_asked.emit(Relocation(None))

    async def _ask_remove(self) -> None:
        kept = self._place.previous
        if kept is None:
            return
        if await asyncio.to_thread(is_there, kept):
            title, accept = self.tr("Remove the other folder?"), self.tr("Remove it")
            words = self.tr(
                "The chats, settings and models of SLM Desk in {0} are deleted; files of others stay."
                " What is only there is lost. The data in {1} stays."
            ).format(kept, self._folder)
        else:
            title, accept = self.tr("Forget the other folder?"), self.tr("Forget it")
            words = self.tr("Nothing in {0} is deleted, but SLM Desk does not offer it any more.").format(
                kept
            )
        if await notify.ask(self, title, words, accept):
            freed = await asyncio.to_thread(confirm_move)
            self._show_kept(None)
            self.said.setText(self.tr("{0} are free again.").format(amount(freed)))
            self.said.setVisible(freed > 0)
            await self._measure()

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.error.hide()
        self.said.hide()
        start_told(self._services.jobs, JOB, work, self._on_failed)

    def _on_failed(self, error: SlmdeskError) -> None:
        self.error.setText(error.sentence())
        self.error.show()


def _folder_bytes(folder: Path) -> tuple[int, int]:
    """Bytes of the program's files, and those free on the disk."""
    return size_bytes(Paths(folder).belongings()), shutil.disk_usage(folder).free


def _kept_bytes(folder: Path) -> int | None:
    """Bytes of the program's files in a folder, None when its disk is away."""
    try:
        return size_bytes(Paths(folder).belongings()) if is_there(folder) else None
    except OSError:
        return None
