"""The evaluate pane: from the empty page to a run, by the hands of a user."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit

from slmdesk.base.errors import BadInput, RequestRefused
from slmdesk.engines.base import Request
from slmdesk.features.evaluate.open_pack import JOB_SAVE
from slmdesk.features.evaluate.pack import NOT_STATED, Document, Kind, Pack, Question, Scorer, Scoring
from slmdesk.features.evaluate.pack_file import read_pack, write_pack
from slmdesk.features.evaluate.setup import Asking, Setup, TargetKind
from slmdesk.features.evaluate.starters import load_starter
from slmdesk.services import Services
from slmdesk.ui.panes.evaluate_pane import EvaluatePane
from slmdesk.ui.widgets.evaluate import pack_menu
from slmdesk.ui.widgets.evaluate.document_import import DocumentImport
from slmdesk.ui.widgets.evaluate.evaluate_face import Tab
from slmdesk.ui.widgets.evaluate.rule_dialog import RuleDialog
from slmdesk.ui.widgets.evaluate.table_import import TableImport
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

PACK = Pack(
    "Reports",
    documents=(Document("a", "Text of a."), Document("b", "Text of b."), Document("c", "Text of c.")),
    questions=(
        Question("breach", "Is it a breach?", Kind.YES_NO, Scoring(Scorer.LABEL)),
        Question("who", "Who?", Kind.TEXT, Scoring(Scorer.EXACT)),
    ),
    expected={("a", "breach"): "Yes", ("a", "who"): "Harbour"},
)


def make(services: Services, actions: Any, _scheduler: Any) -> EvaluatePane:
    return EvaluatePane(services, actions)


def engine() -> ScriptedEngine:
    scripts = {name: says("Yes") for name in "xyz"}
    return ScriptedEngine(scripts, sizes=dict.fromkeys(scripts, 100_000_000))


@contextlib.asynccontextmanager
async def opened(
    tmp_path: Path, pack: Pack | None = PACK, engines: Sequence[Any] = ()
) -> AsyncIterator[EvaluatePane]:
    """The pane with this pack, which is the user's own."""
    async with pane_over(make, tmp_path / "data", *(engines or [engine()])) as (pane, services):
        pane.window().activateWindow()
        await until(lambda: not any(services.jobs.is_running(f"evaluate:pack:{n}") for n in range(9)))
        if pack is not None:
            await pane.book.add(pack, Setup(model_refs=("scripted/x",)))
        yield pane
        await until(lambda: not services.jobs.is_running(JOB_SAVE))


async def stored(pane: EvaluatePane) -> Pack:
    """What another start would show."""
    from slmdesk.features.evaluate.stored_pack import from_stored

    await pane.book.store_now()
    return from_stored(await pane.packs._packs.load(pane.book.id))[0]


def names(pane: EvaluatePane) -> list[str]:
    return [document.name for document in pane.book.pack.documents]


def test_an_example_is_one_click_away(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, None) as pane:
            assert pane.start_page.isVisible()
            assert not pane.run_button.isVisible()
            pane.start_page.example_button.click()
            await until(lambda: pane.book.is_open)
            assert pane.documents.isVisible()
            assert pane.counts.full_text == "12 documents × 9 questions × 1 model = 108 answers"
            assert await pane.packs._packs.list() == []  # it is nobody's own yet

    run_ui(scenario())


