"""What an evaluation is taken out as, by the hands of a user: reports, a dataset, a custom model."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMenu, QWidget

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.setup import Setup
from slmdesk.ui.notify import Dialog
from slmdesk.ui.widgets.evaluate import report_menu
from slmdesk.ui.widgets.evaluate.custom_model_dialog import CustomModelDialog
from slmdesk.ui.widgets.evaluate.report_menu import JOB, ReportMenu
from tests.fakes.answered import Answered
from tests.fakes.panes import pane_over
from tests.fakes.reports import pack, usual
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until


class Home(QWidget):
    """A pane with the menu; `told` are the errors."""

    def __init__(self, services: Any, of: Pack, refs: tuple[str, ...]) -> None:
        super().__init__()
        self.services = services
        self.evaluation = Answered(of, Setup(model_refs=refs), usual)
        self.menu = QMenu(self)
        self.told: list[SlmdeskError] = []
        self.reports = ReportMenu(services, self.evaluation, self.menu, self, self.told.append)

    async def done(self) -> None:
        await until(lambda: not self.services.jobs.is_running(JOB))
        assert not self.told

    def action(self, words: str) -> Any:
        self.menu.aboutToShow.emit()
        return next(action for action in self.menu.actions() if action.text().startswith(words))


@contextlib.asynccontextmanager
async def opened(
    tmp_path: Path, of: Pack | None = None, refs: tuple[str, ...] = ("scripted/a",)
) -> AsyncIterator[Home]:
    engine = ScriptedEngine({"a": says("x"), "b": says("y")}, sizes={"a": 100_000_000, "b": 200_000_000})

    def make(services: Any, _actions: Any, _scheduler: Any) -> Home:
        return Home(services, pack() if of is None else of, refs)

    async with pane_over(make, tmp_path / "data", engine) as (home, _services):
        yield home


def test_a_report_is_saved_where_the_dialog_says(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as home:
            home.action("Report as a workbook").trigger()
            await until(lambda: home.findChildren(QFileDialog))
            (dialog,) = home.findChildren(QFileDialog)
            assert dialog.selectedFiles()[0].endswith("Breaches.xlsx")
            dialog.findChild(QLineEdit).setText(str(tmp_path / "mine"))
            dialog.done(QFileDialog.DialogCode.Accepted)
            await home.done()
            assert len(list(load_workbook(tmp_path / "mine.xlsx")["Answers"].values)) == 5

    run_ui(scenario())


@pytest.mark.parametrize(
    ("words", "suffix"), [("Report as a web", "html"), ("Answers", "csv"), ("Every", "json")]
)
def test_each_form_has_its_action(
    run_ui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, suffix: str
) -> None:
    async def choose(_home: QWidget, _title: str, name: str) -> Path:
        assert name == f"Breaches.{suffix}"
        return tmp_path / name

    async def scenario() -> None:
        monkeypatch.setattr(report_menu, "ask_path", choose)
        async with opened(tmp_path) as home:
            home.action(words).trigger()
            await home.done()
            assert "report 1" in (tmp_path / f"Breaches.{suffix}").read_text("utf-8")

    run_ui(scenario())


def test_a_place_that_cannot_be_written_is_said(
    run_ui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def choose(_home: QWidget, _title: str, name: str) -> Path:
        return tmp_path / "missing" / name

    async def scenario() -> None:
        monkeypatch.setattr(report_menu, "ask_path", choose)
        async with opened(tmp_path) as home:
            home.action("Everything").trigger()
            await until(lambda: home.told)
            assert isinstance(home.told[0], BadInput)
            assert "cannot be written" in home.told[0].message

    run_ui(scenario())


def test_what_there_is_nothing_of_cannot_be_chosen(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path, Pack("Empty"), ()) as home:
            home.menu.aboutToShow.emit()
            assert not any(action.isEnabled() for action in home.menu.actions() if action.text())
        async with opened(tmp_path) as home:
            home.menu.aboutToShow.emit()
            assert all(action.isEnabled() for action in home.menu.actions())

    run_ui(scenario())


def test_a_dataset_says_what_it_wrote(run_ui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def choose(_home: QWidget, _title: str) -> Path:
        return tmp_path / "set"

    async def scenario() -> None:
        monkeypatch.setattr(report_menu, "ask_folder", choose)
        async with opened(tmp_path) as home:
            home.action("Instruction dataset").trigger()
            await home.done()
            rows = [
                json.loads(line)
                for name in ("train", "test")
                for line in (tmp_path / "set" / f"{name}.jsonl").read_text().splitlines()
            ]
            assert [row["output"] for row in rows] == ["Yes", "Yes"]
            (dialog,) = home.findChildren(Dialog)
            dialog.accept()

    run_ui(scenario())


def test_a_custom_model_is_asked_for_until_the_engine_takes_it(
    run_ui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as home:
            home.action("Custom model").trigger()
            await until(lambda: home.findChildren(CustomModelDialog))
            (dialog,) = home.findChildren(CustomModelDialog)
            assert (dialog.base.ref, dialog.name.text()) == ("scripted/a", "breaches")
            assert "Was it a breach?" in dialog.prompt.toPlainText()
            dialog.name.clear()
            assert not dialog.create_button.isEnabled()
            dialog.name.setText("reader")
            dialog.create_button.click()
            await until(
                lambda: [one for one in home.findChildren(CustomModelDialog) if one.isVisible()] != [dialog]
            )
            await until(lambda: [one for one in home.findChildren(CustomModelDialog) if one.isVisible()])
            (again,) = (one for one in home.findChildren(CustomModelDialog) if one.isVisible())
            assert again.error.isVisible()
            assert "keeps no models" in again.error.text()
            assert again.name.text() == "reader"
            made: list[Any] = []

            async def make(name: str, base: str, system: str, parameters: dict[str, Any]) -> str:
                made.append((name, base, system, parameters))
                return f"scripted/{name}"

            monkeypatch.setattr(home.services.keeper, "make", make)
            again.create_button.click()
            await home.done()
            ((name, base, system, parameters),) = made
            assert (name, base, parameters) == ("reader", "scripted/a", {"temperature": 0})
            assert "How many records?" in system

    run_ui(scenario())


def test_the_schema_of_the_answers_can_be_copied(run_ui: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as home:
            offers: list[Any] = []
            leave = report_menu.notify.said.subscribe(offers.append)
            home.reports._offer_schema("scripted/reader", home.evaluation.pack)
            leave()
            ((text, offer),) = offers
            assert text == "reader is there now: send it a document alone."
            offer.take()
            schema = json.loads(QGuiApplication.clipboard().text())
            assert schema["required"] == ["breach", "records"]

    run_ui(scenario())
