"""Many prompts in the pane: a list is pasted or loaded, seen, run, paused, read and exported."""

import asyncio
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from slmdesk.base.errors import Interrupted
from slmdesk.engines.base import Delta
from slmdesk.features.compare.batch import Cell
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.widgets.compare import export_menu
from slmdesk.ui.widgets.compare.batch_desk import JOB
from slmdesk.ui.widgets.compare.batch_page import BatchPage
from slmdesk.ui.widgets.compare.batch_table import figures_of
from slmdesk.ui.widgets.compare.list_sheet import ListSheet
from tests.fakes.panes import pane_over, tabbed
from tests.fakes.scripted_engine import DONE, ScriptedEngine, says
from tests.fakes.until import until


def engine(**scripts: Any) -> ScriptedEngine:
    scripts = scripts or {
        "a": lambda request: says("A: ", request.messages[-1].content),
        "b": lambda request: says("B: ", request.messages[-1].content),
    }
    return ScriptedEngine(scripts, sizes=dict.fromkeys(scripts, 100_000_000))


def sheet_of(pane: ComparePane) -> ListSheet:
    pane.extras.lists.open_sheet()
    return pane.findChildren(ListSheet)[-1]


async def run_list(pane: ComparePane, *prompts: str) -> BatchPage:
    sheet = sheet_of(pane)
    sheet.edit.setPlainText("\n".join(prompts))
    sheet.run_button.click()
    await until(lambda: not pane.is_showing_columns)
    page = pane.extras.lists.page
    assert page is not None
    return page


