"""Every command once: its text, shortcut and callback serve menu, keyboard and palette."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


class Actions(QObject):
    """The commands of the window, found by id. A pane adds its own with `owner=self`:
    those act, and are offered, only while that widget is on the screen."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._owners: dict[str, QWidget] = {}
        self._usual: dict[str, QKeySequence] = {}
        self._own: Mapping[str, str] = {}

    def use_keys(self, own: Mapping[str, str]) -> None:
        """Other keys than the usual ones from now on, by command; "" takes the keys of one away."""
        self._own = own
        for action_id, action in self._actions.items():
            action.setShortcut(self._keys(action_id))

    def add(
        self,
        action_id: str,
        text: str,
        callback: Callable[[], object],
        *,
        shortcut: str | QKeySequence.StandardKey = "",
        owner: QWidget | None = None,
    ) -> QAction:
        """Register a command; its shortcut works at once."""
        if action_id in self._actions:
            raise ValueError(f"the command {action_id!r} exists already")
        home = owner or self._window
        action = QAction(text, home)
        action.setObjectName(action_id)
        self._usual[action_id] = QKeySequence(shortcut)
        action.setShortcut(self._keys(action_id))
        if owner is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _checked: callback())
        action.destroyed.connect(lambda: self._forget(action_id))
        home.addAction(action)
        self._actions[action_id] = action
        if owner is not None:
            self._owners[action_id] = owner
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

    def _keys(self, action_id: str) -> QKeySequence:
        own = self._own.get(action_id)
        return self._usual[action_id] if own is None else QKeySequence(own)

    def _forget(self, action_id: str) -> None:
        self._actions.pop(action_id, None)
        self._owners.pop(action_id, None)
        self._usual.pop(action_id, None)

    def _is_owner_visible(self, action_id: str) -> bool:
        owner = self._owners.get(action_id)
        return owner is None or owner.isVisible()


def shortcut_words(command: QAction) -> str:
    """ "Ctrl K", as the design writes it."""
    keys = command.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return keys.replace("+", " ") if not keys.endswith("+") else keys
