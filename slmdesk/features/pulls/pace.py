"""How fast a pull may go, how long it waits before it tries again, and when it gives up."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slmdesk.base.errors import EngineBusy, EngineError, EngineOffline, Interrupted
from slmdesk.base.words import later, say
from slmdesk.features.pulls.progress import Meter, PullPhase

RESUME = later("What has come is kept: pull it again to go on from there.")

_AT_MOST_S = 2.0  # slept at once, so that another limit is soon noticed


@dataclass(frozen=True, slots=True)
class Patience:
    """`tries` without a single new byte end a pull; the waits between them double, in seconds.

    A source that sends less than `least_bytes` in `stall_s` is taken for one that has stalled.
    """

    tries: int = 8
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    stall_s: float = 20.0
    least_bytes: int = 1024

    def wait_s(self, tried: int, asked_s: float | None = None) -> float:
        """Before try number `tried` + 1: as the server asked, else doubling, with chance in it.

        Many who were cut off at once must not come back at once.
        """
        if asked_s is not None:
            return min(asked_s, self.longest_wait_s)
        longest: float = min(self.longest_wait_s, self.first_wait_s * 2 ** (tried - 1))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)


class SpeedLimit:
    """Shared by all pulls; bytes a second, None or 0 for no limit. It may change at any time."""

    def __init__(self, bytes_per_s: Callable[[], int | None] = lambda: None) -> None:
        self._bytes_per_s = bytes_per_s
        self._free_at = 0.0

    async def take(self, count: int) -> None:
        """Wait until so many bytes may have come."""
        limit = self._bytes_per_s()
        if not limit:
            self._free_at = 0.0
            return
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + count / limit
        while (wait_s := self._free_at - time.monotonic()) > 0 and self._bytes_per_s() == limit:  # noqa: ASYNC110 - a setting has no event here
            await asyncio.sleep(min(wait_s, _AT_MOST_S))


async def persist(
    attempt: Callable[[], Awaitable[None]], received: Callable[[], int], meter: Meter, patience: Patience
) -> None:
    """Repeat `attempt` until it ends well, for as long as `received()` grows; raises its last error then."""
    tried = 0
    while True:
        before = received()
        try:
            return await attempt()
        except (Interrupted, EngineBusy, EngineOffline) as error:
            tried = 1 if received() > before else tried + 1
            if tried >= patience.tries:
                error.next_step = say(RESUME) if received() else error.next_step
                raise
            await _wait(error, patience.wait_s(tried, _asked_s(error)), meter)


async def _wait(error: EngineError, wait_s: float, meter: Meter) -> None:
    meter.apologise(error.message)
    meter.show(PullPhase.WAITING, retry_in_s=wait_s)
    await asyncio.sleep(wait_s)


def _asked_s(error: EngineError) -> float | None:
    return error.retry_after_s if isinstance(error, EngineBusy) else None
