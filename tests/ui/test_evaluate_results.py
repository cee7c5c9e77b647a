"""The tab with the results: the matrix, its filters, a cell at length, corrections, sums and charts."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.filters import Filter
from slmdesk.features.evaluate.open_pack import JOB_SAVE
from slmdesk.features.evaluate.pack import (
    NOT_STATED,
    Condition,
    Kind,
    Question,
    Relation,
    Rule,
    Scorer,
    Scoring,
)
from slmdesk.features.evaluate.results import Results
from slmdesk.features.evaluate.rules import in_words
from slmdesk.services import Services
from slmdesk.ui import theme
from slmdesk.ui.widgets.evaluate import survey_keeper
from slmdesk.ui.widgets.evaluate.cell_delegate import IS_FAINT_ROLE, LOOK_ROLE, paint_mark
from slmdesk.ui.widgets.evaluate.cell_words import Mark, look_of
from slmdesk.ui.widgets.evaluate.chart_layout import place_names, round_axis
from slmdesk.ui.widgets.evaluate.evaluate_face import Tab
from slmdesk.ui.widgets.evaluate.results_matrix import ResultsMatrix
from slmdesk.ui.widgets.evaluate.results_pages import Page
from slmdesk.ui.widgets.evaluate.results_view import ResultsView
from tests.fakes.evaluated_pane import show_answered
from tests.fakes.made_evaluation import MODELS, MadeEvaluation, done, pack_of, setup_of
from tests.fakes.panes import desk_over, pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

SMALL, MIDDLE, LARGE = MODELS


def right(key: CellKey) -> Cell:
    return done("Yes" if key.question == "breach" else "Harbour")


def some_wrong(key: CellKey) -> Cell:
    if key.model == SMALL and key.document == "r2":
        return done("No" if key.question == "breach" else "Parcel", 0.0)
    return right(key)


@contextlib.asynccontextmanager
async def shown(
    tmp_path: Path, evaluation: MadeEvaluation, *, is_known: bool = True
) -> AsyncIterator[tuple[ResultsView, Services]]:
    """The view in a window, once it knows all answers."""

    def make(services: Services, _actions: Any, _scheduler: Any) -> ResultsView:
        return ResultsView(services, evaluation)  # type: ignore[arg-type]  # the same face

    engine = ScriptedEngine({"echo": says("Text")}, sizes={"echo": 9})
    async with pane_over(make, tmp_path, engine) as (view, services):
        if is_known:
            await until(lambda: view.keeper.conclusion is not None)
            await settled(view)
        yield view, services
        await settled(view)


async def settled(view: ResultsView) -> None:
    """Nothing is being looked at, and nothing waits to be."""
    await until(lambda: not view.keeper.is_busy, 30)


def texts(view: ResultsView) -> list[list[str]]:
    matrix = view.matrix
    return [
        [matrix.index(row, column).data() for column in range(matrix.columnCount())]
        for row in range(matrix.rowCount())
    ]


def documents(view: ResultsView) -> list[str]:
    return [each.name for each in view.matrix.documents]


# the model


def test_the_matrix_is_a_sound_model(qtmodeltester: Any) -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(3, (MODELS,)), some_wrong)
    results = Results(evaluation)  # type: ignore[arg-type]  # the same face
    model = ResultsMatrix(evaluation, results)  # type: ignore[arg-type]  # the same face
    qtmodeltester.check(model)


def test_a_column_for_each_model_under_each_question() -> None:
    evaluation = MadeEvaluation(pack_of(2), setup_of(2), some_wrong)
    model = ResultsMatrix(evaluation, Results(evaluation))  # type: ignore[arg-type]  # the same face
    assert (model.rowCount(), model.columnCount()) == (2, 4)
    heads = [
        model.headerData(at, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole) for at in range(4)
    ]
    assert heads[:2] == ["Is it a breach?: small:1b", "Is it a breach?: middle:3b"]
    assert model.headerData(1, Qt.Orientation.Vertical) == "r2"
    assert (
        model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "small:1b, Is it a breach?: No, wrong"
    )


def test_one_answer_repaints_its_cell_and_the_votes_with_it() -> None:
    evaluation = MadeEvaluation(pack_of(), setup_of(3, ((SMALL, MIDDLE),)), right)
    model = ResultsMatrix(evaluation, Results(evaluation))  # type: ignore[arg-type]  # the same face
    told: list[tuple[int, int, int, int]] = []

    def on_changed(first: QModelIndex, last: QModelIndex) -> None:
        told.append((first.row(), first.column(), last.row(), last.column()))

    model.dataChanged.connect(on_changed)
    evaluation.looked_at = 0
    model.repaint_cell(CellKey(SMALL, "r2", "entity"))
    assert told == [(1, 4, 1, 4), (1, 7, 1, 7)]
    assert evaluation.looked_at == 0  # nothing is read before it is painted


@pytest.mark.parametrize(
    ("cell", "text", "mark", "said"),
    [
        (Cell(), "…", Mark.NONE, "waiting"),
        (Cell(CellState.RUNNING), "running…", Mark.NONE, "running…"),
        (Cell(CellState.FAILED, error="Gone."), "failed", Mark.PROBLEM, "failed"),
        (done("Yes"), "Yes", Mark.RIGHT, "right"),
        (done("Harb", 0.67), "Harb", Mark.PARTIAL, "partly right: 67 %"),
        (done("No", 0.0), "No", Mark.WRONG, "wrong"),
        (done("No", 0.2), "No", Mark.WRONG, "wrong: 20 %"),
        (done("Perhaps", 0.0, is_valid=False), "Perhaps", Mark.PROBLEM, "not valid"),
        (done("", 0.0, is_valid=False), "not valid", Mark.PROBLEM, "not valid"),
        (done(NOT_STATED), "not stated", Mark.RIGHT, "right"),
        (done(NOT_STATED, None), "—", Mark.NONE, "nothing expected"),
        (done("", None), "—", Mark.NONE, "nothing expected"),
        (done("Harbour", None), "Harbour", Mark.NONE, "nothing expected"),
        (done("", 0.0), "no answer", Mark.WRONG, "wrong"),
        (done("two\nlines"), "two lines", Mark.RIGHT, "right"),
    ],
)
def test_how_a_cell_looks(cell: Cell, text: str, mark: Mark, said: str) -> None:
    look = look_of(cell)
    assert (look.text, look.mark, look.said) == (text, mark, said)


def test_each_score_has_a_shape_of_its_own(qapp: QApplication) -> None:
    pictures = []
    for mark in Mark:
        image = QImage(20, 20, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        paint_mark(painter, QRectF(4, 4, 12, 12), mark, "#000000")
        painter.end()
        pictures.append(image)
    assert all(one != other for at, one in enumerate(pictures) for other in pictures[:at])


# filters


def test_filters_have_their_number_and_leave_what_they_mean(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with shown(tmp_path, MadeEvaluation(pack_of(), setup_of(2), some_wrong)) as (view, _):
            buttons = view.filters.buttons
            assert buttons[Filter.WRONG].text() == "Wrong 2"
            assert buttons[Filter.DISAGREE].text() == "Models disagree 2"
            assert buttons[Filter.INVALID].text() == "Not valid 0"
            assert documents(view) == ["r1", "r2", "r3"]
            buttons[Filter.WRONG].click()
            assert documents(view) == ["r2"]
            faint = [view.matrix.index(0, at).data(IS_FAINT_ROLE) for at in range(4)]
            assert faint == [False, True, False, True]
            buttons[Filter.INVALID].click()
            assert view.empty.isVisible()
            assert view.empty.text() == "Every reply had the form that was asked for."
            view.all_button.click()
            assert documents(view) == ["r1", "r2", "r3"]
            assert buttons[Filter.ALL].isChecked()

    run_ui(scenario())


def test_words_are_looked_for_as_they_are_typed(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with shown(tmp_path, MadeEvaluation(pack_of(), setup_of(2), some_wrong)) as (view, _):
            QTest.keyClicks(view.filters.search, "parcel")
            await until(lambda: documents(view) == ["r2"])
            view.filters.search.clear()
            await until(lambda: len(documents(view)) == 3)

    run_ui(scenario())


def test_an_answer_that_comes_is_counted_and_found(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(), setup_of(2), right)
        evaluation.cells[CellKey(SMALL, "r3", "breach")] = Cell(CellState.RUNNING)
        async with shown(tmp_path, evaluation) as (view, _):
            view.filters.buttons[Filter.WRONG].click()
            assert documents(view) == []
            evaluation.put(CellKey(SMALL, "r3", "breach"), done("No", 0.0))
            await until(lambda: documents(view) == ["r3"])
            assert view.filters.buttons[Filter.WRONG].text() == "Wrong 1"

    run_ui(scenario())


def test_nothing_is_looked_at_while_it_is_hidden(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(), setup_of(2), right)
        async with shown(tmp_path, evaluation) as (view, _):
            view.hide()
            before = evaluation.looked_at
            evaluation.put(CellKey(SMALL, "r3", "breach"), done("No", 0.0))
            assert not view.keeper.is_busy
            assert evaluation.looked_at == before
            view.show()
            await until(lambda: view.filters.buttons[Filter.WRONG].text() == "Wrong 1")

    run_ui(scenario())


def test_an_empty_view_says_what_it_is_for(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(0), setup_of(2))
        async with shown(tmp_path, evaluation) as (view, _):
            assert "Add both first." in view.empty.text()
            evaluation.show(pack_of(2), setup_of(0))
            assert "Choose at least one model" in view.empty.text()
            evaluation.show(pack_of(2), setup_of(1))
            assert not view.empty.isVisible()
            assert texts(view) == [["…", "…"], ["…", "…"]]

    run_ui(scenario())


# a cell at length


def test_a_click_opens_the_cell_with_all_that_is_known(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with shown(tmp_path, MadeEvaluation(pack_of(), setup_of(2), some_wrong)) as (view, _):
            place = view.table.visualRect(view.matrix.index(1, 2)).center()
            QTest.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
            assert view.panel.isVisible()
            view.panel.copy()
            copied = QGuiApplication.clipboard().text()
            for words in ("Document: r2", "Answer: Parcel", "Expected: Harbour", "Score: wrong"):
                assert words in copied
            assert "100 + 5 tokens · 80 of the prompt reused · 1.0 s" in copied
            assert view.panel.reply.toPlainText() == "It is Parcel."
            view.panel.prompt_button.click()
            assert view.panel.prompt.toPlainText() == "Answer.\n\nThe document r2."
            QTest.keyClick(view.panel.note, Qt.Key.Key_Escape)
            assert not view.panel.isVisible()

    run_ui(scenario())


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_keys_open_a_cell_and_go_on_to_the_next(run_ui: Any, tmp_path: Path, key: Qt.Key) -> None:
    async def scenario() -> None:
        async with shown(tmp_path, MadeEvaluation(pack_of(), setup_of(2), some_wrong)) as (view, _):
            view.table.setCurrentIndex(view.matrix.index(0, 0))
            QTest.keyClick(view.table, key)
            assert view.panel.key == CellKey(SMALL, "r1", "breach")
            QTest.keyClick(view.table, Qt.Key.Key_Down)
            QTest.keyClick(view.table, Qt.Key.Key_Right)
            assert view.panel.key == CellKey(MIDDLE, "r2", "breach")
            QTest.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
            assert QGuiApplication.clipboard().text() == "Yes"
            QTest.keyClick(view.table, Qt.Key.Key_Escape)
            assert not view.panel.isVisible()

    run_ui(scenario())


def test_a_digit_corrects_and_zero_takes_it_back(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(), setup_of(2), some_wrong)
        key = CellKey(SMALL, "r2", "breach")
        async with shown(tmp_path, evaluation) as (view, _):
            view.table.setCurrentIndex(view.matrix.index_of(key))
            QTest.keyClick(view.table, Qt.Key.Key_1)
            await until(lambda: evaluation.cell(key).correction is not None)
            look = view.matrix.index_of(key).data(LOOK_ROLE)
            assert (look.mark, look.is_corrected) == (Mark.RIGHT, True)
            await until(lambda: view.filters.buttons[Filter.WRONG].text() == "Wrong 1")
            QTest.keyClick(view.table, Qt.Key.Key_0)
            await until(lambda: evaluation.cell(key).correction is None)

    run_ui(scenario())


def test_a_correction_with_a_value_and_a_note_and_its_undoing(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(), setup_of(2), some_wrong)
        key = CellKey(SMALL, "r2", "entity")
        async with shown(tmp_path, evaluation) as (view, _):
            view.open_cell(key)
            assert not view.panel.undo_button.isVisible()
            view.panel.note.setText("Named in the headline.")
            view.panel.value.setValue(80)
            await until(lambda: evaluation.cell(key).correction is not None)
            correction = evaluation.cell(key).correction
            assert correction is not None
            assert (correction.value, correction.why) == (0.8, "Named in the headline.")
            await until(lambda: view.panel.undo_button.isVisible())
            view.panel.undo_button.click()
            await until(lambda: evaluation.cell(key).correction is None)
            assert view.panel.note.text() == ""

    run_ui(scenario())


def test_a_vote_is_seen_but_not_corrected(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(), setup_of(2, ((SMALL, MIDDLE),)), right)
        async with shown(tmp_path, evaluation) as (view, _):
            index = view.matrix.index(0, 2)
            view.table.setCurrentIndex(index)
            QTest.keyClick(view.table, Qt.Key.Key_Return)
            assert view.panel.isVisible()
            assert not view.panel.value.isEnabled()
            QTest.keyClick(view.table, Qt.Key.Key_3)
            assert all(cell.correction is None for cell in evaluation.cells.values())

    run_ui(scenario())


def test_a_contradiction_is_said_in_words(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        rule = Rule(Condition("breach", Relation.IS, "No"), Condition("entity", Relation.IS_EMPTY))
        evaluation = MadeEvaluation(replace(pack_of(), rules=(rule,)), setup_of(2), right)
        evaluation.cells[CellKey(SMALL, "r2", "breach")] = done("No", 0.0)
        async with shown(tmp_path, evaluation) as (view, _):
            view.open_cell(CellKey(SMALL, "r2", "entity"))
            words = [label.text() for label in view.panel.findChildren(QLabel) if label.isVisible()]
            assert "Contradicts a rule" in words
            assert in_words(rule, evaluation.pack.questions) in words
            view.open_cell(CellKey(MIDDLE, "r2", "entity"))
            words = [label.text() for label in view.panel.findChildren(QLabel) if label.isVisible()]
            assert "Contradicts a rule" not in words

    run_ui(scenario())


def test_a_failed_cell_says_why_and_has_its_prompt(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(), setup_of(2), right)
        key = CellKey(SMALL, "r2", "breach")
        evaluation.cells[key] = Cell(CellState.FAILED, error="The server is gone. Start it again.")
        async with shown(tmp_path, evaluation) as (view, _):
            view.open_cell(key)
            words = [label.text() for label in view.panel.findChildren(QLabel) if label.isVisible()]
            assert "The server is gone. Start it again." in words
            assert view.panel.prompt_button.isEnabled()
            assert not view.panel.value.isEnabled()

    run_ui(scenario())


def test_the_reader_keeps_the_place_when_a_filter_goes(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(200), setup_of(2), right)
        evaluation.cells[CellKey(SMALL, "r150", "entity")] = done("Nobody", 0.0)
        async with shown(tmp_path, evaluation) as (view, _):
            view.filters.buttons[Filter.WRONG].click()
            view.table.setCurrentIndex(view.matrix.index(0, 0))
            view.filters.buttons[Filter.ALL].click()
            assert view.table.current_key == CellKey(SMALL, "r150", "entity")

    run_ui(scenario())


# cards, sums, charts


def test_cards_have_score_interval_and_price(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with shown(tmp_path, MadeEvaluation(pack_of(30), setup_of(2), some_wrong)) as (view, _):
            names = [card.accessibleName() for card in view.cards.cards]
            assert names[0].startswith("small:1b, 97 %, ")
            assert "1.0 s per answer" in names[0]
            assert names[1].startswith("middle:3b, 100 %, ")

    run_ui(scenario())


def test_eight_cards_are_scrolled_not_squeezed(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        setup = setup_of(0)
        refs = tuple(f"ollama/model-with-a-rather-long-name-{at}:7b" for at in range(8))
        evaluation = MadeEvaluation(pack_of(), type(setup)(model_refs=refs), right)
        async with shown(tmp_path, evaluation) as (view, _):
            assert len(view.cards.cards) == 8
            await until(lambda: view.cards.horizontalScrollBar().maximum() > 0)
            assert view.cards.focusPolicy() is Qt.FocusPolicy.StrongFocus
            assert all(card.width() >= card.minimumWidth() for card in view.cards.cards)

    run_ui(scenario())


@pytest.mark.parametrize(
    ("page", "first"),
    [
        (Page.QUESTIONS, ["Is it a breach?", "67 %", "100 %", "1", "6"]),
        (Page.DOCUMENTS, ["r1", "100 %", "100 %", "0", "4"]),
        (Page.CONFUSION, ["expected: Yes", "2", "1", "0", "0"]),
    ],
)
def test_sums_are_tables(run_ui: Any, tmp_path: Path, page: Page, first: list[str]) -> None:
    async def scenario() -> None:
        async with shown(tmp_path, MadeEvaluation(pack_of(), setup_of(2), some_wrong)) as (view, _):
            view.pages.buttons[page].click()
            model = view.tables.table.model()
            await until(lambda: model.rowCount() > 0)
            assert [model.index(0, at).data() for at in range(len(first))] == first

    run_ui(scenario())


def test_charts_are_gone_through_by_key(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(), setup_of(3), some_wrong)
        async with shown(tmp_path, evaluation) as (view, _):
            view.pages.buttons[Page.CHARTS].click()
            chart = view.charts.seconds
            assert [point.name for point in chart.points] == ["small:1b", "middle:3b", "large:7b"]
            chart.setFocus(Qt.FocusReason.TabFocusReason)
            QTest.keyClick(chart, Qt.Key.Key_Right)
            assert chart.chosen is not None
            assert chart.accessibleName().startswith("Score against time: ")
            assert chart.accessibleDescription().count("\n") == 2
            assert view.charts.memory.points == []  # no engine says how large they are
            assert "not known" in view.charts.note.text()

    run_ui(scenario())


def test_ticks_stand_at_round_numbers() -> None:
    assert round_axis(0.0, 4.7, 5).ticks() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert round_axis(0.55, 1.0, 5).low == pytest.approx(0.5)
    assert round_axis(0.0, 0.0, 5).high > 0


def test_names_in_a_chart_cover_neither_one_another_nor_a_point() -> None:
    area = QRectF(0, 0, 400, 240)
    points = [QPointF(100 + 6 * at, 100 + 3 * at) for at in range(8)]
    sizes = [QSizeF(70, 14)] * 8
    placed = place_names(points, sizes, area, 5.0, [])
    dots = [QRectF(point.x() - 5, point.y() - 5, 10, 10) for point in points]
    for at, name in enumerate(placed):
        assert area.contains(name)
        assert not any(name.intersects(other) for other in (*placed[:at], *dots))


# much of it


def many(count: int) -> MadeEvaluation:
    questions = tuple(
        Question(f"q{at}", f"Question {at}?", Kind.TEXT, Scoring(Scorer.EXACT)) for at in range(20)
    )
    refs = tuple(f"ollama/m{at}" for at in range(5))
    expected = {question.id: "Yes" for question in questions}
    answers = done("Yes"), done("No", 0.0)

    def make(key: CellKey) -> Cell:
        return answers[hash(key) % 7 == 0]

    setup = setup_of(0)
    return MadeEvaluation(pack_of(count, questions, expected), type(setup)(model_refs=refs), make)


class LongestTurn:
    """The most CPU time of the main thread that one turn of the loop took."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def watch(self, work: Callable[[], object], is_over: Callable[[], bool]) -> float:
        began = time.thread_time()
        work()
        self.seconds = time.thread_time() - began
        while not is_over():
            began = time.thread_time()
            await asyncio.sleep(0)
            self.seconds = max(self.seconds, time.thread_time() - began)
        return self.seconds


