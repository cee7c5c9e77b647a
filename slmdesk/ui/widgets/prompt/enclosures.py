"""Attaching to a message: files chosen, dropped or pasted, pictures, and web pages once that was asked."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from slmdesk.base.errors import BadInput
from slmdesk.base.jobs import JobRunner
from slmdesk.engines.registry import Registry
from slmdesk.features.documents.attached import to_stored
from slmdesk.features.documents.vision import blindness
from slmdesk.features.documents.web_address import web_address
from slmdesk.store.attachments import StoredAttachment
from slmdesk.ui.widgets.prompt.attachment_tray import AttachmentTray
from slmdesk.ui.widgets.prompt.offer_bar import OfferBar
from slmdesk.ui.widgets.prompt.prompt_box import PromptBox


class Enclosures(QObject):
    """Puts its tray and its question over the text of the prompt box."""

    def __init__(self, jobs: JobRunner, registry: Registry, prompt: PromptBox, parent: QObject) -> None:
        super().__init__(parent)
        self._registry = registry
        self._prompt = prompt
        self._pasted_count = 0
        self.tray = AttachmentTray(jobs)
        self.bar = OfferBar(self.tr("Web address"))
        prompt.add_above(self.tray)
        prompt.add_above(self.bar)
        prompt.edit.file_offered.connect(lambda path: self.tray.add_file(Path(path)))
        prompt.edit.picture_offered.connect(self._on_picture_offered)
        prompt.edit.text_offered.connect(self._on_text_offered)
        prompt.edit.address_offered.connect(self._on_address_offered)
        prompt.edit.textChanged.connect(self._on_edit_text_changed)
        self.tray.private_found.connect(self._on_private_found)
        self._offered = ""

    def choose(self) -> None:
        """Ask for files; the dialog is open, not executed."""
        dialog = QFileDialog(self._prompt, self.tr("Attach files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self.add_files)
        edit = self._prompt.edit
        dialog.finished.connect(lambda _result: QTimer.singleShot(0, edit, edit.setFocus))
        dialog.open()

    def add_files(self, paths: list[str]) -> None:
        for path in paths:
            self.tray.add_file(Path(path))

    def refusal(self, model_ref: str) -> str:
        """Why the message cannot be sent yet, "" if it can."""
        if words := self.reading_words():
            return words
        return blindness(self._registry, model_ref) if self.tray.has_pictures else ""

    def reading_words(self) -> str:
        """Why nothing can be sent to any model yet, "" if it can."""
        if not self.tray.is_reading:
            return ""
        return self.tr("What is attached is still being read. Wait a moment, or remove it.")

    def stored(self) -> list[StoredAttachment]:
        """What goes along with the message."""
        return [to_stored(each) for each in self.tray.attachments]

    def _on_picture_offered(self, image: QImage) -> None:
        self._pasted_count += 1
        self.tray.add_picture(self.tr("Pasted picture {0}.png").format(self._pasted_count), image)

    def _on_text_offered(self, text: str) -> None:
        """What is too long for a message can still be read as a file."""
        self._pasted_count += 1
        self.tray.add_text(self.tr("Pasted text {0}.txt").format(self._pasted_count), text)

    def _on_address_offered(self, text: str) -> None:
        try:
            address = web_address(text)
        except BadInput:
            return  # it stays the text that it is
        self._offered = text
        self.bar.say(
            address.words,
            (
                (self.tr("Attach the page"), lambda: self._attach(text)),
                (self.tr("Keep it as text"), self._prompt.edit.setFocus),
            ),
        )

    def _attach(self, text: str) -> None:
        if self._prompt.text().strip() == text:
            self._prompt.edit.clear()
        self.tray.add_page(text)
        self._prompt.edit.setFocus()

    def _on_private_found(self, text: str) -> None:
        words = self.tr("{0} is on this machine or in its network. Open it only if you trust it.").format(
            text
        )
        all_the_same = (self.tr("Open it all the same"), lambda: self._open_near(text))
        self.bar.say(words, (all_the_same, (self.tr("Leave it"), self._prompt.edit.setFocus)))

    def _open_near(self, text: str) -> None:
        self.tray.remove_refused(text)
        self.tray.add_page(text, is_private_allowed=True)

    def _on_edit_text_changed(self) -> None:
        if self._offered and self._offered not in self._prompt.text():
            self._offered = ""
            self.bar.clear()
