"""Which models are in memory: one child a model, shared by all answers, unloaded when idle or in the way."""

import asyncio
import contextlib
import itertools
import logging
import math
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from slmdesk.base.errors import EngineOffline, LoadFailed, OutOfMemory
from slmdesk.base.jobs import JobRunner
from slmdesk.base.memory import USABLE_SHARE, gigabytes
from slmdesk.base.words import say
from slmdesk.engines.builtin.memory import MemoryNeed, memory_need
from slmdesk.engines.builtin.model_files import ModelFile
from slmdesk.engines.builtin.orphans import ChildRecords
from slmdesk.engines.builtin.supervisor import ChildProcess, Load

MAX_RESTARTS = 3
RESTARTS_WITHIN_S = 300.0
_log = logging.getLogger(__name__)


_Place: TypeAlias = tuple[str, bool]  # the name of a model, and whether for embeddings


@dataclass
class Berth:
    """The place of one model for one purpose: its child, the answers that use it, and who comes next.

    `turn` is held while a child is chosen or replaced, so requests are served in their order.
    """

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    vacant: asyncio.Event = field(default_factory=asyncio.Event)
    child: ChildProcess | None = None
    users: int = 0
    idle_timer: asyncio.TimerHandle | None = None
    expires_at: float | None = None
    is_unwanted: bool = False
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_RESTARTS + 1))

    @property
    def running(self) -> ChildProcess | None:
        """The child, if it is there to stay."""
        child = self.child
        return None if child is None or child.has_ended or child.is_ending else child


@dataclass(frozen=True, slots=True)
class Lease:
    """The use of a child by one answer; `is_first` if this answer had it started."""

    child: ChildProcess
    is_first: bool


