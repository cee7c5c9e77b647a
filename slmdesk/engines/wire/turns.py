"""A limit on the requests that an engine serves at once: who comes first is served first."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

from slmdesk.engines.base import Chunk, Phase, Progress


class Turns:
    """At most `at_once` requests together, without limit if it is 0."""

    def __init__(self, at_once: int = 0) -> None:
        self.at_once = at_once
        self._places: list[Place] = []

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncGenerator["Place", None]:
        """A place in the queue, held until the context is left: then the next one moves up."""
        place = Place(self)
        self._places.append(place)
        try:
            yield place
        finally:
            at = self._places.index(place)
            del self._places[at]
            for behind in self._places[at:]:
                behind.moved.set()

    async def served(self, start: Callable[[], AsyncGenerator[Chunk, None]]) -> AsyncGenerator[Chunk, None]:
        """The chunks of `start()`, begun when its turn has come; until then, how many are ahead."""
        async with self.place() as place:
            async with contextlib.aclosing(place.waiting()) as waiting:
                async for progress in waiting:
                    yield progress
            async with contextlib.aclosing(start()) as chunks:
                async for chunk in chunks:
                    yield chunk

    def ahead_of(self, place: "Place") -> int | None:
        """How many wait before this one, 0 for the next; None if it is being served."""
        waiting = self._places.index(place) - self.at_once
        return waiting if self.at_once and waiting >= 0 else None


class Place:
    """The place of one request."""

    def __init__(self, turns: Turns) -> None:
        self.moved = asyncio.Event()
        self._turns = turns

    async def waiting(self) -> AsyncGenerator[Progress, None]:
        """Tells, whenever that changes, how many are ahead; ends when it is this one's turn."""
        told: int | None = None
        while (ahead := self._turns.ahead_of(self)) is not None:
            if ahead != told:
                told = ahead
                yield Progress(Phase.WAITING, ahead)
                continue  # the queue may have moved while nobody listened
            self.moved.clear()
            await self.moved.wait()

    async def come(self) -> None:
        """Wait for this one's turn without telling."""
        async with contextlib.aclosing(self.waiting()) as waiting:
            async for _ in waiting:
                pass
