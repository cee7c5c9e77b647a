"""What is asked next and how much at once: the order of the requests keeps the engines' prompts in use."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from slmdesk.engines.base import Engine
from slmdesk.engines.registry import Registry
from slmdesk.features.evaluate.request_book import Ask
from slmdesk.features.evaluate.setup import Setup

MOST_AT_ONCE = 256
_FIRST_AT_ONCE = 64
_HERE = "here"


class WorkQueue:
    """The requests to one model, those about one document together. Several hosts may take from it: the
    faster one takes more. `is_stopped` ends it early.
    """

    def __init__(self, documents: Iterable[tuple[Ask, ...]]) -> None:
        self._waiting = deque(documents)
        self._taken = 0
        self._moved: set[asyncio.Event] = set()
        self.is_stopped = False

    @property
    def document_count(self) -> int:
        """That wait."""
        return len(self._waiting)

    @property
    def is_done(self) -> bool:
        """Nothing waits, and nothing that was taken can come back."""
        return self.is_stopped or not (self._waiting or self._taken)

    def take(self) -> tuple[Ask, ...]:
        """The next document's requests, () if there are none now; `finish` must follow."""
        if self.is_stopped or not self._waiting:
            return ()
        self._taken += 1
        return self._waiting.popleft()

    def finish(self, left: Sequence[tuple[Ask, ...]] = ()) -> None:
        """What was taken has been dealt with, but for what is `left`, which comes next."""
        self._taken -= 1
        self._waiting.extendleft(reversed(left))
        self.stir()

    def stop(self) -> None:
        self.is_stopped = True
        self.stir()

    def stir(self) -> None:
        """Whoever waits looks again."""
        for event in self._moved:
            event.set()

    @contextlib.contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever something may have changed."""
        event = asyncio.Event()
        self._moved.add(event)
        try:
            yield event
        finally:
            self._moved.discard(event)


class Window:
    """How many requests run at once on one host: it grows while answers come, and shrinks when refused."""

    def __init__(self, first: int, most: int) -> None:
        self.size = first
        self.running = 0
        self._most = most
        self._answers_at_most = 0
        self._may_try_more = False

    @property
    def has_room(self) -> bool:
        return self.running < self.size

    def grow(self) -> None:
        """After an answer. Four more each time fill 256 places in as much time as one answer takes.

        After a refusal that told nothing it is one more each time that all places have answered.
        """
        if self.size < self._most:
            self.size = min(self._most, self.size + 4)
            return
        self._answers_at_most += 1
        if self._may_try_more and self._answers_at_most >= self._most < MOST_AT_ONCE:
            self._most, self._answers_at_most = self._most + 1, 0

    def shrink(self) -> None:
        """The host takes no more, and nothing tells how many it takes."""
        self.limit(min(self.size, self.running // 2))
        self._may_try_more = True

    def limit(self, count: int) -> None:
        """The host serves so many at once, not more."""
        self._most = max(1, min(self._most, count))
        self.size = min(self.size, self._most)
        self._answers_at_most, self._may_try_more = 0, False

    def open_to(self, count: int) -> None:
        """The host serves so many at once, each with a prompt of its own."""
        self._most = self.size = max(1, count)


@dataclass(frozen=True, slots=True)
class Host:
    """An engine that serves a model; `name` is its own word for it. Hosts of one `place` take turns."""

    engine: Engine
    name: str
    place: str

    @property
    def takes_many(self) -> bool:
        """A server that keeps its models itself has a queue of its own, as a rule many places, and finds
        the beginnings of prompts again in all of them.
        """
        return not self.engine.capabilities.unload

    def new_window(self) -> Window:
        """Of an engine that loads for us it is not known before how many answers it serves at once."""
        return Window(_FIRST_AT_ONCE, MOST_AT_ONCE) if self.takes_many else Window(1, 1)


def hosts_of(model_ref: str, setup: Setup, registry: Registry) -> Sequence[Host]:
    """The engine that the model was chosen from, then those of `setup.hosts` that offer the same one.

    Raises ModelMissing.
    """
    engine, name = registry.resolve(model_ref)
    own = registry.info(model_ref)
    hosts = [Host(engine, name, _place(engine, setup))]
    for other in registry.engines:
        info = (
            registry.info(f"{other.id}/{name}") if other.id in setup.hosts and other is not engine else None
        )
        if info is None:
            continue
        digests = {each.digest for each in (own, info) if each and each.digest}
        if len(digests) < 2:
            hosts.append(Host(other, info.name, _place(other, setup)))
    return hosts


def _place(engine: Engine, setup: Setup) -> str:
    """The machine; the engines of ours share its memory, so that one model is loaded at a time."""
    if engine.id in setup.hosts:
        return engine.id
    return _HERE if engine.is_local else urlsplit(engine.address).hostname or engine.id
