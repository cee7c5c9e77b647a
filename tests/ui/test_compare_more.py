"""What surrounds a comparison: layouts, fairness, follow-ups, set-ups, rating, export, a chat."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from slmdesk.base.errors import Interrupted
from slmdesk.engines.base import Delta
from slmdesk.features.compare.fairness import facts_of, judge
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.widgets.compare import export_menu
from slmdesk.ui.widgets.compare.rating_sheet import RatingSheet
from slmdesk.ui.widgets.compare.run_card import FairnessList
from tests.fakes.panes import desk_over, pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until


def engine(**scripts: Any) -> ScriptedEngine:
    scripts = scripts or {"a": says("The sky is blue and wide"), "b": says("The sky is grey and wide")}
    return ScriptedEngine(scripts, sizes=dict.fromkeys(scripts, 100_000_000))


async def asked(pane: ComparePane, text: str = "Hi?") -> None:
    before = pane._comparison.run_id
    pane.prompt.set_text(text)
    pane.prompt.send_button.click()
    await until(lambda: pane._comparison.run_id != before and not pane._is_running)


def places(pane: ComparePane) -> list[tuple[int, int]]:
    pane.columns.widget().layout().activate()
    return [(column.x() > 0, column.y() > 0) for column in pane.columns.columns if column.isVisible()]


def test_columns_stand_beside_each_other_in_rows_or_one_at_a_time(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            pane.columns.add("scripted/a")
            pane.columns.add("scripted/b")
            pane.window().resize(QSize(1500, 900))
            await until(lambda: places(pane) == [(False, False), *[(True, False)] * 3])
            pane.layouts.buttons["grid"].click()
            await until(lambda: places(pane) == [(False, False), (True, False), (False, True), (True, True)])
            pane.layouts.buttons["single"].click()
            assert pane.tabs.isVisible()
            assert [pane.tabs.tabText(place) for place in range(4)] == ["a", "b", "a (2)", "b (2)"]
            pane.window().activateWindow()
            pane.tabs.setFocus()
            QTest.keyClick(pane.tabs, Qt.Key.Key_Right)
            assert [column.isVisible() for column in pane.columns.columns] == [False, True, False, False]
            assert services.settings.compare_layout == "single"
            pane.layouts.buttons["columns"].click()
            assert all(column.isVisible() for column in pane.columns.columns)
            assert not pane.tabs.isVisible()

    run_ui(scenario())


def test_a_grid_scrolls_one_way_only(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            pane.columns.replace_all([("scripted/a", None)] * 8)
            pane.layouts.buttons["grid"].click()
            pane.window().resize(QSize(1000, 800))
            await until(lambda: pane.columns.viewport().width() < 1000)
            await until(lambda: len({column.x() for column in pane.columns.columns}) == 2)
            assert pane.columns.horizontalScrollBar().maximum() == 0
            pane.window().resize(QSize(1500, 800))
            await until(lambda: len({column.x() for column in pane.columns.columns}) == 3)
            assert pane.columns.horizontalScrollBar().maximum() == 0

    run_ui(scenario())


def test_an_added_column_comes_into_sight(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            for count in range(3, 9):
                pane.picker.chosen.emit("scripted/a")
                bar = pane.columns.horizontalScrollBar()
                await until(lambda bar=bar: bar.maximum() > 0 and bar.value() == bar.maximum())
                assert len(pane.columns.columns) == count
            assert not pane.add_button.isEnabled()
            assert pane.add_button.toolTip() == "There is room for eight columns"
            pane.columns.remove(pane.columns.columns[0])
            pane.layouts.buttons["single"].click()
            pane.picker.chosen.emit("scripted/b")
            shown = [column.isVisible() for column in pane.columns.columns]
            assert shown == [False] * 7 + [True]

    run_ui(scenario())


def test_long_names_are_short_where_differences_are_told(run_ui: Any, tmp_path: Path) -> None:
    name = "a-very-long-name-of-a-model-of-a-maker-13b-instruct-q5"

    async def scenario() -> None:
        long = engine(**{name: says("The sky is blue"), "b": says("The sky is grey")})
        async with pane_over(ComparePane, tmp_path, long) as (pane, _):
            pane.columns.replace_all([(f"scripted/{name}", None), ("scripted/b", None), ("scripted/b", None)])
            await asked(pane)
            pane.layouts.choose("differences")
            await until(lambda: "a-very-long-n…b-instruct-q5" in pane.run_card.told())
            assert "Underlined: no other answer has it." in pane.run_card.told()

    run_ui(scenario())


def test_what_answers_do_not_share_is_marked_and_said(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            await asked(pane)
            pane.layouts.choose("differences")
            await until(lambda: "1 of 6" in pane.run_card.told())
            for column, word in zip(pane.columns.columns, ("blue", "grey"), strict=True):
                slot = column.view.column.messages[0].answer.slots[0]
                await until(lambda slot=slot: slot.sheet is not None)
                (_whole, (start, end, kind)) = column.view.highlights.ranges(slot)
                assert slot.sheet is not None
                assert slot.sheet.document.toPlainText()[start:end] == word
                assert kind == "own"
            pane.layouts.choose("columns")
            assert not pane.columns.columns[0].view.highlights.is_active
            assert pane.run_card.told() == ""

    run_ui(scenario())


def test_fairness_is_one_line_with_its_reasons_behind_it(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            assert not pane.run_card.isVisible()
            await asked(pane)
            assert "Same engine, context" in pane.run_card.fairness_button.full_text
            assert "shared machine" in pane.run_card.fairness_button.full_text
            assert pane.run_card._chip.text() == "1 differed"
            pane.run_card.fairness_button.click()
            popup = QApplication.activePopupWidget()
            assert isinstance(popup, FairnessList)
            popup.close()

    run_ui(scenario())


def test_only_the_failed_columns_are_asked_again(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        tries = iter([[Interrupted("Gone.")], says("Now.")])
        flaky = engine(a=lambda _request: next(tries), b=says("B"))
        async with pane_over(ComparePane, tmp_path, flaky) as (pane, _):
            await asked(pane)
            assert pane.run_card.retry_button.text() == "Retry 1 failed"
            pane.run_card.retry_button.click()
            await until(lambda: pane.columns.columns[0].text() == "Now." and not pane._is_running)
            assert [request.model for request in flaky.requests].count("b") == 1
            assert not pane.run_card.retry_button.isVisible()

    run_ui(scenario())


def test_the_failed_of_an_earlier_run_are_asked_again_after_a_restart(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        broken = engine(a=[Delta("Half"), Interrupted("Gone.")], b=says("B"), c=[Interrupted("Gone.")])
        async with pane_over(ComparePane, tmp_path, broken) as (pane, _):
            pane.columns.add("scripted/c")
            await asked(pane)
        whole = engine(a=says("A"), b=says("B again"), c=says("C"))
        async with pane_over(ComparePane, tmp_path, whole) as (pane, _):
            pane.runs.click()
            await until(lambda: pane.runs.model.rowCount() == 1)
            pane.runs._on_view_chosen(pane.runs.model.index(0))
            await until(pane.run_card.retry_button.isVisible)
            assert pane.run_card.retry_button.text() == "Retry 2 failed"
            pane.run_card.retry_button.click()
            await until(lambda: [column.text() for column in pane.columns.columns] == ["A", "B", "C"])
            await until(lambda: not pane._is_running)
            assert sorted(request.model for request in whole.requests) == ["a", "c"]

    run_ui(scenario())


def test_a_column_that_failed_is_asked_the_follow_up_without_its_failure(run_ui: Any, tmp_path: Path) -> None:
    tries = iter([[Interrupted("Gone.")], says("Then A.")])

    async def scenario() -> None:
        flaky = engine(a=lambda _request: next(tries), b=says("B"))
        async with pane_over(ComparePane, tmp_path, flaky) as (pane, _):
            await asked(pane, "First?")
            pane.follow_button.click()
            await asked(pane, "And then?")
            told = {
                request.model: [each.content for each in request.messages] for request in flaky.requests[2:]
            }
            assert told == {"a": ["And then?"], "b": ["First?", "B", "And then?"]}
            assert pane.columns.columns[0].text() == "Then A."
            facts = facts_of(pane._comparison.lanes)
            fairness = judge(facts, is_sequential=True, machine=pane._comparison.machine)
            assert any(each.topic == "history" for each in fairness.differences)

    run_ui(scenario())


def test_a_follow_up_goes_to_every_column_with_its_own_history(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        both = engine(a=says("A"), b=says("B"))
        async with pane_over(ComparePane, tmp_path, both) as (pane, _):
            assert not pane.follow_button.isVisible()
            await asked(pane, "First?")
            pane.follow_button.click()
            assert pane.prompt.send_button.text() == "Ask 2 again ⏎"
            assert pane.prompt.text() == ""  # the first question is no follow-up to itself
            pane.follow_button.click()
            assert pane.prompt.text() == "First?"
            pane.follow_button.click()
            await asked(pane, "And then?")
            told = {
                request.model: [each.content for each in request.messages] for request in both.requests[2:]
            }
            assert told == {"a": ["First?", "A", "And then?"], "b": ["First?", "B", "And then?"]}
            assert pane.prompt.text() == ""
            column = pane.columns.columns[0]
            assert column.view.plain_text() == "And then?\n\nA"
            column.history_button.click()
            assert column.view.plain_text() == "First?\n\nA\n\nAnd then?\n\nA"
            column.set_model("scripted/b")
            assert pane.prompt.send_button.text() == "Send to 2 ⏎"

    run_ui(scenario())


def test_a_run_whose_columns_are_gone_is_not_voted_on(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            await asked(pane)
            assert pane.run_card.isVisible()
            pane.columns.replace_all([("scripted/b", None), ("scripted/a", None)])  # as a set-up does
            assert not pane.run_card.isVisible()
            pane.window().activateWindow()
            pane.columns.setFocus()
            QTest.keyClick(pane.columns, Qt.Key.Key_T)
            assert pane._comparison.vote is None

    run_ui(scenario())


def test_a_set_up_is_kept_taken_up_renamed_and_deleted(run_ui: Any, tmp_path: Path) -> None:
    async def fill(pane: ComparePane) -> list[str]:
        pane.setups.menu.clear()
        pane.setups_button.click()
        await until(lambda: pane.setups.menu.isVisible())
        texts = [action.text() for action in pane.setups.menu.actions() if action.text()]
        pane.setups.menu.close()
        return texts

    async def name(pane: ComparePane, text: str) -> None:
        await until(lambda: any(each.accessibleName() == "Name" for each in pane.findChildren(QLineEdit)))
        field = next(each for each in pane.findChildren(QLineEdit) if each.accessibleName() == "Name")
        field.setText(text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            assert await fill(pane) == ["Save these columns as…", "No set-up yet"]
            pane.columns.add("scripted/a")
            pane.setups.menu.actions()[0].trigger()
            await name(pane, "Three")
            await until(lambda: not services.jobs.is_running("compare:setup:save"))
            pane.columns.columns[2].remove_pressed.emit()
            assert await fill(pane) == ["Save these columns as…", "Three", "Rename", "Delete"]
            pane.setups.menu.actions()[2].trigger()
            assert [column.model_ref for column in pane.columns.columns][2:] == ["scripted/a"]
            pane.setups.menu.actions()[4].menu().actions()[0].trigger()
            await name(pane, "Trio")
            await until(lambda: not services.jobs.is_running("compare:setup:rename"))
            assert "Trio" in await fill(pane)
            pane.setups.menu.actions()[5].menu().actions()[0].trigger()
            await until(lambda: not services.jobs.is_running("compare:setup:delete"))
            assert await fill(pane) == ["Save these columns as…", "No set-up yet"]

    run_ui(scenario())


def test_a_comparison_is_exported(run_ui: Any, tmp_path: Path, monkeypatch: Any) -> None:
    saved: dict[str, str] = {}

    async def keep(_parent: Any, _title: str, _name: str, suffix: str, text: str) -> Path:
        saved[suffix] = text
        return tmp_path / f"saved{suffix}"

    monkeypatch.setattr(export_menu, "ask_and_save", keep)

    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            assert not pane.extras.exports.actions[0].isEnabled()
            await asked(pane)
            for action in pane.extras.exports.actions:
                action.trigger()
                await until(lambda: not services.jobs.is_running("compare:export"))
            assert set(saved) == {".html", ".md", ".csv"}
            assert all("The sky is blue and wide" in text for text in saved.values())

    run_ui(scenario())


def test_the_rating_says_what_it_cannot_separate(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            await asked(pane, "Neither?")
            pane.none_button.click()
            await until(lambda: pane._comparison.vote is not None)
            await asked(pane)
            pane.columns.columns[1].best_button.click()
            await until(lambda: pane._comparison.vote is not None)
            pane.extras._open_rating()
            sheet = pane.findChildren(RatingSheet)[0]
            await until(lambda: sheet.model.rowCount() == 2)
            assert sheet.model.index(0, 0).data() == "b"
            assert "too few to separate" in sheet.words.text()
            assert "Once none was good." in sheet.words.text()
            sheet.blind_only.click()
            await until(lambda: sheet.model.rowCount() == 0)
            assert "No votes yet" in sheet.words.text()
            sheet.accept()
            await until(lambda: not services.jobs.is_running("compare:rating"))

    run_ui(scenario())


def test_one_column_goes_on_as_a_chat(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_over(tmp_path, engine()) as desk:
            pane = desk.window.open_pane("compare")
            assert isinstance(pane, ComparePane)
            await asked(pane, "Which colour?")
            pane.columns.columns[1].go_on_button.click()
            await until(lambda: desk._chat_pane is not None and desk._chat_pane._session is not None)
            chat = desk._chat_pane
            assert isinstance(chat, ChatPane)
            assert chat.isVisible()
            assert chat._session is not None
            texts = [message.text for message in chat._session.messages]
            assert texts == ["Which colour?", "The sky is grey and wide"]
            await until(lambda: len(chat.shelf.summaries) == 1)

    run_ui(scenario())


def test_an_unfinished_answer_is_no_way_into_a_chat(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        empty = engine(a=[Interrupted("Gone.")], b=[Delta("Half"), Interrupted("Gone.")])
        async with pane_over(ComparePane, tmp_path, empty) as (pane, _):
            await asked(pane)
            assert [column.go_on_button.isEnabled() for column in pane.columns.columns] == [False, True]

    run_ui(scenario())


def test_a_narrow_head_leaves_its_switches_to_the_menu(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            pane.window().resize(600, 700)
            await until(lambda: not pane.blind_button.isVisible() and not pane.layouts.isVisible())
            blind = next(action for action in pane.more.actions() if action.objectName() == "blind")
            blind.trigger()
            assert pane.blind_button.isChecked()
            assert blind.isChecked()
            pane.window().resize(1300, 700)
            await until(lambda: pane.layouts.buttons["grid"].isVisible())
            assert pane.blind_button.text() == "Blind ☑"

    run_ui(scenario())
