"""Every command once: its text, shortcut and callback serve menu, keyboard, palette and the sheet of keys."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


class Group(StrEnum):
    """Where the menu keeps a command of the window; one of a pane stands in the pane's own menu."""

    FILE = "file"
    EDIT = "edit"
    VIEW = "view"
    GO = "go"
    HELP = "help"
    PROGRAM = "program"


class Actions(QObject):
    """The commands of the window, found by id. A pane adds its own with `owner=self`:
    those act, and are offered, only while that widget is on the screen. `keys_changed` tells that
    some have other keys now."""

    keys_changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._owners: dict[str, QWidget] = {}
        self._groups: dict[str, Group] = {}
        self._usual: dict[str, list[QKeySequence]] = {}
        self._own: Mapping[str, str] = {}

    def use_keys(self, own: Mapping[str, str]) -> None:
        """Other keys than the usual ones from now on, by command; "" takes the keys of one away."""
        self._own = own
        for action_id, action in self._actions.items():
            action.setShortcuts(self._keys(action_id))
        self.keys_changed.emit()

    def add(
        self,
        action_id: str,
        text: str,
        callback: Callable[[], object],
        *,
        shortcut: str | QKeySequence.StandardKey = "",
        also: str = "",
        owner: QWidget | None = None,
        group: Group = Group.VIEW,
    ) -> QAction:
        """Register a command; its shortcut works at once, and so do the keys in `also`."""
        if action_id in self._actions:
            raise ValueError(f"the command {action_id!r} exists already")
        home = owner or self._window
        action = QAction(text, home)
        action.setObjectName(action_id)
        self._usual[action_id] = [QKeySequence(keys) for keys in (shortcut, also) if keys]
        action.setShortcuts(self._keys(action_id))
        if owner is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._owners[action_id] = owner
        action.triggered.connect(lambda _checked: callback())
        action.destroyed.connect(lambda: self._forget(action_id))
        home.addAction(action)
        self._actions[action_id] = action
        self._groups[action_id] = group
        return action

    def get(self, action_id: str) -> QAction:
        """The command of that id, for a menu or a button."""
        return self._actions[action_id]

    def available(self) -> list[QAction]:
        """Those that can be run now, in order of registration."""
        return [
            action
            for action_id, action in self._actions.items()
            if action.isEnabled() and self._is_owner_visible(action_id)
        ]

    def all(self) -> list[QAction]:
        """Every command, for the list of shortcuts."""
        return list(self._actions.values())

    def of_owner(self, owner: QWidget) -> list[QAction]:
        """The commands of one pane."""
        return [action for action_id, action in self._actions.items() if self._owners.get(action_id) is owner]

    def of_group(self, group: Group) -> list[QAction]:
        """The commands of the window in one menu."""
        return [
            action
            for action_id, action in self._actions.items()
            if action_id not in self._owners and self._groups[action_id] is group
        ]

    def _keys(self, action_id: str) -> list[QKeySequence]:
        own = self._own.get(action_id)
        return self._usual[action_id] if own is None else [QKeySequence(own)]

    def _forget(self, action_id: str) -> None:
        for known in (self._actions, self._owners, self._groups, self._usual):
            known.pop(action_id, None)

    def _is_owner_visible(self, action_id: str) -> bool:
        owner = self._owners.get(action_id)
        return owner is None or owner.isVisible()


def shortcut_words(command: QAction) -> str:
    """ "Ctrl K", as the design writes it: the first keys, if there are more."""
    return keys_words(command.shortcut())


def keys_words(keys: QKeySequence) -> str:
    text = keys.toString(QKeySequence.SequenceFormat.NativeText)
    return text.replace("+", " ") if not text.endswith("+") else text