def test_a_hundred_thousand_answers_open_filter_and_scroll_without_a_stall(
    run_ui: Any, tmp_path: Path
) -> None:
    async def scenario() -> None:
        evaluation = many(1_000)
        async with shown(tmp_path, evaluation, is_known=False) as (view, services):
            found = {}
            began = time.thread_time()
            another = ResultsView(services, evaluation)  # type: ignore[arg-type]  # the same face
            found["make"] = time.thread_time() - began
            another.deleteLater()
            found["open"] = await LongestTurn().watch(
                lambda: None, lambda: view.filters.buttons[Filter.WRONG].text() != "Wrong"
            )
            await settled(view)
            found["filter"] = await LongestTurn().watch(
                view.filters.buttons[Filter.WRONG].click, lambda: view.table.currentIndex() is not None
            )
            view.filters.buttons[Filter.ALL].click()
            bars = view.table.verticalScrollBar(), view.table.horizontalScrollBar()
            for step in range(1, 6):
                for bar in bars:
                    bar.setValue(bar.maximum() * step // 5)
                found[f"scroll {step}"] = await LongestTurn().watch(
                    view.table.viewport().repaint, lambda: True
                )
            print({name: f"{seconds * 1000:.0f} ms" for name, seconds in found.items()})
            assert max(found.values()) < 0.1, found

    run_ui(scenario())


def test_painting_reads_what_is_seen_and_no_more(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = many(1_000)
        async with shown(tmp_path, evaluation) as (view, _):
            evaluation.looked_at = 0
            view.table.viewport().repaint()
            seen = view.table.viewport().rect()
            rows = seen.height() // view.table.rowHeight(0) + 2
            columns = seen.width() // view.table.columnWidth(0) + 2
            assert 0 < evaluation.looked_at <= 2 * rows * columns
            evaluation.looked_at = 0
            view.matrix.repaint_cell(CellKey("ollama/m0", "r1", "q0"))
            view.table.viewport().repaint(QRect(0, 0, 4, 4))
            assert evaluation.looked_at <= 4

    run_ui(scenario())


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_words_of_a_pill_are_legible(qapp: QApplication, look: theme.Theme) -> None:
    from slmdesk.ui.widgets.chip import tone_colours

    theme.apply(qapp, look)

    def luminance(colour: str) -> float:
        parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
        linear = [at / 12.92 if at <= 0.03928 else ((at + 0.055) / 1.055) ** 2.4 for at in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for tone in ("plain", "accent", "good", "warn", "bad"):
        ink, ground = (luminance(colour) for colour in tone_colours(tone))  # type: ignore[arg-type]  # a Tone
        assert (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05) >= 4.5, tone


def test_in_the_pane_a_correction_is_kept_and_the_target_is_the_packs(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        engine = ScriptedEngine({"a": says("Yes"), "b": says("Yes")}, sizes={"a": 9, "b": 99})
        async with desk_over(tmp_path, engine) as desk:
            pane = desk.window.open_pane("evaluate")
            await show_answered(desk, pane, Tab.RESULTS)
            results = pane.page(Tab.RESULTS)
            assert results.filters.buttons[Filter.WRONG].text().startswith("Wrong ")
            key = CellKey("scripted/a", "r2", "breach")
            results.table.setCurrentIndex(results.matrix.index_of(key))
            QTest.keyClick(results.table, Qt.Key.Key_1)
            await until(lambda: pane.evaluation.cell(key).correction is not None)
            await pane.evaluation.use(pane.book.pack, pane.book.setup)
            assert pane.evaluation.cell(key).correction is not None
            verdict = pane.open_tab(Tab.VERDICT)
            verdict.target.value.setValue(50)
            await until(lambda: pane.book.setup.target.value == 0.5)
            await until(lambda: pane.evaluation.setup.target.value == 0.5)
            await until(lambda: not (results.keeper.is_busy or verdict.keeper.is_busy))
            jobs = desk.services.jobs
            await until(lambda: not (jobs.is_running("evaluate:use") or jobs.is_running(JOB_SAVE)))

    run_ui(scenario())


def test_the_statistics_wait_while_answers_come(
    run_ui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_keeper, "COST_FACTOR", 10**6)  # as if they took long
    monkeypatch.setattr(survey_keeper, "LONGEST_PAUSE_MS", survey_keeper.SOON_MS)

    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(), setup_of(2), right)
        async with shown(tmp_path, evaluation) as (view, _):
            keeper = view.keeper
            evaluation.is_running = True
            for document in ("r1", "r2"):
                evaluation.put(CellKey(SMALL, document, "entity"), done("Nobody", 0.0))
                await until(lambda document=document: not keeper.results.is_stale)
            await until(lambda: view.filters.buttons[Filter.WRONG].text() == "Wrong 2")
            await until(keeper._statistics_timer.isActive)
            assert keeper._statistics_timer.remainingTime() > 1_000
            evaluation.is_running = False
            evaluation.changed.emit(None)
            await until(lambda: keeper.conclusion.survey is keeper.results.survey)

    run_ui(scenario())
