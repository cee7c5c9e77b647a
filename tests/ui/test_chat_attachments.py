"""Attaching in the chat pane: files, pictures and pages, what does not fit, and what the transcript shows."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from slmdesk.base.errors import EngineOffline
from slmdesk.engines.base import Capabilities
from slmdesk.features.documents.attached import unread
from slmdesk.features.documents.document import Picture
from slmdesk.services import Services
from slmdesk.store.attachments import StoredAttachment
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.widgets.prompt.attachment_tray import AttachmentTray
from tests.data.documents import pdf
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until


def engine(**more: Any) -> ScriptedEngine:
    return ScriptedEngine({"echo": says("Sales ", "rose.")}, **more)


@contextlib.asynccontextmanager
async def chat(tmp_path: Path, *engines: Any) -> AsyncIterator[tuple[ChatPane, AttachmentTray]]:
    async with pane_over(ChatPane, tmp_path / "data", *engines) as (pane, _):
        yield pane, pane.tools.enclosures.tray


def drop(pane: ChatPane, *paths: Path) -> None:
    """As a file manager drops or pastes."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    pane.prompt.edit.insertFromMimeData(data)


def paste(pane: ChatPane, text: str) -> None:
    data = QMimeData()
    data.setText(text)
    pane.prompt.edit.insertFromMimeData(data)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


async def ask(pane: ChatPane, text: str) -> None:
    QTest.keyClicks(pane.prompt.edit, text)
    QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)
    await until(lambda: pane._session is not None and len(pane._session.messages) > 1)
    await until(lambda: not pane.runner.sessions and not pane.prompt.is_running)


