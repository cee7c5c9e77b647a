"""Commands: registered once, found by typing, run with Enter."""

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from slmdesk.ui.actions import Actions
from slmdesk.ui.palette import CommandList, Palette, shortcut_words


@pytest.fixture
def window(qtbot) -> QWidget:
    window = QWidget()
    window.resize(900, 600)
    QVBoxLayout(window)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitActive(window)
    return window


@pytest.fixture
def commands(window) -> Actions:
    return Actions(window)


def shown(palette: Palette) -> list[str]:
    model = palette.findChild(QListView).model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_a_command_is_registered_once(commands) -> None:
    commands.add("quit", "Quit", lambda: None)
    with pytest.raises(ValueError, match="quit"):
        commands.add("quit", "Leave", lambda: None)


def test_a_shortcut_works_at_once(commands, window, qtbot) -> None:
    runs: list[str] = []
    commands.add("chat", "Open Chat", lambda: runs.append("chat"), shortcut="Ctrl+1")
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert runs == ["chat"]


def test_typing_narrows_and_enter_runs(commands, window, qtbot) -> None:
    runs: list[str] = []
    for name in ("Open Chat", "Open Compare", "Export this chat"):
        commands.add(name, name, lambda name=name: runs.append(name))
    palette = Palette(commands, window)
    palette.open_over(window)
    search = palette.findChild(QLineEdit)
    qtbot.keyClicks(search, "chat op")
    assert shown(palette) == ["Open Chat"]
    search.clear()
    qtbot.keyClick(search, Qt.Key.Key_Down)
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert runs == ["Open Compare"]
    assert not palette.isVisible()


def test_escape_closes_and_runs_nothing(commands, window, qtbot) -> None:
    runs: list[str] = []
    commands.add("a", "A", lambda: runs.append("a"))
    palette = Palette(commands, window)
    palette.open_over(window)
    qtbot.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert runs == []


def test_what_cannot_be_run_now_is_not_offered(commands, window) -> None:
    pane = QWidget(window)
    commands.add("everywhere", "Everywhere", lambda: None)
    commands.add("pane", "In the pane", lambda: None, owner=pane)
    commands.add("off", "Off", lambda: None).setEnabled(False)
    palette = Palette(commands, window)
    pane.hide()
    palette.open_over(window)
    assert shown(palette) == ["Everywhere"]
    palette.close()
    pane.show()
    palette.open_over(window)
    assert shown(palette) == ["Everywhere", "In the pane"]


def test_a_pane_that_is_gone_takes_its_commands_along(commands, window) -> None:
    pane = QWidget(window)
    commands.add("pane", "In the pane", lambda: None, owner=pane)
    shiboken6.delete(pane)
    assert commands.available() == []
    assert commands.all() == []


def test_it_is_as_high_as_its_rows(commands, window, qtbot) -> None:
    for number in range(30):
        commands.add(f"c{number}", f"Command {number}", lambda: None)
    palette = Palette(commands, window)
    palette.open_over(window)
    view, search = palette.findChild(QListView), palette.findChild(QLineEdit)
    full = palette.height()
    assert full < window.height()
    assert view.height() == 10 * view.sizeHintForRow(0)
    qtbot.keyClicks(search, "29")
    assert view.height() == view.sizeHintForRow(0)
    qtbot.waitUntil(lambda: palette.height() < full)
    qtbot.keyClicks(search, "zzz")
    assert not view.isVisible()
    assert "No command holds these words." in [label.text() for label in palette.findChildren(QLabel)]
    palette.close()


def test_a_search_without_a_hit_runs_nothing(commands, window, qtbot) -> None:
    runs: list[str] = []
    commands.add("a", "A", lambda: runs.append("a"))
    palette = Palette(commands, window)
    palette.open_over(window)
    qtbot.keyClicks(palette.findChild(QLineEdit), "zzz")
    qtbot.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Return)
    assert runs == []
    palette.close()


def test_the_list_is_a_sound_model(commands, qtmodeltester) -> None:
    model = CommandList()
    model.set_rows(
        [commands.add("a", "A", lambda: None, shortcut="Ctrl+K"), commands.add("b", "B", lambda: None)]
    )
    qtmodeltester.check(model)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "A Ctrl K"


def test_shortcuts_are_written_as_in_the_design(commands) -> None:
    assert shortcut_words(commands.add("a", "A", lambda: None, shortcut="Ctrl+K")) == "Ctrl K"
    assert shortcut_words(commands.add("b", "B", lambda: None)) == ""
