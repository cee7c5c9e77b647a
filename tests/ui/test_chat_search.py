"""Search over all messages and in one chat: typed, found, jumped to, on whatever branch it is."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from slmdesk.services import Services
from slmdesk.store import search
from slmdesk.store.chats import ChatSettings
from slmdesk.store.messages import NewMessage
from slmdesk.store.search import SearchHit
from slmdesk.store.search_query import Excerpt
from slmdesk.store.whole_chats import NewChat
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.widgets.chat import message_search
from slmdesk.ui.widgets.chat.chat_delegate import _from_mark
from slmdesk.ui.widgets.chat.chat_list_rows import HitRow, Note
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

LONG = "Nothing to see in this line.\n\n" * 60


def engine() -> ScriptedEngine:
    return ScriptedEngine({"echo": says("Hello.")})


def new_chat(title: str, *texts: str, parents: list[int | None] | None = None) -> NewChat:
    """Prompts and answers by turns, one below the other unless `parents` says otherwise."""
    parents = parents or [place - 1 if place else None for place in range(len(texts))]
    messages = [
        NewMessage(parent, "user" if place % 2 == 0 else "assistant", text, 1_000.0 + place)
        for place, (parent, text) in enumerate(zip(parents, texts, strict=True))
    ]
    return NewChat(title, ChatSettings("scripted/echo"), messages, created_at=1_000.0, updated_at=1_000.0)


async def filled(services: Services, pane: ChatPane, *chats: NewChat) -> None:
    await services.chats.add(chats)
    await pane.shelf.reload()
    await until(lambda: not services.jobs.is_running("chat:open"))


def hits(pane: ChatPane) -> list[SearchHit]:
    model = pane.list.model
    rows = [model.row(model.index(number)) for number in range(model.rowCount())]
    return [row.hit for row in rows if isinstance(row, HitRow)]


def notes(pane: ChatPane) -> list[str]:
    model = pane.list.model
    rows = [model.row(model.index(number)) for number in range(model.rowCount())]
    return [row.text for row in rows if isinstance(row, Note)]


def marked(pane: ChatPane) -> str:
    """The words that are marked as the current hit."""
    hit = pane.transcript._finder.current
    assert hit is not None
    assert hit.slot.sheet is not None
    start, end = next(
        (start, end) for start, end, is_current in pane.transcript._finder.ranges(hit.slot) if is_current
    )
    return hit.slot.sheet.document.toPlainText()[start:end]


def test_a_hit_is_clicked_and_its_message_is_in_view(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            far = new_chat("Far away", "One?", LONG, "Two?", f"{LONG}A lighthouse keeper walks.\n\n{LONG}")
            await filled(services, pane, new_chat("Near", "What?", "No light here."), far)
            pane.window().activateWindow()
            QTest.keyClicks(pane.list.search, "LIGHTHOUSE walk")
            await until(lambda: len(hits(pane)) == 1)
            (hit,) = hits(pane)
            assert hit.excerpt.text == "A lighthouse keeper walks."
            model = pane.list.model
            row = pane.list.view.visualRect(model.index(model.row_of(f"message:{hit.message_id}")))
            QTest.mouseClick(pane.list.view.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
            await until(lambda: pane.open.wanted == hit.chat_id and pane.transcript._finder.current)
            await until(lambda: not services.jobs.is_running(f"chat:jump:{hit.message_id}"))
            assert marked(pane) == "lighthouse"
            slot = pane.transcript._finder.current.slot
            y = pane.transcript.column.y_of(slot) - pane.transcript.offset
            assert 0 <= y < pane.transcript.viewport().height()
            assert model.key(pane.list.view.currentIndex()) == f"message:{hit.message_id}"

    run_ui(scenario())


def test_enter_jumps_to_a_message_of_another_branch(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            forked = new_chat(
                "Forked", "One?", "The hidden answer.", "One!", "What shows.", parents=[None, 0, None, 2]
            )
            await filled(services, pane, forked)
            pane.open_chat(pane.shelf.summaries[0].id)
            await until(lambda: pane._session is not None)
            assert [message.text for message in pane._session.messages] == ["One!", "What shows."]
            pane.window().activateWindow()
            QTest.keyClicks(pane.list.search, "hidden")
            await until(lambda: len(hits(pane)) == 1)
            QTest.keyClick(pane.list.search, Qt.Key.Key_Down)
            QTest.keyClick(pane.list.view, Qt.Key.Key_Return)
            await until(lambda: pane.transcript._finder.current)
            assert [message.text for message in pane._session.messages] == ["One?", "The hidden answer."]
            assert marked(pane) == "hidden"

    run_ui(scenario())


def test_titles_are_found_at_once_and_messages_from_two_characters(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await filled(
                services, pane, new_chat("灯台", "灯台?", "灯台は船に。"), new_chat("Other", "x", "y")
            )
            pane.list.search.setText("y")
            await until(lambda: pane.list.model.index(0).data() == "No chat has these words.")
            assert notes(pane) == []
            pane.list.search.setText("灯台")
            await until(lambda: pane.list.model.index(1).data() == "灯台")
            await until(lambda: len(hits(pane)) == 2)
            pane.list.search.setText("nowhere at all")
            await until(lambda: notes(pane) == ["No message has these words."])
            pane.list.search.clear()
            await until(lambda: pane.list.model.rowCount() == 3)

    run_ui(scenario())


def test_more_hits_are_shown_when_asked_for(run_ui: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(message_search, "FIRST_HITS", 3)
    monkeypatch.setattr(search, "BUDGET_S", 5.0)  # this machine may be busy

    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await filled(services, pane, *(new_chat(f"{n}", "a needle", "a needle") for n in range(4)))
            pane.list.search.setText("needle")
            await until(lambda: len(hits(pane)) == 3 and notes(pane) == ["Show more"])
            more = pane.list.model.rowCount() - 1
            pane.list.view.clicked.emit(pane.list.model.index(more))
            await until(lambda: len(hits(pane)) == 8 and notes(pane) == [])

    run_ui(scenario())


def test_foreign_words_of_a_hit_are_never_read_as_html(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            bad = "<img src='file:///etc/passwd'> needle <b>bold</b>"
            await filled(services, pane, new_chat(bad, bad, "x"))
            pane.list.search.setText("needle")
            await until(lambda: len(hits(pane)) == 1)
            model = pane.list.model
            tip = model.index(model.row_of(f"message:{hits(pane)[0].message_id}")).data(
                Qt.ItemDataRole.ToolTipRole
            )
            assert "needle" in tip
            assert "<" not in tip
            pane.list.grab()

    run_ui(scenario())


def test_the_first_mark_of_a_long_sentence_is_in_sight() -> None:
    text = "word " * 20 + "needle in it"
    shown = _from_mark(Excerpt(text, ((100, 106),)))
    ((low, high),) = shown.marks
    assert shown.text[low:high] == "needle"
    assert low < 30
    assert shown.text.startswith("…word")


def test_find_in_chat_goes_around_and_closes(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            texts = ("A needle?", f"{LONG}needle", "And?", f"needle {LONG}")
            await filled(services, pane, new_chat("Hay", *texts), new_chat("Empty", "x", "y"))
            pane.open_chat(next(chat.id for chat in pane.shelf.summaries if chat.title == "Hay"))
            await until(lambda: pane._session is not None)
            pane.window().activateWindow()
            bar = pane.find_bar
            bar.open()
            QTest.keyClicks(bar.edit, "needle")
            await until(lambda: bar.count.text() == "1 of 3")
            QTest.keyClick(bar.edit, Qt.Key.Key_Return)
            assert bar.count.text() == "2 of 3"
            QTest.keyClick(bar.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
            bar.previous_button.click()
            assert bar.count.text() == "3 of 3"
            pane.open_chat(next(chat.id for chat in pane.shelf.summaries if chat.title == "Empty"))
            await until(lambda: bar.count.text() == "not found")
            assert not bar.next_button.isEnabled()
            QTest.keyClick(bar.edit, Qt.Key.Key_Escape)
            assert not bar.isVisible()
            assert not pane.transcript._finder.is_active

    run_ui(scenario())


def test_a_search_without_hits_leaves_short_bubbles_short(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await filled(services, pane, new_chat("Hay", "Hi?", "Hello."))
            pane.open_chat(pane.shelf.summaries[0].id)
            await until(lambda: pane._session is not None)
            bubble = pane.transcript.column.messages[0]
            width = bubble.width
            assert width < 120
            pane.transcript.find_text("nowhere")
            assert bubble.width == width

    run_ui(scenario())
