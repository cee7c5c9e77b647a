"""All pulls in their order: kept in the store, so that they survive closing and a kill."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any

from slmdesk.base.errors import SlmdeskError, StoreError
from slmdesk.base.events import Event
from slmdesk.base.jobs import JobRunner
from slmdesk.features.pulls.gguf_pull import PulledFile
from slmdesk.features.pulls.pasted import Pasted
from slmdesk.features.pulls.plain import (
    files_from_plain,
    files_to_plain,
    source_from_plain,
    source_to_plain,
)
from slmdesk.features.pulls.progress import Meter, PullProgress
from slmdesk.features.pulls.puller import Puller, Source, host_of, source_for
from slmdesk.features.pulls.transfer import RemoteFile
from slmdesk.store.pulls import Pulls, StoredPull

_TOLD_EVERY_S = 0.25


class PullState(StrEnum):
    """Where a pull stands. Only `RUNNING` is not stored: after a kill it waits."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    DONE = "done"
    CANCELLED = "cancelled"  # told once, then forgotten


ENDED = (PullState.DONE, PullState.FAILED, PullState.CANCELLED, PullState.PAUSED)


@dataclass(frozen=True, slots=True)
class Pull:
    """One pull as it stands. `error` says why it failed; `pulled` are the files of one that is done."""

    id: str
    name: str
    engine_id: str
    source: Source
    place: float
    state: PullState = PullState.WAITING
    files: tuple[RemoteFile, ...] = ()
    progress: PullProgress = field(default_factory=PullProgress)
    error: str = ""
    pulled: tuple[PulledFile, ...] = ()

    @property
    def host(self) -> str:
        return host_of(self.source, self.engine_id)


