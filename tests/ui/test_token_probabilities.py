"""Token probabilities in the chat: hover, lines below unsure words, the table, and engines that give none."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPushButton, QTableView, QToolTip
from pytestqt.qtbot import QtBot

from slmdesk.engines.base import Capabilities, Delta, TokenLogprob
from slmdesk.engines.token_trail import PlacedToken, TokenTrail
from slmdesk.services import Services
from slmdesk.ui.notify import Dialog
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.widgets.chat.token_sheet import TokenTable
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.token_words import per_cent, shown_token, sureness, token_tip
from slmdesk.ui.widgets.transcript import BlockView
from slmdesk.ui.widgets.transcript.layout import LIVE_SHEETS, SPARE_SHEETS
from slmdesk.ui.widgets.transcript.marks import marks_of
from slmdesk.ui.widgets.transcript.message import Slot
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import DONE, ScriptedEngine, says
from tests.fakes.until import until

CAN = Capabilities(logprobs=True)


def weighed(*tokens: tuple[str, float]) -> Sequence[Any]:
    """An answer whose tokens have these logprobs, and two alternatives each."""
    others = (("<b>other</b>", -2.0), ("\u202eevil\x07", -3.0))
    deltas = [Delta(text, logprobs=(TokenLogprob(text, logprob, others),)) for text, logprob in tokens]
    return (*deltas, DONE)


ANSWER = weighed(("**", -0.1), ("Paris", -0.01), ("**", 0.0), (" is", -1.0), (" big", -2.0), (".", -4.0))


@contextlib.asynccontextmanager
async def chat(
    tmp_path: Path, script: Sequence[Any] = ANSWER, **more: Any
) -> AsyncIterator[tuple[ChatPane, ScriptedEngine, Services]]:
    engine = ScriptedEngine({"echo": script}, **more)
    async with pane_over(ChatPane, tmp_path, engine) as (pane, services):
        yield pane, engine, services


async def ask(pane: ChatPane, text: str) -> None:
    QTest.keyClicks(pane.prompt.edit, text)
    QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)
    await until(lambda: pane._session is not None and len(pane._session.messages) > 1)
    await until(lambda: not pane.runner.sessions and not pane.prompt.is_running)


def slots(view: BlockView) -> list[Slot]:
    return [slot for message in view.column.messages for slot in message.answer.slots]


def marks(view: BlockView) -> list[tuple[str, str]]:
    """The words with a line below them, and the kind of the line."""
    everything = marks_of(
        view.column, view.selection, view._finder, (view.tokens,), view.offset, view.viewport().height()
    )
    found = []
    for slot, some in everything.items():
        assert slot.sheet is not None
        text = slot.sheet.document.toPlainText().encode("utf-16-le")
        found += [(text[2 * mark.start : 2 * mark.end].decode("utf-16-le"), mark.kind) for mark in some]
    return found


def hover(view: BlockView, slot: Slot, position: int) -> str:
    """What the tool tip says of the character at this position."""
    assert slot.sheet is not None
    sheet, column = slot.sheet, view.column
    block = sheet.document.findBlock(position)
    line = block.layout().lineForTextPosition(position - block.position())
    left = [line.cursorToX(position - block.position() + step)[0] for step in (0, 1)]
    inset, top, _right, _bottom = column.insets(slot)
    origin = sheet.document.documentLayout().blockBoundingRect(block).topLeft()
    x = slot.section.left + inset + origin.x() + sum(left) / 2
    y = column.y_of(slot) - view.offset + top + origin.y() + line.y() + line.height() / 2
    at = QPoint(round(x), round(y))
    QToolTip.hideText()
    event = QHelpEvent(QEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), event)
    return QToolTip.text()


def sheet_of(pane: ChatPane, title: str) -> Dialog | None:
    return next((each for each in pane.findChildren(Dialog) if each.windowTitle() == title), None)


def said(dialog: Dialog) -> str:
    return " ".join(label.text() for label in dialog.findChildren(QLabel))


def test_off_nothing_is_asked_for_and_nothing_is_watched(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path, says("Paris."), capabilities=CAN) as (pane, engine, _):
            await ask(pane, "Where?")
            assert engine.requests[0].top_logprobs is None
            assert not pane.transcript.tokens.is_active
            assert hover(pane.transcript, slots(pane.transcript)[-1], 1) == ""

    run_ui(scenario())


def test_unsure_words_are_marked_and_told_and_still_so_after_a_restart(run_ui: Any, tmp_path: Path) -> None:
    def look(view: BlockView) -> None:
        slot = slots(view)[-1]
        assert marks(view) == [("is", "unsure1"), ("big", "unsure2"), (".", "unsure3")]
        assert "Paris  99.0 % · sure" in hover(view, slot, 1)
        tip = hover(view, slot, 10)
        assert "␣big  13.5 % · unsure" in tip
        assert "&lt;b&gt;other&lt;/b&gt;" in tip
        assert "<b>" not in tip
        assert "‹U+202E›evil‹U+0007›" in tip

    async def scenario() -> None:
        async with chat(tmp_path, capabilities=CAN) as (pane, engine, _):
            pane.settings.open_options()
            pane.settings.form.has_probabilities.click()
            assert pane.settings.options_chip.full_text.endswith("Probabilities")
            await ask(pane, "Where?")
            assert engine.requests[0].top_logprobs == 5
            look(pane.transcript)
        async with chat(tmp_path, capabilities=CAN) as (pane, _, _services):
            await until(lambda: pane.transcript.tokens.is_active)
            assert pane.settings.form.has_probabilities.isChecked()
            look(pane.transcript)

    run_ui(scenario())


def test_the_table_is_reached_by_the_menu_and_from_the_figures(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with chat(tmp_path, capabilities=CAN) as (pane, _, _services):
            pane.settings.form.has_probabilities.click()
            await ask(pane, "Where?")
            view, slot = pane.transcript, slots(pane.transcript)[-1]
            at = QPoint(slot.section.left + 20, view.column.y_of(slot) - view.offset + 10)
            menu = view._pointer.context_menu(at)
            next(action for action in menu.actions() if action.text() == "Probabilities…").trigger()
            menu.deleteLater()
            await until(lambda: sheet_of(pane, "Token probabilities") is not None)
            sheet = sheet_of(pane, "Token probabilities")
            assert sheet is not None
            table = sheet.findChildren(QTableView)[0].model()
            rows = [table.index(row, 0).data() for row in range(table.rowCount())]
            assert rows == ["**", "Paris", "**", "␣is", "␣big", "."]
            assert table.index(4, 1).data() == "13.5 %"
            assert table.index(4, 3).data() == "<b>other</b> 13.5 % · ‹U+202E›evil‹U+0007› 5.0 %"
            assert "6 tokens" in said(sheet)
            sheet.reject()
            view.setFocus(Qt.FocusReason.TabFocusReason)
            while view._keyboard.target.value != "figures":
                QTest.keyClick(view, Qt.Key.Key_Tab)
            QTest.keyClick(view, Qt.Key.Key_Return)
            await until(lambda: sheet_of(pane, "Figures of this answer") is not None)
            figures = sheet_of(pane, "Figures of this answer")
            assert figures is not None
            assert "First token of the answer after" in said(figures)
            buttons = figures.findChildren(QDialogButtonBox)[0].findChildren(QPushButton)
            next(each for each in buttons if each.text() == "Probabilities…").click()
            await until(lambda: sheet_of(pane, "Token probabilities") is not None)

    run_ui(scenario())


@pytest.mark.parametrize(
    ("capabilities", "is_on", "words"),
    [
        (Capabilities(), True, "Scripted engine does not tell the probabilities of its tokens."),
        (CAN, False, "They were not asked for with this answer."),
        (CAN, True, "None came with this answer."),
    ],
)
def test_why_there_are_none_is_said(
    run_ui: Any, tmp_path: Path, capabilities: Capabilities, is_on: bool, words: str
) -> None:
    async def scenario() -> None:
        async with chat(tmp_path, says("Paris."), capabilities=capabilities) as (pane, _, _services):
            if is_on:
                pane.settings.form.has_probabilities.click()
            note = pane.settings.form.probabilities_note.text()
            assert note == ("" if capabilities.logprobs else words)
            await ask(pane, "Where?")
            pane.transcript.action_clicked.emit(pane._session.messages[-1].id, "probabilities")
            await until(lambda: sheet_of(pane, "Token probabilities") is not None)
            sheet = sheet_of(pane, "Token probabilities")
            assert sheet is not None
            assert words in said(sheet)
            assert not sheet.findChildren(QTableView)

    run_ui(scenario())


@pytest.fixture
def view(qtbot: QtBot) -> BlockView:
    shown = BlockView(PaintScheduler())
    qtbot.addWidget(shown)
    shown.resize(600, 500)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def put(view: BlockView, text: str, *tokens: str, logprob: float = -4.0, measured: str | None = None) -> None:
    """An answer with tokens that the model was very unsure of."""
    trail = TokenTrail()
    for token in tokens:
        trail.feed(token, [TokenLogprob(token, logprob)])
    view.add_message("a", "assistant", text)
    view.tokens.put("a", text if measured is None else measured, trail.finish)
    view.flush()
    QApplication.processEvents()


def test_tokens_stand_below_what_is_drawn_of_them(view: BlockView) -> None:
    text = "# One\n\n- **two** three\n  ```py\n  four = 4\n  ```\n\n| a | b |\n|---|---|\n| 😀 | six |\n"
    words = (
        "# ",
        "One",
        "\n\n- **",
        "two",
        "**",
        " three",
        "\n  ```py\n  ",
        "four",
        " = 4\n  ```\n\n| a | b |\n",
    )
    put(view, text, *words, "|---|---|\n| ", "😀", " | ", "six", " |\n")
    found = [word for word, _ in marks(view)]
    assert [word for word in found if word in ("One", "two", "three", "four", "😀", "six")] == [
        "One", "two", "three", "four", "😀", "six",
    ]  # fmt: skip
    emoji = next(slot for slot in slots(view) if "😀" in slot.block.text)
    assert emoji.sheet is not None
    position = emoji.sheet.document.toPlainText().index("😀")
    assert "😀" in hover(view, emoji, position)
    assert "six" in hover(view, emoji, position + 3)


def test_a_text_that_is_not_the_one_that_was_measured_has_no_marks(view: BlockView) -> None:
    put(view, "Not this.", "Not", " this", ".", measured="Not this")
    assert marks(view) == []


def test_tokens_that_are_not_in_the_text_have_no_marks(view: BlockView) -> None:
    view.add_message("a", "assistant", "Some text.")
    wrong = (PlacedToken("other", -4.0, (), 0, 5), PlacedToken("text", -4.0, (), 5, 9))
    far = PlacedToken("x", -4.0, (), 10**9, 10**9 + 1)
    view.tokens.put("a", "Some text.", lambda: (*wrong, far, PlacedToken("", -4.0)))
    view.flush()
    assert marks(view) == [("text", "unsure3")]


def test_a_damaged_pack_and_a_removed_message_do_no_harm(view: BlockView) -> None:
    put(view, "Some text.", "Some", " text")
    assert len(marks(view)) == 2
    view.remove_message("a")
    view.flush()
    assert marks(view) == []
    view.clear()
    assert not view.tokens.is_active


def test_a_running_answer_has_no_marks(view: BlockView) -> None:
    put(view, "Some text.", "Some", " text")
    view.begin_answer("a")
    assert marks(view) == []


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        (" Paris", "␣Paris"),
        ("\n\n", "↵↵"),
        ("\t", "⇥"),
        ("", "a piece of a character"),
        ("\udcf0\udc9f", "‹F0-9F›"),
        ("\x1b[31m", "‹U+001B›[31m"),
        ("a\u202eb", "a‹U+202E›b"),
        ("\u200b", "‹U+200B›"),
        ("<img/src=x>", "<img/src=x>"),
        ("\ufffc\ud800", "‹U+FFFC›‹U+D800›"),
    ],
)
def test_what_is_invisible_in_a_token_is_shown(token: str, shown: str) -> None:
    assert shown_token(token) == shown


def test_a_tool_tip_has_nothing_of_a_token_as_markup() -> None:
    hostile = "<img/src='file:///etc/passwd'>&amp;"
    tip = token_tip([PlacedToken(hostile, -1.0, ((hostile, -2.0),))])
    assert tip.count("&lt;img/src=&#x27;file:///etc/passwd&#x27;&gt;&amp;amp;") == 2
    assert "<img" not in tip
    assert len(token_tip([PlacedToken("x" * 100_000, -1.0)])) < 1_000


@pytest.mark.parametrize(
    ("probability", "words", "sure"),
    [
        (1.0, "100.0 %", "sure"),
        (0.9999, "> 99.9 %", "sure"),
        (0.5, "50.0 %", "sure"),
        (0.49, "49.0 %", "less sure"),
        (0.19, "19.0 %", "unsure"),
        (0.0049, "0.49 %", "very unsure"),
        (0.0, "< 0.01 %", "very unsure"),
    ],
)
def test_probabilities_in_words(probability: float, words: str, sure: str) -> None:
    assert (per_cent(probability), sureness(probability)) == (words, sure)


def test_the_table_of_a_long_answer_is_a_sound_model(qtbot: QtBot) -> None:
    token = PlacedToken("a", -1.0, tuple((f"t{number}", -2.0) for number in range(5)), 0, 1)
    model = TokenTable([replace(token, text=str(number)) for number in range(10_000)])
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert model.rowCount() == 10_000
    assert model.index(9_999, 0).data() == "9999"


def test_a_long_chat_with_tokens_keeps_few_documents(view: BlockView) -> None:
    for number in range(300):
        trail = TokenTrail()
        trail.feed("Some text.", [TokenLogprob("Some", -4.0), TokenLogprob(" text.", -0.1)])
        view.add_message(str(number), "assistant", "Some text.")
        view.tokens.put(str(number), "Some text.", trail.finish)
    view.flush()
    bar = view.verticalScrollBar()
    for offset in range(0, bar.maximum(), 200):
        bar.setValue(offset)
        QApplication.processEvents()
    assert marks(view)
    assert len(view.tokens._by_sheet) <= LIVE_SHEETS + SPARE_SHEETS
