"""Every command of the real window: in the palette, in a menu and, with keys, on the sheet of shortcuts."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from slmdesk.ui.menu import CommandMenu
from slmdesk.ui.palette import Palette
from slmdesk.ui.shortcut_sheet import ShortcutSheet, rows_of
from slmdesk.ui.widgets.settings.server_dialog import ServerDialog
from tests.fakes.panes import desk_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until


def entries(menu: QMenu) -> set[str]:
    """The commands of a menu and of those inside it."""
    found: set[str] = set()
    for action in menu.actions():
        found |= entries(action.menu()) if action.menu() else {action.objectName()}
    return found


@pytest.mark.parametrize("pane_id", ["chat", "compare", "settings"])
def test_every_command_can_be_found_in_three_places(run_ui: Any, tmp_path: Path, pane_id: str) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, ScriptedEngine({"a": says("A.")})) as desk:
            window = desk.window
            pane = window.open_pane(pane_id)
            await until(pane.isVisible)
            available = {action.objectName() for action in window.commands.available()}
            assert "add_server" in available
            palette = Palette(window.commands, window)
            palette.open_over(window)
            model = palette._view.model()
            offered = {model.index(row, 0).data() for row in range(model.rowCount())}
            assert {window.commands.get(each).text() for each in available} - offered <= {"All commands"}
            palette.close()
            menu = CommandMenu(window.commands, window.pane_on_screen, window)
            menu._fill()
            assert available <= entries(menu)
            window._own_commands.show_shortcuts()
            sheet = window.findChildren(ShortcutSheet)[0]
            told = {row.text for row in rows_of(sheet._sections, "")}
            assert {text(window.commands.get(each)) for each in available} - {""} <= told
            sheet.close()

    run_ui(scenario())


def text(command: QAction) -> str:
    return command.text() if command.shortcuts() else ""


def test_a_server_is_added_from_anywhere(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, ScriptedEngine({"a": says("A.")})) as desk:
            desk.window.open_pane("chat")
            desk.window.commands.get("add_server").trigger()
            await until(lambda: desk.window.findChildren(ServerDialog))
            form = desk.window.findChildren(ServerDialog)[0]
            await until(form.isVisible)
            form.reject()
            await until(lambda: not desk.services.jobs.is_running("settings:servers"))

    run_ui(scenario())
