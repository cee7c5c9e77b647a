"""The list of the pictures: each pane in each state. A new pane or state is a new line here."""

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton

from slmdesk.base.errors import EngineOffline
from slmdesk.engines.base import Delta, Phase, Progress
from slmdesk.engines.examination import Verdict
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.pictures import evaluate_shots, stage
from slmdesk.ui.pictures.set import Set, until
from slmdesk.ui.pictures.stage import Line
from slmdesk.ui.widgets.chat.chat_list_rows import HitRow
from slmdesk.ui.widgets.compare.list_sheet import ListSheet
from slmdesk.ui.widgets.settings import server_section
from slmdesk.ui.widgets.settings.server_dialog import ServerDialog

SIZE = (1440, 900)
SMALL = (1024, 700)


@dataclass(frozen=True, slots=True)
class Shot:
    """`prepare` brings the window into the state; it stays until the next shot."""

    name: str
    prepare: Callable[[Set], Awaitable[None]]
    size: tuple[int, int] = SIZE


async def _chat_empty(on: Set) -> None:
    on.new_chat()


async def _chat_loading(on: Set) -> None:
    await on.ask(Progress(Phase.LOADING, 42, 100), None)


async def _chat_streaming(on: Set) -> None:
    await on.ask(Delta(stage.ANSWER[:250]), None)


async def _chat_thinking(on: Set) -> None:
    await on.ask(Delta(thinking=stage.THOUGHT), None)


async def _chat_formulas(on: Set) -> None:
    pane = await on.ask(Delta(thinking=stage.THOUGHT), Delta(stage.FORMULAS), stage.DONE)
    slots = pane.transcript.column.messages[-1].answer.slots
    await until(lambda: all(slot.sheet is not None and not slot.sheet.is_waiting for slot in slots))


async def _chat_done(on: Set) -> None:
    await on.ask(*stage.WRITES)


async def _chat_unsure(on: Set) -> None:
    await on.ask(*stage.weighed())


async def _chat_probabilities(on: Set) -> None:
    await on.ask(*stage.weighed())
    on.show_of_answer("probabilities")


async def _chat_cut(on: Set) -> None:
    await on.ask(Delta(stage.ANSWER[:220]), stage.CUT)


async def _chat_failed(on: Set) -> None:
    await on.ask(stage.MEMORY)


async def _chat_deleted(on: Set) -> None:
    await on.ask(*stage.WRITES)
    on.run("delete_chat")


async def _activity(on: Set) -> None:
    await on.ask(*stage.WRITES)
    on.run("activity")


async def _compare_ready(on: Set) -> None:
    on.columns("qwen3:4b", "llama3.2:3b")


async def _compare_running(on: Set) -> None:
    lines: dict[str, Sequence[Line]] = {
        "qwen3:4b": (Delta(stage.ANSWER[:250]), None),
        "llama3.2:3b": (Progress(Phase.READING, 12, 48), None),
    }
    await on.compare(lines)


async def _compare_voted(on: Set) -> None:
    await on.compare({"qwen3:4b": stage.WRITES, "gemma3:1b": (Delta(stage.SHORT), stage.DONE)})
    on.run("vote_2")


async def _compare_failed(on: Set) -> None:
    await on.compare({"qwen3:4b": stage.WRITES, "mistral-small:24b": (stage.MEMORY,)})


async def _chat_attached(on: Set) -> None:
    tray = on.new_chat().tools.enclosures.tray
    with tempfile.TemporaryDirectory() as folder:
        for name, text in stage.FILES.items():
            (Path(folder) / name).write_text(text, "utf-8")
            tray.add_file(Path(folder) / name)
        picture = QImage(640, 400, QImage.Format.Format_RGB32)
        picture.fill(0x3B5BDB)
        tray.add_picture("sales.png", picture)
        await until(lambda: not tray.is_reading)


async def _chat_found(on: Set) -> None:
    pane = await on.ask(*stage.WRITES)
    pane.list.search.setText("memory")
    rows = pane.list.model
    await until(lambda: any(isinstance(rows.row(rows.index(at)), HitRow) for at in range(rows.rowCount())))


