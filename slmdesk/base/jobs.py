"""Named background tasks on one asyncio loop: the only place that creates tasks."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class StoppedError(Exception):
    """Work that was asked to end before it was done; for `stoppable` alone."""


class JobBusyError(RuntimeError):
    """A job with this key is still running: the caller forgot to ask `is_running`."""


async def uninterrupted(
    work: Callable[[], Coroutine[Any, Any, T]], on_cancel: Callable[[], object] = lambda: None
) -> T:
    """Run `work()` to its end even if the caller is cancelled meanwhile; the cancel is delivered afterwards.

    For the few writes that must not be left undone: a prompt, the end of an answer.
    `on_cancel` is called at once.
    """
    task = asyncio.get_running_loop().create_task(work())
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            is_cancelled = True
            on_cancel()
    if is_cancelled and not task.cancelled() and task.exception() is None:
        raise asyncio.CancelledError
    return task.result()


async def stoppable(
    work: Callable[[Callable[[], bool]], T], undo: Callable[[T], object] = lambda _result: None
) -> T:
    """Run `work(is_stopped)` in a thread, for long readings.

    A cancel makes `is_stopped` true; `work` then raises StoppedError, and the cancel is delivered. Where it
    was done before it saw that, its result is given to `undo`, in a thread too.
    """
    stopped = threading.Event()

    def run() -> T:
        result = work(stopped.is_set)
        done.append(result)
        return result

    done: list[T] = []
    try:
        return await uninterrupted(lambda: asyncio.to_thread(run), stopped.set)
    except StoppedError:
        raise asyncio.CancelledError from None
    except asyncio.CancelledError:
        for result in done:
            await uninterrupted(lambda: asyncio.to_thread(undo, result))  # noqa: B023 (awaited in this turn)
        raise


def call_in(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Call from another thread; nothing happens when the loop has ended meanwhile."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)


class JobRunner:
    """Owns every background task; one task per key."""

    def __init__(self, on_error: Callable[[str, Exception], None]) -> None:
        self._on_error = on_error
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        """Run `work()` as the task named `key`; raises JobBusyError if that key is running."""
        if self.is_running(key):
            raise JobBusyError(key)
        task = asyncio.get_running_loop().create_task(self._guard(key, work), name=key)
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))
        return task

    def is_running(self, key: str) -> bool:
        """False from the moment the work has ended, not only once the loop has told so."""
        task = self._tasks.get(key)
        return task is not None and not task.done()

    def cancel(self, key: str) -> None:
        """Ask the job to end; it runs its `finally` blocks first.

        The cancel comes a turn later: a task that is cancelled before its first step never runs at all.
        """
        if task := self._tasks.get(key):
            asyncio.get_running_loop().call_soon(task.cancel)

    async def aclose(self) -> None:
        """Cancel every job and wait until all have ended; one that was just started has begun before."""
        await asyncio.sleep(0)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:  # not gather: whoever gives up waiting must not wait for a job that will not end
            await asyncio.wait(tasks)

    def _forget(self, key: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]

    async def _guard(self, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except Exception as error:  # the job boundary; CancelledError passes through
            self._on_error(key, error)
