"""Starts a job of the window: once at a time, and with its known errors told instead of raised."""

import asyncio
import itertools
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


class InTurn:
    """Jobs of one place, one after the other: what is pressed while another is under way is not lost."""

    def __init__(self, jobs: JobRunner, name: str, tell: Callable[[SlmdeskError], object]) -> None:
        self._jobs = jobs
        self._name = name
        self._tell = tell
        self._turn = asyncio.Lock()
        self._numbers = itertools.count(1)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def in_turn() -> None:
            async with self._turn:
                await work()

        start_told(self._jobs, f"{self._name}:{next(self._numbers)}", in_turn, self._tell)
