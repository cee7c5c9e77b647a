"""The keys of every command, to be changed: a press is taken, a conflict is said, the usual come back."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShowEvent
from PySide6.QtWidgets import QGridLayout, QKeySequenceEdit, QLineEdit, QPushButton, QWidget

from slmdesk.base.errors import BadInput
from slmdesk.config.keys import normal_keys, taken_by
from slmdesk.ui import theme
from slmdesk.ui.actions import Actions
from slmdesk.ui.notify import plain_label
from slmdesk.ui.widgets.settings.setting_row import error_label

EDIT_WIDTH = 180


class KeysSection(QWidget):
    """A line for each command that there is now; `changed` carries the user's own keys, by command."""

    changed = Signal(dict)

    def __init__(self, actions: Actions, own: Mapping[str, str]) -> None:
        super().__init__()
        self._actions = actions
        self._own = dict(own)
        self._edits: dict[str, QKeySequenceEdit] = {}
        self._error = error_label()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setColumnStretch(0, 1)
        self._grid.addWidget(self._error, 0, 0, 1, 3)
        self.show_commands()

    @property
    def error(self) -> str:
        """What is wrong with the keys that were pressed last, "" if nothing."""
        return self._error.text()

    def edit(self, command: str) -> QKeySequenceEdit:
        """The field of one command."""
        return self._edits[command]

    def showEvent(self, event: QShowEvent) -> None:
        """Panes bring their commands when they are first opened."""
        self.show_commands()
        super().showEvent(event)

    def show_own(self, own: Mapping[str, str]) -> None:
        """The user's own keys are these now, and in force."""
        self._own = dict(own)
        self._say("")
        self._actions.use_keys(self._own)
        self.show_commands()

    def show_commands(self) -> None:
        """Add a line for each command that has come since, and show the keys in force."""
        for action in self._actions.all():
            if action.objectName() not in self._edits:
                self._add_line(action.objectName(), action.text())
            self._show(action.objectName())

    def _add_line(self, command: str, text: str) -> None:
        edit = QKeySequenceEdit()
        edit.setMaximumSequenceLength(1)
        edit.setFixedWidth(theme.scaled(EDIT_WIDTH))
        edit.setAccessibleName(self.tr("Keys of: {0}").format(text))
        for inner in edit.findChildren(QLineEdit):  # a screen reader meets this one first
            inner.setAccessibleName(edit.accessibleName())
        edit.editingFinished.connect(lambda: self._on_edited(command))
        reset = QPushButton(self.tr("Usual keys"))
        reset.setProperty("role", "flat")
        reset.setAccessibleName(self.tr("Usual keys of: {0}").format(text))
        reset.clicked.connect(lambda: self._on_reset(command))
        label = plain_label(text)
        label.setBuddy(edit)
        row = self._grid.rowCount()
        for column, widget in enumerate((label, edit, reset)):
            self._grid.addWidget(widget, row, column)
        self._edits[command] = edit

    def _show(self, command: str) -> None:
        edit = self._edits[command]
        edit.blockSignals(True)
        edit.setKeySequence(self._actions.get(command).shortcut())
        edit.blockSignals(False)
        for inner in edit.findChildren(QLineEdit):  # Qt has put its own words, longer in some languages
            inner.setPlaceholderText(self.tr("Press the keys"))

    def _on_edited(self, command: str) -> None:
        pressed = self._edits[command].keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        if pressed == self._in_force().get(command):
            return
        try:
            keys = normal_keys(pressed)
            if other := taken_by(command, keys, self._in_force()):
                raise BadInput(
                    self.tr("{0} is taken by “{1}”.").format(keys, self._actions.get(other).text()),
                    next_step=self.tr("Change that one first."),
                )
        except BadInput as error:
            self._say(error.sentence())
            self._show(command)
            return
        self._keep({**self._own, command: keys})

    def _on_reset(self, command: str) -> None:
        self._keep({other: keys for other, keys in self._own.items() if other != command})

    def _keep(self, own: dict[str, str]) -> None:
        self.show_own(own)
        self.changed.emit(own)

    def _in_force(self) -> dict[str, str]:
        form = QKeySequence.SequenceFormat.PortableText
        return {action.objectName(): action.shortcut().toString(form) for action in self._actions.all()}

    def _say(self, text: str) -> None:
        self._error.setText(text)
        self._error.setVisible(bool(text))
