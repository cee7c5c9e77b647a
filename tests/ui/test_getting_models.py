"""Getting models in the window: pasted, fetched with a cut and a restart, imported, made, deleted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget

from slmdesk.base.memory import size_words
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.features.catalog.first_offer import FirstOffer
from slmdesk.features.pulls.queue import PullState
from slmdesk.services import Services
from slmdesk.ui.desk import Desk
from slmdesk.ui.notify import Dialog
from slmdesk.ui.panes.models_pane import ModelsPane
from slmdesk.ui.widgets.models.custom_dialog import CustomDialog, CustomEntry, parameter_text, parameters_of
from slmdesk.ui.widgets.models.details_dialog import DetailsDialog
from slmdesk.ui.widgets.models.import_dialog import ImportDialog
from slmdesk.ui.widgets.models.pull_list import CancelDialog
from tests.data.gguf import small_model
from tests.fakes.file_server import FileServer, Script
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.replay_server import ReplayServer, recorded_body
from tests.fakes.until import until
from tests.models import starter
from tests.ui.test_reach import check_named_and_reached

NOWHERE = "http://127.0.0.1:9"
TINY = small_model() + bytes(300_000)


@asynccontextmanager
async def open_desk(data_dir: Path, *engines: Any) -> AsyncIterator[tuple[Desk, ModelsPane]]:
    """The whole window over real services, the built-in engine among them; what it began goes on."""
    services = Services.open(data_dir)
    bugs: list[Exception] = []
    services.on_error = lambda _key, error: bugs.append(error)
    await services.start()
    if engines:
        own = {engine.id for engine in engines}
        others = [engine for engine in services.registry.engines if engine.id not in own]
        services.registry.replace((*engines, *others))
        await services.refresh_engines()
    desk = Desk(services.settings)
    desk.attach(services)
    desk.window.open_pane("chat")
    services.jobs.start("pulls", desk._pulls.run)
    pane = desk.window.open_pane("models")
    assert isinstance(pane, ModelsPane)
    desk.window.show()
    try:
        yield desk, pane
    finally:
        desk.window.hide()
        await services.aclose()
        desk.window.deleteLater()
    if bugs:
        raise bugs[0]


@pytest.fixture(autouse=True)
def _no_ollama(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", NOWHERE)


def refs(desk: Desk) -> list[str]:
    return [model.ref for model in desk.services.registry.models()]


async def shown(desk: Desk, kind: type[Dialog] = Dialog) -> Any:
    """The dialog that stands over the window now."""

    def found() -> list[Dialog]:
        return [one for one in desk.window.findChildren(kind) if one.isVisible()]

    await until(found)
    return found()[-1]


def press(parent: Any, text: str) -> None:
    buttons = [one for one in parent.findChildren(QPushButton) if one.text() == text and one.isVisible()]
    QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)


def type_in(pane: ModelsPane, text: str) -> None:
    field = pane.getting.strip.field
    field.setFocus()
    QTest.keyClicks(field, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ollama run somebody/own:1b", "Model somebody/own:1b from Ollama's registry"),
        ("hf.co/org/Some-GGUF:Q4_K_M", "Q4_K_M of org/Some-GGUF on Hugging Face"),
        ("https://example.org/a/b.gguf", "The file b.gguf from example.org"),
        ("/home/me/x.gguf", "A file of this machine: /home/me/x.gguf"),
        ("bad name with spaces and more", "is not the name of a model"),
    ],
)
def test_what_was_understood_is_said_while_typing(run_ui: Any, tmp_path: Path, text: str, words: str) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path) as (_, pane):
            pane.getting.strip._timer.setInterval(1_000_000)  # nobody is asked here
            type_in(pane, text)
            assert words in pane.getting.strip.words.text()
            assert pane.getting.strip.button.isEnabled() == ("is not" not in words)

    run_ui(scenario())


def test_a_name_of_the_catalogue_can_go_to_either_engine(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path, OllamaEngine(NOWHERE)) as (_, pane):
            strip = pane.getting.strip
            strip._timer.setInterval(1_000_000)
            type_in(pane, "qwen2.5:0.5b")
            names = [strip.engine.itemText(at) for at in range(strip.engine.count())]
            assert names == ["Ollama", "Built-in engine"]
            assert strip.engine.isVisible()
            assert strip.engine.currentText() == "Built-in engine"  # the one that answers
            assert "on Hugging Face" in strip.words.text()
            strip.engine.setCurrentIndex(0)
            assert "Ollama does not answer now" in strip.words.text()

    run_ui(scenario())


def test_another_registry_and_plain_http_are_asked_about(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path) as (desk, pane):
            type_in(pane, "http://example.invalid/model.gguf")
            QTest.keyClick(pane.getting.strip.field, Qt.Key.Key_Return)
            dialog = await shown(desk)
            press(dialog, "Cancel")
            await until(lambda: not desk.services.jobs.is_running("models:pull"))
            assert not desk.services.keeper.queue.pulls

    run_ui(scenario())


def test_a_pull_is_paused_survives_closing_and_is_ready_in_every_picker(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FileServer(files={"/tiny.gguf": TINY}) as server:
            server.scripts.append(Script("stall", 100_000))
            async with open_desk(tmp_path) as (desk, pane):
                type_in(pane, server.url("/tiny.gguf"))
                await until(lambda: "KB" in pane.getting.strip.words.text())
                QTest.keyClick(pane.getting.strip.field, Qt.Key.Key_Return)
                await until(lambda: desk.services.keeper.queue.pulls)
                (pull,) = desk.services.keeper.queue.pulls
                await until(lambda: desk.services.keeper.queue.pulls[0].progress.done_bytes >= 100_000)
                await until(lambda: desk.window._status._pulls.text().startswith("↓ tiny.gguf"))
                row = pane.getting.list.row(pull.id)
                check_named_and_reached(desk.window)
                QTest.mouseClick(row.pause, Qt.MouseButton.LeftButton)
                await until(row.resume.isVisible)
                assert desk.window._status._pulls.text() == ""
            async with open_desk(tmp_path) as (desk, pane):
                await until(lambda: pane.getting.list._rows)
                row = pane.getting.list.row(pull.id)
                assert row.words.full_text == "paused · 100 KB are kept"
                assert row.bar.value() > 0
                QTest.mouseClick(row.resume, Qt.MouseButton.LeftButton)
                await until(row.chat.isVisible)
                await until(lambda: "builtin/tiny" in refs(desk))
                ranges = [call.headers.get("range") for call in server.calls if call.method == "GET"]
                assert ranges[-1] is not None  # gone on with, not begun again
                QTest.mouseClick(row.chat, Qt.MouseButton.LeftButton)
                await until(lambda: desk._chat_pane is not None and desk._chat_pane.isVisible())
                assert desk._chat_pane is not None
                assert desk._chat_pane.header.picker.ref == "builtin/tiny"

    run_ui(scenario())


def test_a_cancelled_pull_asks_whether_to_keep_the_part(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FileServer(files={"/tiny.gguf": TINY}) as server, open_desk(tmp_path) as (desk, pane):
            server.scripts.append(Script("stall", 100_000))
            pane.getting.strip.take(server.url("/tiny.gguf"))
            queue = desk.services.keeper.queue
            await until(lambda: queue.pulls and queue.pulls[0].progress.done_bytes >= 100_000)
            row = pane.getting.list.row(queue.pulls[0].id)
            QTest.mouseClick(row.cancel, Qt.MouseButton.LeftButton)
            dialog = await shown(desk, CancelDialog)
            check_named_and_reached(dialog)
            press(dialog, "Drop it")
            await until(lambda: not queue.pulls)
            await until(lambda: not list(desk.services.paths.models.iterdir()))
            await until(lambda: not pane.getting.list.isVisible())

    run_ui(scenario())


class BrokenOllama(HttpServer):
    """Breaks the first pull off in the middle, and gives the rest of it when it is asked again."""

    def __init__(self) -> None:
        super().__init__(self._play)
        whole = recorded_body("pull/resumed")
        cut = whole[: len(whole) // 2]
        self.bodies = [cut[: cut.rindex(b"\n") + 1], recorded_body("pull/up-to-date")]

    async def _play(self, call: Call) -> None:
        if call.path == "/api/tags":
            await call.respond(200, recorded_body("models/tags"))
        elif call.path == "/api/pull":
            await call.start(200, {"content-type": "application/x-ndjson"})
            await call.send(self.bodies.pop(0))
            await call.end()
        else:
            await call.respond(200, b"{}")


def test_a_name_is_pulled_by_ollama_over_a_cut(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            BrokenOllama() as server,
            open_desk(tmp_path, OllamaEngine(server.address)) as (desk, pane),
        ):
            type_in(pane, "ollama pull smollm2:135m")
            strip = pane.getting.strip
            assert strip.engine.currentText() == "Ollama"
            QTest.keyClick(strip.field, Qt.Key.Key_Return)
            queue = desk.services.keeper.queue
            await until(lambda: queue.pulls and queue.pulls[0].state == PullState.DONE, 8)
            assert not server.bodies
            row = pane.getting.list.row(queue.pulls[0].id)
            await until(lambda: "ready to use" in row.words.full_text)

    run_ui(scenario())


def test_the_model_of_the_start_card_is_fetched_with_one_click(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            FileServer(files={"/tiny.gguf": TINY}) as server,
            open_desk(tmp_path) as (desk, _),
        ):
            desk.window.open_pane("chat")
            assert desk._chat_pane is not None
            card = desk._chat_pane.start_card
            await until(lambda: card._offer is not None)
            card.offer(FirstOffer("Tiny 4B", server.url("/tiny.gguf"), 300_000))
            press(card, f"Get Tiny 4B · {size_words(300_000)}")
            await until(lambda: "builtin/tiny" in refs(desk))
            assert desk.window.pane_on_screen()[0] == "Models"

    run_ui(scenario())


def test_the_start_card_offers_what_fits_and_measures_nothing(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path) as (desk, _):
            desk.window.open_pane("chat")
            assert desk._chat_pane is not None
            card = desk._chat_pane.start_card
            await until(lambda: card._offer is not None)
            assert any(one.text().startswith("Get ") for one in card.findChildren(QPushButton))
            assert desk.services.machine._bandwidth is None

    run_ui(scenario())


def test_a_name_for_an_ollama_that_does_not_run_is_not_tried_for_minutes(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path, OllamaEngine(NOWHERE)) as (desk, pane):
            strip = pane.getting.strip
            type_in(pane, "ollama run somebody/own:7b")
            QTest.keyClick(strip.field, Qt.Key.Key_Return)
            await until(lambda: "is not running" in strip.words.text())
            assert strip.field.text() == "ollama run somebody/own:7b"  # to try again
            assert not desk.services.keeper.queue.pulls
        again = ReplayServer()
        async with ReplayServer() as server:
            again.fixed_port = server.port
        async with open_desk(tmp_path, OllamaEngine(server.address)) as (desk, pane), again:
            type_in(pane, "ollama run somebody/own:7b")  # and it was started meanwhile
            QTest.keyClick(pane.getting.strip.field, Qt.Key.Key_Return)
            await until(lambda: desk.services.keeper.queue.pulls)

    run_ui(scenario())


def drop(window: QWidget, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    action, button, key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    place = QPointF(40, 40)
    QApplication.sendEvent(window, QDragEnterEvent(place.toPoint(), action, data, button, key))
    QApplication.sendEvent(window, QDropEvent(place, action, data, button, key))


def test_a_dropped_file_shows_its_header_answers_and_is_deleted(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "Dropped.gguf"
        path.write_bytes(starter().read_bytes())
        async with open_desk(tmp_path / "data") as (desk, pane):
            drop(desk.window, path)
            dialog = await shown(desk, ImportDialog)
            check_named_and_reached(dialog)
            assert refs(desk) == ["builtin/smollm2-135m-instruct"]  # nothing is loaded before the answer
            press(dialog, f"Copy it ({path.stat().st_size / 1e6:.0f} MB)")
            await until(lambda: "builtin/Dropped" in refs(desk), 8)
            await chat_with(desk, "builtin/Dropped", "Say hello.")
            desk.window.open_pane("models")
            pane.getting.care.start(pane.getting.care.delete, "builtin/Dropped")
            dialog = await shown(desk)
            assert any("98 MB are free again" in one.text() for one in dialog.findChildren(type(pane.counts)))
            press(dialog, "Delete")
            await until(lambda: "builtin/Dropped" not in refs(desk))
            assert not list(desk.services.paths.models.glob("*.gguf"))
            assert path.exists()

    run_ui(scenario())


async def chat_with(desk: Desk, ref: str, question: str) -> str:
    """Ask in the chat pane; what was answered."""
    desk._on_model_chat_requested(ref)
    pane = desk._chat_pane
    assert pane is not None
    await until(lambda: pane.header.picker.ref == ref)
    pane.prompt.set_text(question)
    pane.prompt.send_button.click()
    await until(lambda: pane._session is not None and len(pane._session.messages) >= 2, 8)
    session = pane._session
    assert session is not None
    await until(lambda: not session.is_running and session.messages[-1].role == "assistant", 20)
    await until(lambda: not [key for key in desk.services.jobs._tasks if key.startswith("chat:")], 20)
    answer = session.messages[-1]
    assert answer.text, answer.error
    return str(answer.text)


def test_a_damaged_file_is_refused_with_the_reason(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "half.gguf"
        path.write_bytes(small_model()[:-1000])
        async with open_desk(tmp_path / "data") as (desk, pane):
            drop(desk.window, path)
            dialog = await shown(desk)
            assert not isinstance(dialog, ImportDialog)
            assert any(
                "half.gguf cannot be used" in one.text() for one in dialog.findChildren(type(pane.counts))
            )

    run_ui(scenario())


def test_a_custom_model_is_made_used_and_changed(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path) as (desk, pane):
            press(pane, "New custom model…")
            dialog = await shown(desk, CustomDialog)
            check_named_and_reached(dialog)
            press(dialog, "Create")
            assert dialog.error.text() == "Give it a name."
            QTest.keyClicks(dialog.name, "echo-bot")
            dialog.system.setPlainText("You only ever answer with the one word BANANA.")
            dialog.parameters.setPlainText("temperature 0\nnum_predict 12")
            press(dialog, "Create")
            await until(lambda: "builtin/echo-bot" in refs(desk))
            await until(lambda: not desk.services.jobs.is_running("models:care"))
            pane.getting.care.start(pane.getting.care.change, "builtin/echo-bot")
            dialog = await shown(desk, CustomDialog)
            assert dialog.system.toPlainText() == "You only ever answer with the one word BANANA."
            assert parameters_of(dialog.parameters.toPlainText()) == {"temperature": 0, "num_predict": 12}
            dialog.reject()
            await until(lambda: not desk.services.jobs.is_running("models:care"))
            assert "ban" in (await chat_with(desk, "builtin/echo-bot", "Which word?")).casefold()

    run_ui(scenario())


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_adapter_that_a_server_keeps_can_stay(run_ui: Any, tmp_path: Path, is_kept: bool) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path) as (desk, pane):
            known = CustomEntry("x", "builtin/smollm2-135m-instruct", kept_adapter=f"sha256:{'a' * 64}")
            services = desk.services
            dialog = CustomDialog(pane, services.registry, services.fit, (), known, is_new=False)
            dialog.open()
            assert dialog.keeps_adapter.isVisible()
            check_named_and_reached(dialog)
            if not is_kept:
                QTest.mouseClick(dialog.keeps_adapter, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
            press(dialog, "Save")
            assert dialog.entry.kept_adapter == (known.kept_adapter if is_kept else "")

    run_ui(scenario())


def test_details_show_texts_as_they_are_and_the_speed_test(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path) as (desk, pane):
            care, ref = pane.getting.care, "builtin/smollm2-135m-instruct"
            care.measure(ref)
            await until(lambda: ref in care.tests.all(), 25)
            test = care.tests.all()[ref]
            assert test.tokens_per_s > 1
            assert test.memory_bytes
            care.start(care.show_details, ref)
            dialog = await shown(desk, DetailsDialog)
            check_named_and_reached(dialog)
            titles = [dialog.tabs.tabText(at) for at in range(dialog.tabs.count())]
            assert titles == ["Template", "Licence", "Modelfile"]
            dialog.close()
            await until(lambda: ref in pane._speeds)

    run_ui(scenario())


def test_the_menu_of_a_model_has_what_it_can_do(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_desk(tmp_path) as (_, pane):
            menu = QMenu(pane)
            pane.getting.care.fill(menu, "builtin/smollm2-135m-instruct")
            words = [action.text() for action in menu.actions() if not action.isSeparator()]
            assert words[:3] == ["Measure speed (20 s)", "Keep in memory", "Details…"]
            assert words[-1] == "Delete…"
            assert "Change…" not in words  # only a custom model has something to change

    run_ui(scenario())


@pytest.mark.parametrize("parameters", [{"temperature": 0.2, "stop": ["###", "a b"]}, {}, {"seed": 3}])
def test_parameters_are_written_and_read(parameters: dict[str, Any]) -> None:
    assert parameters_of(parameter_text(parameters)) == parameters
