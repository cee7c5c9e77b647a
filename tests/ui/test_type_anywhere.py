"""A key pressed where nothing is written goes to the prompt; keys of commands and fields keep theirs."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.fakes.panes import desk_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until


def engine() -> ScriptedEngine:
    return ScriptedEngine({"a": says("Text."), "b": says("Other.")}, sizes={"a": 9, "b": 9})


async def opened(desk: Any, pane_id: str) -> Any:
    pane = desk.window.open_pane(pane_id)
    desk.window.activateWindow()
    await until(lambda: pane.prompt.edit.hasFocus())
    return pane


PLACES = {
    "chat": (lambda pane: pane.list.view, lambda pane: pane.list.new_button, lambda pane: pane.transcript),
    "compare": (lambda pane: pane.add_button, lambda pane: pane.columns.columns[0].view),
}


@pytest.mark.parametrize("pane_id", ["chat", "compare"])
def test_letters_go_to_the_prompt(run_ui: Any, tmp_path: Path, pane_id: str) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            pane = await opened(desk, pane_id)
            if pane_id == "chat":
                pane.show_start(False)
            for place in PLACES[pane_id]:
                widget: QWidget = place(pane)
                widget.setFocus()
                await until(widget.hasFocus)
                QTest.keyClick(widget, "a")
                QTest.keyClick(QApplication.focusWidget(), "B", Qt.KeyboardModifier.ShiftModifier)
                assert pane.prompt.edit.hasFocus()
            assert pane.prompt.text().casefold() == "ab" * len(PLACES[pane_id])

    run_ui(scenario())


def test_other_keys_stay_where_they_are(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            pane = await opened(desk, "chat")
            button = pane.list.new_button
            button.setFocus()
            for key in (Qt.Key.Key_Space, Qt.Key.Key_Shift, Qt.Key.Key_F5, Qt.Key.Key_Backspace):
                button.setFocus()
                QTest.keyClick(button, key)
                button.setFocus()
            QTest.keyClick(button, "x", Qt.KeyboardModifier.AltModifier)
            assert pane.prompt.text() == ""
            pane.list.search.setFocus()
            QTest.keyClicks(pane.list.search, "find")
            assert (pane.list.search.text(), pane.prompt.text()) == ("find", "")

    run_ui(scenario())


def test_votes_keep_their_keys(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            pane = await opened(desk, "compare")
            pane.prompt.set_text("Hi?")
            pane.prompt.send_button.click()
            await until(lambda: pane.tie_button.isVisible())
            pane.add_button.setFocus()
            QTest.keyClick(pane.add_button, "t")
            await until(lambda: pane.tie_button.isChecked())
            assert not pane.prompt.edit.hasFocus()
            QTest.keyClick(pane.add_button, "w")
            assert pane.prompt.text().endswith("w")

    run_ui(scenario())
