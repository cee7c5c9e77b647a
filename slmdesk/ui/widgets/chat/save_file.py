"""Asks for a file or folder, or saves a text: without a nested event loop, and off the main thread."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QDir, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from slmdesk.base.errors import BadInput
from slmdesk.ui.labels import tr

LONGEST_NAME = 80


async def ask_and_save(parent: QWidget, title: str, name: str, suffix: str, text: str) -> Path | None:
    """Where it was saved, None if the user thought better of it; raises BadInput if it cannot be written."""
    path = await ask_path(parent, title, f"{file_name(name)}{suffix}")
    if path is None:
        return None
    try:
        await asyncio.to_thread(path.write_text, text, "utf-8")
    except OSError as error:
        raise BadInput(
            tr("{0} cannot be written: {1}.").format(path.name, error.strerror or error),
            next_step=tr("Choose another folder."),
        ) from error
    return path


async def ask_path(parent: QWidget, title: str, name: str) -> Path | None:
    """The file chosen in a save dialog that is open, not executed.

    It has the ending of `name`, which says what is in it, whatever was typed; raises BadInput where that
    would be another file that is there already.
    """
    suffix = Path(name).suffix
    dialog = _dialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(f"{kind_words(suffix)} (*{suffix})")
    dialog.setDefaultSuffix(suffix.removeprefix("."))
    dialog.selectFile(name)
    path = await _chosen(dialog)
    if path is None or path.suffix.lower() == suffix:
        return path
    ended = path.with_name(f"{path.name}{suffix}")
    if ended.exists():
        raise BadInput(tr("{0} is there already.").format(ended.name), next_step=tr("Choose another name."))
    return ended


def kind_words(suffix: str) -> str:
    """What a file of this ending is called."""
    kinds = {
        ".md": tr("Markdown"),
        ".html": tr("Web page"),
        ".json": tr("JSON"),
        ".csv": tr("Table"),
        ".xlsx": tr("Workbook"),
    }
    return kinds.get(suffix, suffix)


async def ask_file(parent: QWidget, title: str, name_filter: str) -> Path | None:
    """An existing file, chosen in a dialog that is open, not executed."""
    dialog = _dialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(name_filter)
    return await _chosen(dialog)


async def ask_files(parent: QWidget, title: str, name_filters: Sequence[str]) -> Sequence[Path]:
    """Existing files, several at once, chosen in a dialog that is open, not executed."""
    dialog = _dialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilters(list(name_filters))
    return await _all_chosen(dialog)


async def ask_folder(parent: QWidget, title: str) -> Path | None:
    """A folder, chosen or made in a dialog that is open, not executed."""
    dialog = QFileDialog(parent, title, QDir.homePath())
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return await _chosen(dialog)


def _dialog(parent: QWidget, title: str) -> QFileDialog:
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return QFileDialog(parent, title, documents)


async def _chosen(dialog: QFileDialog) -> Path | None:
    return next(iter(await _all_chosen(dialog)), None)


async def _all_chosen(dialog: QFileDialog) -> Sequence[Path]:
    chosen: asyncio.Future[Sequence[Path]] = asyncio.get_running_loop().create_future()

    def on_finished(_result: int) -> None:
        if not chosen.done():
            files = dialog.selectedFiles() if dialog.result() else []
            chosen.set_result([Path(file) for file in files])

    dialog.finished.connect(on_finished)
    dialog.open()
    try:
        return await chosen
    finally:
        dialog.close()
        dialog.deleteLater()


def file_name(title: str) -> str:
    """A title as a file name that every system takes."""
    words = re.sub(r"[^\w\- ]+", " ", title).split()
    return " ".join(words)[:LONGEST_NAME].strip() or "chat"