async def _chat_json(on: Set) -> None:
    await on.ask_in(_json_chat(on), Delta(stage.JSON_ANSWER), stage.DONE, prompt=stage.JSON_PROMPT)


async def _chat_json_broken(on: Set) -> None:
    broken = Delta(stage.JSON_ANSWER.replace("12.5", '"twelve"'))
    pane = await on.ask_in(_json_chat(on), broken, stage.DONE, prompt=stage.JSON_PROMPT)
    await until(pane.tools.result.isVisible)
    pane.tools.result.fold_button.setChecked(True)


def _json_chat(on: Set) -> ChatPane:
    """A new chat whose answers have a form."""
    pane = on.new_chat()
    sheet = pane.tools.open_schema()
    sheet.editor.setPlainText(stage.JSON_SCHEMA)
    sheet.chosen.emit(stage.JSON_SCHEMA)
    sheet.reject()
    return pane


async def _json_sheet(on: Set) -> None:
    on.new_chat().tools.open_schema().editor.setPlainText(stage.JSON_SCHEMA)


async def _figures(on: Set) -> None:
    pane = await on.ask(Delta(thinking=stage.THOUGHT), Delta(stage.ANSWER), stage.DONE)
    session = pane.open.session
    if session is not None:
        pane.transcript.action_clicked.emit(session.messages[-1].id, "figures")


async def _presets(on: Set) -> None:
    on.new_chat().tools.preset_chip.open_sheet()


async def _prompts(on: Set) -> None:
    on.new_chat().tools.open_prompts()


async def _compare_differences(on: Set) -> None:
    pane = await on.compare(
        {name: (Delta(text), stage.DONE) for name, text in zip(stage.SIZES, stage.ALIKE, strict=False)}
    )
    pane.layouts.choose("differences")
    await until(lambda: "no other answer" in pane.run_card.told())


async def _compare_blind(on: Set) -> None:
    await on.compare(_two_answers(), is_blind=True)


async def _compare_revealed(on: Set) -> None:
    pane = await on.compare(_two_answers(), is_blind=True)
    on.run("vote_1")
    await until(lambda: bool(pane.run_card.told()))


def _two_answers() -> dict[str, Sequence[Line]]:
    return {"qwen3:4b": stage.WRITES, "gemma3:1b": (Delta(stage.SHORT), stage.DONE)}


async def _list_sheet(on: Set) -> None:
    on.columns("qwen3:4b", "gemma3:1b")
    on.run("prompt_list")
    (await on.sheet(ListSheet)).edit.setPlainText("\n".join(stage.LIST))


async def _list_done(on: Set) -> None:
    pane = on.columns("qwen3:4b", "gemma3:1b", "mistral-small:24b")
    on.engine.play({"gemma3:1b": (Delta(stage.SHORT), stage.DONE), "mistral-small:24b": (stage.MEMORY,)})
    on.run("prompt_list")
    sheet = await on.sheet(ListSheet)
    sheet.edit.setPlainText("\n".join(stage.LIST))
    sheet.run_button.click()
    await until(lambda: pane.extras.lists.page is not None and not pane.is_showing_columns)
    page = pane.extras.lists.page
    if page is not None:
        await until(page.retry_button.isVisible)
        page.table.setCurrentIndex(page.model.index(1, 2))


async def _server_fails(on: Set) -> None:
    dialog = await _server_dialog(on)
    dialog.show_verdict(Verdict(False, EngineOffline(f"{stage.SERVER} does not answer.").sentence()))


async def _server_works(on: Set) -> None:
    (await _server_dialog(on)).show_verdict(Verdict(True, "LM Studio 0.3.30 answers and offers 4 models."))


async def _server_dialog(on: Set) -> ServerDialog:
    pane = on.open("settings")
    await until(lambda: not on.desk.services.jobs.is_running(server_section.JOB))  # the dialog before
    next(button for button in pane.findChildren(QPushButton) if button.text() == "Add a server…").click()
    dialog = await on.sheet(ServerDialog)
    dialog.name.setText("Office")
    dialog.address.setText(stage.SERVER)
    return dialog


