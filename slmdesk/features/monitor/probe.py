"""A question to the system that may hang: asked in a thread of its own, dropped after a deadline."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

DEADLINE_S = 1.0


class Probe(Generic[T]):
    """One daemon thread that asks `question` when told to; it never keeps the program alive.

    Not the loop's executor: a driver that hangs would hold the program open when it closes.
    """

    def __init__(self, name: str, question: Callable[[], T], *, deadline_s: float = DEADLINE_S) -> None:
        self._name = name
        self._question = question
        self._deadline_s = deadline_s
        self._orders: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Future[T | None]]] = (
            queue.SimpleQueue()
        )
        self._thread: threading.Thread | None = None
        self._pending: asyncio.Future[T | None] | None = None

    async def ask(self) -> T | None:
        """The answer, or None: it failed, came too late, or the last question is still open."""
        if self._pending is not None and not self._pending.done():
            return None
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=f"probe-{self._name}", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        self._pending = loop.create_future()
        self._orders.put((loop, self._pending))
        done, _late = await asyncio.wait((self._pending,), timeout=self._deadline_s)
        return self._pending.result() if done else None

    def _serve(self) -> None:
        while True:
            loop, answer = self._orders.get()
            try:
                value: T | None = self._question()
            except (OSError, RuntimeError, ValueError):  # drivers and /proc files come and go
                value = None
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(_settle, answer, value)


def _settle(answer: asyncio.Future[T | None], value: T | None) -> None:
    if not answer.done():
        answer.set_result(value)
