"""The menu of all commands: behind a button, and on a Mac in the bar at the top of the screen."""

import platform
from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar, QWidget

from slmdesk.ui.actions import Actions, Group
from slmdesk.ui.labels import plain_button_text

PaneOf = Callable[[], tuple[str, QWidget | None]]
GAP_PX = 4
# What a Mac shows in the menu with the program's name.
ROLES = {"quit": QAction.MenuRole.QuitRole, "open_settings": QAction.MenuRole.PreferencesRole}


class CommandMenu(QMenu):
    """The commands of the pane on the screen, then those of the window; filled when it opens."""

    def __init__(self, commands: Actions, pane: PaneOf, parent: QWidget) -> None:
        super().__init__(parent)
        self._commands = commands
        self._pane = pane
        self.setAccessibleName(self.tr("All commands"))

    def open_below(self, button: QWidget) -> None:
        """The right edges in line: the button stands at the right of the window."""
        self._fill()
        corner = button.mapToGlobal(QPoint(button.width(), button.height() + GAP_PX))
        self.popup(corner - QPoint(self.sizeHint().width(), 0))

    def _fill(self) -> None:
        self.clear()
        title, pane = self._pane()
        if pane is not None and (own := self._commands.of_owner(pane)):
            self.addMenu(plain_button_text(title)).addActions(_runnable(own))
        for group in Group:
            self.addSeparator()
            self.addActions(self._commands.of_group(group))


def add_menu_bar(window: QMainWindow, commands: Actions, pane: PaneOf) -> QMenuBar | None:
    """What a Mac expects; elsewhere the button at the top of the window is enough."""
    return build_menu_bar(window, commands, pane) if platform.system() == "Darwin" else None


def build_menu_bar(window: QMainWindow, commands: Actions, pane: PaneOf) -> QMenuBar:
    """A menu for the pane on the screen, and one for each group."""
    for action_id, role in ROLES.items():
        if (action := window.findChild(QAction, action_id)) is not None:
            action.setMenuRole(role)
    bar = window.menuBar()
    own = bar.addMenu(" ")

    def fill_own() -> None:
        title, widget = pane()
        own.setTitle(plain_button_text(title))
        own.clear()
        own.addActions(_runnable(commands.of_owner(widget)) if widget is not None else [])

    own.aboutToShow.connect(fill_own)
    for group, title in group_titles().items():
        bar.addMenu(title).addActions(commands.of_group(group))
    fill_own()
    return bar


def group_titles() -> dict[Group, str]:
    """The groups as a reader knows them."""
    tr = QCoreApplication.translate
    return {
        Group.FILE: tr("CommandMenu", "File"),
        Group.EDIT: tr("CommandMenu", "Edit"),
        Group.VIEW: tr("CommandMenu", "View"),
        Group.GO: tr("CommandMenu", "Go"),
        Group.HELP: tr("CommandMenu", "Help"),
        Group.PROGRAM: "SLM Desk",
    }


def _runnable(commands: Sequence[QAction]) -> list[QAction]:
    """A pane has many commands that only sometimes can be run."""
    return [command for command in commands if command.isEnabled()]