def test_a_pdf_is_asked_about_and_still_there_after_a_restart(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        scripted = engine()
        report = write(tmp_path / "report.pdf", pdf("Sales rose by 7 percent.", "The end."))
        async with chat(tmp_path, scripted) as (pane, tray):
            drop(pane, report)
            await until(lambda: len(tray.attachments) == 1)
            assert tray.isVisible()
            assert tray.rows[0].facts.text().startswith("PDF · 2 pages · 1 kB · ~")
            await ask(pane, "What rose?")
            assert not tray.isVisible()
            sent = scripted.requests[-1].messages[-1].content
            assert "Sales rose by 7 percent." in sent
            assert sent.endswith("</document>\n\nWhat rose?")
        async with chat(tmp_path, scripted) as (pane, _):
            await until(lambda: pane._session is not None)
            assert pane._session is not None
            question, answer = pane._session.messages
            shown = pane.transcript._messages[question.id]
            assert (shown.source, shown.footer) == ("What rose?", "Attached: report.pdf (PDF, 2 pages)")
            pane.turns.do(answer.id, "again")
            await until(lambda: len(scripted.requests) == 2)
            await until(lambda: not pane.runner.sessions)
            assert scripted.requests[-1].messages[-1].content == sent

    run_ui(scenario())


def test_each_file_says_for_itself_why_it_is_not_attached(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        program = write(tmp_path / "tool", b"\x7fELF" + b"\1" * 40)
        notes = write(tmp_path / "notes.txt", b"Fine.")
        async with chat(tmp_path, engine()) as (pane, tray):
            drop(pane, program, notes)
            await until(lambda: not tray.is_reading)
            assert "“tool” is a program for Linux" in tray.rows[0].said
            assert [each.name for each in tray.attachments] == ["notes.txt"]
            tray.rows[0].remove_button.click()
            assert [row.name.full_text for row in tray.rows] == ["notes.txt"]
            tray.rows[0].remove_button.click()
            assert not tray.isVisible()

    run_ui(scenario())


def test_a_model_file_is_still_an_offer_and_no_attachment(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path, engine()) as (pane, tray):
            offered: list[str] = []
            pane.model_file_offered.connect(offered.append)
            model = write(tmp_path / "model.gguf", b"GGUF" + b"\0" * 100)
            drop(pane, model)
            assert offered == [str(model)]
            assert not tray.rows

    run_ui(scenario())


def test_a_pasted_picture_waits_for_a_model_that_sees(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        image = QImage(30, 20, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.red)
        data = QMimeData()
        data.setImageData(image)
        blind = engine()
        async with chat(tmp_path, blind) as (pane, tray):
            pane.prompt.edit.insertFromMimeData(data)
            await until(lambda: tray.has_pictures)
            QTest.keyClicks(pane.prompt.edit, "What is it?")
            QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)
            assert pane.prompt._notice.text().startswith("This engine cannot look at pictures.")
            assert not blind.requests
        seeing = engine(capabilities=Capabilities(vision=True))
        async with chat(tmp_path / "two", seeing) as (pane, tray):
            pane.prompt.edit.insertFromMimeData(data)
            await until(lambda: tray.has_pictures)
            (picture,) = tray.attachments
            assert isinstance(picture, Picture)
            assert (picture.width, picture.height) == (30, 20)
            await ask(pane, "What is it?")
            assert seeing.requests[0].messages[0].images == (picture.image,)

    run_ui(scenario())


def test_a_web_address_alone_is_offered_and_never_opened_unasked(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path, engine()) as (pane, tray):
            bar = pane.tools.enclosures.bar
            paste(pane, "https://example.org/a")
            assert bar.words.startswith("Opening this address leaves this machine: example.org learns")
            assert not tray.rows
            QTest.keyClick(pane.prompt.edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
            QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Delete)
            assert not bar.isVisible()
            paste(pane, "see https://example.org/a")
            assert not bar.isVisible()
            pane.prompt.clear()
            paste(pane, "http://127.0.0.1:9/secret")
            bar.buttons[0].click()
            assert pane.prompt.text() == ""
            await until(lambda: not tray.is_reading)
            assert tray.rows[0].said
            assert [button.text() for button in bar.buttons] == ["Open it all the same", "Leave it"]

    run_ui(scenario())


def test_what_is_cut_is_said_before_and_a_larger_context_is_offered(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        long = write(tmp_path / "long.txt", b"One two three four five.\n\n" * 600)
        async with chat(tmp_path, engine()) as (pane, _):
            drop(pane, long)
            bar = pane.tools.room_bar
            await until(lambda: bar.isVisible())
            assert bar.words.startswith("“long.txt” is cut: ")
            assert bar.buttons[0].text().startswith("More context: ")
            bar.buttons[0].click()
            assert pane.settings.value().options.context_tokens > 4096
            await until(lambda: not bar.isVisible())

    run_ui(scenario())


def test_the_oldest_messages_are_named_and_left_out(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        scripted = ScriptedEngine({"echo": says("word " * 4000)})
        async with chat(tmp_path, scripted) as (pane, _):
            await ask(pane, "A long story, please")
            QTest.keyClicks(pane.prompt.edit, "And now something else")
            bar = pane.tools.room_bar
            await until(lambda: bar.isVisible())
            assert "The oldest: “A long story, please”" in bar.words
            wanted = next(button for button in bar.buttons if "without" in button.text())
            assert wanted.text() == "Send without the oldest 2 messages"
            wanted.click()
            await until(lambda: len(scripted.requests) == 2)
            assert [each.content for each in scripted.requests[1].messages] == ["And now something else"]
            await until(lambda: not pane.runner.sessions)

    run_ui(scenario())


def test_every_chat_has_its_own_list(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        notes = write(tmp_path / "notes.txt", b"Fine.")
        async with chat(tmp_path, engine()) as (pane, tray):
            await ask(pane, "Hi?")
            drop(pane, notes)
            await until(lambda: len(tray.attachments) == 1)
            first = pane._session.chat.id if pane._session else ""
            pane.new_chat()
            assert not tray.isVisible()
            pane.open_chat(first)
            await until(lambda: tray.isVisible())
            assert len(tray.attachments) == 1

    run_ui(scenario())


def test_the_button_asks_for_files(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        notes = write(tmp_path / "notes.txt", b"Fine.")
        async with chat(tmp_path, engine()) as (pane, tray):
            pane.tools.attach_button.click()
            await until(lambda: pane.tools.menu.isVisible())
            pane.tools.menu.actions()[0].trigger()
            pane.tools.menu.close()
            (dialog,) = pane.findChildren(QFileDialog)
            dialog.filesSelected.emit([str(notes)])
            dialog.reject()
            await until(lambda: len(tray.attachments) == 1)

    run_ui(scenario())


def test_what_is_not_sent_is_attached_after_a_restart(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        report = write(tmp_path / "report.pdf", pdf("Sales rose by 7 percent."))
        image = QImage(30, 20, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.red)
        picture = QMimeData()
        picture.setImageData(image)
        async with chat(tmp_path, engine()) as (pane, tray):
            drop(pane, report)
            await until(lambda: len(tray.attachments) == 1)
            pane.prompt.edit.insertFromMimeData(picture)
            await until(lambda: len(tray.attachments) == 2)
            attached = tray.attachments
            await until(lambda: pane._session is not None)
            await until(lambda: not pane._services.jobs.is_running(f"unsent:{pane.open.wanted}"))
        async with chat(tmp_path, engine()) as (pane, tray):
            await until(lambda: len(tray.attachments) == 2)
            assert tray.attachments == attached
            assert tray.isVisible()
            tray.rows[1].remove_button.click()
            await until(lambda: len(tray.rows) == 1)
        async with chat(tmp_path, scripted := engine()) as (pane, tray):
            await until(lambda: len(tray.attachments) == 1)
            await ask(pane, "What rose?")
            assert "Sales rose by 7 percent." in scripted.requests[-1].messages[-1].content
        async with chat(tmp_path, engine()) as (pane, tray):
            await until(lambda: pane._session is not None)
            await until(lambda: pane._session.chat.id in pane.tools.unsent._read)
            assert not tray.rows
            assert pane._session is not None
            (sent,) = pane._session.messages[0].attachments
            assert "file" not in sent.details

    run_ui(scenario())


def test_a_file_that_is_gone_after_a_restart_is_said_so(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        notes = write(tmp_path / "notes.txt", b"Sales rose.")
        async with chat(tmp_path, engine()) as (pane, tray):
            drop(pane, notes)
            await until(lambda: len(tray.attachments) == 1 and pane._session is not None)
            chat_id = pane.open.wanted
            await until(lambda: not pane._services.jobs.is_running(f"unsent:{chat_id}"))
        notes.unlink()
        async with chat(tmp_path, engine()) as (pane, tray):
            await until(lambda: len(tray.attachments) == 1)
            assert tray.rows[0].said == "The file is not there any more; what was read of it is kept."
            # As a kill in the middle of reading leaves it.
            await pane._services.chats.save_unsent(chat_id, [unread("notes.txt", str(notes))])
        async with chat(tmp_path, engine()) as (pane, tray):
            await until(lambda: bool(tray.rows) and not tray.is_reading)
            assert tray.rows[0].said.startswith("“notes.txt” cannot be opened (No such file or directory).")

    run_ui(scenario())


def test_a_paste_too_long_for_a_message_is_attached(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path, engine()) as (pane, tray):
            QTest.keyClicks(pane.prompt.edit, "Sum it up")
            paste(pane, "word and another " * 60_000)
            await until(lambda: len(tray.attachments) == 1)
            assert tray.attachments[0].name == "Pasted text 1.txt"
            assert pane.prompt.text() == "Sum it up"
            assert not pane.prompt._notice.text()

    run_ui(scenario())


def test_more_context_is_offered_only_as_far_as_the_model_goes(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        late = engine(problem=EngineOffline("Not yet."))
        async with pane_over(ChatPane, tmp_path, late, default="scripted/echo") as (pane, services):
            bar = pane.tools.room_bar
            paste(pane, "word and another " * 60_000)
            await until(lambda: bool(bar.buttons))
            late.problem = None
            await services.refresh_engines()
            await until(lambda: not bar.buttons)  # 8,192 tokens are far too few
            assert "is cut" in bar.words

    run_ui(scenario())


def test_a_refused_file_makes_no_chat(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path, engine()) as (pane, tray):
            await until(lambda: not pane._services.jobs.is_running("chat:open"))
            drop(pane, write(tmp_path / "tool", b"\x7fELF" + b"\1" * 40))
            await until(lambda: bool(tray.rows) and not tray.is_reading)
            drop(pane, tmp_path)
            assert "is a folder. Drop the files in it that matter." in pane.prompt._notice.text()
            assert not pane.shelf.summaries

    run_ui(scenario())


def test_another_model_that_is_blind_is_refused_where_there_are_pictures(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        image = QImage(30, 20, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.red)
        data = QMimeData()
        data.setImageData(image)
        seeing = engine(capabilities=Capabilities(vision=True))
        blind = ScriptedEngine({"words": says("No.")}, id="blind")
        async with chat(tmp_path, seeing, blind) as (pane, tray):
            pane.prompt.edit.insertFromMimeData(data)
            await until(lambda: tray.has_pictures)
            await ask(pane, "What is it?")
            assert pane._session is not None
            first = pane._session.messages[-1].id
            pane.other_model.chosen.emit(first, "blind/words")
            assert pane.prompt._notice.text().startswith("This engine cannot look at pictures.")
            assert not pane.runner.sessions
            assert not blind.requests
            pane.other_model.chosen.emit(first, "scripted/echo")
            await until(lambda: len(seeing.requests) == 2)
            await until(lambda: not pane.runner.sessions)
            assert seeing.requests[1].messages[0].images
        async with chat(tmp_path / "two", engine(), blind) as (pane, _):
            await ask(pane, "In words?")
            assert pane._session is not None
            pane.other_model.chosen.emit(pane._session.messages[-1].id, "blind/words")
            await until(lambda: len(blind.requests) == 1)
            await until(lambda: not pane.runner.sessions)

    run_ui(scenario())


def test_what_was_kept_is_still_kept_while_it_is_read_again(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        services = Services.open(tmp_path)
        kept = StoredAttachment("Pasted text 1.txt", "text", "Words.", details={})
        tray = AttachmentTray(services.jobs)
        tray.restore("chat", [kept])
        assert tray.unsent("chat") == [kept]  # what else is dropped now has the whole list stored
        await until(lambda: len(tray.unsent("chat")) == 1 and not tray.is_reading)
        await services.aclose()

    run_ui(scenario())
