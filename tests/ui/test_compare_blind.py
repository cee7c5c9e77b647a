"""A blind comparison in the pane: nothing tells who wrote what before the vote; all of it after."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QTabBar, QWidget

from slmdesk.engines.base import Delta
from slmdesk.features.compare import comparison as comparisons
from slmdesk.features.compare.report import NOT_SHOWN, report_of
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.widgets.compare.lane_column import MESSAGE, NO_FIGURES
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import DONE, ScriptedEngine, says
from tests.fakes.until import until

NAMES = ("alpha", "bravo")
SWAPPED_SEED = 1  # puts the second model first


@pytest.fixture(autouse=True)
def swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparisons, "new_seed", lambda: SWAPPED_SEED)


def engine(**scripts: Any) -> ScriptedEngine:
    scripts = scripts or {"alpha": says("First answer"), "bravo": says("Other answer")}
    return ScriptedEngine(scripts, sizes=dict.fromkeys(scripts, 100_000_000))


def send_blind(pane: ComparePane) -> None:
    pane.window().activateWindow()
    QTest.mouseClick(pane.blind_button, Qt.MouseButton.LeftButton)
    pane.prompt.setFocus()
    QTest.keyClicks(pane.prompt.edit, "Hi?")
    QTest.keyClick(pane.prompt.edit, Qt.Key.Key_Return)


async def ended(pane: ComparePane) -> None:
    await until(lambda: pane._comparison.lanes and not pane._comparison.is_running)
    await until(lambda: not pane.prompt.is_running)


def said(pane: QWidget) -> Iterator[str]:
    """Everything that can be read, heard or pointed at, of what is on the screen."""
    for widget in (pane, *pane.findChildren(QWidget)):
        if not widget.isVisibleTo(pane):
            continue
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QTabBar):
            yield from (widget.tabText(place) for place in range(widget.count()))
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        if (interface := QAccessible.queryAccessibleInterface(widget)) is not None:
            yield from (interface.text(kind) for kind in QAccessible.Text if kind.value < 5)


def leaks(pane: QWidget) -> list[str]:
    return [text for text in said(pane) if any(name in text for name in NAMES) or "tok/s" in text]


def texts(pane: ComparePane) -> list[str]:
    return [column.view.plain_text() for column in pane.columns.columns]


def test_nothing_gives_a_model_away_before_the_vote(run_ui: Any, tmp_path: Path) -> None:
    gate = asyncio.Event()
    told: list[str] = []

    async def scenario() -> None:
        slow = engine(alpha=[Delta("First"), gate, DONE], bravo=says("Other"))
        async with pane_over(ComparePane, tmp_path, slow) as (pane, _):
            pane.status_changed.connect(told.append)
            assert leaks(pane)
            send_blind(pane)
            await until(lambda: pane._comparison.lanes and pane._comparison.lanes[1].is_done)
            await until(lambda: any("blind" in text for text in told))
            assert texts(pane) == ["", ""]
            assert leaks(pane) == []
            assert not any(column.best_button.isEnabled() for column in pane.columns.columns)
            gate.set()
            await ended(pane)
            assert texts(pane) == ["Other", "First"]
            assert [column.head.name for column in pane.columns.columns] == ["A", "B"]
            assert leaks(pane) == []
            assert not any(name in text for text in told for name in NAMES)
            for column in pane.columns.columns:
                assert column.footer.full_text == NO_FIGURES
                assert column.head.bar.shares() == [0.0] * 4
                assert not column.head.swap_button.isEnabled()
                assert not column.again_button.isEnabled()
                assert not column.go_on_button.isEnabled()

    run_ui(scenario())


def test_a_vote_by_key_reveals_names_and_cost(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            send_blind(pane)
            await ended(pane)
            assert "vote" in pane.plan_card.words()
            await until(lambda: pane.columns.hasFocus())
            QTest.keyClick(pane.columns, Qt.Key.Key_1)
            await until(lambda: pane._comparison.vote == ("best", 1))
            assert [column.head.name for column in pane.columns.columns] == ["bravo", "alpha"]
            assert pane.columns.columns[0].best_button.isChecked()
            assert "A was bravo:" in pane.run_card.told()
            assert "B was alpha:" in pane.run_card.told()
            assert "2 tokens" in pane.run_card.told()
            assert "tok/s" in pane.columns.columns[0].footer.full_text
            assert texts(pane) == ["Other answer", "First answer"]
            assert pane.columns.columns[0].go_on_button.isEnabled()

    run_ui(scenario())


def test_two_columns_of_one_model_keep_their_numbers_after_the_vote(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        one = engine(alpha=says("Answer"))
        async with pane_over(ComparePane, tmp_path, one) as (pane, _):
            send_blind(pane)
            await ended(pane)
            await until(lambda: pane.columns.hasFocus())
            QTest.keyClick(pane.columns, Qt.Key.Key_T)
            await until(lambda: pane._comparison.vote is not None)
            assert "A was alpha (2):" in pane.run_card.told()
            assert [column.head.name for column in pane.columns.columns] == ["alpha (2)", "alpha"]

    run_ui(scenario())


def test_an_unvoted_blind_run_stays_hidden_when_it_is_opened_again(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            send_blind(pane)
            await ended(pane)
        async with pane_over(ComparePane, tmp_path, engine()) as (pane, _):
            pane.runs.click()
            await until(lambda: pane.runs.model.rowCount() == 1)
            pane.runs._on_view_chosen(pane.runs.model.index(0))
            await until(lambda: texts(pane) == ["Other answer", "First answer"])
            assert leaks(pane) == []
            lanes = report_of(pane._comparison).rows[0].lanes
            assert [lane.name for lane in lanes] == ["A", "B"]
            assert NOT_SHOWN not in [lane.text for lane in lanes]

    run_ui(scenario())


def test_a_failed_column_tells_its_error_after_the_vote_only(run_ui: Any, tmp_path: Path) -> None:
    from slmdesk.base.errors import Interrupted

    async def scenario() -> None:
        broken = engine(alpha=[Delta("Half"), Interrupted("alpha is gone.")], bravo=says("Whole"))
        async with pane_over(ComparePane, tmp_path, broken) as (pane, _):
            send_blind(pane)
            await ended(pane)
            assert texts(pane) == ["Whole", "Half"]
            assert leaks(pane) == []
            pane.tie_button.click()
            await until(
                lambda: "alpha is gone." in pane.columns.columns[1].view._messages[MESSAGE].note.copy_text()
            )

    run_ui(scenario())
