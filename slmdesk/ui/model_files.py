"""Importing a GGUF file: choose it, show what it holds, and use it where it lies or copy it."""

import asyncio
import shutil
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from slmdesk.features.pulls.progress import Meter
from slmdesk.services import Services
from slmdesk.ui.widgets.models.import_dialog import CopyDialog, ImportDialog


async def choose_model_file(parent: QWidget) -> Path | None:
    """Ask for a file; None if the reader thought better of it."""
    decided: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def decide(path: str = "") -> None:
        if not decided.done():
            decided.set_result(path)

    dialog = QFileDialog(parent, QCoreApplication.translate("ModelFiles", "Add a model file"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(QCoreApplication.translate("ModelFiles", "Model files (*.gguf)"))
    dialog.fileSelected.connect(decide)
    dialog.rejected.connect(decide)
    dialog.open()
    try:
        chosen = await decided
    finally:
        dialog.deleteLater()
    return Path(chosen) if chosen else None


async def import_model_file(services: Services, parent: QWidget, path: Path) -> str:
    """Show the header, then do as chosen; the `engine/model`, "" if the reader thought better of it.

    Raises SlmdeskError with the reason why it cannot be used.
    """
    found = await services.keeper.examine(path)
    free = (await asyncio.to_thread(shutil.disk_usage, services.paths.data_dir)).free
    dialog = ImportDialog(parent, found, free)
    if not await dialog.answer():
        return ""
    if not dialog.is_copied:
        return await services.keeper.ref_of(await services.keeper.import_file(path))
    return await _copy(services, parent, path)


async def _copy(services: Services, parent: QWidget, path: Path) -> str:
    """With its progress in sight; Cancel breaks it off, and what came is gone on with by the next copy."""
    meter = Meter()
    dialog = CopyDialog(parent, path.name, meter)
    copying = asyncio.current_task()
    is_open = True

    def stop(result: int) -> None:
        if is_open and result == QDialog.DialogCode.Rejected and copying is not None:
            copying.cancel()

    dialog.finished.connect(stop)
    dialog.open()
    try:
        place = await services.keeper.import_file(path, is_copied=True, meter=meter)
    finally:
        is_open = False
        dialog.finished.disconnect(stop)
        dialog.close()
    return await services.keeper.ref_of(place)
