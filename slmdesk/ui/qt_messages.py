"""Qt's own messages go to the program's log instead of the terminal."""

import logging

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
# What the platform without a display says about window managers; pictures need none.
_OFFSCREEN_NOISE = "This plugin does not support"

_log = logging.getLogger("qt")


def log_messages() -> None:
    """From now on, for the whole process."""
    qInstallMessageHandler(_log_message)


def _log_message(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    level = logging.DEBUG if text.startswith(_OFFSCREEN_NOISE) else _LEVELS[kind]
    _log.log(level, "%s", text)
