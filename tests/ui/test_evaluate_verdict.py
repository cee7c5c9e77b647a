"""The tab with the verdict: the sentence, its target, pairs, votes, and the finding for the router."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from slmdesk.features.evaluate.cell import Cell, CellKey
from slmdesk.features.evaluate.findings import finding_from_stored
from slmdesk.features.evaluate.setup import Setup, Target, TargetKind
from slmdesk.features.evaluate.verdict import VerdictKind
from slmdesk.services import Services
from slmdesk.store.findings import Findings
from slmdesk.ui.widgets.evaluate.plain_table import Entry, PlainTable, PlainTableView
from slmdesk.ui.widgets.evaluate.verdict_view import VerdictView
from tests.fakes.made_evaluation import MODELS, MadeEvaluation, done, pack_of, setup_of
from tests.fakes.panes import pane_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

SMALL, MIDDLE, LARGE = MODELS
NAMES = [ref.split("/")[1] for ref in MODELS]


def right(key: CellKey) -> Cell:
    return done("Yes" if key.question == "breach" else "Harbour")


def small_is_wrong(key: CellKey) -> Cell:
    return done("Nobody", 0.0) if key.model.endswith("small:1b") else right(key)


def local(setup: Setup) -> Setup:
    """The same models on the engine of the test, which says how large they are."""
    return Setup(model_refs=tuple(f"scripted/{ref.split('/')[1]}" for ref in setup.model_refs))


@contextlib.asynccontextmanager
async def shown(
    tmp_path: Path, evaluation: MadeEvaluation, *, keeps_setup: bool = True
) -> AsyncIterator[tuple[VerdictView, Services]]:
    def make(services: Services, _actions: Any, _scheduler: Any) -> VerdictView:
        view = VerdictView(services, evaluation)  # type: ignore[arg-type]  # the same face
        if keeps_setup:
            view.setup_wanted.connect(lambda setup: evaluation.show(evaluation.pack, setup))
        return view

    sizes = dict(zip(NAMES, (1_000_000_000, 3_000_000_000, 7_000_000_000), strict=True))
    engine = ScriptedEngine({name: says("Text") for name in NAMES}, sizes=sizes)
    async with pane_over(make, tmp_path, engine) as (view, services):
        await until(lambda: view.keeper.conclusion is not None)
        yield view, services
        await until(lambda: not view.keeper.is_busy)


def rows_of(view: PlainTableView) -> list[list[str]]:
    model = view.model()
    columns = range(model.columnCount())
    return [[model.index(row, at).data() for at in columns] for row in range(model.rowCount())]


def test_the_smallest_good_one_is_said_with_its_evidence(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(40), local(setup_of(3)), small_is_wrong)
        async with shown(tmp_path, evaluation) as (view, _):
            assert view.chip.text() == "found"
            assert view.sentence.text().startswith("middle:3b is the smallest that is good enough: ")
            standing = rows_of(view.models)
            assert [row[0] for row in standing] == NAMES
            assert [row[3] for row in standing] == ["no", "yes", "yes"]
            assert [row[4] for row in standing] == ["1.0 GB", "3.0 GB", "7.0 GB"]
            assert len(rows_of(view.pairs)) == 3
            assert rows_of(view.questions)[1][:3] == ["Which entity?", "middle:3b", "100 %"]
            view.copy_button.click()
            assert QGuiApplication.clipboard().text().startswith(view.sentence.text())

    run_ui(scenario())


def test_too_little_is_undecided_and_says_what_helps(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(4), local(setup_of(2)), right)
        async with shown(tmp_path, evaluation) as (view, _):
            assert view.chip.text() == "undecided"
            assert "more documents would" in view.sentence.text()
            assert "What helps: more documents" in view.reasons.text()
            assert "still coming" not in view.reasons.text()
            evaluation.is_running = True
            evaluation.changed.emit(None)
            assert "still coming" in view.reasons.text()

    run_ui(scenario())


def test_none_is_good_enough(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(40), local(setup_of(1)), small_is_wrong)
        async with shown(tmp_path, evaluation) as (view, _):
            assert view.chip.text() == "none is good enough"
            assert not view.use_button.isVisible()

    run_ui(scenario())


def test_an_empty_one_says_what_is_missing(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(0), setup_of(1))
        async with shown(tmp_path, evaluation) as (view, _):
            assert view.sentence.text() == "A verdict needs documents and questions first."
            evaluation.show(pack_of(2), setup_of(0))
            assert "at least one model" in view.sentence.text()
            evaluation.show(pack_of(2, expected={}), setup_of(1))
            assert "answers to compare with" in view.sentence.text()
            evaluation.show(pack_of(2), setup_of(1))
            assert "Run starts it." in view.sentence.text()
            assert not view.use_button.isVisible()
            assert not view.models.isVisible()

    run_ui(scenario())


def test_another_target_is_another_verdict(run_ui: Any, tmp_path: Path) -> None:
    def half(key: CellKey) -> Cell:
        is_wrong = key.model.endswith("small:1b") and key.question == "entity"
        return done("Nobody", 0.0) if is_wrong else right(key)

    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(60), local(setup_of(2)), half)
        async with shown(tmp_path, evaluation) as (view, _):
            assert view.sentence.text().startswith("middle:3b")
            view.target.value.setValue(30)
            await until(lambda: evaluation.setup.target == Target(TargetKind.SHARE, 0.3))
            await until(lambda: view.sentence.text().startswith("small:1b"))
            view.target.value.setValue(95)
            view.target.kind.setCurrentIndex(1)
            await until(lambda: evaluation.setup.target == Target(TargetKind.SHARE_OF_BEST, 0.95))
            await until(lambda: view.sentence.text().startswith("middle:3b"))

    run_ui(scenario())


def test_a_vote_is_added_and_taken_away(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        setup = local(setup_of(3))
        evaluation = MadeEvaluation(pack_of(40), setup, small_is_wrong)
        async with shown(tmp_path, evaluation) as (view, _):
            votes = view.votes
            assert not votes.add_button.isEnabled()
            first, second, _third = votes.buttons.values()
            first.click()
            assert not votes.add_button.isEnabled()
            second.click()
            votes.add_button.click()
            assert evaluation.setup.votes == (setup.model_refs[:2],)
            await until(lambda: "Vote of 2" in [row[0] for row in rows_of(view.models)])
            first.click()
            second.click()
            assert not votes.add_button.isEnabled()  # it counts already
            votes.remove_buttons[0].click()
            assert evaluation.setup.votes == ()
            await until(lambda: "Vote of 2" not in [row[0] for row in rows_of(view.models)])

    run_ui(scenario())


def test_the_finding_is_kept_for_the_router_and_taken_back(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        evaluation = MadeEvaluation(pack_of(40), local(setup_of(3)), small_is_wrong)
        async with shown(tmp_path, evaluation) as (view, services):
            findings = Findings(services.database)
            view.use_button.click()
            undo: list[QPushButton] = []

            def is_told() -> bool:
                undo[:] = [each for each in view.window().findChildren(QPushButton) if each.text() == "Undo"]
                return bool(undo)

            await until(is_told)
            (stored,) = await findings.list()
            assert stored.pack_title == "Reports"
            finding = finding_from_stored(stored)
            assert finding is not None
            assert (finding.kind, finding.model) == (VerdictKind.FOUND, "scripted/middle:3b")
            undo[0].click()
            left = [stored]

            async def look() -> None:
                left[:] = await findings.list()

            while left:
                await look()

    run_ui(scenario())


# the table that all of it stands in


def table_of(*rows: tuple[str, float]) -> PlainTable:
    table = PlainTable()
    table.set_rows(
        ["Name", "Figure"], [[Entry(name), Entry(f"{value:.0f} %", value)] for name, value in rows]
    )
    return table


def test_the_table_is_a_sound_model(qtmodeltester: Any) -> None:
    qtmodeltester.check(table_of(("a", 9), ("b", 100)))


def test_figures_are_sorted_by_their_value(qtbot: Any) -> None:
    view = PlainTableView("Figures")
    qtbot.addWidget(view)
    view.show_rows(["Name", "Figure"], [[Entry("a"), Entry("9 %", 9)], [Entry("b"), Entry("100 %", 100)]])
    assert [row[0] for row in rows_of(view)] == ["a", "b"]
    view.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert [row[0] for row in rows_of(view)] == ["b", "a"]
    view.selectRow(0)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "b\t100 %"


@pytest.mark.parametrize("is_best", [True, False])
def test_the_best_is_said_not_only_bold(is_best: bool) -> None:
    table = PlainTable()
    table.set_rows(["Score"], [[Entry("90 %", is_best=is_best)]])
    said = table.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == ("Score: 90 %, best" if is_best else "Score: 90 %")
