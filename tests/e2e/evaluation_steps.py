"""An evaluation by hand: pack and document dropped, run, paused, gone on with, verdict and report."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit

from slmdesk.ui.desk import Desk
from slmdesk.ui.panes.evaluate_pane import EvaluatePane
from slmdesk.ui.widgets.evaluate.document_import import DocumentImport
from slmdesk.ui.widgets.evaluate.evaluate_face import Tab
from slmdesk.ui.widgets.evaluate.verdict_view import VerdictView
from tests.e2e.hands import click, key
from tests.fakes.until import until

PACK, EXTRA, REPORT = "pack.json", "extra.txt", "report.html"


async def begin(desk: Desk, say: Callable[..., None]) -> None:
    """Pack and document in, run, pause, go on; then it waits to be killed."""
    pane = await _pane(desk)
    folder = desk.services.paths.data_dir.parent
    _drop(pane, folder / PACK)
    await until(lambda: pane.book.is_open, 10)
    _drop(pane, folder / EXTRA)
    await until(lambda: pane.findChildren(DocumentImport), 10)
    (dialog,) = pane.findChildren(DocumentImport)
    await until(lambda: not dialog.is_reading, 30)
    click(dialog.import_button)
    await until(lambda: pane.evaluation.progress.total == 36, 10)
    click(pane.run_button)
    await until(lambda: pane.evaluation.progress.done >= 3, 90)
    click(pane.run_button)
    await until(lambda: pane.run_button.text() == "Go on" and not pane.is_running, 30)
    paused = pane.evaluation.progress.done
    click(pane.run_button)
    await until(lambda: pane.evaluation.progress.done >= paused + 3, 90)
    say(paused=paused, kept=pane.evaluation.progress.done, strip=pane.strip.detail.full_text)
    await asyncio.Event().wait()


async def go_on(desk: Desk) -> dict[str, Any]:
    """After the kill: what is there, the rest, the verdict and the report."""
    pane = await _pane(desk)
    await until(lambda: pane.evaluation.progress.total == 36, 30)
    there = pane.evaluation.progress.done
    await until(lambda: pane.run_button.text() == "Go on", 10)
    click(pane.run_button)
    await until(lambda: pane.evaluation.progress.done == 36 and not pane.is_running, 150)
    pane.open_tab(Tab.VERDICT)
    (verdict,) = pane.findChildren(VerdictView)
    await until(lambda: "%" in verdict.sentence.text(), 30)
    report = desk.services.paths.data_dir.parent / REPORT
    pane.exports.reports[0].trigger()
    await until(lambda: pane.window().findChildren(QFileDialog), 10)
    (dialog,) = pane.window().findChildren(QFileDialog)
    name = dialog.findChild(QLineEdit)
    assert name is not None
    name.setText(str(report))
    dialog.done(QFileDialog.DialogCode.Accepted)
    await until(report.exists, 30)
    return {"there": there, "verdict": verdict.sentence.text(), "names": [*_names(pane)]}


async def _pane(desk: Desk) -> EvaluatePane:
    await until(lambda: desk.services.registry.states.get("builtin"), 20)
    key(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    pane = desk.window.pane_on_screen()[1]
    assert isinstance(pane, EvaluatePane)
    await until(pane.isVisible)
    return pane


def _drop(pane: EvaluatePane, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    pane.documents.dropEvent(QDropEvent(QPointF(9, 9), copy, mime, left, none))


def _names(pane: EvaluatePane) -> list[str]:
    return [document.name for document in pane.book.pack.documents]
