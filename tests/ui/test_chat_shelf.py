"""Pins, folders, archive, names, import and export: in the list, in the store, and taken back."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QPushButton

from slmdesk.config.settings import load_settings
from slmdesk.services import Services
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.widgets.chat.chat_list_model import CHAT_MIME
from slmdesk.ui.widgets.chat.chat_list_rows import ARCHIVE, ChatRow, Group
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until
from tests.ui.test_chat_search import filled, hits, new_chat


def engine() -> ScriptedEngine:
    return ScriptedEngine({"echo": says("Bread and butter")})


def lines(pane: ChatPane) -> list[str]:
    """Groups in brackets, chats below them with a dash."""
    model, found = pane.list.model, []
    for number in range(model.rowCount()):
        match model.row(model.index(number)):
            case Group(_, name, count):
                found.append(f"[{name} {count}]")
            case ChatRow(chat, is_nested):
                found.append(f"- {chat.title}" if is_nested else chat.title)
    return found


def mark(pane: ChatPane, title: str) -> str:
    chat = next(each for each in (*pane.shelf.summaries, *pane.shelf.archived) if each.title == title)
    pane.list.view.setCurrentIndex(pane.list.model.index(pane.list.model.row_of(chat.id)))
    return chat.id


async def id_of(pane: ChatPane, title: str) -> str:
    await until(lambda: any(each.title == title for each in pane.shelf.summaries))
    return next(each.id for each in pane.shelf.summaries if each.title == title)


def toast(pane: ChatPane) -> str:
    boxes = [each for each in pane.window().findChildren(QFrame, "toast") if not each.isHidden()]
    return boxes[-1].findChild(QLabel).text() if boxes else ""


def undo(pane: ChatPane) -> None:
    buttons = pane.window().findChildren(QPushButton)
    next(each for each in reversed(buttons) if each.text() == "Undo" and not each.isHidden()).click()


async def three(services: Services, pane: ChatPane) -> None:
    await filled(services, pane, *(new_chat(title, f"about {title}", "x") for title in ("A", "B", "C")))
    assert sorted(lines(pane)) == ["A", "B", "C"]


async def stored(services: Services, pane: ChatPane) -> list[str]:
    """What the list shows when everything is read anew."""
    shown = lines(pane)
    await until(lambda: not any(key.partition(":")[0] in WRITES for key in services.jobs._tasks))
    await pane.shelf.reload()
    assert lines(pane) == shown
    return shown


WRITES = {"change", "folder", "name"}


def test_a_pin_puts_a_chat_on_top(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            mark(pane, "A")
            pane.list.menu.pin.trigger()
            assert (await stored(services, pane))[0] == "A"
            assert pane.list.model.index(0).data() == "Pinned"
            mark(pane, "A")
            pane.list.menu.pin.trigger()
            await stored(services, pane)
            assert pane.list.model.index(0).data() != "Pinned"

    run_ui(scenario())


def test_a_folder_is_made_named_folded_and_deleted_with_undo(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            pane.window().activateWindow()
            chat_id = mark(pane, "B")
            pane.list.menu.folder_requested.emit([chat_id])
            await until(lambda: pane.list.view.findChild(QLineEdit))
            editor = pane.list.view.findChild(QLineEdit)
            editor.setText("Work & <b>more</b>")
            QTest.keyClick(editor, Qt.Key.Key_Return)
            await until(lambda: lines(pane)[:2] == ["[Work & <b>more</b> 1]", "- B"])
            await stored(services, pane)
            view, model = pane.list.view, pane.list.model
            view.setCurrentIndex(model.index(0))
            assert "<" not in model.index(0).data(Qt.ItemDataRole.ToolTipRole)
            QTest.keyClick(view, Qt.Key.Key_Left)
            assert "- B" not in lines(pane)
            QTest.mouseClick(
                view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(model.index(0)).center()
            )
            assert lines(pane)[1] == "- B"
            QTest.keyClick(view, Qt.Key.Key_Delete)
            await until(lambda: sorted(lines(pane)) == ["A", "B", "C"])
            assert "Work & <b>more</b>" in toast(pane)
            undo(pane)
            await until(lambda: "[Work & <b>more</b> 1]" in lines(pane))

    run_ui(scenario())


def test_a_folder_with_the_name_of_another_is_refused(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await services.folders.create("One")
            folder = await services.folders.create("Two")
            await pane.shelf.reload()
            pane.folders.rename(folder.id, "one")
            await until(lambda: "There is a folder" in toast(pane))
            assert lines(pane) == ["[One 0]", "[Two 0]"]

    run_ui(scenario())


def test_a_chat_is_dragged_into_a_folder_and_out(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            folder = await services.folders.create("Work")
            await pane.shelf.reload()
            model = pane.list.model
            index = model.index(model.row_of(mark(pane, "C")))
            assert model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled
            data = model.mimeData([index])
            assert data.hasFormat(CHAT_MIME)
            target = model.index(model.row_of(f"group:{folder.id}"))
            assert model.flags(target) & Qt.ItemFlag.ItemIsDropEnabled
            await until(lambda: pane._session is not None)
            assert model.dropMimeData(data, Qt.DropAction.CopyAction, -1, -1, target)
            assert pane.list.view.currentIndex().data() == "C"
            assert (await stored(services, pane))[:2] == ["[Work 1]", "- C"]
            assert model.dropMimeData(data, Qt.DropAction.CopyAction, -1, -1, QModelIndex())
            assert (await stored(services, pane))[0] == "[Work 0]"

    run_ui(scenario())


def test_several_chats_are_archived_moved_and_deleted_and_come_back(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            folder = await services.folders.create("Work")
            await pane.shelf.reload()
            view, model = pane.list.view, pane.list.model
            opened = mark(pane, "C")
            await until(lambda: pane._session is not None and pane._session.chat.id == opened)
            place = view.visualRect(model.index(model.row_of(await id_of(pane, "B")))).center()
            control = Qt.KeyboardModifier.ControlModifier
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, control, place)
            assert [chat.title for chat in pane.list.menu.chats] == ["C", "B"]
            assert pane._session.chat.id == opened == pane.open.wanted  # choosing more opens none
            await pane.shelf.reload()  # as an answer in another chat does
            assert [chat.title for chat in pane.list.menu.chats] == ["C", "B"]
            QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=place)  # for their menu
            assert [chat.title for chat in pane.list.menu.chats] == ["C", "B"]
            assert pane.open.wanted == opened
            pane.window().activateWindow()
            await until(pane.window().isActiveWindow)
            QTest.keyClick(view, Qt.Key.Key_E, control | Qt.KeyboardModifier.ShiftModifier)
            assert (await stored(services, pane))[1:] == ["A", "[Archived 2]"]
            assert toast(pane).startswith("2 chats archived.")
            undo(pane)
            assert (await stored(services, pane))[1:] == ["C", "B", "A"]
            pane.list.model.moved.emit([chat.id for chat in pane.shelf.summaries[:2]], folder.id)
            assert await stored(services, pane) == ["[Work 2]", "- C", "- B", "A"]
            view.selectAll()
            QTest.keyClick(view, Qt.Key.Key_Delete)
            assert await stored(services, pane) == ["[Work 0]"]
            assert toast(pane) == "3 chats deleted."
            assert pane._session is None
            undo(pane)
            await until(lambda: len(lines(pane)) == 4)
            assert await stored(services, pane) == ["[Work 2]", "- C", "- B", "A"]

    run_ui(scenario())


def test_a_pin_taken_back_at_once_is_not_kept(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            mark(pane, "A")
            pane.list.menu.pin.trigger()
            pane.list.menu.pin.trigger()
            assert "Pinned" not in await stored(services, pane)
            assert not any(chat.is_pinned for chat in pane.shelf.summaries)

    run_ui(scenario())


def test_a_pinned_chat_dropped_on_a_folder_is_in_it(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            folder = await services.folders.create("Work")
            await pane.shelf.reload()
            chat_id = mark(pane, "A")
            pane.list.menu.pin.trigger()
            pane.list.model.moved.emit([chat_id], folder.id)
            assert (await stored(services, pane))[:2] == ["[Work 1]", "- A"]

    run_ui(scenario())


def test_an_opened_chat_unfolds_its_folder_once(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            folder = await services.folders.create("Work")
            await services.folders.move([await id_of(pane, "B")], folder.id)
            await pane.shelf.reload()
            assert lines(pane)[0] == "[Work 1]"
            assert "- B" not in lines(pane)
            pane.open_chat(await id_of(pane, "B"))
            await until(lambda: "- B" in lines(pane))
            assert pane.list.view.currentIndex().data() == "B"
            pane.list.model.toggle(folder.id)
            await pane.shelf.reload()
            assert "- B" not in lines(pane)

    run_ui(scenario())


def test_open_folders_are_open_after_a_restart(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            folder = await services.folders.create("Work")
            await services.folders.move([await id_of(pane, "B")], folder.id)
            await pane.shelf.reload()
            pane.list.model.toggle(folder.id)
            await until(lambda: load_settings(services.paths).open_folders == folder.id)
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await until(lambda: lines(pane)[:2] == ["[Work 1]", "- B"])

    run_ui(scenario())


def test_an_archived_chat_is_out_of_the_way_and_found(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            mark(pane, "B")
            pane.list.menu.archive.trigger()
            assert (await stored(services, pane))[-1] == "[Archived 1]"
            pane.list.model.toggle(ARCHIVE)
            assert lines(pane)[-1] == "- B"
            pane.list.search.setText('"about B"')
            await until(lambda: [hit.is_archived for hit in hits(pane)] == [True])
            pane.list.search.clear()
            await until(lambda: "A" in lines(pane))
            undo(pane)
            assert sorted(await stored(services, pane)) == ["A", "B", "C"]

    run_ui(scenario())


def test_an_answer_leaves_a_chat_where_it_was_put(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            folder = await services.folders.create("Work")
            await pane.shelf.reload()
            chat_id = mark(pane, "A")
            pane.folders.move([chat_id], folder.id)
            await until(lambda: pane._session is not None and pane._session.chat.id == chat_id)
            pane.prompt.set_text("And?")
            pane.prompt.send_button.click()
            await until(lambda: len(pane._session.messages) == 4 and not pane.runner.sessions)
            assert (await stored(services, pane))[:2] == ["[Work 1]", "- A"]

    run_ui(scenario())


def test_the_model_names_a_chat_also_over_a_typed_name(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path, engine()) as (pane, services):
            await three(services, pane)
            mark(pane, "A")
            pane.list.menu.name.trigger()
            await until(lambda: "Bread and butter" in lines(pane))
            await until(lambda: "Bread and butter" in toast(pane))
            undo(pane)
            assert "A" in await stored(services, pane)
            mark(pane, "A")  # typed now, by the undo
            pane.list.menu.name.trigger()
            await until(lambda: "Bread and butter" in lines(pane))
            await stored(services, pane)

    run_ui(scenario())


def chatgpt(count: int) -> str:
    def one(number: int) -> dict[str, Any]:
        message = {
            "author": {"role": "user"},
            "content": {"content_type": "text", "parts": [f"needle {number}"]},
        }
        return {
            "title": f"Chat {number}",
            "create_time": 1.0,
            "mapping": {"a": {"id": "a", "message": message, "parent": None, "children": []}},
        }

    return json.dumps([one(number) for number in range(count)])


def test_a_dropped_file_is_imported_and_can_be_searched(run_ui: Any, tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(chatgpt(120), "utf-8")

    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path / "data", engine()) as (pane, _):
            data = QMimeData()
            data.setUrls([QUrl.fromLocalFile(str(file))])
            pane.list.model.dropMimeData(data, Qt.DropAction.CopyAction, -1, -1, QModelIndex())
            await until(lambda: pane.list.import_line.isVisible())
            assert pane.list.import_line.label.full_text.startswith("Importing…")
            await until(lambda: len(pane.shelf.summaries) == 120)
            await until(lambda: toast(pane) == "120 chats imported.")
            assert not pane.list.import_line.isVisible()
            pane.list.search.setText("needle 77")
            await until(lambda: len(hits(pane)) == 1)

    run_ui(scenario())


@pytest.mark.parametrize("content", ["{}", "[" * 100_000, "not json", "\0", '[{"mapping": 3}]'])
def test_a_file_that_is_no_export_ends_in_a_sentence(run_ui: Any, tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(content, "utf-8")

    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path / "data", engine()) as (pane, _):
            pane.files.import_file(file)
            await until(lambda: toast(pane))
            assert not pane.list.import_line.isVisible()
            assert pane.shelf.summaries == []

    run_ui(scenario())


def test_a_stopped_import_keeps_what_was_stored(run_ui: Any, tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(chatgpt(2_000), "utf-8")

    async def scenario() -> None:
        async with pane_over(ChatPane, tmp_path / "data", engine()) as (pane, services):
            pane.files.import_file(file)
            await until(lambda: pane.files._count > 0)
            pane.list.import_line.stop_button.click()
            await until(lambda: toast(pane).startswith("Stopped: "))
            await until(lambda: 0 < len(pane.shelf.summaries) < 2_000)
            assert len(pane.shelf.summaries) == len(await services.chats.list())

    run_ui(scenario())
