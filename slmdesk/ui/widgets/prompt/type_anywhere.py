"""Typing where nothing is written goes to the prompt: a letter pressed on a list is meant for it."""

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from slmdesk.ui.widgets.prompt.prompt_edit import PromptEdit

WRITTEN_IN = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox)
BARE = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


class TypeAnywhere(QObject):
    """Listens to the one widget inside `pane` that has the focus. Keys of commands come before it."""

    def __init__(self, pane: QWidget, edit: PromptEdit) -> None:
        super().__init__(pane)
        self._pane = pane
        self._edit = edit
        self._heard: QWidget | None = None
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus_changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and _is_typed(event):
            self._edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
            QApplication.sendEvent(self._edit, event)
            return True
        return super().eventFilter(watched, event)

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        if self._heard is not None and shiboken6.isValid(self._heard):  # it may have lost it by going
            self._heard.removeEventFilter(self)
        self._heard = None
        if now is not None and not isinstance(now, WRITTEN_IN) and self._pane.isAncestorOf(now):
            now.installEventFilter(self)
            self._heard = now


def _is_typed(event: QKeyEvent) -> bool:
    """A space presses buttons and turns pages, so it is none."""
    is_bare = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier in BARE
    return is_bare and len(event.text()) > 0 and event.text().isprintable() and event.text() != " "
