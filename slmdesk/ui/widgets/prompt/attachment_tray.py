"""What will be sent with the next message: read in jobs, listed above the prompt, one list for each chat."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QBuffer, QIODevice, Qt, Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from slmdesk.base.errors import PrivateAddress, SlmdeskError
from slmdesk.base.jobs import JobRunner
from slmdesk.features.documents.attached import file_of, from_unsent, to_unsent, unread
from slmdesk.features.documents.document import Attachment, Document, Picture
from slmdesk.features.documents.reading import DocumentReader
from slmdesk.store.attachments import StoredAttachment
from slmdesk.ui import theme
from slmdesk.ui.widgets.prompt.attachment_row import AttachmentRow

MOST_HEIGHT_PX = 132

Read: TypeAlias = Callable[[], Awaitable[Attachment]]


class AttachmentTray(QScrollArea):
    """`changed` comes when something was read, refused or removed, and when another chat's list shows;
    `listed` with the chat whose list is another one now; `private_found` with an address that was not
    opened because it is too near.
    """

    changed = Signal()
    listed = Signal(str)
    private_found = Signal(str)

    def __init__(self, jobs: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._reader = DocumentReader()
        self._count = 0
        self._key = ""
        self._lists: dict[str, list[AttachmentRow]] = {}
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        inner = QWidget()
        inner.setObjectName("scrolled")
        inner.setLayout(self._column)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the buttons in it scroll it
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Attached to the next message"))
        self.hide()

    @property
    def rows(self) -> Sequence[AttachmentRow]:
        """The list of the chat on screen."""
        return self._lists.get(self._key, ())

    @property
    def is_reading(self) -> bool:
        return any(row.is_reading for row in self.rows)

    @property
    def attachments(self) -> list[Attachment]:
        """What is ready to be sent, in the order in which it was attached."""
        return [row.attachment for row in self.rows if row.attachment is not None]

    @property
    def documents(self) -> list[Document]:
        return [each for each in self.attachments if isinstance(each, Document)]

    @property
    def has_pictures(self) -> bool:
        return any(isinstance(each, Picture) for each in self.attachments)

    def show_chat(self, key: str) -> None:
        """The list of this chat; "" is the new one."""
        self._key = key
        self._arrange()

    def keep_for(self, key: str) -> None:
        """The new chat has got its id."""
        if not self._key and key:
            self._lists[key] = self._lists.pop("", [])
            self._key = key
            if self._lists[key]:
                self.listed.emit(key)

    def unsent(self, key: str) -> list[StoredAttachment]:
        """The list of a chat as the store keeps it; what was refused, or comes from the web, is not in it
        before it has been read."""
        return [stored for row in self._lists.get(key, ()) if (stored := _unsent(row)) is not None]

    def restore(self, key: str, kept: Sequence[StoredAttachment]) -> None:
        """What was attached to this chat before the program ended."""
        for each in kept:
            file = Path(file_of(each)) if file_of(each) else None
            self._add(key, each.name, partial(self._kept, each, file), file, each)

    async def _kept(self, stored: StoredAttachment, file: Path | None) -> Attachment:
        """As it was read then; where that had not ended, the file is read now."""
        attachment = from_unsent(stored)
        if attachment is None:
            return await self._reader.read_path(file or Path())
        if file is None or await asyncio.to_thread(file.exists):
            return attachment
        gone = self.tr("The file is not there any more; what was read of it is kept.")
        return replace(attachment, notes=(*(each for each in attachment.notes if each != gone), gone))

    def clear(self, key: str) -> None:
        """They were sent."""
        for row in self._lists.pop(key, []):
            self._drop(row)
        self._arrange()

    def add_file(self, path: Path) -> None:
        self._add(self._key, path.name, lambda: self._reader.read_path(path), path)

    def add_picture(self, name: str, image: QImage) -> None:
        """What was in the clipboard; a large one takes long to encode."""

        async def read() -> Attachment:
            return await self._reader.read_bytes(name, await asyncio.to_thread(_png, image))

        self._add(self._key, name, read)

    def add_text(self, name: str, text: str) -> None:
        """What was in the clipboard and is too long for a message."""

        async def read() -> Attachment:
            return await self._reader.read_bytes(name, text.encode("utf-8", "replace"))

        self._add(self._key, name, read)

    def add_page(self, address: str, *, is_private_allowed: bool = False) -> None:
        """Opens the address: ask first."""
        read = partial(self._reader.read_address, address, is_private_allowed=is_private_allowed)
        self._add(self._key, address, read)

    def remove_refused(self, name: str) -> None:
        """Take the line away that said why this was not attached."""
        for row in [row for row in self.rows if row.name.full_text == name and not row.is_reading]:
            row.remove_button.click()

    def _add(
        self,
        key: str,
        name: str,
        read: Read,
        file: Path | None = None,
        stored: StoredAttachment | None = None,
    ) -> None:
        is_stored = stored is not None and bool(stored.kind)
        row = AttachmentRow(name, file)
        row.stored = stored if is_stored else None
        self._count += 1
        job = f"attach:{self._count}"
        self._lists.setdefault(key, []).append(row)
        self._column.addWidget(row)
        row.removed.connect(partial(self._remove, row, job))
        self._arrange()
        if not is_stored:
            self.listed.emit(key)
        self._jobs.start(job, partial(self._read, row, read, is_stored=is_stored))

    async def _read(self, row: AttachmentRow, read: Read, *, is_stored: bool) -> None:
        try:
            attachment = await read()
        except SlmdeskError as error:
            if self._holds(row):
                row.show_refusal(error.sentence())
                if isinstance(error, PrivateAddress):
                    self.private_found.emit(row.name.full_text)
        else:
            if self._holds(row):
                row.show_attachment(attachment)
        if not is_stored:
            self._tell_listed(row)
        self._arrange()
        if row in self.rows:
            self.ensureWidgetVisible(row)

    def _holds(self, row: AttachmentRow) -> bool:
        return any(row in rows for rows in self._lists.values())

    def _tell_listed(self, row: AttachmentRow) -> None:
        for key in [key for key, rows in self._lists.items() if row in rows]:
            self.listed.emit(key)

    def _remove(self, row: AttachmentRow, job: str) -> None:
        self._jobs.cancel(job)
        for key, rows in self._lists.items():
            if row in rows:
                rows.remove(row)
                self.listed.emit(key)
        self._drop(row)
        self._arrange()

    def _drop(self, row: AttachmentRow) -> None:
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _arrange(self) -> None:
        shown = self.rows
        for rows in self._lists.values():
            for row in rows:
                row.setVisible(rows is shown)
        self.setVisible(bool(shown))
        self._fit_height()
        self.changed.emit()

    def _fit_height(self) -> None:
        """A sentence takes as many lines as the width wants."""
        column = self._column
        wrapped = column.totalHeightForWidth(self.viewport().width()) if column.hasHeightForWidth() else 0
        height = max(wrapped, column.totalSizeHint().height())
        self.setFixedHeight(min(height + 2, theme.scaled(MOST_HEIGHT_PX)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()


def _unsent(row: AttachmentRow) -> StoredAttachment | None:
    file = str(row.file or "")
    if row.attachment is not None:
        return to_unsent(row.attachment, file)
    if row.stored is not None and row.is_reading:
        return row.stored
    return unread(row.name.full_text, file) if file and row.is_reading else None


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs know bytes alone
    return bytes(buffer.data().data())
