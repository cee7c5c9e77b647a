"""Keeps what is known of an evaluation up to date for a widget, while that is on the screen."""

import asyncio
import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from slmdesk.features.evaluate.conclusion import Conclusion, conclude
from slmdesk.features.evaluate.results import HasAnswers, Results
from slmdesk.services import Services

SOON_MS = 120
COST_FACTOR = 8  # no look comes sooner than this many times what the last one took: a model is at work
LONGEST_PAUSE_MS = 3_000
LONGEST_WAIT_MS = 60_000  # for the statistics


class SurveyKeeper(QObject):
    """`surveyed` tells of a new `results.survey`, `concluded` of what the statistics make of it.

    Several changes within a short time are looked at once. The statistics run in a thread, and while the
    evaluation runs only now and then.
    """

    surveyed = Signal()
    concluded = Signal()

    def __init__(self, services: Services, evaluation: HasAnswers, name: str, widget: QWidget) -> None:
        super().__init__(widget)
        self._services = services
        self._evaluation = evaluation
        self._survey_job, self._statistics_job = f"evaluate:{name}", f"evaluate:{name}:statistics"
        self._widget = widget
        self._wait_ms = 0
        self.results = Results(evaluation)
        self.conclusion: Conclusion | None = None
        self._survey_timer = self._timer(self._look)
        self._survey_timer.setInterval(SOON_MS)
        self._statistics_timer = self._timer(self._conclude)
        widget.installEventFilter(self)
        for unsubscribe in (
            self.results.close,
            evaluation.changed.subscribe(lambda _none: self._wake()),
            evaluation.cell_changed.subscribe(lambda _key: self._wake()),
        ):
            self.destroyed.connect(unsubscribe)

    @property
    def is_busy(self) -> bool:
        """Whether something is looked at or worked out, or is about to be."""
        is_running = self._services.jobs.is_running
        timers = self._survey_timer.isActive(), self._statistics_timer.isActive()
        return any(timers) or is_running(self._survey_job) or is_running(self._statistics_job)

    def sizes_bytes(self) -> Mapping[str, int | None]:
        """The weights of each model, None where its engine does not say."""
        refs = self._evaluation.setup.model_refs
        infos = {ref: self._services.registry.info(ref) for ref in refs}
        return {ref: info.size_bytes if info is not None else None for ref, info in infos.items()}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._widget and event.type() is QEvent.Type.Show:
            self._wake()
            if not self.results.is_stale:
                self._await_conclusion()
        return False

    def _timer(self, callback: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(callback)
        return timer

    # the survey

    def _wake(self) -> None:
        if self._widget.isVisible() and self.results.is_stale and not self._survey_timer.isActive():
            self._survey_timer.start()

    def _look(self) -> None:
        if self._widget.isVisible() and not self._services.jobs.is_running(self._survey_job):
            task = self._services.jobs.start(self._survey_job, self._survey)
            task.add_done_callback(lambda _task: self._wake())

    async def _survey(self) -> None:
        began = time.thread_time()
        await self.results.refresh()
        pause_ms = COST_FACTOR * 1000 * (time.thread_time() - began)
        self._survey_timer.setInterval(min(max(SOON_MS, round(pause_ms)), LONGEST_PAUSE_MS))
        self.surveyed.emit()
        self._await_conclusion()

    # the statistics

    @property
    def _is_behind(self) -> bool:
        return self.conclusion is None or self.conclusion.survey is not self.results.survey

    def _await_conclusion(self) -> None:
        """At once, or later while answers come: the statistics must not take the machine from the model."""
        is_running = self._evaluation.is_running
        is_waiting = self._statistics_timer.isActive()
        if self._widget.isVisible() and self._is_behind and not (is_running and is_waiting):
            self._statistics_timer.start(self._wait_ms if is_running else 0)

    def _conclude(self) -> None:
        if self._widget.isVisible() and not self._services.jobs.is_running(self._statistics_job):
            task = self._services.jobs.start(self._statistics_job, self._work_out)
            task.add_done_callback(lambda _task: self._await_conclusion())

    async def _work_out(self) -> None:
        survey, sizes, target = self.results.survey, self.sizes_bytes(), self._evaluation.setup.target

        def work_out() -> tuple[Conclusion, float]:
            began = time.thread_time()
            return conclude(survey, sizes, target), time.thread_time() - began

        self.conclusion, cost_s = await asyncio.to_thread(work_out)
        self._wait_ms = min(round(COST_FACTOR * 1000 * cost_s), LONGEST_WAIT_MS)
        self.concluded.emit()
