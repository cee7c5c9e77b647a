"""Runs one lane to its stored end, and makes room between groups: comparisons and batches share it."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from slmdesk.base.errors import EngineError, RequestRefused
from slmdesk.base.jobs import uninterrupted
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.base import Message, Options
from slmdesk.engines.generation import FitCheck, ending, generate
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.lane import Lane, LaneTurn
from slmdesk.store.runs import Runs


class Attaching(Protocol):
    """Puts what is attached into what a model is told (see features.documents.asking)."""

    def messages(
        self, model_ref: str, options: Options, system_prompt: str, turns: Sequence[LaneTurn]
    ) -> Sequence[Message]:
        """Documents are cut to the room; slow where a long one is new."""
        ...

    def refusal(self, model_ref: str, turns: Sequence[LaneTurn]) -> str:
        """Why the model cannot be asked with what is attached, "" if it can."""
        ...


class LaneRunner:
    """`check_fit` refuses a model that would not fit (see engines.generation).

    Without `attaching` the models are told the words alone.
    """

    def __init__(
        self,
        runs: Runs,
        registry: Registry,
        check_fit: FitCheck | None,
        attaching: Attaching | None = None,
    ) -> None:
        self._runs = runs
        self._registry = registry
        self.check_fit = check_fit
        self._attaching = attaching

    async def run(
        self, lane: Lane, question: LaneTurn, *, is_oversized_allowed: bool, on_begin: Callable[[], None]
    ) -> None:
        """Answer it; known engine errors end up in the lane, a cancel leaves it stopped and stored."""
        turns = (*lane.history, question)
        told = await self._told(lane, turns)
        request = lane.request(told, is_oversized_allowed=is_oversized_allowed)
        model_ref, lane_id = lane.spec.model_ref, lane.stored.id
        writer = await self._runs.start_lane(lane_id)
        lane.answer = answer = Answer()
        lane.is_queued = False
        on_begin()
        try:
            if refusal := self._attaching.refusal(model_ref, turns) if self._attaching else "":
                answer.abandon(AnswerState.FAILED, RequestRefused(refusal, next_step=""))
            else:
                await generate(answer, self._registry, model_ref, request, writer, check_fit=self.check_fit)
        finally:
            await uninterrupted(lambda: self._runs.finish_lane(lane_id, writer, **ending(answer)))

    async def _told(self, lane: Lane, turns: Sequence[LaneTurn]) -> Sequence[Message]:
        """Off the loop where documents are counted."""
        if self._attaching is None or not any(turn.attachments for turn in turns):
            return [Message(turn.role, turn.text) for turn in turns]
        spec = lane.spec
        return await asyncio.to_thread(
            self._attaching.messages, spec.model_ref, spec.options, spec.system_prompt, turns
        )

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
