"""One prompt to several models: lanes that run by plan and never disturb one another."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from slmdesk.base.errors import BadInput, EngineError
from slmdesk.base.events import Event
from slmdesk.base.jobs import uninterrupted
from slmdesk.base.prompt_text import checked_prompt
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.generation import FitCheck, ending, generate
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.lane import Lane, answer_from_stored, spec_from_stored, to_new_lane
from slmdesk.features.compare.plan import LaneSpec, RunPlan, check_lane_count, lane_names
from slmdesk.store.runs import Run, Runs, VoteKind


class Comparison:
    """`lanes` stand in the order of the columns; `lane_changed` names the one that begins, ends or waits.

    Chunks come through `lane.answer.changed`. `changed` tells of the run as a whole: begun,
    ended, opened, voted. Cancelling the task that runs `run` or `again` stops its lanes.
    """

    def __init__(self, runs: Runs, registry: Registry, *, check_fit: FitCheck | None = None) -> None:
        self._runs = runs
        self._registry = registry
        self._check_fit = check_fit
        self._tasks: dict[int, asyncio.Task[Any]] = {}
        self._skipped: list[Lane] = []
        self._is_in_groups = False
        self.run_id = ""
        self.prompt = ""
        self.plan: RunPlan | None = None
        self.lanes: list[Lane] = []
        self.vote: tuple[VoteKind, int | None] | None = None
        self.lane_changed: Event[int] = Event()
        self.changed: Event[None] = Event()

    @property
    def is_running(self) -> bool:
        return self._is_in_groups or any(lane.is_running for lane in self.lanes)

    async def run(
        self, prompt: str, specs: Sequence[LaneSpec], plan: RunPlan, *, is_oversized_allowed: bool = False
    ) -> None:
        """Answer `prompt` in every lane, group by group. Known engine errors end up in the lanes."""
        checked = checked_prompt(prompt)
        check_lane_count(specs)
        self._require(not self.is_running, "The comparison is still running.")
        self._is_in_groups = True
        problems: list[BaseException] = []
        try:
            await uninterrupted(lambda: self._begin(checked, specs, plan))
            for position, group in enumerate(plan.groups):
                problems += await self._run_group(group, is_oversized_allowed=is_oversized_allowed)
                await self._unload_after(position, plan)
        finally:
            self._is_in_groups = False
            await uninterrupted(self._close_queued)
            self.changed.emit(None)
        for problem in problems:
            raise problem

    async def again(
        self, index: int, spec: LaneSpec | None = None, *, is_oversized_allowed: bool = False
    ) -> None:
        """Run one lane once more, with `spec` in its place if another is given."""
        lane = self._lane(index)
        self._require(not lane.is_running and index not in self._tasks, "This column is still running.")
        takes_turns = self._is_in_groups and self.plan is not None and not self.plan.is_side_by_side
        self._require(not takes_turns, "The other columns are still taking their turns.")
        lane.is_queued = True
        try:
            await uninterrupted(lambda: self._renew(lane, spec or lane.spec))
            await self._run_lane(lane, is_oversized_allowed=is_oversized_allowed)
        finally:
            await uninterrupted(self._close_queued)

    def stop(self, index: int) -> None:
        """Stop one lane, also one that waits for its turn; the others go on."""
        lane = self._lane(index)
        if task := self._tasks.get(index):
            task.cancel()
        elif lane.is_queued:
            lane.is_queued = False
            lane.answer = Answer()
            lane.answer.abandon(AnswerState.STOPPED)
            self._skipped.append(lane)
            self.lane_changed.emit(index)

    def stop_all(self) -> None:
        for lane in self.lanes:
            self.stop(lane.index)

    async def cast_vote(self, kind: VoteKind, index: int | None = None) -> None:
        """Which lane was best, or a tie, or none good; the last vote counts."""
        self._require(bool(self.run_id), "There is nothing to vote on yet.")
        self._require((kind == "best") == (index is not None), "Only the best column has a number.")
        lane_id = None if index is None else self._lane(index).stored.id
        await self._runs.vote(self.run_id, kind, lane_id)
        self.vote = (kind, index)
        self.changed.emit(None)

    async def open(self, run_id: str) -> None:
        """Show a stored run: its lanes as ended answers."""
        self._require(not self.is_running, "The comparison is still running.")
        self._show(await self._runs.load(run_id))

    def _show(self, run: Run) -> None:
        self._set_lanes(run, [spec_from_stored(lane) for lane in run.lanes])
        self.plan = None
        for lane in self.lanes:
            lane.answer = answer_from_stored(lane.stored)
        if run.vote is not None:
            best = next((lane.index for lane in self.lanes if lane.stored.id == run.vote.lane_id), None)
            if best is not None or run.vote.kind != "best":  # the best answer may have been replaced
                self.vote = (run.vote.kind, best)
        self.changed.emit(None)

    async def _begin(self, prompt: str, specs: Sequence[LaneSpec], plan: RunPlan) -> None:
        new_lanes = [to_new_lane(spec) for spec in specs]
        run = await self._runs.create(prompt, new_lanes, is_sequential=not plan.is_side_by_side)
        self._set_lanes(run, specs)
        self.plan = plan
        for lane in self.lanes:
            lane.is_queued = True
        self.changed.emit(None)

    def _set_lanes(self, run: Run, specs: Sequence[LaneSpec]) -> None:
        names = lane_names(specs)
        self.run_id, self.prompt, self.vote = run.id, run.prompt, None
        self.lanes = [Lane(i, specs[i], names[i], stored) for i, stored in enumerate(run.lanes)]

    async def _renew(self, lane: Lane, spec: LaneSpec) -> None:
        """Give the lane a new row: the answer before stays in the store, and a vote for it ends."""
        lane.stored = await self._runs.replace_lane(lane.stored, to_new_lane(spec))
        lane.spec = spec
        for each, name in zip(self.lanes, lane_names([each.spec for each in self.lanes]), strict=True):
            each.name = name
        if self.vote == ("best", lane.index):
            self.vote = None

    async def _run_group(self, group: Sequence[int], *, is_oversized_allowed: bool) -> list[BaseException]:
        """Run the lanes of a group side by side; returns what is no engine's error, after all have ended."""
        lanes = [self.lanes[index] for index in group if self.lanes[index].is_queued]
        results = await asyncio.gather(
            *(self._run_lane(lane, is_oversized_allowed=is_oversized_allowed) for lane in lanes),
            return_exceptions=True,
        )
        problems = [result for result in results if isinstance(result, BaseException)]
        return [problem for problem in problems if not isinstance(problem, asyncio.CancelledError)]

    async def _run_lane(self, lane: Lane, *, is_oversized_allowed: bool) -> None:
        if not lane.is_queued:
            return  # stopped between its start and now
        request = lane.request(self.prompt, is_oversized_allowed=is_oversized_allowed)
        model_ref, lane_id = lane.spec.model_ref, lane.stored.id
        with self._registered(lane):
            writer = await self._runs.start_lane(lane_id)
            lane.answer = answer = Answer()
            lane.is_queued = False
            self.lane_changed.emit(lane.index)
            try:
                await generate(answer, self._registry, model_ref, request, writer, check_fit=self._check_fit)
            finally:
                await uninterrupted(lambda: self._runs.finish_lane(lane_id, writer, **ending(answer)))

    @contextlib.contextmanager
    def _registered(self, lane: Lane) -> Iterator[None]:
        """Make the running task known to `stop`."""
        if task := asyncio.current_task():
            self._tasks[lane.index] = task
        try:
            yield
        finally:
            self._tasks.pop(lane.index, None)
            self.lane_changed.emit(lane.index)

    async def _close_queued(self) -> None:
        """Store the lanes that never had their turn as stopped."""
        for lane in self.lanes:
            if lane.is_queued:
                self.stop(lane.index)
        while self._skipped:
            lane = self._skipped.pop()
            if lane.answer is not None:
                writer = await self._runs.start_lane(lane.stored.id)
                await self._runs.finish_lane(lane.stored.id, writer, **ending(lane.answer))

    async def _unload_after(self, position: int, plan: RunPlan) -> None:
        """Make room: unload the models of a group that the next group does not use."""
        if position + 1 == len(plan.groups):
            return
        needed = {self.lanes[index].spec.model_ref for index in plan.groups[position + 1]}
        used = {self.lanes[index].spec.model_ref for index in plan.groups[position]}
        for model_ref in sorted(used - needed):
            with contextlib.suppress(EngineError):  # then the next load says what is missing
                engine, name = self._registry.resolve(model_ref)
                if engine.capabilities.unload:
                    await engine.unload(name)

    def _lane(self, index: int) -> Lane:
        self._require(0 <= index < len(self.lanes), "There is no such column.")
        return self.lanes[index]

    @staticmethod
    def _require(is_met: bool, problem: str) -> None:
        if not is_met:
            raise BadInput(problem)
