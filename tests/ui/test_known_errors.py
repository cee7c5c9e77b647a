"""Jobs of the window: none is lost because another is under way, and known errors are told."""

import asyncio

from slmdesk.base.errors import BadInput
from slmdesk.base.jobs import JobRunner
from slmdesk.ui.known_errors import InTurn
from tests.fakes.until import until


async def test_what_is_started_at_once_is_done_in_turn() -> None:
    done: list[str] = []
    told: list[str] = []
    gate = asyncio.Event()
    jobs = JobRunner(lambda key, error: told.append(f"{key}: {error!r}"))
    turns = InTurn(jobs, "sheet", lambda error: told.append(error.message))

    async def slow() -> None:
        await gate.wait()
        done.append("slow")

    async def wrong() -> None:
        raise BadInput("No.")

    async def last() -> None:
        done.append("last")

    for work in (slow, wrong, last):
        turns.start(work)
    await asyncio.sleep(0)
    assert done == []
    gate.set()
    await until(lambda: len(done) == 2)
    assert (done, told) == (["slow", "last"], ["No."])
    await jobs.aclose()
