"""The chat pane over a real store: ask, watch, stop, go elsewhere and come back, start again."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QFrame, QLineEdit, QPushButton, QWidget

from slmdesk.base.errors import BadReply, ContextOverflow, Interrupted, OutOfMemory
from slmdesk.engines.base import Delta, Options, Phase, Progress
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.widgets.prompt.generation_settings import Generation
from tests.fakes.panes import pane_over, tabbed
from tests.fakes.scripted_engine import DONE, ScriptedEngine, says
from tests.fakes.until import until


def engine(**scripts: Any) -> ScriptedEngine:
    return ScriptedEngine(scripts or {"echo": says("Hello ", "there.")})


def ask(pane: ChatPane, text: str) -> None:
    """Type and press Enter."""
    QTest.keyClicks(pane.prompt.edit, text)
    QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)


def shown(pane: ChatPane) -> str:
    """All that stands in the transcript, what is said about an answer included."""
    messages = pane.transcript._messages
    texts = [pane.transcript.message_text(each) for each in messages]
    around = [part.copy_text() for each in messages.values() for part in (each.status, each.note)]
    return "\n".join([*texts, *around])


def on_window(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())


def titles(pane: ChatPane) -> list[str]:
    return [chat.title for chat in pane.shelf.summaries]


def message(pane: ChatPane, place: int = -1) -> str:
    assert pane._session is not None
    return pane._session.messages[place].id


def actions(pane: ChatPane, place: int = -1) -> list[str]:
    return [action for action, _ in pane.transcript._messages[message(pane, place)].actions]


async def answered(pane: ChatPane) -> None:
    await until(lambda: pane._session is not None and len(pane._session.messages) > 1)
    await until(lambda: not pane.runner.sessions and not pane.prompt.is_running)


def test_a_question_is_answered_and_kept(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            assert pane.start_card.isVisible()
            ask(pane, "Hi?")
            await answered(pane)
            assert not pane.start_card.isVisible()
            assert "Hi?" in shown(pane)
            assert "Hello there." in shown(pane)
            assert "20.0 tok/s · 2 tokens" in pane.transcript._messages[message(pane)].footer
            assert (pane.prompt.text(), titles(pane)) == ("", ["Hi?"])
            assert pane.header.meter.text() == "Context 9 / 4,096 · 0 %"
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            await until(lambda: pane._session is not None)
            assert "Hello there." in shown(pane)
            assert "end of text" in pane.transcript._messages[message(pane)].footer

    run_ui(scenario())


def test_the_phase_is_told_from_the_first_moment(run_ui: Any, tmp_path: Path) -> None:
    gate = asyncio.Event()
    script = [Progress(Phase.READING, 512, 2048), gate, Delta("text"), DONE]

    async def scenario() -> None:
        said: list[str] = []
        async with pane_over(ChatPane, tmp_path, engine(slow=script)) as (pane, _):
            pane.status_changed.connect(said.append)
            ask(pane, "Hi?")
            await until(lambda: "reading 512/2,048" in shown(pane))
            assert pane.prompt.send_button.text() == "Stop"
            gate.set()
            await answered(pane)
            assert "reading" not in shown(pane)
            assert said[0].startswith("slow: waiting")
            assert said[-1] == ""

    run_ui(scenario())


@pytest.mark.parametrize(
    "before", [[], [Progress(Phase.LOADING, 42, 100)], [Progress(Phase.READING, 1, 9)], [Delta("So ")]]
)
def test_stop_works_in_every_phase_and_keeps_the_text(run_ui: Any, tmp_path: Path, before: list[Any]) -> None:
    async def scenario() -> None:
        slow = engine(slow=[*before, asyncio.Event()])
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            ask(pane, "Hi?")
            await until(lambda: slow.running == 1 and pane._session is not None and pane._session.is_running)
            await until(lambda: not before or pane._session.answer.chunk_count or pane._session.answer.phase)
            QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Escape)
            await answered(pane)
            assert pane._session.messages[-1].state == "stopped"
            assert slow.closed == ["slow"]
            assert "stopped" in pane.transcript._messages[message(pane)].footer
            assert "again" in actions(pane)

    run_ui(scenario())


def test_esc_stops_wherever_the_focus_is(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = engine(slow=[Delta("So "), asyncio.Event()])
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            command = pane.findChild(QAction, "stop_answer")
            assert command.shortcut().toString() == "Esc"
            command.trigger()  # nothing runs
            ask(pane, "Hi?")
            await until(lambda: slow.running == 1 and pane._session is not None and pane._session.is_running)
            pane.list.setFocus()
            pane.header.picker.open_list()
            await until(lambda: QApplication.activePopupWidget() is not None)
            command.trigger()  # closes the list, and no more
            assert QApplication.activePopupWidget() is None
            assert pane._session.is_running
            command.trigger()
            await answered(pane)
            assert pane._session.messages[-1].state == "stopped"

    run_ui(scenario())


def test_a_chat_goes_on_while_another_is_read(run_ui: Any, tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def scenario() -> None:
        slow = engine(slow=[Delta("One "), gate, Delta("two."), DONE])
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            ask(pane, "First")
            await until(lambda: "One" in shown(pane))
            first = pane.open.wanted
            pane.new_chat()
            assert pane.start_card.isVisible()
            assert not pane.prompt.is_running
            assert slow.running == 1
            pane.open_chat(first)
            assert "One" in shown(pane)
            assert pane.prompt.is_running
            pane.new_chat()
            gate.set()
            await until(lambda: not pane.runner.sessions)
            pane.open_chat(first)
            await until(lambda: "One two." in shown(pane))
            assert not pane.prompt.is_running

    run_ui(scenario())


def test_a_chat_that_is_returned_to_streams_on_once(run_ui: Any, tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def scenario() -> None:
        slow = engine(slow=[Delta("One "), gate, Delta("two."), DONE])
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            ask(pane, "First")
            await until(lambda: "One" in shown(pane))
            first = pane.open.wanted
            for _ in range(3):
                pane.new_chat()
                pane.open_chat(first)
            gate.set()
            await answered(pane)
            assert pane.transcript.message_text(message(pane)) == "One two."

    run_ui(scenario())


def test_two_chats_are_answered_at_once_and_one_is_stopped(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = engine(slow=[Delta("…"), asyncio.Event()])
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            ask(pane, "First")
            await until(lambda: slow.running == 1)
            pane.new_chat()
            ask(pane, "Second")
            await until(lambda: slow.running == 2)
            pane._stop()
            await until(lambda: slow.running == 1)
            assert titles(pane) == ["Second", "First"]

    run_ui(scenario())


def test_closing_while_an_answer_streams_keeps_its_text(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = engine(slow=[Delta("Kept."), asyncio.Event()])
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            ask(pane, "Hi?")
            await until(lambda: "Kept." in shown(pane))
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            await until(lambda: pane._session is not None)
            assert "Kept." in shown(pane)
            assert "stopped" in pane.transcript._messages[message(pane)].footer

    run_ui(scenario())


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (Interrupted("The server closed the connection."), "again"),
        (BadReply("That was no JSON."), "again"),
        (OutOfMemory("It needs 9 GB."), "load_anyway"),
        (ContextOverflow("The prompt has 9,000 tokens."), "more_context"),
    ],
)
def test_an_error_is_a_quiet_line_with_what_helps(
    run_ui: Any, tmp_path: Path, error: Any, remedy: str
) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine(bad=[error])) as (pane, _):
            ask(pane, "Hi?")
            await answered(pane)
            assert error.sentence() in shown(pane)
            assert {"again", remedy} <= set(actions(pane))

    run_ui(scenario())


def test_load_anyway_asks_again_without_the_limit(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        large = engine(large=lambda r: says("Fine.") if r.is_oversized_allowed else [OutOfMemory("9 GB.")])
        async with pane_over(ChatPane, tmp_path, large) as (pane, _):
            ask(pane, "Hi?")
            await answered(pane)
            pane.transcript.action_clicked.emit(message(pane), "load_anyway")
            await until(lambda: "Fine." in shown(pane))
            await answered(pane)
            assert "9 GB." not in shown(pane)

    run_ui(scenario())


def test_again_replaces_the_answer_on_the_screen(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        answers = iter(["first", "second"])
        varied = engine(varied=lambda _request: says(next(answers)))
        async with pane_over(ChatPane, tmp_path, varied) as (pane, _):
            ask(pane, "Hi?")
            await answered(pane)
            pane.transcript.action_clicked.emit(message(pane), "again")
            await until(lambda: "second" in shown(pane))
            await answered(pane)
            assert "first" not in shown(pane)
            ask(pane, "More?")
            await until(lambda: pane._session is not None and len(pane._session.messages) == 4)

    run_ui(scenario())


def test_every_answer_can_be_asked_again(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            ask(pane, "One")
            await answered(pane)
            ask(pane, "Two")
            await until(lambda: pane._session is not None and len(pane._session.messages) == 4)
            await answered(pane)
            for place in (1, 3):
                assert actions(pane, place) == [
                    "figures",
                    "copy",
                    "again",
                    "again_with",
                    "branch",
                    "compare",
                    "probabilities",
                ]
            for place in (0, 2):
                assert actions(pane, place) == ["copy", "edit", "branch"]

    run_ui(scenario())


def test_copy_and_compare_hand_on_the_texts(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            asked: list[tuple[str, str]] = []
            pane.compare_requested.connect(lambda prompt, ref: asked.append((prompt.text, ref)))
            ask(pane, "Hi?")
            await answered(pane)
            pane.transcript.action_clicked.emit(message(pane), "copy")
            pane.transcript.action_clicked.emit(message(pane), "compare")
            assert QGuiApplication.clipboard().text() == "Hello there."
            assert asked == [("Hi?", "scripted/echo")]

    run_ui(scenario())


def test_a_draft_survives_and_is_not_mixed_up(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            ask(pane, "Hi?")
            await answered(pane)
            first = pane.open.wanted
            QTest.keyClicks(pane.prompt.edit, "half a thought")
            pane.new_chat()
            QTest.keyClicks(pane.prompt.edit, "another")
            pane.prompt.flush_draft()
            await until(lambda: len(pane.shelf.summaries) == 2)
            pane.open_chat(first)
            await until(lambda: pane.prompt.text() == "half a thought")
            await until(lambda: not services.jobs.is_running(f"draft:{first}"))
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await until(lambda: pane._session is not None)
            drafts = {
                chat.title: (await services.chats.load(chat.id))[0].draft for chat in pane.shelf.summaries
            }
            assert drafts == {"Hi?": "half a thought", "": "another"}

    run_ui(scenario())


def test_a_sent_draft_is_gone(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            QTest.keyClicks(pane.prompt.edit, "to be sent")
            pane.prompt.flush_draft()
            QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)
            await answered(pane)
            assert pane.prompt.text() == ""
            assert len(pane.shelf.summaries) == 1
            assert (await services.chats.load(pane.open.wanted))[0].draft == ""

    run_ui(scenario())


def test_a_click_on_a_chat_puts_the_cursor_into_the_prompt(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            for text in ("one", "two"):
                pane.new_chat()
                ask(pane, text)
                await answered(pane)
            pane.window().activateWindow()
            row = pane.list.view.visualRect(
                pane.list.model.index(pane.list.model.row_of(pane.shelf.summaries[1].id))
            )
            QTest.mouseClick(pane.list.view.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
            await until(lambda: "one" in shown(pane))
            await until(pane.prompt.edit.hasFocus)
            pane.list.view.setFocus()
            QTest.keyClick(pane.list.view, Qt.Key.Key_Up)  # by the keys one may look around first
            await until(lambda: "two" in shown(pane))
            assert pane.list.view.hasFocus()
            QTest.keyClick(pane.list.view, Qt.Key.Key_Return)
            await until(pane.prompt.edit.hasFocus)

    run_ui(scenario())


def test_the_meter_moves_while_an_answer_is_written(run_ui: Any, tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def scenario() -> None:
        slow = engine(
            slow=lambda request: (
                [*[Delta("word ")] * 30, gate, DONE] if len(request.messages) > 1 else says("x")
            )
        )
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            ask(pane, "Hi?")
            await answered(pane)
            assert pane.header.meter.text() == "Context 9 / 4,096 · 0 %"
            ask(pane, "More?")
            await until(lambda: pane.header.meter.text() == "Context ~40 / 4,096 · 1 %")
            gate.set()
            await answered(pane)
            assert pane.header.meter.text() == "Context 9 / 4,096 · 0 %"

    run_ui(scenario())


def test_undo_does_not_lie_over_the_prompt(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            window = pane.window()
            window.resize(900, 600)
            ask(pane, "Hi?")
            await answered(pane)
            pane.list.menu.delete.trigger()
            toast = window.findChild(QFrame, "toast")
            for text in ("", "several\n" * 6):
                pane.prompt.set_text(text)
                await until(
                    lambda: toast.isVisible() and not toast.geometry().intersects(on_window(pane.prompt))
                )
                assert window.rect().contains(toast.geometry())

    run_ui(scenario())


def test_an_empty_chat_is_used_again(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            QTest.keyClicks(pane.prompt.edit, "x")
            pane.prompt.flush_draft()
            await until(lambda: len(pane.shelf.summaries) == 1 and pane.open.wanted)
            empty = pane.open.wanted
            pane.new_chat()
            await until(lambda: pane.open.wanted == empty)
            assert len(pane.shelf.summaries) == 1

    run_ui(scenario())


def test_settings_and_model_belong_to_the_chat(run_ui: Any, tmp_path: Path) -> None:
    two = ScriptedEngine({"echo": says("a"), "other": says("b")})
    value = Generation(Options(1024, 50, 0.2), "Be brief.")

    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, two) as (pane, services):
            ask(pane, "Hi?")
            await answered(pane)
            pane.settings.set_value(value)
            pane.settings.changed.emit(value)
            pane._on_picker_chosen("scripted/other")
            await until(lambda: not services.jobs.is_running("chat:settings"))
            ask(pane, "More")
            await until(lambda: "b" in shown(pane).split("More")[-1])
            await answered(pane)
            request = two.requests[-1]
            assert (request.model, request.options) == ("other", value.options)
            assert request.messages[0].content == "Be brief."
        async with pane_over(ChatPane, tmp_path, two) as (pane, _):
            await until(lambda: pane._session is not None)
            assert pane.settings.value() == value
            assert pane.header.picker.ref == "scripted/other"

    run_ui(scenario())


def test_delete_can_be_undone(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            ask(pane, "Hi?")
            await answered(pane)
            pane.list.menu.delete.trigger()
            assert titles(pane) == []
            assert pane.start_card.isVisible()
            undo = next(b for b in pane.window().findChildren(QPushButton) if b.text() == "Undo")
            undo.click()
            await until(lambda: "Hello there." in shown(pane))
            assert titles(pane) == ["Hi?"]

    run_ui(scenario())


def test_the_status_of_an_answer_goes_with_its_chat(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        said: list[str] = []
        slow = engine(slow=[Delta("So "), asyncio.Event()])
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            pane.status_changed.connect(said.append)
            ask(pane, "Hi?")
            await until(lambda: bool(said) and "writing" in said[-1])
            pane.new_chat()
            assert said[-1] == ""

    run_ui(scenario())


def test_a_deleted_chat_does_not_come_back_with_its_answer(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = engine(slow=[Delta("…"), asyncio.Event()])
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            ask(pane, "Hi?")
            await until(lambda: slow.running == 1)
            pane.list.menu.delete.trigger()
            await until(lambda: slow.running == 0 and not pane.runner.sessions)
            assert titles(pane) == []

    run_ui(scenario())


def test_a_rename_is_stored(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            ask(pane, "Hi?")
            await answered(pane)
            pane.shelf.rename(pane.open.wanted, "Greetings")
            await until(lambda: not services.jobs.is_running(f"rename:{pane.open.wanted}"))
            ask(pane, "More")
            await until(lambda: pane._session is not None and len(pane._session.messages) == 4)
            await answered(pane)
            assert titles(pane) == ["Greetings"]
            assert [chat.title for chat in await services.chats.list()] == ["Greetings"]

    run_ui(scenario())


@pytest.mark.parametrize("kind", ["json", "markdown", "html"])
def test_a_chat_is_exported(run_ui: Any, tmp_path: Path, kind: str) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path / "data", engine()) as (pane, _):
            ask(pane, "Hi?")
            await answered(pane)
            pane._export(kind)
            await until(lambda: pane.findChildren(QFileDialog))
            dialog = pane.findChildren(QFileDialog)[0]
            suffix = {"json": ".json", "markdown": ".md", "html": ".html"}[kind]
            assert dialog.nameFilters()[0].endswith(f" (*{suffix})")
            assert dialog.findChild(QLineEdit).text() == f"Hi{suffix}"
            target = tmp_path / f"version 1.2{suffix}"
            dialog.findChild(QLineEdit).setText(str(tmp_path / "version 1.2"))
            dialog.done(QFileDialog.DialogCode.Accepted)
            await until(target.exists)
            text = target.read_text("utf-8")
            assert "Hello there." in text
            assert kind != "json" or json.loads(text)
            assert kind != "html" or text.startswith("<!DOCTYPE html>")

    run_ui(scenario())


def test_without_a_model_the_picker_asks(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            pane._show_model("")
            ask(pane, "Hi?")
            assert pane.prompt._notice.text() == "Choose a model first."
            assert pane.prompt.text() == "Hi?"
            pane.header.picker._popup.close()

    run_ui(scenario())


def test_a_missing_model_is_an_error_in_the_chat(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine(), default="scripted/ech") as (pane, _):
            ask(pane, "Hi?")
            await answered(pane)
            assert "Did you mean scripted/echo?" in shown(pane)

    run_ui(scenario())


def test_the_start_card_says_what_was_found_and_asks_an_example(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            example = next(
                b for b in pane.start_card.findChildren(QPushButton) if b.property("role") == "example"
            )
            example.click()
            await answered(pane)
            assert example.text() in shown(pane)

    run_ui(scenario())


def test_a_narrow_pane_hides_the_list_and_offers_it(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            pane.window().resize(690, 600)
            await until(lambda: pane.list.isHidden())
            pane.header.list_button.click()
            assert pane.list.isVisible()
            pane.window().resize(1100, 800)
            await until(lambda: pane.header.list_button.isHidden())
            assert pane.list.isVisible()

    run_ui(scenario())


def test_tab_reaches_every_control(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            ask(pane, "Hi?")
            await answered(pane)
            pane.window().activateWindow()
            pane.setFocus()
            reached = await tabbed(pane)
            wanted = {
                pane.list.search, pane.list.view, pane.list.new_button, pane.header.picker, pane.transcript,
                pane.prompt.edit, pane.settings.system_chip, pane.settings.options_chip,
                pane.prompt.send_button,
            }  # fmt: skip
            assert wanted <= reached
            assert all(each.accessibleName() or each.text() for each in reached)

    run_ui(scenario())
