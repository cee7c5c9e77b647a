"""What is typed is never lost: not by Enter, not by going elsewhere, not by closing the program."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from slmdesk.base.errors import StoreError
from slmdesk.engines.base import Delta
from slmdesk.ui.panes.chat_pane import ChatPane
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until


def engine() -> ScriptedEngine:
    return ScriptedEngine({"echo": says("Hello.")})


def press_enter(pane: ChatPane, text: str) -> None:
    QTest.keyClicks(pane.prompt.edit, text)
    QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)


async def open_again(data_dir: Path) -> list[str]:
    """Start once more: the prompts and the draft of the chat that is shown."""
    async with pane_over(ChatPane, data_dir, engine()) as (pane, services):
        await until(lambda: not services.jobs.is_running("chat:open"))
        if not pane.shelf.summaries:
            return []
        await until(lambda: pane._session is not None)
        sent = [message.text for message in pane._session.messages if message.role == "user"]
        return [*sent, pane.prompt.text()]


def test_closing_right_after_enter_keeps_the_prompt_of_a_new_chat(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await until(lambda: not services.jobs.is_running("chat:open"))
            press_enter(pane, "Kept?")
        assert "Kept?" in await open_again(tmp_path)

    run_ui(scenario())


def test_a_prompt_that_was_not_taken_stays_a_draft(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await until(lambda: not services.jobs.is_running("chat:open"))
            pane._show_model("")
            press_enter(pane, "No model yet")
            assert pane.prompt._notice.text() == "Choose a model first."
            pane.header.picker._popup.close()
        assert await open_again(tmp_path) == ["No model yet"]

    run_ui(scenario())


def test_closing_during_an_answer_keeps_what_is_typed(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        slow = ScriptedEngine({"slow": [Delta("…"), asyncio.Event()]})
        async with pane_over(ChatPane, tmp_path, slow) as (pane, _):
            press_enter(pane, "Asked")
            await until(lambda: slow.running == 1)
            press_enter(pane, "typed meanwhile")  # Enter does nothing while an answer runs
            assert pane.prompt.text() == "typed meanwhile"
        assert await open_again(tmp_path) == ["Asked", "typed meanwhile"]

    run_ui(scenario())


def test_a_draft_stored_while_the_message_is_does_not_come_back(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            press_enter(pane, "first")
            await until(lambda: pane._session is not None and not pane.prompt.is_running)
            QTest.keyClicks(pane.prompt.edit, "second")
            pane.prompt.sent.emit("second")
            pane.prompt.flush_draft()  # the timer that ran out between Enter and the commit
            await until(lambda: pane._session is not None and len(pane._session.messages) == 4)
            await until(lambda: not pane.runner.sessions)
            await until(lambda: not services.jobs.is_running(f"draft:{pane._session.chat.id}"))
            assert (await services.chats.load(pane._session.chat.id))[0].draft == ""

    run_ui(scenario())


def test_a_deleted_chat_comes_back_with_its_draft(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            press_enter(pane, "Hi?")
            await until(lambda: pane._session is not None and len(pane._session.messages) == 2)
            await until(lambda: not pane.prompt.is_running)
            chat_id = pane._session.chat.id
            QTest.keyClicks(pane.prompt.edit, "half a thought")
            pane.prompt.flush_draft()
            pane.list.menu.delete.trigger()
            assert pane.prompt.text() == ""
            undo = next(b for b in pane.window().findChildren(QPushButton) if b.text() == "Undo")
            undo.click()
            await until(lambda: pane.shelf.summaries)
            pane.open_chat(chat_id)
            await until(lambda: pane._session is not None)
            assert pane.prompt.text() == "half a thought"

    run_ui(scenario())


def test_new_chat_keeps_what_is_typed_into_the_new_one(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await until(lambda: not services.jobs.is_running("chat:open"))
            QTest.keyClicks(pane.prompt.edit, "just begun")
            pane.new_chat()
            await until(lambda: pane.prompt.text() == "just begun")
            await asyncio.sleep(0)
            assert pane.prompt.text() == "just begun"

    run_ui(scenario())


def test_what_is_typed_while_another_chat_loads_stays_where_it_was_typed(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, _):
            for text in ("one", "two"):
                pane.new_chat()
                press_enter(pane, text)
                await until(lambda: pane._session is not None and len(pane._session.messages) == 2)
                await until(lambda: not pane.prompt.is_running)
            two, one = (chat.id for chat in pane.shelf.summaries)
            pane.open_chat(one)
            QTest.keyClicks(pane.prompt.edit, "for two")
            await until(lambda: pane._session.chat.id == one)
            pane.open_chat(two)
            await until(lambda: pane._session.chat.id == two)
            assert pane.prompt.text() == "for two"

    run_ui(scenario())


@pytest.mark.parametrize("is_new", [True, False])
def test_a_prompt_the_store_refuses_is_kept_on_the_screen(
    run_ui: Any, tmp_path: Path, is_new: bool, monkeypatch: Any
) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            if not is_new:
                press_enter(pane, "first")
                await until(lambda: pane._session is not None and not pane.prompt.is_running)

            async def refuse(*_args: Any, **_named: Any) -> None:
                raise StoreError("The disk is full.")

            monkeypatch.setattr(services.chats, "create" if is_new else "add_user_message", refuse)
            press_enter(pane, "kept")
            await until(lambda: "disk is full" in pane.prompt._notice.text())
            assert pane.prompt.text() == "kept"
            await until(lambda: not pane.prompt.is_running)

    run_ui(scenario())
