"""The window's own commands, and the ways to all of them: palette, menu, sheet of shortcuts."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from slmdesk.ui.actions import Actions, Group

if TYPE_CHECKING:  # each comes with its first use: the first picture need not wait for them
    from slmdesk.ui.main_window import MainWindow, PaneSpec
    from slmdesk.ui.menu import CommandMenu
    from slmdesk.ui.palette import Palette


class WindowCommands(QObject):
    """Part of the window, in a file of its own."""

    def __init__(self, window: "MainWindow", commands: Actions, panes: Iterable["PaneSpec"]) -> None:
        super().__init__(window)
        self._window = window
        self._commands = commands
        self._palette: Palette | None = None
        self._menu: CommandMenu | None = None
        add = commands.add
        for spec in panes:
            words = self.tr("Open {0}").format(spec.title)
            add(f"open_{spec.id}", words, _opener(window, spec.id), shortcut=spec.shortcut, group=Group.GO)
        add("palette", self.tr("All commands"), self.open_palette, shortcut="Ctrl+K", group=Group.HELP)
        panel = self.tr("Show or hide the machine panel")
        add("machine_panel", panel, self._on_machine_panel, shortcut="Ctrl+M")
        help_keys = QKeySequence.StandardKey.HelpContents
        add("help", self.tr("Shortcuts"), self.show_shortcuts, shortcut=help_keys, also="?", group=Group.HELP)
        add("quit", self.tr("Quit"), window.close, shortcut="Ctrl+Q", group=Group.PROGRAM)

    def open_palette(self) -> None:
        if self._palette is None:
            from slmdesk.ui.palette import Palette

            self._palette = Palette(self._commands, self._window)
        self._palette.open_over(self._window)

    def open_menu(self, button: QWidget) -> None:
        if self._menu is None:
            from slmdesk.ui.menu import CommandMenu

            self._menu = CommandMenu(self._commands, self._window.pane_on_screen, self._window)
        self._menu.open_below(button)

    def add_menu_bar(self) -> None:
        """Where the system has one for every program."""
        from slmdesk.ui.menu import add_menu_bar

        add_menu_bar(self._window, self._commands, self._window.pane_on_screen)

    def show_shortcuts(self) -> None:
        """The sheet with every pane's shortcuts."""
        from slmdesk.ui.shortcut_sheet import ShortcutSheet

        panes = self._window.all_panes()
        sections = [(title, self._commands.of_owner(pane)) for title, pane in panes.items()]
        everywhere = [command for group in Group for command in self._commands.of_group(group)]
        ShortcutSheet(self._window).show_sections([(self.tr("Everywhere"), everywhere), *sections])

    def _on_machine_panel(self) -> None:
        self._window.fold_panel(not self._window.is_panel_open)


def _opener(window: "MainWindow", pane_id: str) -> Callable[[], object]:
    return lambda: window.open_pane(pane_id)
