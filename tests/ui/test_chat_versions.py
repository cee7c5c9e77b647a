"""Versions of messages in the window: again, another model, edits, branches, and the way back from each."""

import asyncio
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from slmdesk.engines.base import Delta, Done, Request, StopReason, Timings
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.widgets.transcript.targets import action_targets
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until
from tests.ui.test_chat_pane import actions, answered, ask, message, shown


def repeats() -> ScriptedEngine:
    """Answers with the last prompt and a number that counts on."""
    count = iter(range(1, 100))

    def script(request: Request) -> Any:
        return says(f"{request.messages[-1].content} #{next(count)}")

    return ScriptedEngine({"echo": script, "other": lambda _request: says("from the other")})


def texts(pane: ChatPane) -> list[str]:
    return [pane.transcript.message_text(each) for each in pane.transcript._messages]


def words(pane: ChatPane, place: int = -1) -> str:
    """The ‹2/2› of a message."""
    labels = dict(pane.transcript._messages[message(pane, place)].actions)
    return labels.get("", "")


def press(pane: ChatPane, action: str, place: int = -1) -> None:
    """Click the word below a message with the mouse."""
    view = pane.transcript
    shown_message = view._messages[message(pane, place)]
    view.verticalScrollBar().setValue(shown_message.top + shown_message.height - view.viewport().height())
    target = next(each for each in action_targets(view.column, shown_message) if each.value == action)
    at = target.rect.center() - QPoint(0, view.offset)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


async def both(pane: ChatPane, *prompts: str) -> None:
    for count, prompt in enumerate(prompts, 1):
        ask(pane, prompt)
        await until(lambda: pane._session is not None and len(pane._session.messages) == 2 * count)  # noqa: B023
        await answered(pane)


def test_again_adds_a_version_and_the_way_back_is_one_click(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, repeats()) as (pane, _):
            await both(pane, "one", "two")
            assert words(pane, 1) == ""
            press(pane, "again", 1)
            await until(lambda: texts(pane) == ["one", "one #3"])
            await answered(pane)
            assert words(pane) == "2/2"
            press(pane, "previous")
            await until(lambda: texts(pane) == ["one", "one #1", "two", "two #2"])
            assert words(pane, 1) == "1/2"
            press(pane, "next", 1)
            await until(lambda: texts(pane) == ["one", "one #3"])

    run_ui(scenario())


def test_versions_are_changed_by_the_keyboard(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, repeats()) as (pane, _):
            await both(pane, "one")
            press(pane, "again")
            await until(lambda: texts(pane) == ["one", "one #2"])
            await answered(pane)
            pane.window().activateWindow()
            pane.prompt.edit.setFocus()
            pane.transcript.setFocus(Qt.FocusReason.TabFocusReason)
            await until(pane.transcript.hasFocus)
            while pane.transcript._keyboard.target.value != "previous":
                QTest.keyClick(pane.transcript, Qt.Key.Key_Tab)
            assert pane.transcript._keyboard.target.label == "Previous version"
            QTest.keyClick(pane.transcript, Qt.Key.Key_Return)
            await until(lambda: texts(pane) == ["one", "one #1"])

    run_ui(scenario())


def test_another_model_answers_beside_and_is_named(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, repeats(), default="scripted/echo") as (pane, _):
            await both(pane, "one")
            assert "echo" not in pane.transcript._messages[message(pane)].footer
            press(pane, "again_with")
            picker = pane.other_model._picker
            await until(lambda: picker._popup is not None and picker._popup.isVisible())
            picker._popup._pick(picker._popup._filter.index(2, 0))
            await until(lambda: "from the other" in shown(pane))
            await answered(pane)
            assert pane.transcript._messages[message(pane)].footer.startswith("other · ")
            assert words(pane) == "2/2"
            assert pane.header.picker.ref == "scripted/echo"
            pane._on_picker_chosen("scripted/other")
            await until(lambda: not pane.transcript._messages[message(pane)].footer.startswith("other"))

    run_ui(scenario())


