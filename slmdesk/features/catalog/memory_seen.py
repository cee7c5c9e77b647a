"""The memory that models were seen to take on this machine; it takes the place of estimates."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeGuard

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.base.jobs import JobRunner
from slmdesk.config.json_file import keep_aside, read_object, write_object
from slmdesk.engines.base import LoadedModel

JOB = "memory-seen"
_WORTH_KEEPING = 1.02  # so much more than before is written down
_MOST_BYTES = 1e15


@dataclass(frozen=True, slots=True)
class MemorySeen:
    """The most that a model took with this context; None where its engine does not tell the context."""

    model_ref: str
    size_bytes: int
    context_tokens: int | None


class MemoryLog:
    """Kept in a small file, for each model what it took with its last context.

    `resident_bytes` tells what processes take of the memory, None if they are gone. Use it on one loop.
    """

    def __init__(
        self, path: Path, resident_bytes: Callable[[Sequence[int]], int | None], jobs: JobRunner
    ) -> None:
        self._path = path
        self._resident_bytes = resident_bytes
        self._jobs = jobs
        self._seen: dict[str, MemorySeen] | None = None

    def all(self) -> Mapping[str, MemorySeen]:
        """By `engine/model`; what is damaged is left out."""
        if self._seen is None:
            self._seen = {one.model_ref: one for one in _read(self._path)}
        return self._seen

    def note(self, loaded: Mapping[str, LoadedModel]) -> None:
        """A look at what is in memory now: by its processes where they are ours, else as its server says."""
        before = self.all()
        fresh = {}
        for ref, model in loaded.items():
            size = self._resident_bytes(model.pids) if model.pids else model.size_bytes
            known = before.get(ref)
            is_same = known is not None and known.context_tokens == model.context_tokens
            if size and (known is None or not is_same or size > known.size_bytes * _WORTH_KEEPING):
                fresh[ref] = MemorySeen(ref, size, model.context_tokens)
        if fresh:
            self._seen = {**before, **fresh}
            if not self._jobs.is_running(JOB):
                self._jobs.start(JOB, self._keep)

    async def _keep(self) -> None:
        """Until the file has all that was seen; one that cannot be written loses nothing but this."""
        written: Mapping[str, MemorySeen] = {}
        while written is not self._seen:
            written = self.all()
            content = {"models": [asdict(one) for one in written.values()]}
            try:
                await asyncio.to_thread(write_object, self._path, content)
            except DataFolderUnusable:
                return


def _read(path: Path) -> Sequence[MemorySeen]:
    try:
        entries = (read_object(path) or {}).get("models")
    except ValueError:
        keep_aside(path)
        return []
    except DataFolderUnusable:  # no reason to show nothing else
        return []
    found = map(_seen_of, entries) if isinstance(entries, list) else ()
    return [one for one in found if one is not None]


def _seen_of(entry: object) -> MemorySeen | None:
    if not isinstance(entry, dict):
        return None
    ref, size, tokens = (entry.get(key) for key in ("model_ref", "size_bytes", "context_tokens"))
    if not isinstance(ref, str) or not _is_count(size) or not (tokens is None or _is_count(tokens)):
        return None
    return MemorySeen(ref, size, tokens)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST_BYTES
