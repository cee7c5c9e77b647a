"""A limit on requests at once, and the place in the queue."""

import asyncio
import contextlib

from slmdesk.engines.base import Phase, Progress
from slmdesk.engines.wire.turns import Place, Turns


def ahead(count: int) -> Progress:
    return Progress(Phase.WAITING, count)


async def told(place: Place, seen: list[Progress]) -> None:
    async with contextlib.aclosing(place.waiting()) as waiting:
        async for progress in waiting:
            seen += [progress]  # one at a time: others look on meanwhile


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_first_come_first_served_and_everyone_knows_the_place() -> None:
    turns, stack = Turns(1), contextlib.AsyncExitStack()
    async with stack:
        leaves = [await stack.enter_async_context(contextlib.AsyncExitStack()) for _ in range(3)]
        places = [await leave.enter_async_context(turns.place()) for leave in leaves]
        seen: list[list[Progress]] = [[], [], []]
        tasks = [asyncio.ensure_future(told(*pair)) for pair in zip(places, seen, strict=True)]
        await settle()
        assert [task.done() for task in tasks] == [True, False, False]
        assert seen == [[], [ahead(0)], [ahead(0 + 1)]]
        await leaves[0].aclose()
        await settle()
        assert [task.done() for task in tasks] == [True, True, False]
        assert seen[2] == [ahead(1), ahead(0)]
        await leaves[1].aclose()
        await asyncio.gather(*tasks)


async def test_one_who_leaves_the_queue_lets_the_others_move_up() -> None:
    turns = Turns(1)
    async with turns.place(), contextlib.AsyncExitStack() as stack:
        second = await stack.enter_async_context(contextlib.AsyncExitStack())
        await second.enter_async_context(turns.place())
        third = await stack.enter_async_context(turns.place())
        seen: list[Progress] = []
        task = asyncio.ensure_future(told(third, seen))
        await settle()
        await second.aclose()
        await settle()
        assert seen == [ahead(1), ahead(0)]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_without_a_limit_nobody_waits() -> None:
    turns, come = Turns(), 0
    async with contextlib.AsyncExitStack() as stack, asyncio.timeout(5):
        for _ in range(50):
            await (await stack.enter_async_context(turns.place())).come()
            come += 1
    assert come == 50
