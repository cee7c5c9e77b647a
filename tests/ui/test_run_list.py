"""Earlier runs in one list: what each was, opened and deleted by key."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from slmdesk.store.runs import RunSummary
from slmdesk.ui.widgets.compare.run_list import RunList, RunListModel, run_words

RUNS = [
    RunSummary("1", "What is REST?", 1_770_000_000.0, ("builtin/smollm2", "ollama/qwen3:4b"), "best"),
    RunSummary("2", "Who?", 1_770_000_000.0, ("builtin/smollm2", "builtin/smollm2"), None),
]


def test_the_model_keeps_qts_rules(qtbot: Any) -> None:
    model = RunListModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_rows(RUNS)
    model.set_rows([])


def test_a_run_names_its_models_once_and_its_vote() -> None:
    assert run_words(RUNS[0]).endswith(" · smollm2 / qwen3:4b · voted")
    assert run_words(RUNS[1]).endswith(" · smollm2")


def test_keys_open_and_delete(qtbot: Any) -> None:
    runs = RunList()
    qtbot.addWidget(runs)
    runs.show()
    chosen: list[str] = []
    deleted: list[str] = []
    runs.chosen.connect(chosen.append)
    runs.delete_requested.connect(deleted.append)
    runs.open_with(RUNS)
    qtbot.keyClick(runs.view, Qt.Key.Key_Down)
    qtbot.keyClick(runs.view, Qt.Key.Key_Return)
    runs.open_with(RUNS)
    qtbot.keyClick(runs.view, Qt.Key.Key_Delete)
    assert (chosen, deleted) == (["2"], ["1"])


def test_without_runs_it_says_so(qtbot: Any) -> None:
    runs = RunList()
    qtbot.addWidget(runs)
    runs.show()
    runs.open_with([])
    assert runs._empty.isVisible()
    assert not runs.view.isVisible()
    runs._popup.close()
