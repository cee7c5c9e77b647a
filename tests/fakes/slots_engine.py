"""An engine with many slots in this process: each answer takes a moment of its own; busy time is counted."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator

from slmdesk.engines.base import Capabilities, Chunk, Delta, Done, ModelInfo, Request, StopReason, Timings
from tests.fakes.scripted_engine import ScriptedEngine


class SlotsEngine(ScriptedEngine):
    """`busy_share` is of the slot-seconds from the first request to the last one's start."""

    def __init__(self, slots: int, least_s: float, most_s: float) -> None:
        super().__init__({"small": ()}, id="box", capabilities=Capabilities(schema=True))
        self._slots, self._least_s, self._most_s = slots, least_s, most_s
        self._dice = random.Random(1)
        self._began_at = self._looked_at = self._last_at = 0.0
        self._busy_s = self._busy_s_at_last = 0.0

    @property
    def busy_share(self) -> float:
        return self._busy_s_at_last / ((self._last_at - self._began_at) * self._slots)

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo(self.id, "small")]

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        self._change(1)
        try:
            assert self.running <= self._slots
            await asyncio.sleep(self._dice.uniform(self._least_s, self._most_s))
            yield Delta("Yes")
            yield Done(StopReason.END, Timings(prompt_tokens=100, output_tokens=2))
        finally:
            self._change(-1)

    def _change(self, by: int) -> None:
        now = time.monotonic()
        self._began_at = self._began_at or now
        self._busy_s += self.running * (now - (self._looked_at or now))
        self._looked_at = now
        self.running += by
        self.most_running = max(self.most_running, self.running)
        if by > 0:
            self._busy_s_at_last, self._last_at = self._busy_s, now