def cells(page: BatchPage) -> list[list[str]]:
    model = page.model
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_a_deleted_list_leaves_the_screen(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            page = await run_list(pane, "One?", "Two?")
            await until(lambda: page.words.text() == "4 of 4 answers")
            await until(lambda: not services.jobs.is_running(JOB))
            await services.forget_everything()
            assert pane.is_showing_columns
            assert pane.extras.lists.page is None
            page = await run_list(pane, "Three?")
            await until(lambda: page.words.text() == "2 of 2 answers")
            assert cells(page)[0][0] == "Three?"
            await until(lambda: not services.jobs.is_running(JOB))

    run_ui(scenario())


def test_a_list_is_seen_before_it_is_run(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            sheet = sheet_of(pane)
            assert not sheet.run_button.isEnabled()
            sheet.edit.setPlainText("One?\nTwo?\nThree?")
            assert sheet.words.text() == "3 prompts, one a line"
            assert [sheet.preview.item(row).text() for row in range(3)] == ["One?", "Two?", "Three?"]
            sheet.kinds.setCurrentIndex(sheet.kinds.findData("blocks"))
            assert sheet.words.text() == "1 prompt, one a block"
            sheet.kinds.setCurrentIndex(sheet.kinds.findData("jsonl"))
            assert "Line 1 is no JSON." in sheet.words.text()
            assert not sheet.run_button.isEnabled()
            sheet.reject()

    run_ui(scenario())


def test_a_file_is_dropped_on_the_sheet(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            path = tmp_path / "questions.csv"
            path.write_text("id,prompt\n1,First?\n2,Second?\n", "utf-8")
            sheet, mime = sheet_of(pane), QMimeData()
            mime.setUrls([QUrl.fromLocalFile(str(path))])
            copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
            drop = QDropEvent(QPointF(9, 9), copy, mime, left, Qt.KeyboardModifier.NoModifier)
            sheet.dropEvent(drop)
            assert sheet.words.text() == "questions.csv: 2 prompts, CSV"
            sheet.run_button.click()
            await until(lambda: pane.extras.lists.page is not None)
            page = pane.extras.lists.page
            assert page is not None
            assert page._name.full_text == "questions"
            await until(lambda: page.words.text() == "4 of 4 answers")

    run_ui(scenario())


def test_every_prompt_goes_through_every_column(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            told: list[str] = []
            pane.status_changed.connect(told.append)
            page = await run_list(pane, "x", "y")
            await until(lambda: not services.jobs.is_running(JOB))
            assert "List: 2 of 4 answers" in told
            assert told[-1] == ""
            assert cells(page) == [["x", "A: x", "B: x"], ["y", "A: y", "B: y"]]
            assert [page.model.headerData(place, Qt.Orientation.Horizontal) for place in range(3)] == [
                "Prompt", "a", "b",
            ]  # fmt: skip
            tip = Qt.ItemDataRole.ToolTipRole
            assert page.model.headerData(1, Qt.Orientation.Horizontal, tip) == "a"
            assert page.model.headerData(1, Qt.Orientation.Vertical, tip) == "y"
            pane.window().activateWindow()
            QTest.keyClick(page.table, Qt.Key.Key_1)  # no vote: there are no columns to be seen
            assert pane._comparison.vote is None
            where = page.table.visualRect(page.model.index(1, 2)).center()
            QTest.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
            assert page.view.plain_text() == "y\n\nB: y"
            page.open_button.click()
            await until(lambda: pane.is_showing_columns and pane._comparison.prompt == "y")
            assert [column.text() for column in pane.columns.columns] == ["A: y", "B: y"]

    run_ui(scenario())


def test_a_list_is_paused_and_goes_on_where_it_was(run_ui: Any, tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def scenario() -> None:
        slow = engine(a=[Delta("Slow"), gate, DONE], b=says("Fast"))
        async with pane_over(ComparePane, tmp_path, slow) as (pane, services):
            page = await run_list(pane, "x", "y")
            await until(lambda: cells(page)[0][1:] == ["running…", "Fast"])
            page.table.setCurrentIndex(page.model.index(0, 1))
            assert page.view.plain_text() == "x\n\nSlow"
            assert page.pause_button.text() == "Pause"
            page.pause_button.click()
            await until(lambda: not services.jobs.is_running(JOB))
            assert cells(page) == [["x", "stopped Slow", "Fast"], ["y", "waiting", "waiting"]]
            assert page.words.text() == "1 of 4 answers"
        gate.set()
        async with pane_over(ComparePane, tmp_path, slow) as (pane, services):
            summary = (await services.batches.list())[0]
            pane.extras.lists._open(summary)
            await until(lambda: pane.extras.lists.page is not None)
            page = pane.extras.lists.page
            assert page is not None
            assert page.pause_button.text() == "Go on"
            page.pause_button.click()
            await until(lambda: page.words.text() == "4 of 4 answers")
            await until(lambda: not page.pause_button.isEnabled())
            assert cells(page)[1] == ["y", "Slow", "Fast"]

    run_ui(scenario())


def test_an_answer_is_followed_again_after_the_page_was_hidden(run_ui: Any, tmp_path: Path) -> None:
    gate, last = asyncio.Event(), asyncio.Event()

    async def scenario() -> None:
        slow = engine(a=[Delta("Slow"), gate, Delta(" and"), last, Delta(" steady"), DONE], b=says("Fast"))
        async with pane_over(ComparePane, tmp_path, slow) as (pane, services):
            page = await run_list(pane, "x")
            await until(lambda: cells(page)[0][1:] == ["running…", "Fast"])
            page.table.setCurrentIndex(page.model.index(0, 1))
            pane.show_columns()
            gate.set()
            pane.extras.lists.open_sheet()  # the list that runs is shown instead
            await until(lambda: page.isVisible() and page.view.plain_text() == "x\n\nSlow and")
            last.set()
            await until(lambda: page.view.plain_text() == "x\n\nSlow and steady")
            await until(lambda: not services.jobs.is_running(JOB))

    run_ui(scenario())


def test_only_what_failed_is_asked_again(run_ui: Any, tmp_path: Path) -> None:
    tries = iter([[Interrupted("Gone.")], says("Now.")])

    async def scenario() -> None:
        flaky = engine(a=lambda _request: next(tries), b=says("B"))
        async with pane_over(ComparePane, tmp_path, flaky) as (pane, services):
            page = await run_list(pane, "x")
            await until(lambda: not services.jobs.is_running(JOB) and page.retry_button.isVisible())
            page.retry_button.click()
            await until(lambda: cells(page) == [["x", "Now.", "B"]])
            await until(lambda: not services.jobs.is_running(JOB))
            assert not page.retry_button.isVisible()

    run_ui(scenario())


def test_what_broke_off_is_told_and_asked_again(run_ui: Any, tmp_path: Path) -> None:
    tries = iter([[Delta("Half"), Interrupted("Gone.")], says("Whole.")])

    async def scenario() -> None:
        flaky = engine(a=lambda _request: next(tries), b=says("B"))
        async with pane_over(ComparePane, tmp_path, flaky) as (pane, services):
            page = await run_list(pane, "x")
            await until(lambda: not services.jobs.is_running(JOB))
            assert cells(page) == [["x", "interrupted Half", "B"]]
            await until(lambda: page.words.text() == "1 of 2 answers, 1 interrupted")
            page.pause_button.click()
            await until(lambda: cells(page) == [["x", "Whole.", "B"]])
            await until(lambda: page.words.text() == "2 of 2 answers")

    run_ui(scenario())


def test_a_list_is_exported_and_deleted(run_ui: Any, tmp_path: Path, monkeypatch: Any) -> None:
    saved: dict[str, str] = {}

    async def keep(_parent: Any, _title: str, _name: str, suffix: str, text: str) -> Path:
        saved[suffix] = text
        return tmp_path / f"saved{suffix}"

    monkeypatch.setattr(export_menu, "ask_and_save", keep)

    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            page = await run_list(pane, "x", "y")
            await until(lambda: not services.jobs.is_running(JOB))
            page.menu.actions()[2].trigger()
            await until(lambda: ".csv" in saved)
            assert saved[".csv"].count("\n") == 5
            pane.extras.lists.delete_action.trigger()
            assert pane.is_showing_columns
            await until(lambda: not services.jobs.is_running("compare:list:delete"))
            assert list(await services.batches.list()) == []

    run_ui(scenario())


def test_a_list_is_renamed(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            page = await run_list(pane, "x", "y")
            await until(lambda: not services.jobs.is_running(JOB))
            page.table.setCurrentIndex(page.model.index(1, 1))
            pane.extras.lists.rename_action.trigger()
            await until(lambda: [one for one in pane.findChildren(QLineEdit) if one.text() == "x"])
            (field,) = [one for one in pane.findChildren(QLineEdit) if one.text() == "x"]
            field.setText("Capitals & more")
            QTest.keyClick(field, Qt.Key.Key_Return)
            await until(lambda: page._name.full_text == "Capitals & more")
            assert page.view.plain_text() == "y\n\nA: y"  # what is read stays
            assert [each.name for each in await services.batches.list()] == ["Capitals & more"]

    run_ui(scenario())


def test_tab_reaches_the_controls_of_the_table(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            page = await run_list(pane, "x")
            await until(lambda: not services.jobs.is_running(JOB))
            pane.window().activateWindow()
            page.table.setFocus()
            page.table.setCurrentIndex(page.model.index(0, 1))
            wanted = {page.table, page.view, page.back_button, page.more_button, page.open_button}
            assert wanted <= await tabbed(pane)

    run_ui(scenario())


def test_an_answer_that_was_there_already_is_drawn_where_nothing_scrolls(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            page = await run_list(pane, "x", "y")
            await until(lambda: not services.jobs.is_running(JOB))
            view = page.view
            await until(lambda: view.painted_rows > 0)
            view.clear()
            drawn = view.painted_rows
            await until(lambda: view.painted_rows > drawn)
            view.add_message("m", "assistant", "Short")
            drawn = view.painted_rows
            await until(lambda: view.painted_rows > drawn)
            assert view.column.messages[0].is_parsed

    run_ui(scenario())


def test_the_figures_of_a_cell_know_one_from_many() -> None:
    assert figures_of(Cell("done", "Yes", tokens=1, seconds=0.5)) == "1 token · 0.5 s"
    assert figures_of(Cell("done", "Yes", tokens=1_200)) == "1,200 tokens"
