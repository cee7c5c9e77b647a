"""The window as a screen reader walks it: controls have role and name, Tab reaches all, none catches it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QPushButton, QWidget

from tests.fakes.until import until
from tests.ui.test_reach import described, is_control, open_at, visible

Role = QAccessible.Role
# What holds others or is only drawn; it need not have a name.
SILENT = {
    Role.Client, Role.Grouping, Role.Pane, Role.Window, Role.LayeredPane, Role.Border, Role.NoRole,
    Role.ScrollBar, Role.Separator, Role.Whitespace, Role.Splitter, Role.PopupMenu,
}  # fmt: skip
STOPS_INSIDE = 40
PRESSED = {Role.Button, Role.CheckBox, Role.RadioButton, Role.ButtonMenu, Role.ButtonDropDown}


def tree(node: Any) -> Iterator[Any]:
    """Every interface that is seen, from the top."""
    if node is None or not node.isValid() or node.state().invisible:
        return
    yield node
    for index in range(node.childCount()):
        yield from tree(node.child(index))


def faults(root: QWidget) -> list[str]:
    """Controls without a name, controls that say nothing of what they are, buttons that cannot be pressed."""
    found = []
    for node in tree(QAccessible.queryAccessibleInterface(root)):
        name, role, state = node.text(QAccessible.Text.Name), node.role(), node.state()
        where = f"{role.name} {name!r} {described(node.object()) if node.object() else ''}"
        widget = node.object()
        if isinstance(widget, QWidget) and is_control(widget) and role in SILENT:
            found.append(f"no role: {where}")
        if role not in SILENT and not name.strip() and (state.focusable or role is not Role.StaticText):
            found.append(f"no name: {where}")
        if role in PRESSED and not state.disabled and node.actionInterface() is None:
            found.append(f"cannot be pressed: {where}")
    return found


def tabbed(root: QWidget, key: Qt.Key) -> set[QWidget]:
    """What the key goes to, until it comes around; as a person presses it, so that a trap is one."""
    reached: list[QWidget] = []
    steps_inside = 0
    while (now := QApplication.focusWidget()) is not None and steps_inside < STOPS_INSIDE:
        if now in reached[:-1]:
            break
        is_inside = reached[-1:] == [now]  # a conversation has stops of its own
        steps_inside = steps_inside + 1 if is_inside else 0
        if not is_inside:
            reached.append(now)
        QTest.keyClick(now, key)
    return set(reached)


@pytest.mark.parametrize("sheet", ["", "activity"])
@pytest.mark.parametrize("pane_id", ["chat", "compare", "evaluate", "models", "settings"])
def test_every_control_is_named_reached_and_left(
    run_ui: Any, tmp_path: Path, pane_id: str, sheet: str
) -> None:
    async def scenario() -> None:
        async with open_at(tmp_path, pane_id) as (desk, _):
            window = desk.window
            window.resize(1440, 900)
            if sheet:
                window.commands.get(sheet).trigger()
            await until(lambda: QApplication.focusWidget() is not None)
            assert faults(window) == []
            wanted = {
                each
                for each in visible(window)
                if is_control(each) and each.isEnabled() and not each.focusProxy()
            }
            for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                missed = wanted - tabbed(window, key)
                assert [described(each) for each in missed] == []

    run_ui(scenario())


@pytest.mark.parametrize("command", ["help", "palette", "choose_model"])
def test_every_part_of_a_popup_is_named(run_ui: Any, tmp_path: Path, command: str) -> None:
    async def scenario() -> None:
        async with open_at(tmp_path, "chat") as (desk, _):
            desk.window.commands.get(command).trigger()
            popup = QApplication.activePopupWidget() or QApplication.activeModalWidget()
            assert popup is not None
            assert faults(popup) == []
            popup.close()

    run_ui(scenario())


class Trap(QPlainTextEdit):
    """Takes Tab for itself."""


def test_a_trap_and_a_nameless_button_are_found(qtbot: Any) -> None:
    window = QWidget()
    row = QHBoxLayout(window)
    first, trap, last = QPushButton("One"), Trap(), QPushButton()
    for widget in (first, trap, last):
        row.addWidget(widget)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    assert len(faults(window)) == 2
    first.setFocus()
    assert last not in tabbed(window, Qt.Key.Key_Tab)
    trap.setTabChangesFocus(True)
    first.setFocus()
    assert {first, trap, last} <= tabbed(window, Qt.Key.Key_Tab)
