"""Presets, the prompt library and answers in JSON, as they are used below a chat's prompt."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QPlainTextEdit

from slmdesk.engines.base import Capabilities
from slmdesk.features.prompts.library import Prompt
from slmdesk.services import Services
from slmdesk.ui.notify import Dialog
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.widgets.prompt.preset_sheet import PresetSheet
from slmdesk.ui.widgets.prompt.prompt_sheet import PromptSheet
from slmdesk.ui.widgets.transcript.targets import action_targets
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

SCHEMA = json.dumps({"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]})


@contextlib.asynccontextmanager
async def chat(
    tmp_path: Path, *answer: str, **more: Any
) -> AsyncIterator[tuple[ChatPane, ScriptedEngine, Services]]:
    engine = ScriptedEngine({"echo": says(*(answer or ("Hello.",)))}, **more)
    async with pane_over(ChatPane, tmp_path, engine) as (pane, services):
        yield pane, engine, services


async def ask(pane: ChatPane, text: str) -> None:
    QTest.keyClicks(pane.prompt.edit, text)
    QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)
    await until(lambda: pane._session is not None and len(pane._session.messages) > 1)
    await until(lambda: not pane.runner.sessions and not pane.prompt.is_running)


def mark(sheet: PresetSheet, name: str) -> None:
    sheet.list.setCurrentItem(sheet.list.findItems(name, Qt.MatchFlag.MatchExactly)[0])


def find(sheet: PromptSheet, name: str) -> None:
    sheet.search.setText(name)
    items = sheet.tree.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    sheet.tree.setCurrentItem(items[0])


def test_a_preset_sets_the_values_and_says_when_one_was_changed(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path) as (pane, engine, services):
            chip = pane.tools.preset_chip
            assert chip.full_text == "Preset ▾"
            sheet = chip.open_sheet()
            mark(sheet, "Classification")
            sheet.accept()
            assert chip.full_text == "Classification ▾"
            assert pane.settings.value().options.seed == 42
            pane.settings.form.temperature.setValue(0.7)
            assert chip.full_text == "Classification (changed) ▾"
            pane.settings.form.temperature.setValue(0)
            assert chip.full_text == "Classification ▾"
            await ask(pane, "Hi?")
            assert engine.requests[0].options.max_tokens == 16
            assert engine.requests[0].messages[0].role == "system"
            assert services.presets.all()[0].reasons

    run_ui(scenario())


def test_own_presets_are_saved_renamed_made_the_default_and_deleted(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path) as (pane, _, services):
            pane.settings.form.seed.setValue(7)
            sheet = pane.tools.preset_chip.open_sheet()
            assert not sheet.rename_button.isEnabled()
            sheet.name.setText("Code")
            sheet.save_button.click()
            await until(lambda: sheet.error.isVisible())
            assert "is taken" in sheet.error.text()
            sheet.name.setText("Mine")
            sheet.save_button.click()
            await until(lambda: sheet.preset is not None and sheet.preset.name == "Mine")
            sheet.name.setText("Ours")
            sheet.rename_button.click()
            await until(lambda: sheet.preset is not None and sheet.preset.name == "Ours")
            sheet.is_default.click()
            await until(lambda: services.presets.default_for("scripted/echo") is not None)
            sheet.accept()
            assert pane.tools.preset_chip.full_text == "Ours ▾"
        async with chat(tmp_path) as (pane, _, services):
            assert pane.tools.preset_chip.full_text == "Ours ▾"
            assert pane.settings.value().options.seed == 7
            sheet = pane.tools.preset_chip.open_sheet()
            sheet.delete_button.click()
            await until(lambda: all(not preset.is_own for preset in services.presets.all()))
            sheet.reject()

    run_ui(scenario())


def test_a_prompt_is_found_filled_in_and_inserted_or_sent(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path) as (pane, engine, services):
            await services.prompts.save(
                Prompt("Greeting", "Greet {{who}} in {{tone|warm|cold}} words: {{x...}}")
            )
            sheet = pane.tools.open_prompts()
            find(sheet, "Greeting")
            assert not sheet.send_button.isEnabled()
            who, tone, lines = sheet.form.fields["who"], sheet.form.fields["tone"], sheet.form.fields["x"]
            assert isinstance(who, QLineEdit)
            assert isinstance(tone, QComboBox)
            assert isinstance(lines, QPlainTextEdit)
            who.setText("Ada {{tone}}")
            tone.setCurrentText("cold")
            lines.setPlainText("a\nb")
            assert sheet.preview.toPlainText() == "Greet Ada {{tone}} in cold words: a\nb"
            sheet.insert_button.click()
            assert pane.prompt.text() == "Greet Ada {{tone}} in cold words: a\nb"
            pane.prompt.clear()
            sheet = pane.tools.open_prompts()
            find(sheet, "Greeting")
            field = sheet.form.fields["who"], sheet.form.fields["x"]
            assert isinstance(field[0], QLineEdit)
            assert isinstance(field[1], QPlainTextEdit)
            field[0].setText("Bob")
            field[1].setPlainText("c")
            sheet.send_button.click()
            await until(lambda: len(engine.requests) == 1)
            assert engine.requests[0].messages[-1].content == "Greet Bob in warm words: c"
            await until(lambda: not pane.runner.sessions)

    run_ui(scenario())


def test_the_message_is_saved_as_a_prompt_and_taken_out_and_in(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path) as (pane, _, services):
            QTest.keyClicks(pane.prompt.edit, "Say hello")
            sheet = pane.tools.open_prompts()
            sheet.name.setText("Hello")
            sheet.save_button.click()
            await until(lambda: sheet.prompt is not None and sheet.prompt.name == "Hello")
            services.prompts.export_file(tmp_path / "out.json")
            sheet.delete_button.click()
            await until(lambda: all(not prompt.is_own for prompt in services.prompts.all()))
            sheet.import_button.click()
            (dialog,) = sheet.findChildren(QFileDialog)
            dialog.fileSelected.emit(str(tmp_path / "out.json"))
            dialog.reject()
            await until(lambda: sheet.error.isVisible())
            assert sheet.error.text() == "1 prompt came in."
            sheet.search.setText("nothing like it")
            assert not sheet.insert_button.isEnabled()
            sheet.reject()

    run_ui(scenario())


def test_an_answer_in_json_is_compared_and_shown_as_a_tree(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        can = Capabilities(schema=True)
        async with chat(tmp_path, '{"age": ', '"old"}', capabilities=can) as (pane, engine, _):
            sheet = pane.tools.open_schema()
            sheet.editor.setPlainText("{nonsense")
            await until(lambda: sheet.verdict.property("role") == "error")
            assert not sheet.use_button.isEnabled()
            sheet.editor.setPlainText(SCHEMA)
            await until(lambda: sheet.use_button.isEnabled())
            sheet.use_button.click()
            assert pane.tools.schema_chip.isChecked()
            await ask(pane, "How old?")
            assert engine.requests[0].schema == json.loads(SCHEMA)
            await until(lambda: pane.tools.result.isVisible())
            await until(lambda: pane.tools.result.chip.text() == "JSON breaks the schema")
            assert "age" in pane.tools.result.words.text()
            pane.tools.result.fold_button.click()
            root = pane.tools.result.tree.topLevelItem(0)
            assert root is not None
            assert (root.child(0).text(0), root.child(0).text(1)) == ("age", "old")
            assert root.child(0).text(2)
        async with chat(tmp_path, '{"age": 3}', capabilities=can) as (pane, _, _services):
            await until(lambda: pane.tools.result.chip.text() == "JSON breaks the schema")
            assert pane.tools.schema_chip.isChecked()
            await ask(pane, "Again?")
            await until(lambda: pane.tools.result.chip.text() == "JSON ok")
            pane.tools.open_schema().prose_button.click()
            await until(lambda: not pane.tools.result.isVisible())

    run_ui(scenario())


def test_an_engine_without_schemas_says_so(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path) as (pane, engine, _):
            pane.tools._on_schema_chosen(SCHEMA)
            QTest.keyClicks(pane.prompt.edit, "Hi")
            QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)
            assert pane.prompt._notice.text().startswith("Scripted engine cannot keep to a schema.")
            assert not engine.requests

    run_ui(scenario())


def test_the_figures_of_an_answer_are_one_click_away(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path) as (pane, _, _services):
            await ask(pane, "Hi?")
            assert pane._session is not None
            answer = pane._session.messages[-1]
            shown = pane.transcript._messages[answer.id]
            await until(lambda: shown.is_parsed and bool(shown.footer))
            targets = action_targets(pane.transcript.column, shown)
            figures = next(target for target in targets if target.value == "figures")
            point = figures.rect.center() - QPoint(0, pane.transcript.offset)
            QTest.mouseClick(pane.transcript.viewport(), Qt.MouseButton.LeftButton, pos=point)
            (sheet,) = pane.transcript.findChildren(Dialog)
            words = {label.text() for label in sheet.findChildren(QLabel)}
            assert {"Reused from the cache", "First token after", "7 tokens"} <= words
            sheet.reject()

    run_ui(scenario())


def test_another_model_brings_its_preset_to_an_empty_chat(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        engine = ScriptedEngine({"echo": says("Hello."), "other": says("Hello.")})
        async with pane_over(ChatPane, tmp_path, engine, default="scripted/echo") as (pane, services):
            await services.presets.set_default("scripted/other", "classification")
            pane._on_picker_chosen("scripted/other")
            assert pane.tools.preset_chip.full_text == "Classification ▾"
            await ask(pane, "Hi?")
            assert engine.requests[0].options.max_tokens == 16
            pane.settings.form.seed.setValue(9)
            pane._on_picker_chosen("scripted/echo")
            pane._on_picker_chosen("scripted/other")
            assert pane.settings.value().options.seed == 9

    run_ui(scenario())


def test_a_prompt_of_the_library_never_takes_the_place_of_a_draft(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path) as (pane, _, services):
            await services.prompts.save(Prompt("Plain", "Say hello."))
            QTest.keyClicks(pane.prompt.edit, "My own words. ")
            sheet = pane.tools.open_prompts()
            find(sheet, "Plain")
            assert not sheet.send_button.isEnabled()
            sheet.insert_button.click()
            assert pane.prompt.text() == "My own words. Say hello."

    run_ui(scenario())
