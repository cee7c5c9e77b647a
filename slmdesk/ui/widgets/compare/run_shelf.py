"""Keeps the list of earlier runs and the store in step: read, delete with undo."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject

from slmdesk.base.jobs import JobRunner
from slmdesk.store.runs import Runs
from slmdesk.ui import notify
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.widgets.compare.run_list import RunList


class RunShelf(QObject):
    """The list is read afresh each time it is opened."""

    def __init__(self, shown: RunList, runs: Runs, jobs: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown = shown
        self._runs = runs
        self._jobs = jobs
        shown.requested.connect(lambda: self._start("compare:list", self._open_list))
        shown.delete_requested.connect(self._delete)

    async def _open_list(self) -> None:
        self._shown.open_with(await self._runs.list())

    def _delete(self, run_id: str) -> None:
        self._start(f"compare:delete:{run_id}", lambda: self._runs.delete(run_id))
        notify.toast(
            self._shown,
            self.tr("Run deleted."),
            action=self.tr("Undo"),
            callback=lambda: self._start(f"compare:undelete:{run_id}", lambda: self._runs.undelete(run_id)),
        )

    def _start(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        start_told(self._jobs, key, work, lambda error: notify.toast(self._shown, error.sentence()))