def test_an_edited_prompt_is_a_version_and_the_draft_is_kept(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, repeats()) as (pane, services):
            await both(pane, "one", "two")
            QTest.keyClicks(pane.prompt.edit, "half a thought")
            pane.prompt.flush_draft()
            press(pane, "edit", 0)
            assert pane.edit_card.isVisible()
            assert not pane.prompt.isVisible()
            assert pane.edit_card.edit.toPlainText() == "one"
            QTest.keyClicks(pane.edit_card.edit, "!")
            QTest.keyClick(pane.edit_card.edit, Qt.Key.Key_Return)
            await until(lambda: texts(pane) == ["one!", "one! #3"])
            await answered(pane)
            assert words(pane, 0) == "2/2"
            assert pane.prompt.isVisible()
            assert not pane.edit_card.isVisible()
            assert pane.prompt.text() == "half a thought"
            press(pane, "previous", 0)
            await until(lambda: texts(pane) == ["one", "one #1", "two", "two #2"])
            await until(lambda: not services.jobs.is_running("chat:version:0"))
        async with pane_over(ChatPane, tmp_path, repeats()) as (pane, _):
            await until(lambda: pane._session is not None)
            assert texts(pane) == ["one", "one #1", "two", "two #2"]
            assert pane.prompt.text() == "half a thought"

    run_ui(scenario())


def test_esc_leaves_the_edit_and_nothing_is_sent_unchanged(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, repeats()) as (pane, _):
            await both(pane, "one")
            pane.turns.edit_last()
            QTest.keyClick(pane.edit_card.edit, Qt.Key.Key_Return)
            assert "Nothing is changed" in pane.edit_card._notice.text()
            QTest.keyClick(pane.edit_card.edit, Qt.Key.Key_Escape)
            assert pane.prompt.isVisible()
            assert not pane.edit_card.isVisible()
            pane.turns.edit_last()
            pane.new_chat()
            assert pane.prompt.isVisible()
            assert not pane.edit_card.isVisible()
            assert texts(pane) == []

    run_ui(scenario())


def test_a_branch_leads_back_to_where_it_began(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, repeats()) as (pane, _):
            await both(pane, "one", "two")
            origin = pane.open.wanted
            press(pane, "branch", 1)
            await until(lambda: pane.open.wanted != origin and texts(pane) == ["one", "one #1"])
            await until(pane.branch_line.isVisible)
            assert pane.branch_line.button.full_text == "← Branched from “one”"
            await until(lambda: len(pane.shelf.summaries) == 2)
            ask(pane, "three")
            await until(lambda: texts(pane)[2:] == ["three", "three #3"])
            await answered(pane)
            pane.branch_line.button.click()
            await until(lambda: texts(pane) == ["one", "one #1", "two", "two #2"])
            assert not pane.branch_line.isVisible()

    run_ui(scenario())


def test_a_cut_answer_goes_on(run_ui: Any, tmp_path: Path) -> None:
    answers = iter(["It begins", " and ends."])

    def script(_request: Request) -> Any:
        text = next(answers)
        reason = StopReason.LENGTH if text == "It begins" else StopReason.END
        return [Delta(text), Done(reason, Timings(output_tokens=2))]

    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, ScriptedEngine({"echo": script})) as (pane, _):
            await both(pane, "one")
            assert "continue" in actions(pane)
            press(pane, "continue")
            await until(lambda: texts(pane) == ["one", "It begins and ends."])
            await answered(pane)
            assert "continue" not in actions(pane)
            assert words(pane) == "2/2"

    run_ui(scenario())


def test_nothing_else_is_begun_while_an_answer_is_written(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = ScriptedEngine({"slow": [Delta("So "), asyncio.Event()]})
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            ask(pane, "Hi?")
            await until(lambda: slow.running == 1 and "So" in shown(pane))
            for action in ("edit", "again", "previous"):
                pane.transcript.action_clicked.emit(message(pane, 0), action)
                assert "still being written" in pane.prompt._notice.text()
            assert not pane.edit_card.isVisible()
            assert pane._session.is_running
            assert pane.prompt.is_running

    run_ui(scenario())


def test_another_version_stands_where_the_first_one_stood(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        long = ScriptedEngine({"long": lambda _request: says("line\n\n" * 60)})
        async with pane_over(ChatPane, tmp_path, long) as (pane, _):
            await both(pane, "one", "two")
            press(pane, "again", 1)
            await until(lambda: len(texts(pane)) == 2)
            await answered(pane)
            view = pane.transcript
            view.verticalScrollBar().setValue(40)
            before = view.offset
            pane.transcript.action_clicked.emit(message(pane), "previous")
            await until(lambda: len(texts(pane)) == 4)
            assert view.offset == before
            ask(pane, "three")
            await until(lambda: len(texts(pane)) == 6 and view.is_at_end)
            await answered(pane)

    run_ui(scenario())
