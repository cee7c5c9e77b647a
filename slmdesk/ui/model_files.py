"""Adding a GGUF file: choose it, look whether it is one, and keep its path in the settings."""

import asyncio
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from slmdesk.services import Services


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


async def add_model_file(services: Services, path: Path) -> None:
    """Take the file into the settings, by its place; raises BadInput when it holds no whole model."""
    await services.keeper.import_file(path)
