"""The compare pane: one prompt to two to eight columns, by a plan that is said first, and a vote."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from slmdesk.base.errors import BadInput
from slmdesk.base.words import counted
from slmdesk.config.settings import Settings
from slmdesk.features.compare.plan import LaneSpec, RunPlan
from slmdesk.services import Services
from slmdesk.store.attachments import StoredAttachment
from slmdesk.ui.actions import Actions
from slmdesk.ui.known_errors import start_told
from slmdesk.ui.model_files import import_model_file
from slmdesk.ui.widgets.compare.ballot import Ballot
from slmdesk.ui.widgets.compare.blindfold import Blindfold
from slmdesk.ui.widgets.compare.compare_face import CompareFace
from slmdesk.ui.widgets.compare.enclosed import Enclosed
from slmdesk.ui.widgets.compare.first_columns import first_columns
from slmdesk.ui.widgets.compare.lane_column import LaneColumn
from slmdesk.ui.widgets.compare.lane_columns import ColumnLayout
from slmdesk.ui.widgets.compare.more_menu import MoreMenu
from slmdesk.ui.widgets.compare.run_shelf import RunShelf
from slmdesk.ui.widgets.compare.setup_menu import SetupMenu
from slmdesk.ui.widgets.compare.verdict import Verdict
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from slmdesk.ui.widgets.prompt.generation_settings import Generation

CLOCK_MS = 120
RUNNING_ROOM = 1.2  # the longest bar leaves room to grow while it runs
JOB = "compare"


class ComparePane(CompareFace):
    """The columns say what is wanted; the comparison, once sent, has a lane for each."""

    status_changed = Signal(str)
    add_file_requested = Signal()
    chat_requested = Signal(object)

    def __init__(
        self, services: Services, actions: Actions, scheduler: PaintScheduler, parent: QWidget | None = None
    ) -> None:
        super().__init__(services.registry, services.fit, scheduler, parent)
        self._services = services
        self._comparison = services.comparison()
        self.shelf = RunShelf(self.runs, services.runs, services.jobs, self)
        self.enclosed = Enclosed(self, services, actions)
        self._is_sequential: bool | None = None
        self._plan: RunPlan | None = None
        self._shown_lanes = self._comparison.lanes
        self._filled: list[tuple[str, Generation | None]] = []
        self._timer = QTimer(self)
        self._timer.setInterval(CLOCK_MS)
        self._timer.timeout.connect(self._tick)
        self._blindfold = Blindfold(self, self._comparison, services.fit)
        ballot = Ballot(self.columns, self.tie_button, self.none_button, actions, self)
        self._verdict = Verdict(self, self._comparison, services, ballot, self._start_job)
        self.setups = SetupMenu(self, services.setups, self._start_job)
        self.extras = MoreMenu(self, self._comparison, services, scheduler, actions, self._start_job)
        self._connect()
        self._add_actions(actions)
        self._show_layout(cast(ColumnLayout, services.settings.compare_layout))

    def take_prompt(
        self, prompt: str, model_ref: str = "", attachments: Sequence[StoredAttachment] = ()
    ) -> None:
        """Take over a prompt from a chat with what was attached; its model is one of the columns."""
        self._fill()
        self.prompt.set_text(prompt)
        self.enclosed.show(attachments)
        refs = [column.model_ref for column in self.columns.columns]
        if model_ref and model_ref not in refs and not self._comparison.is_running:
            self.columns.columns[0].set_model(model_ref)
        self.prompt.setFocus()

    # the columns and the plan

    def _fill(self) -> None:
        """Two columns to begin with.

        They are chosen again while models are still being found and nobody has changed them.
        """
        if self.columns.wanted() != self._filled or self._comparison.lanes:
            return
        wanted = first_columns(self._services, self.settings.value().options.context_tokens)
        if wanted != self._filled:
            self._filled = wanted
            self.columns.replace_all(wanted)

    def _specs(self) -> list[LaneSpec]:
        return self.columns.specs(self.settings.value())

    def _replan(self) -> None:
        """Say what would happen if Send were pressed now."""
        specs = self._specs()
        count = len(specs)
        self.count_chip.set_state(counted(count, "{count} model", "{count} models"), "plain")
        again, send = self.tr("Ask {0} again"), self.tr("Send to {0}")
        self.prompt.set_send_text((again if self._is_following_up else send).format(count))
        self.show_room()
        self._blindfold.show_names(specs)
        if words := self._comparison.view.words:
            self.plan_card.show_rules(words)
        if self._comparison.is_running:
            return
        try:
            self._plan = self._services.plan(specs, is_sequential=self._is_sequential)
        except BadInput as error:
            self._plan = None
            self.plan_card.show_sentence(error.sentence())
        else:
            if not self._comparison.view.words:  # the plan would name the models in their order
                self.plan_card.show_plan(self._plan)

    def _on_plan_chosen(self, is_sequential: bool) -> None:
        self._is_sequential = is_sequential
        self._replan()

    def _on_columns_changed(self) -> None:
        self._replan()
        self.enclosed.look()
        self._verdict.show(is_running=self._is_running)
        self._tick()

    # running

    def _on_prompt_sent(self, text: str) -> None:
        self._replan()
        plan, specs, is_blind = self._plan, self._specs(), self.blind_button.isChecked()
        if plan is None or self._is_running:
            return
        if words := self.enclosed.reading_words:
            self.prompt.say(words)
            return
        attached = self.enclosed.stored
        ask = partial(self._comparison.run, text, specs, plan)
        if self._is_following_up:
            ask = partial(self._comparison.follow_up, text, self._lanes_plan())
        self._start_job(JOB, lambda: ask(attachments=attached, is_blind=is_blind))
        self.columns.setFocus()  # so that the keys of the vote are keys, not text
        self._show_running()

    def _on_columns_again(self, column: LaneColumn, is_forced: bool) -> None:
        if column.lane is None:
            return
        index, spec = column.lane.index, column.spec(self.settings.value())
        again = partial(self._comparison.again, index, spec, is_oversized_allowed=is_forced)
        self._start_job(f"{JOB}:{index}", again)

    def _on_columns_stop(self, column: LaneColumn) -> None:
        if column.lane is not None:
            self._comparison.stop(column.lane.index)

    def _stop_all(self) -> None:
        """Every column, and the run itself: it may not have its columns yet."""
        self._services.jobs.cancel(JOB)
        self._comparison.stop_all()

    def _on_comparison_changed(self) -> None:
        """A run began, ended, was opened or voted on."""
        lanes, view = self._comparison.lanes, self._comparison.view
        if not lanes:
            self._shown_lanes = lanes
            self.columns.forget()
        elif lanes is not self._shown_lanes:  # columns added or taken away since then stay as they are
            self._shown_lanes = lanes
            is_kept = self._comparison.is_running and not self._comparison.turns
            if is_kept and len(lanes) == len(self.columns.columns):
                self.columns.arrange(view.order)
            else:
                shown = [lanes[index].spec for index in view.order]
                self.settings.set_value(self.columns.show_specs(shown))
            for column, index in zip(self.columns.columns, view.order, strict=True):
                column.obey(shows_text=view.shows_texts, shows_figures=view.shows_figures)
                column.follow(lanes[index], self._comparison.prompt)
            if self._comparison.turns:  # the question stands above each answer
                self.prompt.clear()
                self.enclosed.clear()
            self._replan()
        self._show_running()

    def _on_forgotten(self) -> None:
        """Delete all: nothing of it stays on the screen."""
        self._stop_all()
        self.extras.lists.forget()
        self.enclosed.clear()
        self.prompt.clear()
        self._start_job("compare:forget", self._comparison.forget)

    def _on_lane_changed(self, index: int) -> None:
        lane = self._comparison.lanes[index]
        for column in self.columns.columns:
            if column.lane is lane:
                column.follow(lane, self._comparison.prompt)
        self._show_running()

    def _on_follow_toggled(self, is_on: bool) -> None:
        """The question that was answered makes room for the next one, and comes back where there is none."""
        if is_on and self.prompt.text().strip() == self._comparison.prompt:
            self.prompt.clear()
        elif not is_on and not self.prompt.text().strip():
            self.prompt.set_text(self._comparison.prompt)
            if not self.enclosed.stored:
                self.enclosed.show(self._comparison.attachments)
        if is_on and self.enclosed.is_of(self._comparison.attachments):
            self.enclosed.clear()  # the columns have it already, with the question before
        self.prompt.setFocus()
        self._replan()

    @property
    def _is_following_up(self) -> bool:
        return self.follow_button.isChecked() and self._can_follow_up

    @property
    def _can_follow_up(self) -> bool:
        """The columns are those that answered, and their names are known."""
        columns, lanes, view = self.columns.columns, self._comparison.lanes, self._comparison.view
        is_same = len(columns) == len(lanes) and all(column.is_current for column in columns)
        return bool(lanes) and is_same and view.can_vote and view.shows_names

    @property
    def _is_running(self) -> bool:
        """From the moment of sending, when the comparison itself has not begun yet."""
        return self._comparison.is_running or self._services.jobs.is_running(JOB)

    def _show_running(self) -> None:
        is_running = self._is_running
        self._blindfold.obey()
        self.prompt.set_running(is_running)
        self.stop_button.setVisible(is_running)
        self._stop_action.setEnabled(is_running)
        self.runs.setEnabled(not is_running)
        self.plan_card.button.setEnabled(not is_running)
        self.follow_button.setVisible(bool(self._comparison.lanes))
        self.follow_button.setEnabled(self._can_follow_up)
        self.extras.exports.set_enabled(bool(self._comparison.lanes) and not is_running)
        if is_running and not self._timer.isActive():
            self._timer.start()
        if not is_running:
            self._timer.stop()
            self._replan()
        self._verdict.show(is_running=self._is_running)
        self._tick()

    def _tick(self) -> None:
        answers = [column.lane.answer for column in self.columns.columns if column.lane is not None]
        longest_s = max((answer.elapsed_s for answer in answers if answer is not None), default=0.0)
        is_running = self._is_running
        for column in self.columns.columns:
            column.tick(longest_s * (RUNNING_ROOM if is_running else 1.0))
        self.status_changed.emit(self._blindfold.status() if is_running else "")

    # after a run

    def _retry_failed(self) -> None:
        plan = self._lanes_plan()
        self._start_job(JOB, lambda: self._comparison.retry_failed(plan))
        self._show_running()

    def _lanes_plan(self) -> RunPlan:
        """The plan for the columns as they were asked."""
        specs = [lane.spec for lane in self._comparison.lanes]
        return self._services.plan(specs, is_sequential=self._is_sequential)

    def _go_on(self, column: LaneColumn) -> None:
        if (lane := column.lane) is not None:
            self._start_job("compare:go_on", lambda: self._open_chat(lane.index))

    async def _open_chat(self, index: int) -> None:
        session = await self._services.chat_from(self._comparison.continuation(index))
        self.chat_requested.emit(session)

    # layouts

    def _choose_layout(self, kind: ColumnLayout) -> None:
        self._services.kept.arrange(compare_layout=kind)
        self._show_layout(kind)

    def _on_settings_changed(self, settings: Settings) -> None:
        """They may have come in from a file."""
        if settings.compare_layout != self.columns.layout_kind:
            self._show_layout(cast(ColumnLayout, settings.compare_layout))

    def _show_layout(self, kind: ColumnLayout) -> None:
        self.layouts.show_kind(kind)
        self.columns.set_layout(kind)
        self.tabs.setVisible(kind == "single")
        self._verdict.show(is_running=self._is_running)

    # earlier runs

    async def _open_run(self, run_id: str) -> None:
        await self._comparison.open(run_id)
        if not self._comparison.turns:
            self.prompt.set_text(self._comparison.prompt)
            self.enclosed.show(self._comparison.attachments)
        self.columns.setFocus()

    def _on_columns_wanted(self, run_id: str) -> None:
        self.show_columns()
        self._start_job("compare:open", lambda: self._open_run(run_id))

    # the rest

    def _start_job(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = start_told(self._services.jobs, key, work, lambda error: self.prompt.say(error.sentence()))
        if task is not None:
            task.add_done_callback(lambda _task: self._show_running())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill()
        self._show_running()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _connect(self) -> None:
        self.add_button.clicked.connect(self.choose_another)
        self.picker.chosen.connect(self.add_column)
        self.plan_card.chosen.connect(self._on_plan_chosen)
        self.columns.changed.connect(self._on_columns_changed)
        self.layouts.chosen.connect(self._choose_layout)
        self.tabs.currentChanged.connect(self.columns.show_only)
        self.follow_button.toggled.connect(self._on_follow_toggled)
        self.run_card.retry_pressed.connect(self._retry_failed)
        self.columns.go_on_pressed.connect(self._go_on)
        self.columns.again_pressed.connect(self._on_columns_again)
        self.columns.stop_pressed.connect(self._on_columns_stop)
        self.settings.changed.connect(lambda _value: self._replan())
        self.prompt.sent.connect(self._on_prompt_sent)
        self.prompt.stopped.connect(self._stop_all)
        self.prompt.model_file_dropped.connect(self._on_model_file_dropped)
        self.stop_button.clicked.connect(self._stop_all)
        self.extras.lists.progressed.connect(self.status_changed)
        self.extras.lists.columns_wanted.connect(self._on_columns_wanted)
        self.runs.chosen.connect(lambda run: self._start_job("compare:open", lambda: self._open_run(run)))
        for adder in (self.columns, self.picker):
            adder.add_file_requested.connect(self.add_file_requested)
        for unsubscribe in (
            self._comparison.changed.subscribe(lambda _none: self._on_comparison_changed()),
            self._comparison.lane_changed.subscribe(self._on_lane_changed),
            self._services.registry.changed.subscribe(lambda _none: self._on_registry_changed()),
            self._services.forgotten.subscribe(lambda _none: self._on_forgotten()),
            self._services.settings_changed.subscribe(self._on_settings_changed),
        ):
            self.destroyed.connect(unsubscribe)

    def _on_registry_changed(self) -> None:
        if self.isVisible():
            self._fill()
            self._replan()

    def _on_model_file_dropped(self, path: str) -> None:
        self._start_job("compare:file", lambda: self._import_file(Path(path)))

    async def _import_file(self, path: Path) -> None:
        await import_model_file(self._services, self, path)

    def _add_actions(self, actions: Actions) -> None:
        self._stop_action = actions.add(
            "stop_comparison",
            self.tr("Stop all columns"),
            self._stop_all,
            shortcut="Esc",
            owner=self,
        )
        actions.add("add_column", self.tr("Add a model to compare…"), self.choose_another, owner=self)
