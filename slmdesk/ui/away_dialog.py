"""The disk with the data is not connected: what one can do, and nothing is lost by any of it."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QPushButton

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.config.relocation import data_place, go_back, is_there, start_fresh, use_folder
from slmdesk.ui.labels import plain_button_text, plain_label, tr
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.settings.setting_row import error_label


class AwayDialog(Dialog):
    """Accepted once the program can start: with the disk that is back, or with another folder."""

    def __init__(self) -> None:
        self.place = data_place()
        super().__init__(
            None,
            tr("The disk with your chats is not connected"),
            tr("The data of SLM Desk was moved to {0}, and that is not there now.").format(self.place.folder),
        )
        self.error = error_label()
        self.look_button = self._add_choice(tr("Look again"), tr("Connect the disk first."), self._look_again)
        self.elsewhere_button = self._add_choice(
            tr("It is elsewhere…"), tr("The disk has another name or letter now."), self._ask_where
        )
        previous = self.place.previous
        if previous is not None and is_there(previous):
            self.old_button = self._add_choice(
                tr("Use the old folder"),
                tr("{0}, as it was before the move.").format(previous),
                lambda: self._settle(go_back),
            )
        self.fresh_button = self._add_choice(
            tr("Start fresh"),
            tr("Empty. Nothing is deleted: once the disk is here, Settings → Data folder goes back to it."),
            lambda: self._settle(start_fresh),
        )
        self.body.addWidget(self.error)
        self.add_button(tr("Quit"), QDialogButtonBox.ButtonRole.RejectRole)
        self.look_button.setDefault(True)
        self.look_button.setFocus()

    def _add_choice(self, text: str, explained: str, choose: Callable[[], None]) -> QPushButton:
        button = QPushButton(plain_button_text(text))
        button.setAccessibleDescription(explained)
        button.clicked.connect(choose)
        words = plain_label(explained)
        words.setProperty("role", "small")
        words.setWordWrap(True)
        self.body.addWidget(button)
        self.body.addWidget(words)
        return button

    def _look_again(self) -> None:
        if is_there(self.place.folder):
            self.accept()
        else:
            self._say(BadInput(tr("{0} is still not there.").format(self.place.folder)))

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, tr("The folder with the data of SLM Desk"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self._take(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take(self, folder: Path) -> None:
        self._settle(lambda: use_folder(folder))

    def _settle(self, work: Callable[[], object]) -> None:
        try:
            work()
        except SlmdeskError as error:
            self._say(error)
        else:
            self.accept()

    def _say(self, error: SlmdeskError) -> None:
        self.error.setText(error.sentence())
        self.error.show()
        self.adjustSize()
