"""Saves a comparison, or a list of prompts with its answers, as HTML, Markdown or CSV."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from slmdesk.features.compare.export import exporter
from slmdesk.features.compare.report import Report
from slmdesk.ui import notify
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chat.save_file import ask_and_save
from slmdesk.ui.widgets.compare.verdict import Start


class ExportMenu(QObject):
    """Three actions for `menu`; `report` is asked when one is chosen."""

    def __init__(self, owner: QWidget, menu: QMenu, report: Callable[[], Report], start: Start) -> None:
        super().__init__(owner)
        self._owner = owner
        self._report = report
        self.actions: list[QAction] = []
        for words, suffix in (
            (tr("Export as HTML…"), ".html"),
            (tr("Export as Markdown…"), ".md"),
            (tr("Export as CSV…"), ".csv"),
        ):
            action = menu.addAction(words)
            work = partial(self.save, suffix)
            action.triggered.connect(lambda _checked, work=work: start("compare:export", work))
            self.actions.append(action)

    def set_enabled(self, is_enabled: bool) -> None:
        for action in self.actions:
            action.setEnabled(is_enabled)

    async def save(self, suffix: str) -> None:
        """Ask where, and write it there."""
        report = self._report()
        text = await asyncio.to_thread(exporter(Path(f"report{suffix}")), report)
        name = f"{report.title} {report.rows[0].prompt if len(report.rows) == 1 else ''}"
        path = await ask_and_save(self._owner, tr("Export"), name, suffix, text)
        if path is not None:
            notify.toast(self._owner, tr("Saved as {0}.").format(path.name))
