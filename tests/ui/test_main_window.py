"""The window's frame: panes made when first shown, engines and privacy in words, everything by keyboard."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from slmdesk.base.jobs import JobRunner
from slmdesk.engines.registry import Registry
from slmdesk.features.catalog.keep_alive import KeepAlive
from slmdesk.features.catalog.room import Room
from slmdesk.features.monitor.sampler import Sampler
from slmdesk.ui.actions import Actions
from slmdesk.ui.main_window import NARROW_PX, MainWindow, PaneSpec
from slmdesk.ui.menu import CommandMenu, build_menu_bar
from slmdesk.ui.shortcut_sheet import ShortcutSheet
from slmdesk.ui.widgets.frame.engine_pills import EnginePills
from slmdesk.ui.widgets.frame.machine_panel import MachinePanel
from tests.fakes.offers import GB, OfferingEngine

BUILT_IN = OfferingEngine("builtin", "Built-in engine", "smollm2-135m-instruct")
OFFICE = OfferingEngine("office", "Office", "big", address="https://office.example", is_local=False)
OFF = OfferingEngine("ollama", "Ollama", problem="Nothing answers at http://127.0.0.1:11434.")


class Pane(QWidget):
    status_changed = Signal(str)


@pytest.fixture
def made() -> list[str]:
    return []


@pytest.fixture
def build(qtbot, run_ui, made) -> Iterator[Callable[..., MainWindow]]:
    def pane(pane_id: str) -> Callable[[Actions], QWidget]:
        def make(actions: Actions) -> QWidget:
            made.append(pane_id)
            widget = Pane()
            keys = "Ctrl+J" if pane_id == "settings" else ""
            actions.add(f"in_{pane_id}", f"Inside {pane_id}", lambda: None, shortcut=keys, owner=widget)
            return widget

        return make

    def make_window(*engines: OfferingEngine) -> MainWindow:
        registry = Registry(engines)
        run_ui(registry.refresh())
        room = Room(registry, lambda: GB)
        keep_alive = KeepAlive(Path("nowhere"), registry, room)
        panel = MachinePanel(Sampler(dict), registry, room, keep_alive, JobRunner(lambda *_: None))
        panel._timer.setInterval(10**6)  # no job: there is no loop outside a scenario
        window = MainWindow(
            [
                PaneSpec("chat", "Chat", "chat", "Ctrl+1", pane("chat")),
                PaneSpec("compare", "Compare", "compare", "Ctrl+2", pane("compare")),
                PaneSpec("settings", "Settings", "settings", "Ctrl+,", pane("settings"), is_at_foot=True),
            ],
        )
        window.attach(registry, panel)
        window.registry = registry
        window.resize(1300, 700)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        windows.append(window)
        return window

    windows: list[MainWindow] = []
    yield make_window
    for window in windows:
        if shiboken6.isValid(window):
            shiboken6.delete(window)


def words(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def pills(window: MainWindow) -> list[QPushButton]:
    return [pill for pill in window.findChild(EnginePills).findChildren(QPushButton) if pill.isVisible()]


def test_a_pane_is_made_when_it_is_first_shown(build, made) -> None:
    window = build()
    assert made == []
    first = window.open_pane("chat")
    window.open_pane("compare")
    assert window.open_pane("chat") is first
    assert made == ["chat", "compare"]


def test_panes_open_by_keyboard_rail_and_palette(build, made, qtbot) -> None:
    window = build()
    window.open_pane("chat")
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert made == ["chat", "compare", "settings"]
    rail = {button.text(): button for button in window.findChildren(QToolButton) if button.isCheckable()}
    qtbot.mouseClick(rail["Chat"], Qt.MouseButton.LeftButton)
    assert rail["Chat"].isChecked()
    assert not rail["Compare"].isChecked()
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.findChild(QWidget, "popup")
    assert palette.isVisible()
    palette.close()


def test_only_commands_of_the_open_pane_are_offered(build) -> None:
    window = build()
    window.open_pane("chat")
    window.open_pane("compare")
    offered = [action.text() for action in window.commands.available()]
    assert "Inside compare" in offered
    assert "Inside chat" not in offered


def test_help_lists_every_shortcut(build, made, qtbot) -> None:
    window = build()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    spoken = sheet_rows(window)
    for expected in ("Open Chat, Ctrl 1", "Open Settings, Ctrl ,", "Shortcuts, F1, ?", "Quit, Ctrl Q"):
        assert expected in spoken
    assert made == ["chat", "compare", "settings"]  # their commands are theirs
    assert spoken[0] == "Everywhere"
    assert spoken[-2:] == ["Settings", "Inside settings, Ctrl J"]


def sheet_rows(window: MainWindow) -> list[str]:
    model = window.findChild(ShortcutSheet).findChild(QListView).model()
    return [model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]


def test_a_question_mark_opens_it_too_and_typing_narrows_it(build, qtbot) -> None:
    window = build()
    window.open_pane("chat")
    qtbot.keyClick(window, Qt.Key.Key_Question)
    sheet = window.findChild(ShortcutSheet)
    qtbot.keyClicks(sheet.findChild(QLineEdit), "open chat")
    assert sheet_rows(window) == ["Everywhere", "Open Chat, Ctrl 1"]
    qtbot.keyClicks(sheet.findChild(QLineEdit), "zzz")
    assert "No shortcut holds these words." in words(sheet)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def menu_texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def test_the_menu_holds_every_command(build, qtbot) -> None:
    window = build()
    window.open_pane("chat")
    window.commands.add("off", "Off", lambda: None).setEnabled(False)
    button = next(one for one in window.findChildren(QToolButton) if one.accessibleName() == "Menu")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    menu = window.findChild(CommandMenu)
    assert menu.isVisible()
    texts = menu_texts(menu)
    assert texts[0] == "Chat"
    assert texts[-1] == "Quit"
    assert {"Open Compare", "Shortcuts", "All commands", "Off"} <= set(texts)
    assert menu_texts(menu.actions()[0].menu()) == ["Inside chat"]
    menu.close()
    window.open_pane("compare")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert menu_texts(menu.actions()[0].menu()) == ["Inside compare"]
    menu.close()


def test_a_mac_has_them_in_its_bar(build) -> None:
    window = build()
    window.open_pane("compare")
    bar = build_menu_bar(window, window.commands, window.pane_on_screen)
    assert [action.text() for action in bar.actions()] == [
        "Compare",
        "File",
        "Edit",
        "View",
        "Go",
        "Help",
        "SLM Desk",
    ]
    held = {text for action in bar.actions() for text in menu_texts(action.menu())}
    assert {command.text() for command in window.commands.available()} == held
    assert window.commands.get("quit").menuRole() == QAction.MenuRole.QuitRole
    assert window.commands.get("open_settings").menuRole() == QAction.MenuRole.PreferencesRole
    window.open_pane("chat")
    bar.actions()[0].menu().aboutToShow.emit()
    assert menu_texts(bar.actions()[0].menu()) == ["Inside chat"]


def test_engines_stand_at_the_top_in_words(build) -> None:
    window = build(BUILT_IN, OFF)
    assert [pill.text() for pill in pills(window)] == ["Built-in engine", "Ollama off"]
    assert "Nothing answers at http://127.0.0.1:11434." in pills(window)[1].toolTip()
    assert "Start it" in pills(window)[1].toolTip()
    assert "Start it" in pills(window)[1].accessibleDescription()


def test_engines_without_room_are_counted(build) -> None:
    servers = [OfferingEngine(f"s{n}", f"A server with a long name {n}", "m") for n in range(12)]
    window = build(*servers)
    window.resize(1024, 700)
    shown = pills(window)
    more = next(pill for pill in shown if pill.text().startswith("+"))
    assert more.text() == f"+{12 - len(shown) + 1}"
    assert "A server with a long name 11" in more.toolTip()
    right = max(pill.geometry().right() for pill in shown)
    assert right <= window.findChild(EnginePills).width()


def test_a_pill_leads_to_the_settings(build, made, qtbot) -> None:
    window = build(OFF)
    qtbot.mouseClick(pills(window)[0], Qt.MouseButton.LeftButton)
    assert made == ["settings"]


def test_the_status_line_says_what_leaves_the_machine(build) -> None:
    assert "All data stays on this machine" in words(build(BUILT_IN))
    assert "Prompts to Office leave this machine" in words(build(BUILT_IN, OFFICE))


def test_many_places_and_long_names_leave_room_for_what_is_said_of_them(build) -> None:
    long = "The office's big machine in the cellar"
    places = [
        OfferingEngine(name, name, address="https://x.example", is_local=False) for name in (long, "B", "C")
    ]
    window = build(BUILT_IN, *places)
    (said,) = (each for each in window._status.findChildren(QLabel) if "leave this" in each.text())
    assert said.text() == "Prompts to The office's big machin…, B, 1 more leave this machine"
    assert long in said.toolTip()


def test_nothing_is_claimed_of_engines_before_they_are_known(build) -> None:
    window = build()
    assert "All data stays on this machine" not in words(window)
    window.registry.replace([OFFICE])  # it has not been looked at yet
    assert "Prompts to Office leave this machine" in words(window)


def test_the_status_line_says_what_is_going_on(build) -> None:
    window = build()
    assert "Ready" in words(window)
    window.resize(1400, 900)
    window.open_pane("chat").status_changed.emit("Writing 31 tok/s")
    window.open_pane("compare").status_changed.emit("Comparing 2 models")
    assert "Writing 31 tok/s — Comparing 2 models" in words(window)
    window.open_pane("chat").status_changed.emit("")
    window.open_pane("compare").status_changed.emit("")
    assert "Ready" in words(window)


def test_notices_are_read_one_after_the_other(build, qtbot) -> None:
    window = build()
    window.show_notice("The settings were damaged.")
    window.show_notice("<b>no keyring</b>")
    assert "The settings were damaged." in words(window)
    close = next(
        one for one in window.findChildren(QToolButton) if one.accessibleName() == "Close this notice"
    )
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert "<b>no keyring</b>" in words(window)
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert not close.isVisible()


def test_other_keys_are_shown_at_once(build) -> None:
    window = build()
    window.commands.use_keys({"palette": "Ctrl+J", "open_chat": "Ctrl+F1"})
    assert "Ctrl J" in words(window)
    chat = next(one for one in window.findChildren(QToolButton) if one.text() == "Chat")
    assert chat.toolTip() == "Chat  Ctrl F1"


def test_a_notice_waits_once_and_goes_when_it_is_true_no_more(build) -> None:
    window = build()
    for _flap in range(3):
        window.show_notice("The disk is full.")
        window.withdraw_notice("Everything is saved.")
        window.show_notice("The disk is full.")
        window.withdraw_notice("The disk is full.")
        window.show_notice("Everything is saved.")
    assert window._notices._waiting == ["Everything is saved."]
    window.withdraw_notice("Everything is saved.")
    assert not window._notices.isVisible()


def test_the_panel_folds_and_stops_looking(build, qtbot) -> None:
    window = build()
    assert window.is_panel_open
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert not window.is_panel_open
    assert not window.findChild(MachinePanel)._sampler._is_wanted.is_set()
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert window.is_panel_open


def test_a_narrow_window_folds_the_panel_by_itself_unless_it_is_asked_for(build, qtbot) -> None:
    window = build()
    window.resize(NARROW_PX - 1, 700)
    assert not window.is_panel_open
    assert window.is_panel_wanted  # where there is room
    window.resize(NARROW_PX, 700)
    assert window.is_panel_open
    window.resize(1024, 700)
    qtbot.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert window.is_panel_open
    assert (window.width(), window.height()) == (1024, 700)
    window.fold_panel(False)
    window.resize(1300, 700)
    assert not window.is_panel_open
    assert not window.is_panel_wanted


def test_a_panel_that_was_folded_stays_folded(build) -> None:
    window = build()
    window.remember_panel(False)
    assert not window.is_panel_open
    window.remember_panel(True)
    assert window.is_panel_open


def test_the_window_comes_back_where_it_was(build) -> None:
    window = build()
    window.setGeometry(0, 0, 800, 570)
    place = window.place()
    window.setGeometry(0, 0, 800, 590)
    window.restore(place)
    assert window.height() == 570


@pytest.mark.parametrize("place", ["", "not base64 at all", "AAAA"])
def test_a_place_that_cannot_be_read_changes_nothing(build, place: str) -> None:
    window = build()
    window.resize(1000, 700)
    window.restore(place)
    assert (window.width(), window.height()) == (1000, 700)


def test_a_second_start_brings_the_window_back(build) -> None:
    window = build()
    window.showMinimized()
    window.come_to_front()
    assert not window.isMinimized()
    assert window.isVisible()


def test_closing_is_told_to_those_who_end_the_program(build, qtbot) -> None:
    window = build()
    with qtbot.waitSignal(window.close_asked):
        qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()


def test_every_button_has_a_name(build) -> None:
    window = build(BUILT_IN, OFF)
    window.open_pane("chat")
    window.show_notice("x")
    nameless = [
        button
        for button in window.findChildren(QAbstractButton)
        if button.isVisible() and not (button.accessibleName() or button.text())
    ]
    assert nameless == []


def test_everything_has_room_on_a_small_screen(build) -> None:
    window = build(BUILT_IN, OFF)
    window.open_pane("chat")
    window.resize(1024, 700)
    assert (window.width(), window.height()) == (1024, 700)
    assert window.centralWidget().minimumSizeHint().width() <= 1024


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_presses_the_button_with_the_focus(build, qtbot, key: Qt.Key) -> None:
    window = build(BUILT_IN)
    pressed: list[bool] = []
    button = QPushButton("Press me", window.open_pane("chat"))
    button.clicked.connect(lambda: pressed.append(True))
    button.show()
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    qtbot.keyClick(button, key)
    assert pressed == [True]


def test_a_window_that_is_gone_hears_nothing_more(build) -> None:
    window = build(BUILT_IN)
    registry = window.registry
    hearers = len(registry.changed._subscribers)
    shiboken6.delete(window)
    assert len(registry.changed._subscribers) < hearers
    registry.changed.emit(None)  # would raise in the deleted window


SCALED = """
import sys
from PySide6.QtWidgets import QApplication
from slmdesk.ui import icons, theme
from slmdesk.ui.widgets.frame.rail import Rail
app = QApplication(sys.argv)
theme.choose(app, "light")
rail = Rail()
rail.add("chat", "Settings", "chat")
rail.show()
picture = rail.grab()
button = rail.findChildren(type(rail._buttons["chat"]))[0]
assert button.sizeHint().height() <= button.height(), "the word is cut"
print(picture.devicePixelRatio(), icons.pixmap("chat", "#000000").width())
"""


@pytest.mark.parametrize(("factor", "icon_px"), [("1.25", 25), ("2", 40)])
def test_dense_screens_get_sharp_icons(qapp: QApplication, factor: str, icon_px: int) -> None:
    environment = {**os.environ, "QT_SCALE_FACTOR": factor}
    done = subprocess.run(
        [sys.executable, "-c", SCALED],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == [str(float(factor)), str(icon_px)], done.stderr