def test_the_pack_that_was_used_last_is_there_at_the_next_start(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            pane.documents.list.choose("b")
            pane.documents.editor.edit.setPlainText("typed a moment before the end")
        async with opened(tmp_path, None) as pane:
            await until(lambda: pane.book.is_open)
            assert pane.book.pack.documents[1].text == "typed a moment before the end"
            assert pane.book.setup.model_refs == ("scripted/x",)

    run_ui(scenario())


def test_documents_are_typed_renamed_moved_and_deleted_with_undo(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            tab = pane.documents
            tab.add_empty()
            assert names(pane) == ["a", "b", "c", "Document"]
            tab.editor.name.setText("d")
            QTest.keyClick(tab.editor.name, Qt.Key.Key_Return)
            assert names(pane)[-1] == "d"
            tab.editor.name.setText("a")
            QTest.keyClick(tab.editor.name, Qt.Key.Key_Return)
            assert names(pane)[-1] == "d"
            assert tab.editor.name.text() == "d"
            tab.list.choose("a")
            tab.editor.name.setText("first")
            QTest.keyClick(tab.editor.name, Qt.Key.Key_Return)
            assert pane.book.pack.expected["first", "who"] == "Harbour"
            tab.list.view.setFocus()
            QTest.keyClick(tab.list.view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
            assert names(pane) == ["b", "first", "c", "d"]
            assert tab.list.key == "first"
            QTest.keyClick(tab.list.view, Qt.Key.Key_Delete)
            assert names(pane) == ["b", "c", "d"]
            assert ("first", "who") not in pane.book.pack.expected
            pane.book.undo()
            assert names(pane) == ["b", "first", "c", "d"]
            assert await stored(pane) == pane.book.pack

    run_ui(scenario())


def test_the_words_of_a_document_are_counted(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            await until(lambda: "3 words" in pane.documents.list.model.rows[0].detail)
            pane.documents.editor.edit.setPlainText("one two three four")
            await until(lambda: "4 words" in pane.documents.editor.length.text())

    run_ui(scenario())


def test_expected_answers_are_typed_as_in_a_spreadsheet(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            table = pane.documents.table
            table.setFocus()
            table.setCurrentIndex(table.rows.index(1, 1))
            assert pane.documents.list.key == "b"
            QTest.keyClick(table, "M")
            await until(lambda: bool(table.findChildren(QLineEdit)))
            (line,) = table.findChildren(QLineEdit)
            QTest.keyClicks(line, "arlow")
            QTest.keyClick(line, Qt.Key.Key_Return)
            assert pane.book.pack.expected["b", "who"] == "Marlow"
            assert (table.currentIndex().row(), pane.documents.list.key) == (2, "c")
            table.setCurrentIndex(table.rows.index(1, 0))
            table.edit(table.currentIndex())
            await until(lambda: bool(table.findChildren(QComboBox)))
            combo = table.findChildren(QComboBox)[-1]
            assert [combo.itemText(place) for place in range(1, combo.count())] == ["Yes", "No", NOT_STATED]
            combo.setCurrentIndex(2)
            combo.activated.emit(2)
            assert pane.book.pack.expected["b", "breach"] == "No"

    run_ui(scenario())


def test_a_block_from_a_spreadsheet_is_pasted_copied_and_emptied(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            table = pane.documents.table
            table.setCurrentIndex(table.rows.index(1, 0))
            QGuiApplication.clipboard().setText('Yes\t"two\nlines"\tbeyond\r\nNo\tx\r\nbelow\ty\r\n')
            QTest.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
            expected = pane.book.pack.expected
            assert [expected[name, "breach"] for name in "abc"] == ["Yes", "Yes", "No"]
            assert expected["b", "who"] == "two\nlines"
            assert len(expected) == 6
            table.selectAll()
            QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
            assert QGuiApplication.clipboard().text() == "Yes\tHarbour\nYes\ttwo lines\nNo\tx"
            QTest.keyClick(table, Qt.Key.Key_Delete)
            assert pane.book.pack.expected == {}
            pane.book.undo()
            assert len(pane.book.pack.expected) == 6

    run_ui(scenario())


def test_a_question_is_made_and_its_fields_follow_its_kind(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            tab = pane.questions
            pane.open_tab(Tab.QUESTIONS)
            tab.add()
            form = tab.form
            form.text.setPlainText("How many?")
            form.id.setText("count")
            QTest.keyClick(form.id, Qt.Key.Key_Return)
            for kind, field in (
                (Kind.CHOICE, form.choices),
                (Kind.NUMBER, form.unit),
                (Kind.TEXT, form.max_words),
            ):
                form.kind.setCurrentIndex(form.kind.findData(kind))
                form.kind.activated.emit(form.kind.currentIndex())
                await until(field.isVisible)
                assert pane.book.pack.questions[-1].kind is kind
            form.kind.setCurrentIndex(form.kind.findData(Kind.NUMBER))
            form.kind.activated.emit(form.kind.currentIndex())
            form.scoring.tolerance.setValue(1)
            assert form.scoring.words.text() == "Right if within 1 %."
            question = pane.book.pack.questions[-1]
            assert (question.id, question.text, question.scoring.tolerance) == ("count", "How many?", 0.01)
            form.id.setText("who")
            QTest.keyClick(form.id, Qt.Key.Key_Return)
            assert form.id.text() == "count"
            assert await stored(pane) == pane.book.pack

    run_ui(scenario())


def test_an_answer_is_tried(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            pane.open_tab(Tab.QUESTIONS)
            trial = pane.questions.trial
            trial.answer.setText("yes")
            assert not trial.chip.isVisible()
            trial.expected.setText("Yes")
            assert trial.chip.text() == "right"
            trial.expected.setText("No")
            assert trial.chip.text() == "wrong"
            assert trial.why.text()

    run_ui(scenario())


def test_a_rule_is_made_switched_off_and_deleted(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            pane.open_tab(Tab.QUESTIONS)
            rules = pane.questions.rules
            rules.add_button.click()
            (dialog,) = rules.findChildren(RuleDialog)
            dialog.when.value.setCurrentText("No")
            dialog.then.relation.setCurrentIndex(2)
            dialog.keep_button.click()
            (rule,) = pane.book.pack.rules
            assert (rule.when.question_id, rule.when.value, rule.then.question_id) == ("breach", "No", "who")
            switch = next(each for each in rules.switches if each.isChecked())
            switch.click()
            assert pane.book.pack.rules == ()
            words = switch.accessibleName()
            next(each for each in rules.switches if each.accessibleName() == words).click()
            assert pane.book.pack.rules == (rule,)
            await until(lambda: not rules.findChildren(RuleDialog))

    run_ui(scenario())


def test_models_are_chosen_and_how_they_are_asked(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            tab = pane.models
            pane.open_tab(Tab.MODELS)
            tab.add("scripted/y")
            tab.add("scripted/z")
            pane.book.set_up(replace(pane.book.setup, votes=(("scripted/x", "scripted/z"),)))
            tab.add("scripted/y")
            assert pane.book.setup.model_refs == ("scripted/x", "scripted/y", "scripted/z")
            assert pane.counts.full_text == "3 documents × 2 questions × 3 models = 18 answers"
            tab.list.view.setFocus()
            tab.list.choose("scripted/z")
            QTest.keyClick(tab.list.view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
            assert pane.book.setup.model_refs == ("scripted/x", "scripted/z", "scripted/y")
            tab.form.askings[Asking.TOGETHER].click()
            tab.form.target.value.setValue(95)
            tab.form.target.kind.setCurrentIndex(1)
            await until(lambda: pane.book.setup.target.value == 0.95)
            tab.form.seeds.setValue(3)
            tab.form.context.setValue(8192)
            setup = pane.book.setup
            assert (setup.asking, setup.seeds) == (Asking.TOGETHER, (1, 2, 3))
            assert (setup.target.kind, setup.target.value) == (TargetKind.SHARE_OF_BEST, 0.95)
            assert setup.options.context_tokens == 8192
            QTest.keyClick(tab.list.view, Qt.Key.Key_Delete)
            tab.list.choose("scripted/x")
            QTest.keyClick(tab.list.view, Qt.Key.Key_Delete)
            assert pane.book.setup.model_refs == ("scripted/y",)
            assert pane.book.setup.votes == ()

    run_ui(scenario())


def test_packs_are_duplicated_deleted_and_brought_back(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            first = pane.book.id
            pane.packs.duplicate()
            await until(lambda: pane.book.pack.title == "Reports (copy)")
            assert pane.book.pack.documents == PACK.documents
            pane.packs.delete()
            await until(lambda: pane.book.id == first)
            pane.packs.delete()
            await until(lambda: not pane.book.is_open)
            assert pane.start_page.isVisible()
            pane.packs._start(lambda: pane.packs._bring_back(first))
            await until(lambda: pane.book.id == first)

    run_ui(scenario())


def test_a_pack_is_saved_as_a_file_and_opened_by_dropping_it(
    run_ui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pack.json"

    async def chosen(*_args: object) -> Path:
        return path

    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            monkeypatch.setattr(pack_menu, "ask_path", chosen)
            pane.packs.save_as()
            await until(path.exists)
            await until(lambda: read_pack(path) == PACK)
            write_pack(replace(PACK, title="From a friend"), path)
            drop(pane, path)
            await until(lambda: pane.book.pack.title == "From a friend")
            while len(await pane.packs._packs.list()) < 2:  # noqa: ASYNC110 (the store has no event)
                await asyncio.sleep(0)
            path.write_text("{}", "utf-8")
            drop(pane, path)
            await until(pane.error.isVisible)
            assert "pack.json" in pane.error.text()

    run_ui(scenario())


def drop(pane: EvaluatePane, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    pane.documents.dropEvent(QDropEvent(QPointF(9, 9), copy, mime, left, Qt.KeyboardModifier.NoModifier))


def test_dropped_files_are_seen_before_they_are_taken(run_ui: Any, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("A report of five words.", "utf-8")
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 no")

    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            drop(pane, tmp_path / "good.txt", tmp_path / "bad.pdf")
            await until(lambda: bool(pane.findChildren(DocumentImport)))
            (dialog,) = pane.findChildren(DocumentImport)
            await until(lambda: not dialog.is_reading, 30)
            await until(lambda: "5 words" in dialog.list.model.rows[0].detail)
            assert dialog.words.text() == "1 read · 1 refused"
            dialog.list.choose(str(tmp_path / "bad.pdf"))
            assert "damaged" in dialog.preview.toPlainText()
            assert dialog.import_button.text() == "Import 1 document"
            dialog.import_button.click()
            assert names(pane) == ["a", "b", "c", "good"]
            assert pane.documents.list.key == "good"

    run_ui(scenario())


def test_nothing_is_fetched_before_it_is_asked_for(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            pane.imports.ask_pages()
            (dialog,) = pane.findChildren(DocumentImport)
            assert not dialog.fetch_button.isEnabled()
            dialog.addresses.setPlainText("http://127.0.0.1:9/a\nexample.org/b")
            assert "127.0.0.1, example.org" in dialog.where.text()
            dialog.addresses.setPlainText("http://127.0.0.1:9/a")
            assert not dialog.is_reading
            dialog.fetch_button.click()
            await until(lambda: not dialog.is_reading)
            assert "this machine" in dialog.list.model.rows[0].detail
            assert not dialog.import_button.isEnabled()
            dialog.reject()

    run_ui(scenario())


def test_a_table_is_mapped_before_it_is_taken(run_ui: Any, tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("wording;sort;more\nWhich sector?;choice;bank|shop\nWhy?;poem;\n", "utf-8")

    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            drop(pane, path)
            await until(lambda: bool(pane.findChildren(TableImport)))
            (dialog,) = pane.findChildren(TableImport)
            dialog.kind.setCurrentIndex(0)
            assert not dialog.import_button.isEnabled()
            for place, combo in enumerate(list(dialog.columns.values())[:1], 1):
                combo.setCurrentIndex(place)
            columns = {field.value: combo for field, combo in dialog.columns.items()}
            columns["kind"].setCurrentIndex(2)
            columns["choices"].setCurrentIndex(3)
            assert dialog.words.text() == "1 question\nRow 3: “poem” is no kind of answer."
            dialog.import_button.click()
            question = pane.book.pack.questions[-1]
            assert (question.text, question.choices) == ("Which sector?", ("bank", "shop"))

    run_ui(scenario())


def test_what_is_missing_is_said_before_a_run(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, Pack("Empty")) as pane:
            pane.book.set_up(Setup())
            for pack, tab in (
                (Pack("Empty"), Tab.DOCUMENTS),
                (replace(PACK, questions=(), expected={}), Tab.QUESTIONS),
                (PACK, Tab.MODELS),
            ):
                pane.book.edit(pack)
                pane.open_tab(Tab.MODELS)
                pane.run_button.click()
                assert pane.tabs.currentIndex() == tab
                assert pane.error.isVisible()
            assert not pane.is_running

    run_ui(scenario())


def test_starters_are_offered_beside_ones_own(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            pane.chip.click()
            await until(lambda: pane.packs.menu.isVisible())
            own, shipped = (action.menu() for action in pane.packs.menu.actions()[:2])
            assert [action.text() for action in own.actions()] == ["Reports  ·  3 documents"]
            assert load_starter("breach").title in [action.text() for action in shipped.actions()]
            pane.packs.menu.close()
            shipped.actions()[0].trigger()
            await until(lambda: pane.book.pack.title != "Reports")

    run_ui(scenario())


def answering(*names: str) -> ScriptedEngine:
    """Models that answer with what is expected of document a."""

    def answer(request: Request) -> Sequence[Any]:
        return says("Yes" if "breach" in request.messages[-1].content else "Harbour")

    return ScriptedEngine(dict.fromkeys(names, answer), sizes=dict.fromkeys(names, 100_000_000))


def test_what_a_run_takes_is_said_before_it_begins(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            await until(pane.strip.isVisible)
            assert pane.strip.count.text() == "0 / 6"
            assert pane.strip.left.text() == "not started"
            await until(lambda: "6 requests" in pane.strip.detail.full_text)
            pane.open_tab(Tab.MODELS)
            assert "6 requests" in pane.models.plan.text()
            assert "x: 6 requests" in pane.models.memory.text()
            pane.models.add("scripted/y")
            await until(lambda: "12 requests" in pane.models.plan.text())
            assert "recommended" in "".join(button.text() for button in pane.models.form.askings.values())

    run_ui(scenario())


def test_a_run_fills_the_results_and_is_not_repeated(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        models = answering("x", "y")
        async with opened(tmp_path, engines=[models]) as pane:
            told: list[str] = []
            pane.status_changed.connect(told.append)
            pane.models.add("scripted/y")
            pane.open_tab(Tab.RESULTS)
            pane.run_button.click()
            assert pane.run_button.text() == "Pause"
            await until(lambda: pane.strip.count.text() == "12 / 12" and not pane.is_running)
            assert pane.strip.left.text() == "done"
            assert any(words.startswith("Evaluating") for words in told)
            assert told[-1] == ""
            asked = len(models.requests)
            pane.run_button.click()
            await until(lambda: not pane.is_running)
            assert len(models.requests) == asked
            pane.documents.add([Document("d", "D.")])
            await until(lambda: pane.strip.count.text() == "12 / 16")
            assert pane.run_button.text() == "Go on"

    run_ui(scenario())


def test_a_run_is_paused_and_goes_on_at_another_start(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        held = 0

        def slow(_request: Request) -> Sequence[Any]:
            nonlocal held
            held += 1
            return says("Yes") if held < 4 else (gate, *says("Yes"))

        async with opened(tmp_path, engines=[ScriptedEngine({"x": slow}, sizes={"x": 100_000_000})]) as pane:
            pane.run_button.click()
            await until(lambda: held >= 4 and pane.strip.count.text() != "0 / 6")
            pane.run_button.click()
            await until(lambda: not pane.is_running)
            await until(lambda: pane.run_button.text() == "Go on")
            done = pane.evaluation.progress.done
            assert 0 < done < 6
        models = answering("x")
        async with opened(tmp_path, None, engines=[models]) as pane:
            await until(lambda: pane.evaluation.progress.done == done)
            await until(lambda: pane.strip.left.text() == "paused")
            pane.run_button.click()
            await until(lambda: pane.evaluation.progress.done == 6 and not pane.is_running)
            assert len(models.requests) == 6 - done

    run_ui(scenario())


def test_a_pack_that_cannot_be_run_says_where_it_is_to_be_mended(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            empty = replace(PACK.questions[1], text="")
            pane.book.edit(replace(PACK, questions=(PACK.questions[0], empty)))
            pane.run_button.click()
            await until(pane.error.isVisible)
            assert pane.tabs.currentIndex() == Tab.QUESTIONS
            assert pane.questions.list.key == "who"
            await until(lambda: pane.questions.problem.isVisible())

    run_ui(scenario())


def test_an_expected_answer_that_cannot_be_right_is_marked(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            pane.documents.table.rows.put([["perhaps"]], 1, 0)
            await until(lambda: bool(pane.check.of_answers()))
            cell = pane.documents.table.rows.index(1, 0)
            assert cell.data() == "⚠ perhaps"
            assert pane.documents.words.text()
            pane.documents.table.rows.put([["No"]], 1, 0)
            await until(lambda: not pane.check.of_answers())
            assert cell.data() == "No"

    run_ui(scenario())


def test_a_model_that_fails_leaves_the_others_alone_and_is_retried(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        models = answering("x", "y")
        models.scripts = {**models.scripts, "y": (RequestRefused("Not today."),)}
        async with opened(tmp_path, engines=[models]) as pane:
            pane.models.add("scripted/y")
            await until(lambda: pane.strip.count.text() == "0 / 12")
            pane.run_button.click()
            await until(lambda: pane.evaluation.progress.done == 6 and not pane.is_running)
            await until(pane.strip.retry_button.isVisible)
            models.scripts = answering("x", "y").scripts
            pane.strip.retry_button.click()
            await until(lambda: pane.evaluation.progress.done == 12 and not pane.is_running)
            await until(lambda: not pane.strip.retry_button.isVisible())

    run_ui(scenario())


def test_a_deleted_pack_leaves_the_screen_and_is_not_stored_again(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as pane:
            pane.documents.editor.edit.setPlainText("typed a moment before")
            await pane._services.forget_everything()
            assert pane.start_page.isVisible()
            await until(lambda: not pane._services.jobs.is_running(JOB_SAVE))
            assert await pane._services.packs.list() == []
            await until(lambda: pane.evaluation.progress.total == 0)

    run_ui(scenario())


def test_deleted_answers_do_not_come_back(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        models = answering("x")
        async with opened(tmp_path, engines=[models]) as pane:
            pane.run_button.click()
            await until(lambda: pane.evaluation.progress.done == 6 and not pane.is_running)
            setup = pane.book.setup
            await pane._services.forget_everything()
            await until(lambda: pane.evaluation.progress.total == 0)
            await pane.evaluation.use(PACK, setup)
            assert pane.evaluation.progress.done == 0

    run_ui(scenario())


def test_nothing_is_deleted_while_an_evaluation_runs(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        engine = ScriptedEngine({"x": (gate, *says("Yes"))})
        async with opened(tmp_path, engines=[engine]) as pane:
            pane.run_button.click()
            await until(lambda: engine.requests)
            with pytest.raises(BadInput):
                await pane._services.forget_everything()
            assert pane.book.is_open
            gate.set()

    run_ui(scenario())
