"""The job runner owns its tasks: one a key, errors reported, all ended at close."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from slmdesk.base.jobs import JobBusyError, JobRunner, stoppable, uninterrupted


def runner() -> tuple[JobRunner, list[tuple[str, Exception]]]:
    errors: list[tuple[str, Exception]] = []
    return JobRunner(lambda key, error: errors.append((key, error))), errors


async def forever() -> None:
    await asyncio.Event().wait()


async def test_a_key_runs_once_at_a_time() -> None:
    jobs, _ = runner()
    jobs.start("chat:1", forever)
    with pytest.raises(JobBusyError):
        jobs.start("chat:1", forever)
    assert jobs.is_running("chat:1")
    await jobs.aclose()
    assert not jobs.is_running("chat:1")


async def test_an_error_is_reported_with_its_key_and_frees_the_key() -> None:
    jobs, errors = runner()

    async def fail() -> None:
        raise ValueError("broken")

    await jobs.start("bench", fail)
    assert [(key, str(error)) for key, error in errors] == [("bench", "broken")]
    await asyncio.sleep(0)
    await jobs.start("bench", fail)
    assert len(errors) == 2


async def test_cancel_runs_the_finally_blocks_and_is_no_error() -> None:
    jobs, errors = runner()
    ended = asyncio.Event()
    started = asyncio.Event()

    async def work() -> None:
        try:
            started.set()
            await forever()
        finally:
            ended.set()

    task = jobs.start("pull", work)
    await started.wait()
    jobs.cancel("pull")
    jobs.cancel("unknown")
    await asyncio.wait([task])
    assert ended.is_set()
    assert errors == []


async def test_close_waits_for_jobs_that_take_time_to_end() -> None:
    jobs, _ = runner()
    ended: list[str] = []
    started = asyncio.Event()

    async def work() -> None:
        try:
            started.set()
            await forever()
        finally:
            await asyncio.sleep(0.01)
            ended.append("stream closed")

    jobs.start("chat", work)
    await started.wait()
    await jobs.aclose()
    assert ended == ["stream closed"]


async def test_uninterrupted_work_is_finished_before_the_cancel_is_delivered() -> None:
    written: list[str] = []
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def write() -> str:
        begun.set()
        await may_end.wait()
        written.append("prompt")
        return "kept"

    task = asyncio.get_running_loop().create_task(uninterrupted(write))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert written == ["prompt"]
    assert await uninterrupted(write) == "kept"


async def test_a_job_that_was_just_started_begins_even_if_it_is_cancelled_at_once() -> None:
    jobs, _ = runner()
    ended: list[str] = []

    async def work(name: str) -> None:
        try:
            await forever()
        finally:
            ended.append(name)

    task = jobs.start("draft", lambda: work("draft"))
    jobs.cancel("draft")
    await asyncio.wait([task])
    jobs.start("chat", lambda: work("chat"))
    await jobs.aclose()
    assert ended == ["draft", "chat"]


async def test_a_job_no_longer_runs_once_its_work_has_ended() -> None:
    """Whoever sees its last step and starts it again at once must not find it still running."""
    jobs, _ = runner()
    is_told = asyncio.Event()

    async def work() -> None:
        is_told.set()

    jobs.start("search", work)
    await is_told.wait()
    assert not jobs.is_running("search")
    jobs.start("search", work)
    await jobs.aclose()


async def test_what_was_done_before_a_cancel_was_seen_is_undone() -> None:
    began, gate, undone = threading.Event(), threading.Event(), []

    def work(_is_stopped: Callable[[], bool]) -> str:
        began.set()
        gate.wait(5)
        return "open"  # it never looks whether it is to stop

    task = asyncio.ensure_future(stoppable(work, undone.append))
    await asyncio.to_thread(began.wait, 5)
    task.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert undone == ["open"]
    assert await stoppable(lambda _is_stopped: 3, undone.append) == 3
    assert undone == ["open"]
