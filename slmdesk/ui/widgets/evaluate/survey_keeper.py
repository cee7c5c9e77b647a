"""Keeps what is known of an evaluation up to date for a widget, while that is on the screen."""

import asyncio
import time
from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from slmdesk.features.evaluate.conclusion import Conclusion, conclude
from slmdesk.features.evaluate.results import HasAnswers, Results
from slmdesk.services import Services

SOON_MS = 120
COST_FACTOR = 8  # a look comes no sooner than this many times what the last one took: a model is at work
LONGEST_PAUSE_MS = 3_000


class SurveyKeeper(QObject):
    """`surveyed` tells of a new `results.survey`, `concluded` of what the statistics make of it.

    Several changes within a short time are looked at once; the statistics run in a thread.
    """

    surveyed = Signal()
    concluded = Signal()

    def __init__(self, services: Services, evaluation: HasAnswers, name: str, widget: QWidget) -> None:
        super().__init__(widget)
        self._services = services
        self._evaluation = evaluation
        self._job = f"evaluate:{name}"
        self._widget = widget
        self.results = Results(evaluation)
        self.conclusion: Conclusion | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON_MS)
        self._timer.timeout.connect(self._look)
        widget.installEventFilter(self)
        for unsubscribe in (
            self.results.close,
            evaluation.changed.subscribe(lambda _none: self._wake()),
            evaluation.cell_changed.subscribe(lambda _key: self._wake()),
        ):
            self.destroyed.connect(unsubscribe)

    def sizes_bytes(self) -> Mapping[str, int | None]:
        """The weights of each model, None where its engine does not say."""
        refs = self._evaluation.setup.model_refs
        infos = {ref: self._services.registry.info(ref) for ref in refs}
        return {ref: info.size_bytes if info is not None else None for ref, info in infos.items()}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._widget and event.type() is QEvent.Type.Show:
            self._wake()
        return False

    def _wake(self) -> None:
        if self._widget.isVisible() and self.results.is_stale and not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        if not self._services.jobs.is_running(self._job):
            self._services.jobs.start(self._job, self._work).add_done_callback(lambda _task: self._wake())

    async def _work(self) -> None:
        began = time.thread_time()
        await self.results.refresh()
        self._timer.setInterval(_pause_ms(time.thread_time() - began))
        self.surveyed.emit()
        survey, target = self.results.survey, self._evaluation.setup.target
        self.conclusion = await asyncio.to_thread(conclude, survey, self.sizes_bytes(), target)
        self.concluded.emit()


def _pause_ms(cost_s: float) -> int:
    return min(max(SOON_MS, round(COST_FACTOR * cost_s * 1000)), LONGEST_PAUSE_MS)