class ModelPool:
    """Starts and ends children. `idle_s` tells how long a model of this name stays without being used.

    Another context for a model in memory waits for the answers that run, then loads it anew.
    """

    def __init__(
        self,
        records: ChildRecords,
        *,
        threads: int,
        idle_s: Callable[[str], float],
        free_bytes: Callable[[], int | None],
    ) -> None:
        self._records = records
        self._threads = threads
        self._idle_s = idle_s
        self._free_bytes = free_bytes
        self._berths: defaultdict[_Place, Berth] = defaultdict(Berth)
        self._deciding = asyncio.Lock()  # two loads must not both count on the same free memory
        self.jobs = JobRunner(_log_error)
        self._numbers = itertools.count(1)
        self._is_closed = False

    @contextlib.asynccontextmanager
    async def use(
        self,
        model: ModelFile,
        context_tokens: int,
        *,
        is_oversized_allowed: bool = False,
        is_embedding: bool = False,
    ) -> AsyncGenerator[Lease, None]:
        """A child with this model and context, loading or ready, kept while the context is entered.

        Raises OutOfMemory before a load that takes more than may be used, and LoadFailed.
        """
        berth = self._berths[model.runs_as, is_embedding]
        async with berth.turn:
            child = await self._matching(berth, model, context_tokens)
            is_first = child is None
            if child is None:
                child = await self._start(berth, model, context_tokens, is_oversized_allowed, is_embedding)
            self._enter(berth)
        try:
            yield Lease(child, is_first)
        finally:
            self._leave(berth)

    def users(self, model_name: str) -> int:
        """How many answers use this model now."""
        berth = self._berths.get((model_name, False))
        return berth.users if berth else 0

    def answering(self, model_name: str) -> ChildProcess | None:
        """The child that serves answers of this model, if it is ready."""
        berth = self._berths.get((model_name, False))
        child = berth.running if berth else None
        return child if child is not None and child.is_ready else None

    def occupied(self) -> Iterator[tuple[str, Berth, ChildProcess]]:
        """The models in memory, by name."""
        for (name, _), berth in tuple(self._berths.items()):
            if (child := berth.running) is not None:
                yield name, berth, child

    async def unload(self, model_name: str) -> None:
        """End the children of this model now, or when their last answers have ended."""
        for place in ((model_name, False), (model_name, True)):
            berth = self._berths.get(place)
            if berth is None or berth.child is None:
                continue
            if berth.users:
                berth.is_unwanted = True
            else:
                await self._end(berth)

    def renew(self, model_name: str) -> None:
        """Begin to count anew how long this model is idle."""
        for place in ((model_name, False), (model_name, True)):
            berth = self._berths.get(place)
            if berth is not None and berth.expires_at is not None and (child := berth.running) is not None:
                self._await_idle(berth, child)

    async def aclose(self) -> None:
        """End all children at once; nothing is loaded any more."""
        self._is_closed = True
        await asyncio.gather(*(self._end(berth) for berth in self._berths.values()))
        await self.jobs.aclose()

    async def _matching(self, berth: Berth, model: ModelFile, context_tokens: int) -> ChildProcess | None:
        """The child that serves this, None if one has to be started.

        Another context has to leave first, and so has another file that was offered by this name.
        """
        child = berth.running
        if child is not None and (child.load.model, child.load.context_tokens) == (model, context_tokens):
            return child
        while berth.users and berth.running is not None:
            berth.vacant.clear()
            await berth.vacant.wait()
        self._note_crash(berth)
        await self._end(berth)
        self._refuse_endless_restarts(berth, model)
        return None

    async def _start(
        self,
        berth: Berth,
        model: ModelFile,
        context_tokens: int,
        is_oversized_allowed: bool,
        is_embedding: bool,
    ) -> ChildProcess:
        need = memory_need(model, context_tokens)
        async with self._deciding:
            free_bytes = await self._make_room(model, context_tokens, need, is_oversized_allowed)
            if self._is_closed:
                raise EngineOffline(
                    say("The built-in engine was closed."), next_step=say("Start the program again.")
                )
            slots = need.slots(free_bytes)
            load = Load(model, context_tokens, slots, self._threads, need, free_bytes, is_embedding)
            child = berth.child = ChildProcess(load, self._records)
            has_started = False
            try:
                await child.start()
                has_started = True
            finally:
                if not has_started:
                    self._end_soon(berth, child)
        return child

    async def _make_room(
        self, model: ModelFile, context_tokens: int, need: MemoryNeed, is_oversized_allowed: bool
    ) -> int | None:
        """Free memory for this load, None if unknown; idle models give theirs if that helps."""
        while True:
            free_bytes = await self._unclaimed_bytes()
            if free_bytes is None or need.least_bytes <= free_bytes * USABLE_SHARE:
                return free_bytes
            idle = self._first_to_go()
            could_be_free = free_bytes + self._idle_bytes()
            would_help = is_oversized_allowed or need.least_bytes <= could_be_free * USABLE_SHARE
            if idle is not None and would_help:
                await self._end(idle)
            elif is_oversized_allowed:
                return free_bytes
            else:
                raise OutOfMemory(
                    say(
                        "{name} needs about {least} GB with a context of {context_tokens:,} tokens, and "
                        "{free} GB are free.",
                        name=model.name,
                        least=gigabytes(need.least_bytes),
                        context_tokens=context_tokens,
                        free=gigabytes(max(0, free_bytes)),
                    ),
                    needed_bytes=need.least_bytes,
                    free_bytes=max(0, free_bytes),
                )

    async def _unclaimed_bytes(self) -> int | None:
        """What is free, less what models that are still loading will take, and less the weights in use.

        Weights are mapped from their files. The kernel calls such pages free, because it can read
        them again, but a model that answers needs all of them for every token.
        """
        free_bytes = self._free_bytes()
        if free_bytes is None:
            return None
        children = [child for _, _, child in self.occupied()]
        ready = [child for child in children if child.is_ready]
        loading_bytes = sum(child.load.needed_bytes for child in children if child not in ready)
        mapped_bytes = await asyncio.to_thread(lambda: sum(child.mapped_bytes() for child in ready))
        return free_bytes - loading_bytes - mapped_bytes

    def _idle_bytes(self) -> int:
        """What all idle models would give back: a refusal must not cost a warm model."""
        return sum(child.load.needed_bytes for _, berth, child in self.occupied() if not berth.users)

    def _first_to_go(self) -> Berth | None:
        """Of the idle ones that which would leave first by itself."""
        idle = [berth for _, berth, _ in self.occupied() if not berth.users]
        return min(idle, key=lambda berth: berth.expires_at or 0.0, default=None)

    def _enter(self, berth: Berth) -> None:
        berth.users += 1
        berth.is_unwanted = False
        self._stop_timer(berth)

    def _leave(self, berth: Berth) -> None:
        berth.users -= 1
        if berth.users:
            return
        berth.vacant.set()
        # Not the child of him who leaves: it may have crashed, and another have taken its place.
        child = berth.running
        if child is None or self._is_closed:
            return
        if berth.is_unwanted or not child.is_ready:  # stopped while it was loading
            self._end_soon(berth, child)
        else:
            self._await_idle(berth, child)

    def _await_idle(self, berth: Berth, child: ChildProcess) -> None:
        self._stop_timer(berth)
        idle_s = self._idle_s(child.load.model.runs_as)
        berth.expires_at = time.time() + idle_s
        if idle_s < math.inf:
            loop = asyncio.get_running_loop()
            berth.idle_timer = loop.call_later(idle_s, self._end_soon, berth, child)

    def _end_soon(self, berth: Berth, child: ChildProcess) -> None:
        child.is_ending = True  # from now on nobody joins
        self.jobs.start(f"unload {next(self._numbers)}", lambda: self._end_child(berth, child))

    async def _end(self, berth: Berth) -> None:
        if berth.child is not None:
            await self._end_child(berth, berth.child)

    async def _end_child(self, berth: Berth, child: ChildProcess) -> None:
        if berth.child is child:
            self._stop_timer(berth)
        await child.end()
        if berth.child is child:
            berth.child = None

    @staticmethod
    def _stop_timer(berth: Berth) -> None:
        if berth.idle_timer is not None:
            berth.idle_timer.cancel()
        berth.idle_timer = berth.expires_at = None

    @staticmethod
    def _note_crash(berth: Berth) -> None:
        """A child that went by itself, other than by a load that failed with a reason."""
        child = berth.child
        if child is not None and child.has_crashed:
            berth.crashes.append(child.ended_at)

    @staticmethod
    def _refuse_endless_restarts(berth: Berth, model: ModelFile) -> None:
        since = time.monotonic() - RESTARTS_WITHIN_S
        if sum(crashed_at > since for crashed_at in berth.crashes) > MAX_RESTARTS:
            raise LoadFailed(
                say(
                    "The engine process with {name} ended by itself {max_restarts} times in five "
                    "minutes; it is not started again for now.",
                    name=model.name,
                    max_restarts=MAX_RESTARTS + 1,
                ),
                next_step=say("Try again in five minutes, or choose another model."),
            )


def _log_error(key: str, error: Exception) -> None:
    _log.error("%s failed", key, exc_info=error)
