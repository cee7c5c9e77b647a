"""Starts a job of the window: once at a time, and with its known errors told instead of raised."""

from asyncio import Task
from collections.abc import Callable, Coroutine
from typing import Any

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.jobs import JobRunner


def start_told(
    jobs: JobRunner,
    key: str,
    work: Callable[[], Coroutine[Any, Any, None]],
    tell: Callable[[SlmdeskError], object],
) -> "Task[None] | None":
    """Start `work` unless a job with that key runs, which gives None; `tell` gets its known error."""

    async def told() -> None:
        try:
            await work()
        except SlmdeskError as error:
            tell(error)

    return None if jobs.is_running(key) else jobs.start(key, told)
