"""A bug of ours: one dialog with a report to copy, free of keys and of the user's name."""

import logging
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QWidget

import slmdesk

if TYPE_CHECKING:
    from slmdesk.ui.notify import Dialog

log = logging.getLogger(__name__)

_SECRETS = (
    r"(?i)(authorization\W{1,4}(?:bearer\s+)?|bearer\s+|api[-_ ]?key\W{1,4}"
    r"|\b(?:sk|hf|gsk|xai|key)[-_](?=\w{8}))[\w.~+/=-]+"
)
_LOGINS = r"(?<=://)[^/\s@]+@"


class BugReports(QObject):
    """Shows the first bug; those that follow while its dialog is open go to the log alone."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window: QWidget | None = None
        self._dialog: Dialog | None = None

    def attach(self, window: QWidget | None) -> None:
        """The dialogs belong to this window from now on; None: nobody is there to read them."""
        self._window = window

    def show(self, where: str, error: BaseException) -> None:
        """`where` names the job or the place."""
        text = report_text(where, error)
        log.error("%s", text)
        if self._window is None or self._dialog is not None:
            return
        from slmdesk.ui import notify

        self._dialog = notify.report(
            self._window,
            QCoreApplication.translate("BugReports", "Something went wrong in SLM Desk"),
            QCoreApplication.translate(
                "BugReports",
                "This is a bug of the program. Your chats are kept; you can go on working. "
                "The report below holds no keys; read it before you pass it on.",
            ),
            text,
        )
        self._dialog.finished.connect(self._on_dialog_finished)

    def hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """For sys.excepthook: what a slot let through."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.show("window", error)

    def _on_dialog_finished(self) -> None:
        self._dialog = None


def report_text(where: str, error: BaseException) -> str:
    """Versions and the way to the error, without keys, logins or the home folder's name."""
    import platform
    import traceback

    import PySide6

    trace = "".join(traceback.format_exception(error))
    head = (
        f"SLM Desk {slmdesk.__version__} · Python {platform.python_version()} · PySide6 {PySide6.__version__}"
        f" · {platform.platform()}\nin: {where}\n"
    )
    return redacted(f"{head}\n{trace}")


def redacted(text: str) -> str:
    """The text without what looks like a key or a login, and with ~ for the home folder."""
    text = re.sub(_LOGINS, "…@", re.sub(_SECRETS, r"\1…", text))
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text
