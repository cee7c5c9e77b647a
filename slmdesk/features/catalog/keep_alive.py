"""How long each model stays in memory after its last answer, as chosen; remembered in a small file."""

import asyncio
import math
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.json_file import keep_aside, read_object, write_object
from slmdesk.engines.base import Engine

UNTIL_CLOSED = math.inf
"""As long as the program runs."""
CHOICES = (None, 300.0, 3600.0, UNTIL_CLOSED)
"""What is on offer, in seconds; None is the usual time of the engine."""

_MOST_S = 30 * 86_400.0
_UNTIL_CLOSED = "closed"  # in the file, since JSON has no endless number


class FindsEngines(Protocol):
    """What is needed of the registry."""

    def resolve(self, ref: str) -> tuple[Engine, str]: ...


class Looks(Protocol):
    """What is needed of the room: another look at what is in memory."""

    async def refresh(self, refs: Collection[str] = ()) -> None: ...


class KeepAlive:
    """The engines ask `seconds` at every answer."""

    def __init__(self, path: Path, registry: FindsEngines, room: Looks) -> None:
        self._path = path
        self._registry = registry
        self._room = room
        self._chosen: dict[str, float] | None = None

    def seconds(self, model_ref: str) -> float | None:
        """What was chosen for this `engine/model`; None for the usual time of its engine."""
        if self._chosen is None:
            self._chosen = self._read()
        return self._chosen.get(model_ref)

    async def choose(self, model_ref: str, seconds: float | None) -> None:
        """From now on, also for a model that is in memory; raises EngineError and DataFolderUnusable."""
        if seconds is not None and seconds != UNTIL_CLOSED and not 0 < seconds <= _MOST_S:
            raise BadInput(say("A model stays for some seconds up to 30 days, or until the program ends."))
        engine, name = self._registry.resolve(model_ref)
        chosen = self._read()
        chosen.pop(model_ref, None)
        if seconds is not None:
            chosen[model_ref] = seconds
        await asyncio.to_thread(self._write, chosen)
        self._chosen = chosen
        await engine.renew(name)
        await self._room.refresh()

    def _read(self) -> dict[str, float]:
        """What is damaged is left out, a file that cannot be read is kept aside."""
        try:
            content = (read_object(self._path) or {}).get("seconds")
        except ValueError:
            keep_aside(self._path)
            return {}
        if not isinstance(content, dict):
            return {}
        found = {ref: UNTIL_CLOSED if value == _UNTIL_CLOSED else value for ref, value in content.items()}
        return {ref: float(value) for ref, value in found.items() if _is_time(value)}

    def _write(self, chosen: dict[str, float]) -> None:
        plain = {ref: _UNTIL_CLOSED if value == UNTIL_CLOSED else value for ref, value in chosen.items()}
        write_object(self._path, {"seconds": plain})


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == UNTIL_CLOSED or 0 < value <= _MOST_S
