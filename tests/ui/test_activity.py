"""Toasts are found again, what can be undone is undone by key and from the sheet, once."""

import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QListView, QPushButton, QToolButton, QWidget

from slmdesk.base.errors import EngineOffline
from slmdesk.engines.base import Options
from slmdesk.features.activity.log import Activity, ActivityLog
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.ui import notify
from slmdesk.ui.desk import Desk
from slmdesk.ui.notify import Offer
from slmdesk.ui.widgets.frame.activity_sheet import ActivityModel, ActivitySheet, head_words
from tests.fakes.panes import desk_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

CTRL = Qt.KeyboardModifier.ControlModifier
WAY_BACK = Qt.Key.Key_Z


def rows(sheet: QWidget) -> list[str]:
    model = sheet.findChild(QListView).model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def engine() -> ScriptedEngine:
    return ScriptedEngine({"a": says("Text.")}, sizes={"a": 9})


def say_deleted(desk: Desk) -> list[str]:
    undone: list[str] = []
    notify.toast(desk.window, "Chat deleted.", action="Undo", callback=lambda: undone.append("chat"))
    return undone


def sheet_of(desk: Desk) -> ActivitySheet:
    desk.window.commands.get("activity").trigger()
    return desk.window.findChild(ActivitySheet)


def test_a_toast_is_undone_by_key_while_it_is_there(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            undo = desk.window.commands.get("undo")
            assert not undo.isEnabled()
            undone = say_deleted(desk)
            assert undo.isEnabled()
            desk.window.activateWindow()
            await until(lambda: desk.window.isActiveWindow())
            QTest.keyClick(desk.window, WAY_BACK, CTRL)
            assert undone == ["chat"]
            assert not undo.isEnabled()
            assert not [one for one in desk.window.findChildren(QWidget, "toast") if not one.isHidden()]
            undone = say_deleted(desk)
            notify.toast(desk.window, "Saved.")
            assert not undo.isEnabled()  # the toast that is there has nothing to undo
            undo.trigger()
            assert undone == []

    run_ui(scenario())


def test_a_text_field_undoes_its_own_typing(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            pane: Any = desk.window.open_pane("chat")
            desk.window.activateWindow()
            await until(lambda: pane.prompt.edit.hasFocus())
            QTest.keyClicks(pane.prompt.edit, "typed")
            undone = say_deleted(desk)
            QTest.keyClick(pane.prompt.edit, WAY_BACK, CTRL)
            assert pane.prompt.text() == ""
            assert undone == []

    run_ui(scenario())


def test_a_toast_that_has_gone_is_undone_from_the_sheet_and_only_once(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            undone = say_deleted(desk)
            notify.toast(desk.window, "Saved as chat.md.")
            sheet = sheet_of(desk)
            assert rows(sheet)[:2] == ["Saved as chat.md.", "Chat deleted."]
            view = sheet.findChild(QListView)
            index = view.model().index(1, 0)
            box = view.visualRect(index)
            QTest.mouseClick(
                view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(box.right() - 24, box.top() + 12)
            )
            assert undone == ["chat"]
            assert rows(sheet)[0] == "Undone: Chat deleted."
            view.setCurrentIndex(view.model().index(2, 0))
            QTest.keyClick(view, Qt.Key.Key_Return)
            assert undone == ["chat"]

    run_ui(scenario())


def test_enter_undoes_the_marked_line(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            undone = say_deleted(desk)
            sheet = sheet_of(desk)
            view = sheet.findChild(QListView)
            spoken = view.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
            assert spoken.endswith("Enter undoes it")
            view.setCurrentIndex(view.model().index(0, 0))
            QTest.keyClick(view, Qt.Key.Key_Return)
            assert undone == ["chat"]

    run_ui(scenario())


def test_engines_and_models_are_in_it(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        scripted = engine()
        async with desk_over(tmp_path, scripted) as desk:
            sheet = sheet_of(desk)
            assert "Scripted engine answers; models: 1." in rows(sheet)
            scripted.in_memory["a"] = 4096
            await desk.services.room.refresh()
            await until(lambda: "a is in memory now (0.1 GB)." in rows(sheet))
            await desk.services.registry.engines[0].unload("a")
            await desk.services.room.refresh()
            await until(lambda: "a left the memory." in rows(sheet))

    run_ui(scenario())


def test_failed_answers_are_in_it_with_what_to_do_next(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        scripted = ScriptedEngine({"a": says("Text."), "b": (EngineOffline("Nobody is there."),)})
        async with desk_over(tmp_path, scripted) as desk:
            services = desk.services
            session = await services.session()
            await session.send("Why is the sky blue?")
            await session.again(model_ref="scripted/b")
            options = Options()
            specs = [LaneSpec("scripted/a", options), LaneSpec("scripted/b", options)]
            await (comparison := services.comparison()).run("Hi", specs, services.plan(specs))
            await comparison.run("Hi", specs, services.plan(specs), is_blind=True)
            batch = services.batch()
            await batch.create("Two", ["one", "two"], specs, services.plan(specs))
            await batch.run(services.plan(specs))
            found = [entry.sentence for entry in services.activity.entries() if entry.kind == "error"][::-1]
            why = "Nobody is there. Start it and try again, or choose a model of the built-in engine."
            assert found == [
                f"In “Why is the sky blue?”, scripted/b: {why}",
                f"In a comparison, b: {why}",
                "In a blind comparison, a column failed. Vote to see which and why, then retry it.",
                "A list of prompts: 2 of 4 answers, 2 failed. “Retry failed” asks those again.",
            ]

    run_ui(scenario())


def test_it_opens_from_the_foot_and_gives_the_keyboard_back(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            pane: Any = desk.window.open_pane("chat")
            desk.window.activateWindow()
            await until(lambda: pane.prompt.edit.hasFocus())
            foot = next(
                one for one in desk.window.findChildren(QToolButton) if one.accessibleName() == "Activity"
            )
            QTest.mouseClick(foot, Qt.MouseButton.LeftButton)
            sheet = desk.window.findChild(ActivitySheet)
            assert sheet.findChild(QLineEdit).hasFocus()
            close = next(one for one in sheet.findChildren(QToolButton))
            QTest.mouseClick(close, Qt.MouseButton.LeftButton)
            assert sheet.isHidden()
            assert pane.prompt.edit.hasFocus()
            for _twice in range(2):  # and by its key
                desk.window.commands.get("activity").trigger()
            assert sheet.isHidden()
            assert pane.prompt.edit.hasFocus()

    run_ui(scenario())


@pytest.fixture
def log() -> ActivityLog:
    log = ActivityLog(None)
    log.add("engine", "Ollama does not answer any more.")
    log.add("error", "a model: <b>out of memory</b>")
    return log


@pytest.fixture
def sheet(qtbot: Any, log: ActivityLog) -> ActivitySheet:
    sheet = ActivitySheet(log, {}.get)
    qtbot.addWidget(sheet)
    sheet.resize(300, 600)
    sheet.show()
    return sheet


def test_a_search_finds_words_and_kinds(sheet: ActivitySheet, qtbot: Any) -> None:
    search = sheet.findChild(QLineEdit)
    qtbot.keyClicks(search, "engine ollama")
    assert rows(sheet) == ["Ollama does not answer any more."]
    qtbot.keyClicks(search, "zzz")
    assert "Nothing holds these words." in [label.text() for label in sheet.findChildren(QLabel)]


def test_a_line_is_copied(sheet: ActivitySheet, qtbot: Any) -> None:
    view = sheet.findChild(QListView)
    view.setCurrentIndex(view.model().index(0, 0))
    view.actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == "a model: <b>out of memory</b>"


def test_it_is_cleared(sheet: ActivitySheet, log: ActivityLog, qtbot: Any) -> None:
    clear = next(one for one in sheet.findChildren(QPushButton))
    qtbot.mouseClick(clear, Qt.MouseButton.LeftButton)
    assert (rows(sheet), log.entries()) == ([], ())
    assert "Nothing has happened yet." in [label.text() for label in sheet.findChildren(QLabel)]


def test_a_sheet_that_is_closed_draws_nothing_and_one_that_opens_shows_all(
    sheet: ActivitySheet, log: ActivityLog
) -> None:
    sheet.hide()
    log.add("notice", "The disk is full.")
    assert not sheet._soon.isActive()
    sheet.show()
    assert rows(sheet)[0] == "The disk is full."


def test_a_long_line_is_wrapped_and_has_room(sheet: ActivitySheet, log: ActivityLog, qtbot: Any) -> None:
    view = sheet.findChild(QListView)
    one_line = view.sizeHintForRow(0)
    log.add("message", "A sentence that goes on. " * 20)
    qtbot.waitUntil(lambda: len(rows(sheet)) == 3)
    assert view.sizeHintForRow(0) > 5 * one_line / 2
    assert not view.grab().isNull()


def test_the_list_is_a_sound_model(log: ActivityLog, qtmodeltester: Any) -> None:
    offer = Offer("Undo", lambda: None)
    model = ActivityModel(lambda _entry: offer)
    model.set_entries(log.entries(), "")
    qtmodeltester.check(model)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)


def test_the_day_is_said_when_it_was_not_today() -> None:
    now = time.time()
    assert head_words(Activity(now, "engine", "")) == f"{time.strftime('%H:%M')} · Engine"
    assert head_words(Activity(0, "error", "")).startswith(time.strftime("%d %b", time.localtime(0)))
