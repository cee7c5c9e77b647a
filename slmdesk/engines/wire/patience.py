"""Asks a server again that takes no more requests now and says when it will; never repeats a generation."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

from slmdesk.base.errors import EngineBusy
from slmdesk.engines.base import Chunk, Phase, Progress

MAX_PATIENCE_S = 60.0
_LEAST_PAUSE_S = 1.0  # doubled each time: "at once" is said by servers that will refuse at once

T = TypeVar("T")


class Patience:
    """What is left of the time that one request may wait for a server to take it."""

    def __init__(self, most_s: float = MAX_PATIENCE_S) -> None:
        self._left_s = most_s
        self._least_s = _LEAST_PAUSE_S

    def pause_s(self, busy: EngineBusy) -> float:
        """How long to wait before asking again; raises `busy` where that is not told or too long."""
        if busy.retry_after_s is None:
            raise busy
        pause_s = max(self._least_s, busy.retry_after_s)
        if pause_s > self._left_s:
            raise busy
        self._left_s -= pause_s
        self._least_s *= 2
        return pause_s


async def patiently(start: Callable[[], AsyncGenerator[Chunk, None]]) -> AsyncGenerator[Chunk, None]:
    """The chunks of `start()`, asked anew after a refusal that told when to come back (EngineBusy).

    Such a refusal stands in place of an answer: nothing was generated, so nothing is repeated.
    """
    patience = Patience()
    while True:
        try:
            async with contextlib.aclosing(start()) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        except EngineBusy as busy:
            pause_s = patience.pause_s(busy)
        async with contextlib.aclosing(_countdown(pause_s)) as seconds:
            async for progress in seconds:
                yield progress


async def patient_call(ask: Callable[[], Awaitable[T]]) -> T:
    """The same for a request that is answered in one piece."""
    patience = Patience()
    while True:
        try:
            return await ask()
        except EngineBusy as busy:
            pause_s = patience.pause_s(busy)
        await asyncio.sleep(pause_s)


async def _countdown(pause_s: float) -> AsyncGenerator[Progress, None]:
    """Tells the seconds that are left, once a second; the last one tells that it is asked again."""
    ends_at = time.monotonic() + pause_s
    while (left_s := ends_at - time.monotonic()) > 0:
        whole = math.ceil(left_s)
        yield Progress(Phase.WAITING, retry_in_s=whole)
        await asyncio.sleep(min(left_s, left_s - (whole - 1) or 1.0))
    yield Progress(Phase.WAITING)
