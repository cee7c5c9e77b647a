"""Many prompts through the columns: model by model where memory demands it, stoppable, resumable, stored."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from slmdesk.base.errors import BadInput
from slmdesk.base.events import Event
from slmdesk.base.jobs import uninterrupted
from slmdesk.base.prompt_text import checked_prompt
from slmdesk.base.words import counted, say
from slmdesk.engines.answer import AnswerState
from slmdesk.engines.generation import FitCheck
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.fairness import MachineState
from slmdesk.features.compare.lane import Lane, LaneTurn, answer_from_stored, spec_from_stored, to_new_lane
from slmdesk.features.compare.lane_runner import LaneRunner
from slmdesk.features.compare.plan import LaneSpec, RunPlan, check_lane_count, lane_names
from slmdesk.store.batches import Batches, StoredBatch
from slmdesk.store.runs import Run, Runs


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer in the table. `state` is "waiting" or a word of AnswerState; None where nothing is known."""

    state: str = "waiting"
    text: str = ""
    tokens_per_s: float | None = None
    seconds: float | None = None
    tokens: int | None = None
    error: str = ""


class Batch:
    """A line a prompt, a column a lane. `cell_changed` names (row, column); `changed` the table as a whole.

    Stop is the cancellation of the task that runs `run`: what was asked is stored as stopped, the rest
    waits, and `run` goes on from there, also after a restart.
    """

    def __init__(
        self,
        batches: Batches,
        runs: Runs,
        registry: Registry,
        *,
        check_fit: FitCheck | None = None,
        machine: Callable[[], MachineState] = MachineState,
    ) -> None:
        self._batches = batches
        self._runs = runs
        self._runner = LaneRunner(runs, registry, check_fit)
        self._machine = machine
        self._lanes: list[list[Lane]] = []
        self.id = ""
        self.name = ""
        self.created_at = 0.0
        self.is_sequential = False
        self.machine = MachineState()
        self.specs: tuple[LaneSpec, ...] = ()
        self.names: tuple[str, ...] = ()
        self.prompts: tuple[str, ...] = ()
        self.run_ids: tuple[str, ...] = ()
        self.is_running = False
        self.cell_changed: Event[tuple[int, int]] = Event()
        self.changed: Event[None] = Event()

    async def create(
        self, name: str, prompts: Sequence[str], specs: Sequence[LaneSpec], plan: RunPlan
    ) -> None:
        """Store the whole list; nothing is asked yet."""
        self._require_idle()
        check_lane_count(specs)
        if not prompts:
            raise BadInput(say("There is no prompt in this list."))
        checked = [checked_prompt(prompt) for prompt in prompts]
        stored = await self._batches.create(
            name,
            checked,
            [to_new_lane(spec) for spec in specs],
            is_sequential=not plan.is_side_by_side,
            machine=asdict(self._machine()),
        )
        self._show(stored)

    async def open(self, batch_id: str) -> None:
        """Show a stored list with what it has so far."""
        self._require_idle()
        self._show(await self._batches.load(batch_id))

    async def rename(self, name: str) -> None:
        """Another name for the list, also while it runs."""
        await self._batches.rename(self.id, name)
        self.name = name
        self.changed.emit(None)

    async def run(
        self, plan: RunPlan, *, with_failed: bool = False, is_oversized_allowed: bool = False
    ) -> None:
        """Answer what has no answer yet: all prompts of one group of `plan`, then room for the next group.

        What failed stays as it is unless `with_failed`; what was stopped or interrupted is asked again.
        """
        self._require_idle()
        self.is_running = True
        self.changed.emit(None)
        try:
            for position, group in enumerate(plan.groups):
                for row in range(len(self.prompts)):
                    await self._run_row(
                        row, group, with_failed=with_failed, is_oversized_allowed=is_oversized_allowed
                    )
                if position + 1 < len(plan.groups):
                    await self._runner.make_room(self._models(group), self._models(plan.groups[position + 1]))
        finally:
            self.is_running = False
            self.changed.emit(None)

    def cell(self, row: int, column: int) -> Cell:
        """What stands in the table now; also of an answer that is being written."""
        lane = self._lanes[row][column]
        answer = lane.answer
        if answer is None:
            return Cell()
        return Cell(
            state=answer.state.value,
            text=answer.text,
            tokens_per_s=answer.tokens_per_s,
            seconds=answer.elapsed_s,
            tokens=answer.timings.output_tokens,
            error=answer.error.sentence() if answer.error else "",
        )

    def row(self, row: int) -> tuple[Lane, ...]:
        """The lanes of one prompt; an answer that runs is followed through `lane.answer.changed`."""
        return tuple(self._lanes[row])

    @property
    def done_count(self) -> int:
        """Cells with a whole answer, of `len(prompts) * len(specs)`."""
        return sum(lane.is_done for row in self._lanes for lane in row)

    @property
    def failed_count(self) -> int:
        return sum(self._is_failed(lane) for row in self._lanes for lane in row)

    @property
    def _interrupted_count(self) -> int:
        """Broken off: `run` asks them again by itself."""
        return sum(
            lane.answer is not None and lane.answer.state is AnswerState.INTERRUPTED
            for row in self._lanes
            for lane in row
        )

    @property
    def words(self) -> str:
        """ "7 of 20 answers, 1 failed"."""
        total = len(self.prompts) * len(self.specs)
        parts = [
            counted(
                total,
                "{done:,} of {count:,} answer",
                "{done:,} of {count:,} answers",
                done=self.done_count,
            )
        ]
        if self.failed_count:
            parts.append(say("{failed_count:,} failed", failed_count=self.failed_count))
        if self._interrupted_count:
            parts.append(say("{cut_count:,} interrupted", cut_count=self._interrupted_count))
        return ", ".join(parts)

    async def _run_row(
        self, row: int, group: Sequence[int], *, with_failed: bool, is_oversized_allowed: bool
    ) -> None:
        """One prompt through the lanes of a group, side by side; a full disk ends it once all have ended."""
        results = await asyncio.gather(
            *(
                self._run_cell(row, column, is_oversized_allowed=is_oversized_allowed)
                for column in group
                if self._is_due(self._lanes[row][column], with_failed=with_failed)
            ),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _run_cell(self, row: int, column: int, *, is_oversized_allowed: bool) -> None:
        lane = self._lanes[row][column]
        if lane.answer is not None:
            await uninterrupted(lambda: self._renew(lane))
        try:
            await self._runner.run(
                lane,
                LaneTurn("user", self.prompts[row]),
                is_oversized_allowed=is_oversized_allowed,
                on_begin=lambda: self.cell_changed.emit((row, column)),
            )
        finally:
            self.cell_changed.emit((row, column))

    async def _renew(self, lane: Lane) -> None:
        """A new row in the store: the answer before stays there, unseen."""
        lane.stored = await self._runs.replace_lane(lane.stored, to_new_lane(lane.spec))
        lane.answer = None

    def _is_due(self, lane: Lane, *, with_failed: bool) -> bool:
        return not lane.is_done and (with_failed or not self._is_failed(lane))

    @staticmethod
    def _is_failed(lane: Lane) -> bool:
        return lane.answer is not None and lane.answer.state is AnswerState.FAILED

    def _models(self, group: Sequence[int]) -> set[str]:
        return {self.specs[column].model_ref for column in group}

    def _show(self, stored: StoredBatch) -> None:
        first = stored.runs[0] if stored.runs else None
        self.id, self.name, self.created_at = stored.id, stored.name, stored.created_at
        self.is_sequential = stored.is_sequential
        self.machine = MachineState.from_plain(first.machine if first else {})
        self.specs = tuple(spec_from_stored(lane) for lane in first.lanes) if first else ()
        self.names = lane_names(self.specs)
        self.prompts = tuple(run.prompt for run in stored.runs)
        self.run_ids = tuple(run.id for run in stored.runs)
        self._lanes = [self._row_of(run) for run in stored.runs]
        self.changed.emit(None)

    def _row_of(self, run: Run) -> list[Lane]:
        """The lanes of one run; a column that was swapped in this run alone keeps its own model."""
        lanes = []
        for index, stored in enumerate(run.lanes):
            lane = Lane(index, spec_from_stored(stored), self.names[index], stored)
            lane.answer = answer_from_stored(stored)
            lanes.append(lane)
        return lanes

    def _require_idle(self) -> None:
        if self.is_running:
            raise BadInput(say("The list is still running."), next_step=say("Stop it first."))
