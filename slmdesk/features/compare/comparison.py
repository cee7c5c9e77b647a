"""One prompt to several models: lanes that run by plan and never disturb one another."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.events import Event
from slmdesk.base.jobs import uninterrupted
from slmdesk.base.prompt_text import checked_prompt
from slmdesk.base.words import say
from slmdesk.engines.generation import FitCheck
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.blind import View, new_seed, view_of
from slmdesk.features.compare.continuation import Continuation
from slmdesk.features.compare.fairness import MachineState
from slmdesk.features.compare.lane import (
    Lane,
    LaneTurn,
    answer_from_stored,
    history_of,
    spec_from_stored,
    to_new_lane,
)
from slmdesk.features.compare.lane_runner import Attaching, LaneRunner, skipped_answer
from slmdesk.features.compare.plan import LaneSpec, RunPlan, check_lane_count, lane_names
from slmdesk.store.attachments import StoredAttachment
from slmdesk.store.runs import Exchange, NewLane, Run, Runs, VoteKind


class Comparison:
    """`lanes` stand in the order of the columns; `lane_changed` names the one that begins, ends or waits.

    Chunks come through `lane.answer.changed`. `changed` tells of the run as a whole: begun,
    ended, opened, voted. `turns` are the earlier questions of the conversation, as stored;
    `attachments` what was attached to the last one; `view` says what may be shown now. Cancelling
    the task that runs `run` or `again` stops its lanes.
    """

    def __init__(
        self,
        runs: Runs,
        registry: Registry,
        *,
        check_fit: FitCheck | None = None,
        machine: Callable[[], MachineState] = MachineState,
        attaching: Attaching | None = None,
    ) -> None:
        self._runs = runs
        self._runner = LaneRunner(runs, registry, check_fit, attaching)
        self._machine = machine
        self._tasks: dict[int, asyncio.Task[Any]] = {}
        self._skipped: list[Lane] = []
        self._is_in_groups = False
        self.turns: tuple[Run, ...] = ()
        self.blind_seed: int | None = None
        self.machine = MachineState()
        self.run_id = ""
        self.prompt = ""
        self.attachments: tuple[StoredAttachment, ...] = ()
        self.plan: RunPlan | None = None
        self.lanes: list[Lane] = []
        self.is_sequential = False
        self.vote: tuple[VoteKind, int | None] | None = None
        self.lane_changed: Event[int] = Event()
        self.changed: Event[None] = Event()

    @property
    def is_running(self) -> bool:
        return self._is_in_groups or any(lane.is_running for lane in self.lanes)

    @property
    def view(self) -> View:
        """What may be shown now: in a blind run no names before the vote."""
        return view_of(
            self.lanes, self.blind_seed, is_running=self.is_running, has_vote=self.vote is not None
        )

    async def run(
        self,
        prompt: str,
        specs: Sequence[LaneSpec],
        plan: RunPlan,
        *,
        attachments: Sequence[StoredAttachment] = (),
        is_blind: bool = False,
        is_oversized_allowed: bool = False,
    ) -> None:
        """Answer `prompt`, with what is attached, in every lane, group by group.

        Known engine errors end up in the lanes, and so does why one cannot be asked with a picture.
        """
        checked = checked_prompt(prompt)
        check_lane_count(specs)
        self._require(not self.is_running, say("The comparison is still running."))
        seed = new_seed() if is_blind else None
        await self._run_groups(
            lambda: self._begin(checked, attachments, specs, plan, seed),
            is_oversized_allowed=is_oversized_allowed,
        )

    async def follow_up(
        self,
        prompt: str,
        plan: RunPlan,
        *,
        attachments: Sequence[StoredAttachment] = (),
        is_blind: bool = False,
        is_oversized_allowed: bool = False,
    ) -> None:
        """Ask every column once more, each with its own history; `plan` is for the specs of `lanes`."""
        checked = checked_prompt(prompt)
        self._require(bool(self.lanes), say("There is nothing to go on with yet."))
        self._require(not self.is_running, say("The comparison is still running."))
        self._require(self._is_revealed, say("The names are hidden until you vote."), say("Vote first."))
        seed = new_seed() if is_blind else None
        await self._run_groups(
            lambda: self._begin_turn(checked, attachments, plan, seed),
            is_oversized_allowed=is_oversized_allowed,
        )

    async def _run_groups(
        self, begin: Callable[[], Coroutine[Any, Any, None]], *, is_oversized_allowed: bool
    ) -> None:
        self._is_in_groups = True
        problems: list[BaseException] = []
        try:
            await uninterrupted(begin)
            groups = self.plan.groups if self.plan else ()
            for position, group in enumerate(groups):
                problems += await self._run_group(group, is_oversized_allowed=is_oversized_allowed)
                if position + 1 < len(groups):
                    await self._runner.make_room(self._models(group), self._models(groups[position + 1]))
        finally:
            self._is_in_groups = False
            await uninterrupted(self._close_queued)
            self.changed.emit(None)
        for problem in problems:
            raise problem

    async def retry_failed(self, plan: RunPlan, *, is_oversized_allowed: bool = False) -> None:
        """Run the lanes that failed or were interrupted once more, by the plan; the others stay."""
        self._require(not self.is_running, say("The comparison is still running."))
        failed = [lane for lane in self.lanes if lane.has_failed]
        self._require(bool(failed), say("No column has failed."))
        self.plan = plan

        async def renew() -> None:
            for lane in failed:
                lane.is_queued = True
                await self._renew(lane, lane.spec)

        await self._run_groups(renew, is_oversized_allowed=is_oversized_allowed)

    async def again(
        self, index: int, spec: LaneSpec | None = None, *, is_oversized_allowed: bool = False
    ) -> None:
        """Run one lane once more, with `spec` in its place if another is given."""
        lane = self._lane(index)
        self._require(not lane.is_running and index not in self._tasks, say("This column is still running."))
        takes_turns = self._is_in_groups and self.plan is not None and not self.plan.is_side_by_side
        self._require(not takes_turns, say("The other columns are still taking their turns."))
        self._require(self._is_revealed, say("The names are hidden until you vote."), say("Vote first."))
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
            lane.answer = skipped_answer()
            self._skipped.append(lane)
            self.lane_changed.emit(index)

    def stop_all(self) -> None:
        for lane in self.lanes:
            self.stop(lane.index)

    async def cast_vote(self, kind: VoteKind, index: int | None = None) -> None:
        """Which lane was best, or a tie, or none good; the last vote counts."""
        self._require(bool(self.run_id), say("There is nothing to vote on yet."))
        self._require((kind == "best") == (index is not None), say("Only the best column has a number."))
        self._require(not self.is_running or self._is_revealed, say("Wait until all columns are done."))
        lane_id = None if index is None else self._lane(index).stored.id
        await self._runs.vote(self.run_id, kind, lane_id, is_blind=not self._is_revealed)
        self.vote = (kind, index)
        self.changed.emit(None)

    async def open(self, run_id: str) -> None:
        """Show a stored conversation: the lanes of its last question as ended answers."""
        self._require(not self.is_running, say("The comparison is still running."))
        *earlier, run = await self._runs.turns(run_id)
        histories = [history_of(await self._runs.history(lane.id)) for lane in run.lanes]
        self.turns = tuple(earlier)
        self._show(run, histories)

    async def forget(self) -> None:
        """Show nothing any more, once what runs has ended: all that was stored is gone."""
        ended = asyncio.Event()
        listening = [event.subscribe(lambda _: ended.set()) for event in (self.changed, self.lane_changed)]
        try:
            while self.is_running:
                ended.clear()
                await ended.wait()
        finally:
            for stop_listening in listening:
                stop_listening()
        self.run_id, self.prompt, self.attachments, self.vote, self.turns = "", "", (), None, ()
        self.lanes, self.plan, self.blind_seed = [], None, None
        self.changed.emit(None)

    def continuation(self, index: int) -> Continuation:
        """What a chat needs to go on with this column; raises BadInput while names are hidden."""
        lane = self._lane(index)
        self._require(self._is_revealed, say("The names are hidden until you vote."), say("Vote first."))
        answer = lane.answer
        if answer is None or answer.is_running or not answer.text.strip():
            raise BadInput(say("This column has no answer to go on with."))
        return Continuation(lane.spec, (*lane.history, self._question), answer)

    @property
    def _question(self) -> LaneTurn:
        return LaneTurn("user", self.prompt, self.attachments, self.run_id)

    @property
    def _is_revealed(self) -> bool:
        return self.blind_seed is None or self.vote is not None

    def _show(self, run: Run, histories: Sequence[tuple[LaneTurn, ...]]) -> None:
        self._set_lanes(run, [spec_from_stored(lane) for lane in run.lanes], histories)
        self.plan = None
        for lane in self.lanes:
            lane.answer = answer_from_stored(lane.stored)
        if run.vote is not None:
            best = next((lane.index for lane in self.lanes if lane.stored.id == run.vote.lane_id), None)
            if best is not None or run.vote.kind != "best":  # the best answer may have been replaced
                self.vote = (run.vote.kind, best)
        self.changed.emit(None)

    async def _begin(
        self,
        prompt: str,
        attachments: Sequence[StoredAttachment],
        specs: Sequence[LaneSpec],
        plan: RunPlan,
        blind_seed: int | None,
    ) -> None:
        new_lanes = [to_new_lane(spec) for spec in specs]
        run = await self._create(prompt, attachments, new_lanes, plan, blind_seed, first_id=None)
        self.turns = ()
        self._queue(run, specs, plan, [()] * len(specs))

    async def _begin_turn(
        self, prompt: str, attachments: Sequence[StoredAttachment], plan: RunPlan, blind_seed: int | None
    ) -> None:
        before = await self._runs.turns(self.run_id)
        specs = [lane.spec for lane in self.lanes]
        new_lanes = [to_new_lane(lane.spec, lane.stored.id) for lane in self.lanes]
        run = await self._create(prompt, attachments, new_lanes, plan, blind_seed, first_id=before[0].id)
        histories = [(*lane.history, *self._exchange(lane)) for lane in self.lanes]
        self.turns = before
        self._queue(run, specs, plan, histories)

    async def _create(
        self,
        prompt: str,
        attachments: Sequence[StoredAttachment],
        new_lanes: Sequence[NewLane],
        plan: RunPlan,
        blind_seed: int | None,
        first_id: str | None,
    ) -> Run:
        return await self._runs.create(
            prompt,
            new_lanes,
            is_sequential=not plan.is_side_by_side,
            blind_seed=blind_seed,
            first_id=first_id,
            machine=asdict(self._machine()),
            attachments=attachments,
        )

    def _queue(
        self,
        run: Run,
        specs: Sequence[LaneSpec],
        plan: RunPlan,
        histories: Sequence[tuple[LaneTurn, ...]],
    ) -> None:
        self._set_lanes(run, specs, histories)
        self.plan = plan
        for lane in self.lanes:
            lane.is_queued = True
        self.changed.emit(None)

    def _set_lanes(
        self, run: Run, specs: Sequence[LaneSpec], histories: Sequence[tuple[LaneTurn, ...]]
    ) -> None:
        names = lane_names(specs)
        self.run_id, self.prompt, self.vote = run.id, run.prompt, None
        self.attachments = run.attachments
        self.blind_seed, self.is_sequential = run.blind_seed, run.is_sequential
        self.machine = MachineState.from_plain(run.machine)
        self.lanes = [Lane(i, specs[i], names[i], stored, histories[i]) for i, stored in enumerate(run.lanes)]

    async def _renew(self, lane: Lane, spec: LaneSpec) -> None:
        """Give the lane a new row: the answer before stays in the store, and a vote for it ends."""
        lane.stored = await self._runs.replace_lane(lane.stored, to_new_lane(spec, lane.stored.previous_id))
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
        with self._registered(lane):
            await self._runner.run(
                lane,
                self._question,
                is_oversized_allowed=is_oversized_allowed,
                on_begin=lambda: self.lane_changed.emit(lane.index),
            )

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
            await self._runner.store_skipped(self._skipped.pop())

    def _models(self, group: Sequence[int]) -> set[str]:
        return {self.lanes[index].spec.model_ref for index in group}

    def _exchange(self, lane: Lane) -> tuple[LaneTurn, ...]:
        """The last question and what this lane answered."""
        answer = replace(lane.stored, text=lane.answer.text if lane.answer else "")
        return history_of([Exchange(self.prompt, answer, self.attachments)])

    def _lane(self, index: int) -> Lane:
        self._require(0 <= index < len(self.lanes), say("There is no such column."))
        return self.lanes[index]

    @staticmethod
    def _require(is_met: bool, problem: str, next_step: str | None = None) -> None:
        if not is_met:
            raise BadInput(problem, next_step=next_step)