async def _compare_four(on: Set) -> None:
    names = ("qwen3:4b", "llama3.2:3b", "gemma3:1b", "phi4-mini")
    await on.compare(dict.fromkeys(names, stage.WRITES))


async def _models(on: Set) -> None:
    pane = await on.models()
    pane.table.choose(stage.CATALOGUED)


async def _models_none(on: Set) -> None:
    (await on.models()).tools.search.setText("a model that nobody made")


async def _models_guide(on: Set) -> None:
    (await on.models()).open_guide()


async def _models_compared(on: Set) -> None:
    pane = await on.models()
    pane.tools.search.setText("falcon3")
    pane.table.selectAll()
    pane.compare()


async def _settings(on: Set) -> None:
    on.open("settings")


async def _palette(on: Set) -> None:
    on.open("chat")
    on.run("palette")


async def _menu(on: Set) -> None:
    on.open("chat")
    on.press("Menu")


async def _shortcuts(on: Set) -> None:
    on.open("chat")
    on.run("help")


async def _picker(on: Set) -> None:
    on.new_chat().header.set_model(f"example/{stage.LONG}")
    on.run("choose_model")


SHOTS: Sequence[Shot] = (
    Shot("chat-empty", _chat_empty),
    Shot("chat-loading", _chat_loading),
    Shot("chat-streaming", _chat_streaming),
    Shot("chat-thinking", _chat_thinking),
    Shot("chat-formulas", _chat_formulas),
    Shot("chat-done", _chat_done),
    Shot("chat-unsure", _chat_unsure),
    Shot("chat-probabilities", _chat_probabilities),
    Shot("chat-cut", _chat_cut),
    Shot("chat-failed", _chat_failed),
    Shot("chat-deleted", _chat_deleted),
    Shot("chat-attached", _chat_attached),
    Shot("chat-found", _chat_found),
    Shot("chat-json", _chat_json),
    Shot("chat-json-broken", _chat_json_broken),
    Shot("json-sheet", _json_sheet),
    Shot("figures", _figures),
    Shot("presets", _presets),
    Shot("prompts", _prompts),
    Shot("chat-small", _chat_done, SMALL),
    Shot("compare-ready", _compare_ready),
    Shot("compare-running", _compare_running),
    Shot("compare-voted", _compare_voted),
    Shot("compare-failed", _compare_failed),
    Shot("compare-four", _compare_four),
    Shot("compare-differences", _compare_differences),
    Shot("compare-blind", _compare_blind),
    Shot("compare-revealed", _compare_revealed),
    Shot("list-sheet", _list_sheet),
    Shot("list-done", _list_done),
    Shot("list-small", _list_done, SMALL),
    Shot("compare-small", _compare_voted, SMALL),
    Shot("models", _models),
    Shot("models-none", _models_none),
    Shot("models-guide", _models_guide),
    Shot("models-compared", _models_compared),
    Shot("models-small", _models, SMALL),
    Shot("evaluate-start", evaluate_shots.start),
    Shot("evaluate-documents", evaluate_shots.documents),
    Shot("evaluate-problems", evaluate_shots.problems),
    Shot("evaluate-questions", evaluate_shots.questions),
    Shot("evaluate-models", evaluate_shots.models),
    Shot("evaluate-import", evaluate_shots.import_documents),
    Shot("evaluate-table", evaluate_shots.import_table),
    Shot("evaluate-running", evaluate_shots.running),
    Shot("evaluate-results", evaluate_shots.results),
    Shot("evaluate-verdict", evaluate_shots.verdict),
    Shot("evaluate-small", evaluate_shots.documents, SMALL),
    Shot("evaluate-questions-small", evaluate_shots.questions, SMALL),
    Shot("evaluate-results-small", evaluate_shots.results, SMALL),
    Shot("settings", _settings),
    Shot("server-fails", _server_fails),
    Shot("server-works", _server_works),
    Shot("settings-small", _settings, SMALL),
    Shot("palette", _palette),
    Shot("menu", _menu),
    Shot("shortcuts", _shortcuts),
    Shot("picker", _picker),
    Shot("activity", _activity),
)
