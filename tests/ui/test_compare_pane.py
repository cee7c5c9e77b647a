"""The compare pane over a real store: plan, columns that do not disturb one another, votes, earlier runs."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from slmdesk.base.errors import Interrupted, OutOfMemory
from slmdesk.engines.base import Capabilities, Delta, Options, Phase, Progress
from slmdesk.store.attachments import StoredAttachment
from slmdesk.ui import theme
from slmdesk.ui.notify import Dialog
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.widgets.compare.lane_column import MESSAGE, LaneColumn
from slmdesk.ui.widgets.prompt.generation_settings import Generation
from tests.fakes.panes import pane_over, tabbed
from tests.fakes.scripted_engine import DONE, ScriptedEngine, says
from tests.fakes.until import until

MB = 1_000_000


def engine(**scripts: Any) -> ScriptedEngine:
    scripts = scripts or {"a": says("Answer of ", "A."), "b": says("Answer of ", "B.")}
    return ScriptedEngine(scripts, sizes=dict.fromkeys(scripts, 100 * MB))


def columns(pane: ComparePane) -> list[LaneColumn]:
    return pane.columns.columns


def words(pane: ComparePane) -> list[str]:
    return [column.head.phase_chip.text() for column in columns(pane)]


def send(pane: ComparePane, text: str = "Hi?") -> None:
    pane.prompt.setFocus()
    pane.prompt.set_text("")
    QTest.keyClicks(pane.prompt.edit, text)
    QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)


async def ended(pane: ComparePane) -> None:
    await until(lambda: pane._comparison.lanes and not pane._comparison.is_running)
    await until(lambda: not pane.prompt.is_running)


def note(column: LaneColumn) -> str:
    return column.view._messages[MESSAGE].note.copy_text()


def test_delete_all_leaves_nothing_on_the_screen(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            send(pane)
            await ended(pane)
            pane.prompt.set_text("half a secret")
            await services.forget_everything()
            await until(lambda: not pane._comparison.lanes)
            await until(lambda: [column.view.plain_text() for column in columns(pane)] == ["", ""])
            assert [column.model_ref for column in columns(pane)] == ["scripted/a", "scripted/b"]
            assert pane.prompt.text() == ""
            assert not pane.run_card.isVisible()
            assert words(pane) == ["ready", "ready"]
            assert not any(column.copy_button.isEnabled() for column in columns(pane))
            send(pane)
            await ended(pane)
            assert [column.text() for column in columns(pane)] == ["Answer of A.", "Answer of B."]

    run_ui(scenario())


def test_one_prompt_is_answered_in_every_column(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            assert [column.model_ref for column in columns(pane)] == ["scripted/a", "scripted/b"]
            assert pane.count_chip.text() == "2 models"
            assert pane.prompt.send_button.text() == "Send to 2 ⏎"
            assert "Both fit together" in pane.plan_card.words()
            assert "Speeds share the machine." in pane.plan_card.words()
            send(pane)
            await ended(pane)
            assert [column.view.message_text(MESSAGE) for column in columns(pane)] == [
                "Answer of A.",
                "Answer of B.",
            ]
            assert words(pane) == ["done", "done"]
            assert "20.0 tok/s · 2 tokens" in columns(pane)[0].footer.full_text
            assert pane.prompt.text() == "Hi?"

    run_ui(scenario())


def test_a_model_elsewhere_is_not_a_column_that_nobody_chose(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        elsewhere = ScriptedEngine({"cloud": says("x")}, id="lan", is_local=False)
        async with pane_over(ComparePane, tmp_path, engine(only=says("x")), elsewhere) as (pane, _):
            assert [column.model_ref for column in columns(pane)] == ["scripted/only", "scripted/only"]

    run_ui(scenario())


def test_one_model_makes_two_columns_with_two_settings(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        alone = engine(only=says("x"))
        async with pane_over(ComparePane, tmp_path, alone) as (pane, _):
            send(pane)
            await ended(pane)
            assert [request.options.temperature for request in alone.requests] == [None, 1.0]
            assert [column.head.name for column in columns(pane)] == ["only", "only (2)"]

    run_ui(scenario())


def test_the_phase_of_each_column_is_told(run_ui: Any, tmp_path: Path) -> None:
    gate = asyncio.Event()
    scripts = {
        "a": [Progress(Phase.LOADING, 42, 100), gate, DONE],
        "b": [Progress(Phase.READING, 3, 9), gate, DONE],
    }

    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine(**scripts)) as (pane, _):
            said: list[str] = []
            pane.status_changed.connect(said.append)
            send(pane)
            await until(lambda: words(pane) == ["loading", "reading"])
            assert columns(pane)[0].head._figure.text() == "42 %"
            assert columns(pane)[1].head._figure.text() == "3/9"
            assert columns(pane)[0].head.bar.shares()[0] > 0
            await until(lambda: "Comparing 2 models — 1 loading, 1 reading" in said)
            gate.set()
            await ended(pane)
            assert said[-1] == ""

    run_ui(scenario())


def test_a_failed_column_disturbs_no_other(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        bad = engine(a=[Delta("Half"), Interrupted("The server is gone.")], b=says("Whole."))
        async with pane_over(ComparePane, tmp_path, bad) as (pane, _):
            send(pane)
            await ended(pane)
            assert words(pane) == ["interrupted", "done"]
            assert note(columns(pane)[0]) == "The server is gone. Press Again to ask once more."
            assert columns(pane)[0].text() == "Half"
            assert columns(pane)[1].text() == "Whole."

    run_ui(scenario())


def test_stop_one_leaves_the_others_and_stop_all_ends_them(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        hang = [Delta("…"), asyncio.Event()]
        slow = engine(a=hang, b=hang, c=hang)
        async with pane_over(ComparePane, tmp_path, slow) as (pane, _):
            pane.columns.add("scripted/c")
            assert pane.count_chip.text() == "3 models"
            send(pane)
            await until(lambda: slow.running == 3)
            columns(pane)[1].head.stop_button.click()
            await until(lambda: slow.closed == ["b"])
            assert slow.running == 2
            pane.stop_button.click()
            await ended(pane)
            assert words(pane) == ["stopped", "stopped", "stopped"]
            assert pane.stop_button.isHidden()

    run_ui(scenario())


def test_esc_in_the_prompt_stops_all(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        hang = [Delta("…"), asyncio.Event()]
        async with pane_over(ComparePane, tmp_path, engine(a=hang, b=hang)) as (pane, _):
            send(pane)
            await until(lambda: pane._comparison.is_running)
            QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Escape)
            await ended(pane)

    run_ui(scenario())


def test_again_asks_one_column_only(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        answers = iter(["first", "second"])
        varied = engine(a=lambda _request: says(next(answers)), b=says("B"))
        async with pane_over(ComparePane, tmp_path, varied) as (pane, _):
            send(pane)
            await ended(pane)
            columns(pane)[0].again_button.click()
            await until(lambda: columns(pane)[0].text() == "second")
            await ended(pane)
            assert len(varied.requests) == 3

    run_ui(scenario())


def test_load_anyway_lifts_the_limit_for_one_column(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        large = engine(
            a=lambda r: says("Fine.") if r.is_oversized_allowed else [OutOfMemory("9 GB.")], b=says("B")
        )
        async with pane_over(ComparePane, tmp_path, large) as (pane, _):
            send(pane)
            await ended(pane)
            assert columns(pane)[1].anyway_button.isHidden()
            columns(pane)[0].anyway_button.click()
            await until(lambda: columns(pane)[0].text() == "Fine.")
            await ended(pane)
            assert columns(pane)[0].anyway_button.isHidden()

    run_ui(scenario())


def test_a_swapped_model_loses_the_text_that_is_not_its_own(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        three = engine(a=says("A"), b=says("B"), c=says("C"))
        async with pane_over(ComparePane, tmp_path, three) as (pane, _):
            send(pane)
            await ended(pane)
            columns(pane)[0].head.model_chosen.emit("scripted/c")
            assert columns(pane)[0].text() == ""
            assert words(pane)[0] == "ready"
            assert not columns(pane)[0].best_button.isEnabled()
            columns(pane)[0].again_button.click()
            await until(lambda: columns(pane)[0].text() == "C")
            await ended(pane)
            assert three.requests[-1].model == "c"
            assert columns(pane)[0].best_button.isEnabled()

    run_ui(scenario())


def test_a_model_is_swapped_while_the_others_run(run_ui: Any, tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def scenario() -> None:
        slow = engine(a=[Delta("Half an A"), gate, DONE], b=[Delta("B"), gate, DONE], c=says("C"))
        async with pane_over(ComparePane, tmp_path, slow) as (pane, services):
            send(pane)
            await until(lambda: slow.running == 2 and columns(pane)[0].text() == "Half an A")
            columns(pane)[0].head.model_chosen.emit("scripted/c")
            await until(lambda: slow.closed == ["a"])  # nobody waits for it any more
            await until(lambda: columns(pane)[0].again_button.isEnabled())
            assert columns(pane)[0].view.plain_text() == ""  # what came of it is not the new model's
            assert words(pane) == ["ready", "writing"]
            columns(pane)[0].again_button.click()
            await until(lambda: columns(pane)[0].text() == "C")
            assert slow.running == 1
            gate.set()
            await ended(pane)
            assert [column.text() for column in columns(pane)] == ["C", "B"]
            run = await services.runs.load(pane._comparison.run_id)
            assert [(lane.model_ref, lane.text) for lane in run.lanes] == [
                ("scripted/c", "C"), ("scripted/b", "B"),
            ]  # fmt: skip

    run_ui(scenario())


def test_two_to_eight_columns(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            columns(pane)[0].remove_action.trigger()
            assert len(columns(pane)) == 2
            for _ in range(9):
                pane.columns.add("scripted/a")
            assert len(columns(pane)) == 8
            assert not pane.add_button.isEnabled()
            await until(lambda: pane.columns.horizontalScrollBar().maximum() > 0)
            assert columns(pane)[7].best_button.text() == "8 Best"
            columns(pane)[3].remove_action.trigger()
            assert len(columns(pane)) == 7
            assert pane.add_button.isEnabled()

    run_ui(scenario())


def test_a_column_can_have_settings_of_its_own(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        both = engine()
        async with pane_over(ComparePane, tmp_path, both) as (pane, _):
            value = Generation(Options(2048, temperature=0.1), "Be brief.")
            columns(pane)[0].own_action.setChecked(True)
            columns(pane)[0].own_settings.set_value(value)
            columns(pane)[0].own_settings.changed.emit(value)
            columns(pane)[0].duplicate_pressed.emit()
            send(pane)
            await ended(pane)
            assert [request.options.temperature for request in both.requests] == [0.1, 0.1, None]
            columns(pane)[0].own_action.setChecked(False)
            assert columns(pane)[0].spec(pane.settings.value()).options == Options()

    run_ui(scenario())


def test_the_plan_can_be_chosen_otherwise(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        both = engine()
        async with pane_over(ComparePane, tmp_path, both) as (pane, _):
            assert pane.plan_card.button.text() == "One at a time"
            pane.plan_card.button.click()
            assert "One after the other" in pane.plan_card.words()
            assert "Speeds share" not in pane.plan_card.words()
            send(pane)
            await until(lambda: "waiting for its turn" in words(pane) or both.requests)
            await ended(pane)
            assert both.most_running == 1
            pane.plan_card.button.click()
            assert pane._plan is not None
            assert pane._plan.is_side_by_side

    run_ui(scenario())


@pytest.mark.parametrize(
    ("key", "vote"), [("1", ("best", 0)), ("2", ("best", 1)), ("T", ("tie", None)), ("N", ("none", None))]
)
def test_a_key_votes_outside_of_a_text_field(run_ui: Any, tmp_path: Path, key: str, vote: Any) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            pane.window().activateWindow()
            send(pane)
            await ended(pane)
            await until(lambda: pane.columns.hasFocus())
            QTest.keyClick(pane.columns, key.lower())
            await until(lambda: pane._comparison.vote == vote)
            assert [column.best_button.isChecked() for column in columns(pane)] == [
                vote == ("best", i) for i in (0, 1)
            ]
            assert pane.tie_button.isChecked() == (vote[0] == "tie")
            assert pane.none_button.isChecked() == (vote[0] == "none")

    run_ui(scenario())


def test_a_key_votes_while_an_answer_is_read(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            send(pane)
            await ended(pane)
            pane.window().activateWindow()
            view = columns(pane)[0].view
            view.setFocus()
            await until(view.hasFocus)
            for key, vote in (("2", ("best", 1)), ("t", ("tie", None)), ("n", ("none", None))):
                QTest.keyClicks(view, key)
                await until(lambda vote=vote: pane._comparison.vote == vote)
            assert pane.prompt.text() == "Hi?"  # a key that votes is no text
            QTest.keyClicks(view, "2t1")  # quicker than a vote is stored: the last one counts
            await until(lambda: pane._comparison.vote == ("best", 0))

    run_ui(scenario())


def test_the_button_of_the_best_stands_out_at_once(run_ui: Any, qapp: QApplication, tmp_path: Path) -> None:
    async def scenario() -> None:
        theme.choose(qapp, "light")
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            send(pane)
            await ended(pane)
            button = columns(pane)[1].best_button
            button.click()
            await until(lambda: pane._comparison.vote == ("best", 1))
            await until(lambda: _ground(button) == theme.LIGHT.accent)
            assert _ground(columns(pane)[0].best_button) != theme.LIGHT.accent

    run_ui(scenario())


def _ground(button: QPushButton) -> str:
    return button.grab().toImage().pixelColor(8, button.height() // 2).name()


def test_the_same_keys_write_in_a_text_field(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            pane.window().activateWindow()
            send(pane)
            await ended(pane)
            pane.prompt.setFocus()
            pane.prompt.clear()
            QTest.keyClicks(pane.prompt.edit, "1tn")
            await asyncio.sleep(0.05)
            assert pane.prompt.text() == "1tn"
            assert pane._comparison.vote is None

    run_ui(scenario())


def test_an_earlier_run_is_opened_with_texts_figures_and_vote(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            send(pane, "What?")
            await ended(pane)
            columns(pane)[1].best_button.click()
            await until(lambda: pane._comparison.vote is not None)
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            pane.runs.click()
            await until(lambda: pane.runs.model.rowCount() == 1)
            pane.runs._on_view_chosen(pane.runs.model.index(0))
            await until(lambda: columns(pane)[0].text() == "Answer of A.")
            assert pane.prompt.text() == "What?"
            assert "20.0 tok/s" in columns(pane)[0].footer.full_text
            assert columns(pane)[1].best_button.isChecked()
            assert columns(pane)[0].head.bar.shares()[3] > 0
            assert [column.own for column in columns(pane)] == [None, None]

    run_ui(scenario())


@pytest.mark.parametrize("is_running", [True, False])
def test_a_column_added_or_taken_away_stays_so(run_ui: Any, tmp_path: Path, is_running: bool) -> None:
    gate = asyncio.Event()

    async def scenario() -> None:
        slow = engine(a=[Delta("A"), gate, DONE], b=says("B"), c=says("C"))
        async with pane_over(ComparePane, tmp_path, slow) as (pane, _):
            pane.columns.add("scripted/c")
            send(pane)
            await until(lambda: words(pane)[1:] == ["done", "done"])
            if not is_running:
                gate.set()
                await ended(pane)
            columns(pane)[2].remove_pressed.emit()
            pane.columns.add("scripted/b")
            pane.columns.add("scripted/b")
            gate.set()
            await ended(pane)
            pane._verdict._vote("tie")
            await until(lambda: pane.tie_button.isChecked())
            refs = [column.model_ref for column in columns(pane)]
            assert refs == ["scripted/a", "scripted/b", "scripted/b", "scripted/b"]
            assert columns(pane)[0].text() == "A"

    run_ui(scenario())


def test_only_the_votes_that_can_be_cast_are_commands(run_ui: Any, tmp_path: Path) -> None:
    def votes(pane: ComparePane) -> list[str]:
        return [
            each.objectName() for each in pane.actions() if each.isEnabled() and "vote" in each.objectName()
        ]

    async def scenario() -> None:
        broken = engine(a=says("A"), b=[Interrupted("Gone.")])
        async with pane_over(ComparePane, tmp_path, broken) as (pane, _):
            assert votes(pane) == []
            send(pane)
            await ended(pane)
            assert votes(pane) == ["vote_tie", "vote_none", "vote_1"]

    run_ui(scenario())


def test_a_run_is_deleted_and_brought_back(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            send(pane)
            await ended(pane)
            pane.runs.delete_requested.emit(pane._comparison.run_id)
            await until(lambda: not services.jobs.is_running(f"compare:delete:{pane._comparison.run_id}"))
            assert list(await services.runs.list()) == []
            undo = next(b for b in pane.window().findChildren(QPushButton) if b.text() == "Undo")
            undo.click()
            await until(lambda: not services.jobs.is_running(f"compare:undelete:{pane._comparison.run_id}"))
            assert len(await services.runs.list()) == 1

    run_ui(scenario())


def test_copy_takes_the_text_of_its_column(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            send(pane)
            await ended(pane)
            columns(pane)[1].copy_button.click()
            assert QGuiApplication.clipboard().text() == "Answer of B."

    run_ui(scenario())


def test_a_prompt_is_taken_over_from_a_chat(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        three = engine(a=says("A"), b=says("B"), c=says("C"))
        async with pane_over(ComparePane, tmp_path, three) as (pane, _):
            pane.take_prompt("From the chat", "scripted/c")
            assert pane.prompt.text() == "From the chat"
            assert [column.model_ref for column in columns(pane)] == ["scripted/c", "scripted/b"]

    run_ui(scenario())


def test_what_was_attached_in_the_chat_goes_along_and_is_refused_by_each_that_cannot_see(
    run_ui: Any, tmp_path: Path
) -> None:
    async def scenario() -> None:
        blind = engine(a=says("A"))
        seeing = ScriptedEngine({"b": says("B")}, id="seeing", capabilities=Capabilities(vision=True))
        note = StoredAttachment("notes.txt", "text", "Sales rose by 7 percent.")
        picture = StoredAttachment("red.png", "picture", "", b"PNG", {"mime": "image/png", "width": 3})
        async with pane_over(ComparePane, tmp_path, blind, seeing) as (pane, services):
            pane.take_prompt("What rose?", "", [note])
            await until(lambda: len(pane.enclosed.tray.attachments) == 1)
            pane._on_prompt_sent("What rose?")
            await until(lambda: blind.requests and seeing.requests and not pane._is_running)
            for request in (blind.requests[0], seeing.requests[0]):
                assert "Sales rose by 7 percent." in request.messages[-1].content
            pane.take_prompt("What is it?", "", [note, picture])
            await until(lambda: len(pane.enclosed.tray.attachments) == 2)
            pane._on_prompt_sent("What is it?")
            await until(lambda: len(seeing.requests) == 2 and not pane._is_running)
            assert len(blind.requests) == 1
            assert seeing.requests[1].messages[-1].images[0].data == b"PNG"
            (refused,) = [lane for lane in pane._comparison.lanes if lane.has_failed]
            assert refused.answer is not None
            assert str(refused.answer.error).startswith("This engine cannot look at pictures.")
            # The follow-up has them in its history, once; so has the chat that goes on.
            seen = next(lane for lane in pane._comparison.lanes if lane.is_done)
            continuation = pane._comparison.continuation(seen.index)
            chat = await services.chat_from(continuation)
            assert [each.name for each in chat.messages[0].attachments] == ["notes.txt", "red.png"]
            pane.follow_button.setChecked(True)
            assert not pane.enclosed.tray.rows
            pane.follow_button.setChecked(False)  # the question comes back, with what belongs to it
            await until(lambda: len(pane.enclosed.tray.attachments) == 2)
            pane.enclosed.show([replace(note, name="other.txt")])
            await until(lambda: len(pane.enclosed.tray.attachments) == 1)
            pane.follow_button.setChecked(True)
            assert [row.name.full_text for row in pane.enclosed.tray.rows] == ["other.txt"]
            pane.enclosed.clear()
            pane._on_prompt_sent("And?")
            await until(lambda: len(seeing.requests) == 3 and not pane._is_running)
            asked = seeing.requests[2].messages
            assert (len(asked), len(asked[0].images), asked[2].images) == (3, 1, ())
            assert "Sales rose" in asked[0].content
            run_id = pane._comparison.turns[0].id
        async with pane_over(ComparePane, tmp_path, blind, seeing) as (pane, services):
            await pane._open_run(run_id)
            assert [each.name for each in pane._comparison.turns[0].attachments] == ["notes.txt", "red.png"]

    run_ui(scenario())


def test_what_does_not_fit_into_the_least_context_is_said_before(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine(a=says("A"), b=says("B"))) as (pane, _):
            pane.take_prompt("What rose?", "", [StoredAttachment("long.txt", "text", "Sales rose. " * 1_200)])
            await until(lambda: "“long.txt” is cut: " in pane.enclosed.bar.words)
            pane.enclosed.bar.buttons[0].click()
            assert pane.settings.value().options.context_tokens > 4096
            await until(lambda: "“long.txt” is cut: " not in pane.enclosed.bar.words)

    run_ui(scenario())


def test_closing_while_columns_stream_keeps_the_texts(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        hang = [Delta("Kept."), asyncio.Event()]
        async with pane_over(ComparePane, tmp_path, engine(a=hang, b=hang)) as (pane, _):
            send(pane)
            await until(lambda: all(column.text() == "Kept." for column in columns(pane)))
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, services):
            run = await services.runs.load((await services.runs.list())[0].id)
            assert [(lane.text, lane.state) for lane in run.lanes] == [("Kept.", "stopped")] * 2

    run_ui(scenario())


def test_an_empty_prompt_is_refused_with_a_sentence(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        both = engine()
        async with pane_over(ComparePane, tmp_path, both) as (pane, _):
            send(pane, " ")
            assert pane.prompt._notice.text() == "Write something first."
            assert both.requests == []

    run_ui(scenario())


def test_tab_reaches_every_control(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            send(pane)
            await ended(pane)
            pane.window().activateWindow()
            pane.setFocus()
            reached = await tabbed(pane)
            wanted = {
                pane.tie_button, pane.none_button, pane.runs, pane.add_button, pane.plan_card.button,
                pane.columns, pane.prompt.edit, pane.prompt.send_button,
            }  # fmt: skip
            for column in columns(pane):
                wanted |= {column.best_button, column.copy_button, column.again_button, column.view}
                wanted |= {column.head.swap_button, column.head.menu_button}
            assert wanted <= reached
            assert all(each.accessibleName() or each.text() for each in reached)

    run_ui(scenario())


def test_models_found_later_are_taken_into_untouched_columns(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        alone = engine(a=says("A"))
        async with pane_over(ComparePane, tmp_path, alone) as (pane, services):
            assert [column.model_ref for column in columns(pane)] == ["scripted/a", "scripted/a"]
            services.registry.replace([engine()])
            await services.refresh_engines()
            assert [column.model_ref for column in columns(pane)] == ["scripted/a", "scripted/b"]
            columns(pane)[0].set_model("scripted/b")
            services.registry.replace([alone])
            await services.refresh_engines()
            assert [column.model_ref for column in columns(pane)] == ["scripted/b", "scripted/b"]

    run_ui(scenario())


def test_a_link_in_a_column_is_asked_about_with_its_host(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        linked = engine(a=says("[good.example](https://evil.example/x)"))
        async with pane_over(ComparePane, tmp_path, linked) as (pane, _):
            send(pane)
            await ended(pane)
            view = columns(pane)[0].view
            slot = view.column.messages[0].answer.slots[0]
            point = QPoint(slot.section.left + 20, view.column.y_of(slot) + 8)
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
            await until(lambda: pane.window().findChildren(Dialog))
            dialog = pane.window().findChildren(Dialog)[0]
            assert "evil.example" in [label.text() for label in dialog.findChildren(QLabel)]
            dialog.reject()

    run_ui(scenario())


def test_a_column_says_where_its_prompt_goes_and_that_its_model_is_gone(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        elsewhere = ScriptedEngine({"big": says("A.")}, id="office")
        elsewhere.is_local = False
        async with pane_over(ComparePane, tmp_path, engine(), elsewhere) as (pane, services):
            first, second = columns(pane)
            first.set_model("office/big")
            chip = first.head.fit_chip
            assert (chip.isVisible(), chip.text()) == (True, "leaves this machine")
            assert elsewhere.label in chip.toolTip()
            second.set_model("scripted/c")
            assert second.head.fit_chip.text() == "missing"
            services.registry.replace([engine()])  # the other is removed in Settings
            await services.refresh_engines()
            await until(lambda: chip.text() == "missing")
            first.set_model("scripted/a")
            assert chip.text().startswith("fits")

    run_ui(scenario())
