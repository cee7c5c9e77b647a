"""Runs one lane to its stored end, and makes room between groups: comparisons and batches share it."""

import contextlib
from collections.abc import Callable, Iterable

from slmdesk.base.errors import EngineError
from slmdesk.base.jobs import uninterrupted
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.generation import FitCheck, ending, generate
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.lane import Lane
from slmdesk.store.runs import Runs


class LaneRunner:
    """`check_fit` refuses a model that would not fit (see engines.generation)."""

    def __init__(self, runs: Runs, registry: Registry, check_fit: FitCheck | None) -> None:
        self._runs = runs
        self._registry = registry
        self.check_fit = check_fit

    async def run(
        self, lane: Lane, prompt: str, *, is_oversized_allowed: bool, on_begin: Callable[[], None]
    ) -> None:
        """Answer `prompt`; known engine errors end up in the lane, a cancel leaves it stopped and stored."""
        request = lane.request(prompt, is_oversized_allowed=is_oversized_allowed)
        model_ref, lane_id = lane.spec.model_ref, lane.stored.id
        writer = await self._runs.start_lane(lane_id)
        lane.answer = answer = Answer()
        lane.is_queued = False
        on_begin()
        try:
            await generate(answer, self._registry, model_ref, request, writer, check_fit=self.check_fit)
        finally:
            await uninterrupted(lambda: self._runs.finish_lane(lane_id, writer, **ending(answer)))

    async def store_skipped(self, lane: Lane) -> None:
        """Store a lane that was stopped before its turn."""
        if lane.answer is not None:
            writer = await self._runs.start_lane(lane.stored.id)
            await self._runs.finish_lane(lane.stored.id, writer, **ending(lane.answer))

    async def make_room(self, used: Iterable[str], needed: Iterable[str]) -> None:
        """Unload the models that were used and are not needed next."""
        for model_ref in sorted(set(used) - set(needed)):
            with contextlib.suppress(EngineError):  # then the next load says what is missing
                engine, name = self._registry.resolve(model_ref)
                if engine.capabilities.unload:
                    await engine.unload(name)


def skipped_answer() -> Answer:
    """The answer of a lane that never had its turn."""
    answer = Answer()
    answer.abandon(AnswerState.STOPPED)
    return answer
