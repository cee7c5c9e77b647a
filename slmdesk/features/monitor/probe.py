"""A question to the system that may hang: asked in a thread of its own, dropped after a deadline."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from slmdesk.base.jobs import call_in

T = TypeVar("T")

DEADLINE_S = 1.0


class Probe(Generic[T]):
    """Asks `question` in a daemon thread, which never keeps the program alive.

    Not the loop's executor: a driver that hangs would hold the program open when it closes.
    """

    def __init__(self, name: str, question: Callable[[], T], *, deadline_s: float = DEADLINE_S) -> None:
        self._name = name
        self._question = question
        self._deadline_s = deadline_s
        self._pending: asyncio.Future[T | None] | None = None

    async def ask(self) -> T | None:
        """The answer, or None: it failed, came too late, or the last question is still open."""
        if self._pending is not None and not self._pending.done():
            return None
        loop = asyncio.get_running_loop()
        self._pending = answer = loop.create_future()
        threading.Thread(
            target=self._answer, args=(loop, answer), name=f"probe-{self._name}", daemon=True
        ).start()
        done, _late = await asyncio.wait((answer,), timeout=self._deadline_s)
        return answer.result() if done else None

    def _answer(self, loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T | None]") -> None:
        value: T | None = None
        try:
            value = self._question()
        except (OSError, RuntimeError, ValueError):  # drivers and /proc files come and go
            pass
        finally:  # also after a bug: a question that stays open is never asked again
            call_in(loop, lambda: _settle(answer, value))


def _settle(answer: "asyncio.Future[T | None]", value: T | None) -> None:
    if not answer.done():
        answer.set_result(value)


class Seldom(Generic[T]):
    """A probe whose answer is good for `every_s` seconds: what changes slowly, or is slow to ask."""

    def __init__(self, probe: Probe[T], every_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._probe = probe
        self._every_s = every_s
        self._clock = clock
        self._answer: T | None = None
        self._asked_at = float("-inf")

    async def ask(self) -> T | None:
        """The last answer, or a new one when it is old; None as the probe says it."""
        now = self._clock()
        if now - self._asked_at >= self._every_s:
            self._asked_at = now
            self._answer = await self._probe.ask()
        return self._answer
