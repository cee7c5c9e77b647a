"""A pull that an Ollama server does: its layers added up, its silences told, and repeated when it breaks."""

import contextlib
from collections.abc import Callable

from slmdesk.base.errors import DiskFull
from slmdesk.base.words import say
from slmdesk.engines.library import Library, PullEvent
from slmdesk.features.pulls.pace import Patience, persist
from slmdesk.features.pulls.pasted import OllamaModel
from slmdesk.features.pulls.progress import Meter, PullPhase, amount

_CHECKED_FROM_BYTES = 1 << 20  # small layers find room anyway


class Layers:
    """What the events of a pull say together; a layer never becomes smaller."""

    def __init__(self, meter: Meter, free_bytes: Callable[[], int | None] = lambda: None) -> None:
        self._meter = meter
        self._free_bytes = free_bytes
        self._totals: dict[str, int] = {}
        self._done: dict[str, int] = {}

    @property
    def done_bytes(self) -> int:
        return sum(self._done.values())

    def take(self, event: PullEvent) -> None:
        """One event; raises DiskFull when a layer is announced that has no room."""
        if event.digest:
            self._meter.show(PullPhase.FETCHING)
            self._take_layer(event)
        elif event.status.startswith(("verifying", "writing", "removing")):
            self._done |= self._totals  # the last event of a layer may stay below its total
            self._meter.have(self.done_bytes)
            self._meter.show(PullPhase.VERIFYING)
        elif event.status == "success":
            self._meter.show(PullPhase.DONE)

    def _take_layer(self, event: PullEvent) -> None:
        total = event.total_bytes or 0
        is_new = event.digest not in self._totals
        self._totals[event.digest] = max(total, self._totals.get(event.digest, 0))
        self._meter.expect(sum(self._totals.values()))
        before = self._done.get(event.digest, 0)
        now = self._done[event.digest] = max(before, min(event.done_bytes, total or event.done_bytes))
        if not is_new:
            self._meter.add(now - before)
            return
        self._meter.have(self.done_bytes)  # it may have come the last time
        self._check_room(total - now)

    def _check_room(self, needed: int) -> None:
        free = self._free_bytes()
        if free is not None and needed > _CHECKED_FROM_BYTES and needed > free:
            raise DiskFull(
                say(
                    "{needed} more are needed; the disk of Ollama's models has {free} free.",
                    needed=amount(needed),
                    free=amount(free),
                ),
                needed_bytes=needed,
                free_bytes=free,
            )


async def pull_with_ollama(
    library: Library,
    asked: OllamaModel,
    meter: Meter,
    *,
    patience: Patience | None = None,
    free_bytes: Callable[[], int | None] = lambda: None,
) -> None:
    """Until the server has the model; raises EngineError and DiskFull. The server keeps what has come."""
    layers = Layers(meter, free_bytes)

    async def attempt() -> None:
        meter.show(PullPhase.ASKING)
        async with contextlib.aclosing(library.pull(asked.name, is_insecure=asked.is_insecure)) as events:
            async for event in events:
                layers.take(event)

    await persist(attempt, lambda: layers.done_bytes, meter, patience or Patience())