class PullQueue:
    """One pull at a time from one host, or as many as `at_once` says.

    `changed` tells of every change of a pull, four times a second while it runs. Use it on one loop.
    """

    def __init__(self, store: Pulls, puller: Puller, jobs: JobRunner, at_once: Callable[[], int]) -> None:
        self.changed: Event[Pull] = Event()
        self._store = store
        self._puller = puller
        self._jobs = jobs
        self._at_once = at_once
        self._pulls: dict[str, Pull] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_started = False
        self._only: set[str] | None = None

    @property
    def pulls(self) -> Sequence[Pull]:
        """In their order; those that are done stay, as the record of where models came from."""
        return sorted(self._pulls.values(), key=lambda pull: (pull.place, pull.id))

    async def load(self) -> None:
        """Read what the store has, and tell of what is left to do; nothing is fetched before `start`."""
        for stored in await self._store.list():
            source = source_from_plain(stored.source)
            if source is not None and stored.id not in self._pulls:
                state = PullState(stored.state) if stored.state in ("paused", "failed", "done") else "waiting"
                self._pulls[stored.id] = Pull(
                    stored.id,
                    stored.name,
                    stored.engine_id,
                    source,
                    stored.place,
                    PullState(state),
                    files_from_plain(stored.files),
                    error=stored.error,
                )
        for pull in self.pulls:
            if pull.state in (PullState.WAITING, PullState.PAUSED, PullState.FAILED):
                self._show(replace(pull, progress=await self._puller.kept(pull.files)))

    def start(self, only: Collection[str] | None = None) -> None:
        """Fetch what waits, from now on: all of it, or these ids alone and what is asked for later."""
        self._is_started = True
        self._only = None if only is None else set(only)
        self._fill()

    async def add(self, pasted: Pasted, engine_id: str = "") -> Pull:
        """Put it at the end; the same once more is the one that is there. Raises BadInput.

        What `pasted.question` asks must have been answered with yes.
        """
        source, engine_id = source_for(pasted, engine_id)
        for pull in self._pulls.values():
            if (pull.source, pull.engine_id) == (source, engine_id) and pull.state != PullState.DONE:
                await self.resume(pull.id)
                return self._pulls[pull.id]
        place = max((pull.place for pull in self._pulls.values()), default=0.0) + 1
        pull = Pull(self._store.fresh_id(), source.name, engine_id, source, place)
        await self._keep(pull)
        self._ask_for(pull.id)
        return pull

    async def pause(self, pull_id: str) -> None:
        """Stop it and keep what came."""
        await self._stop(pull_id)
        if self._pulls[pull_id].state in (PullState.WAITING, PullState.RUNNING):
            await self._change(pull_id, state=PullState.PAUSED)
        self._fill()

    async def resume(self, pull_id: str) -> None:
        """Let a paused or failed one wait for its turn."""
        if self._pulls[pull_id].state in (PullState.PAUSED, PullState.FAILED):
            await self._change(pull_id, state=PullState.WAITING, error="")
        self._ask_for(pull_id)

    async def cancel(self, pull_id: str, *, is_part_kept: bool) -> int:
        """Forget it; the bytes that are free again. A kept part is gone on with when it is pulled again."""
        await self._stop(pull_id)
        pull = self._pulls.pop(pull_id)
        await self._store.delete(pull_id)
        freed = 0 if is_part_kept else await self._puller.drop(pull.files)
        self.changed.emit(replace(pull, state=PullState.CANCELLED))
        self._fill()
        return freed

    async def move(self, pull_id: str, before_id: str | None) -> None:
        """Put it before another one, or at the end."""
        others = [pull for pull in self.pulls if pull.id != pull_id]
        at = next((number for number, pull in enumerate(others) if pull.id == before_id), len(others))
        lower = others[at - 1].place if at else (others[0].place - 2 if others else 0.0)
        upper = others[at].place if at < len(others) else lower + 2
        await self._change(pull_id, place=(lower + upper) / 2)

    async def forget(self, pull_id: str) -> None:
        """Take one that has ended off the list."""
        await self.cancel(pull_id, is_part_kept=True)

    async def ended(self, pull_id: str) -> Pull:
        """Wait until nothing more happens with it by itself."""
        ended: asyncio.Future[Pull] = asyncio.get_running_loop().create_future()

        def look(pull: Pull) -> None:
            if pull.id == pull_id and pull.state in ENDED and not ended.done():
                ended.set_result(pull)

        leave = self.changed.subscribe(look)
        try:
            look(self._pulls[pull_id])
            return await ended
        finally:
            leave()

    def _ask_for(self, pull_id: str) -> None:
        if self._only is not None:
            self._only.add(pull_id)
        self._fill()

    def _fill(self) -> None:
        """Start as many of those that wait as their hosts allow, in their order."""
        if not self._is_started:
            return
        busy = Counter(pull.host for pull in self._pulls.values() if pull.state == PullState.RUNNING)
        for pull in self.pulls:
            if (
                pull.state == PullState.WAITING
                and pull.id not in self._tasks
                and (self._only is None or pull.id in self._only)
                and busy[pull.host] < self._at_once()
            ):
                busy[pull.host] += 1
                self._begin(pull)

    def _begin(self, pull: Pull) -> None:
        self._show(replace(pull, state=PullState.RUNNING, error="", progress=PullProgress()))
        task = self._jobs.start(f"pull {pull.id}", partial(self._work, pull.id))
        self._tasks[pull.id] = task
        task.add_done_callback(partial(self._left, pull.id))

    def _left(self, pull_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(pull_id) is task:
            del self._tasks[pull_id]
        pull = self._pulls.get(pull_id)
        if (
            pull and pull.state == PullState.RUNNING and not task.cancelled()
        ):  # the job runner tells the fault
            self._show(replace(pull, state=PullState.FAILED, error="A fault of the program ended it."))

    async def _work(self, pull_id: str) -> None:
        meter = Meter()
        try:
            async with asyncio.TaskGroup() as group:
                telling = group.create_task(self._tell(pull_id, meter))
                pulled = await self._fetch(pull_id, meter)
                telling.cancel()
        except* SlmdeskError as errors:
            error = errors.exceptions[0]
            sentence = error.sentence() if isinstance(error, SlmdeskError) else str(error)
            await self._end(pull_id, state=PullState.FAILED, error=sentence, progress=meter.progress())
        else:
            await self._forget_earlier(self._pulls[pull_id])
            found = {"pulled": pulled, "files": tuple(map(_record, pulled)), "progress": meter.progress()}
            await self._end(pull_id, state=PullState.DONE, **found)

    async def _fetch(self, pull_id: str, meter: Meter) -> tuple[PulledFile, ...]:
        pull = self._pulls[pull_id]
        files = pull.files or tuple(map(self._as_recorded, await self._puller.plan(pull.source)))
        await self._change(pull_id, files=files)
        return await self._puller.fetch(pull.source, pull.engine_id, files, meter)

    def _as_recorded(self, file: RemoteFile) -> RemoteFile:
        """With the hash that it had when it was fetched before, if its source says that it is the same."""
        known = (file.address, file.size_bytes, file.validator)
        same = (
            one.sha256
            for pull in self._pulls.values()
            for one in pull.files
            if pull.state == PullState.DONE and (one.address, one.size_bytes, one.validator) == known
        )
        return replace(file, sha256=file.sha256 or next(same, "")) if file.validator else file

    async def _tell(self, pull_id: str, meter: Meter) -> None:
        while True:
            self._show(replace(self._pulls[pull_id], progress=meter.progress()))
            await asyncio.sleep(_TOLD_EVERY_S)

    async def _end(self, pull_id: str, **changes: Any) -> None:
        """Told once it is stored: who hears of the end may close the program."""
        ended = replace(self._pulls[pull_id], **changes)
        with contextlib.suppress(StoreError):  # it has ended all the same; the next start asks once more
            await self._save(ended)
            await self._puller.settle(ended.pulled)
        self._tasks.pop(pull_id, None)
        self._show(ended)
        self._fill()

    async def _forget_earlier(self, pull: Pull) -> None:
        """One record of where a model came from is enough."""
        same = (pull.source, pull.engine_id, PullState.DONE)
        for other in self.pulls:
            if (other.source, other.engine_id, other.state) == same:
                del self._pulls[other.id]
                await self._store.delete(other.id)

    async def _stop(self, pull_id: str) -> None:
        if task := self._tasks.get(pull_id):
            self._jobs.cancel(f"pull {pull_id}")
            await asyncio.wait((task,))

    async def _change(self, pull_id: str, **changes: Any) -> None:
        await self._keep(replace(self._pulls[pull_id], **changes))

    async def _keep(self, pull: Pull) -> None:
        self._show(pull)
        await self._save(pull)

    async def _save(self, pull: Pull) -> None:
        await self._store.save(
            StoredPull(
                pull.id,
                pull.place,
                pull.engine_id,
                pull.name,
                source_to_plain(pull.source),
                pull.state.value,
                files_to_plain(pull.files),
                pull.error,
            )
        )

    def _show(self, pull: Pull) -> None:
        self._pulls[pull.id] = pull
        self.changed.emit(pull)


def _record(one: PulledFile) -> RemoteFile:
    """Where a file came from, under the name that it has here."""
    return RemoteFile(one.path.name, one.address, one.size_bytes, one.sha256, one.validator)
