"""A model for the built-in engine: all its files fetched, checked, and only then given their names."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from slmdesk.base.errors import BadReply, ModelMissing
from slmdesk.base.jobs import stoppable, uninterrupted
from slmdesk.base.words import say
from slmdesk.engines.builtin.custom_models import custom_models_in
from slmdesk.engines.builtin.gguf import read_header
from slmdesk.features.pulls.http_source import HttpSource
from slmdesk.features.pulls.hub import hub_files
from slmdesk.features.pulls.pace import Patience, SpeedLimit
from slmdesk.features.pulls.part_file import (
    PartFile,
    begun_for,
    check_room,
    drop_part,
    file_sha256,
    forget_journal,
    named_from,
    never,
    part_bytes,
)
from slmdesk.features.pulls.pasted import HubModel, WebFile
from slmdesk.features.pulls.progress import Meter, PullPhase
from slmdesk.features.pulls.safe_names import place_in, shards, stem, with_stem
from slmdesk.features.pulls.transfer import RemoteFile, Transfer, keep

_MAX_SAME_NAMES = 100


@dataclass(frozen=True, slots=True)
class PulledFile:
    """A file that is in its place, and what is known of where it came from."""

    path: Path
    address: str
    size_bytes: int
    sha256: str
    validator: str = ""


class GgufPulls:
    """Fetches into the folder of models; several pulls may run at once, under one speed limit."""

    def __init__(self, folder: Path, limit: SpeedLimit, patience: Patience | None = None) -> None:
        self.folder = folder
        self._limit = limit
        self._patience = patience or Patience()

    async def plan(self, asked: HubModel | WebFile) -> tuple[RemoteFile, ...]:
        """The files that this means, with their sizes where they can be had; raises EngineError, BadInput."""
        async with self._source() as source:
            if isinstance(asked, HubModel):
                return await hub_files(source, asked)
            looks = (self._look(source, asked, name) for name in shards(asked.file))
            return tuple(await asyncio.gather(*looks))

    async def fetch(self, files: Sequence[RemoteFile], meter: Meter) -> tuple[PulledFile, ...]:
        """Everything in its place, the first part named last; raises EngineError, BadInput, StoreError.

        What came is kept when this fails or is cancelled.
        """
        finals = await stoppable(partial(self._finals, files))
        await asyncio.to_thread(self._check_room, files, finals)
        meter.expect(_total(files))
        parts: list[PartFile | PulledFile] = []
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(_keep_all, parts)
            source = await undo.enter_async_context(self._source())
            for number, (file, final) in enumerate(zip(files, finals, strict=True)):
                after_bytes = _total(files[number + 1 :])
                parts.append(await self._one(source, meter, file, final, parts, after_bytes))
                meter.show(PullPhase.VERIFYING)
                await uninterrupted(partial(asyncio.to_thread, _check_model, parts[-1], len(files)))
            pulled = await uninterrupted(partial(asyncio.to_thread, _name_all, parts))
        meter.show(PullPhase.DONE)
        return pulled

    def settle(self, pulled: Sequence[PulledFile]) -> None:
        """Where these came from is recorded now. Works on the disk."""
        for file in pulled:
            forget_journal(file.path)

    def drop(self, files: Sequence[RemoteFile]) -> int:
        """Delete what was begun; the bytes that are free again. Works on the disk."""
        return sum(drop_part(final) for final in self._finals(files))

    def kept_bytes(self, files: Sequence[RemoteFile], is_stopped: Callable[[], bool] = never) -> int:
        """How much of it is here. Works on the disk; StoppedError once `is_stopped`."""
        return sum(part_bytes(final) for final in self._finals(files, is_stopped))

    async def _one(
        self,
        source: HttpSource,
        meter: Meter,
        file: RemoteFile,
        final: Path,
        before: Sequence[PartFile | PulledFile],
        after_bytes: int | None,
    ) -> PartFile | PulledFile:
        before_bytes = sum(part.size_bytes for part in before)
        here = await asyncio.to_thread(_here, file, final)
        if here is not None:  # named before a crash, or fetched some time ago
            return await _hashed(here, meter, before_bytes)
        transfer = Transfer(
            file,
            final,
            source,
            meter=meter,
            limit=self._limit,
            patience=self._patience,
            before_bytes=before_bytes,
            after_bytes=after_bytes,
        )
        return await transfer.run()

    def _finals(
        self, files: Sequence[RemoteFile], is_stopped: Callable[[], bool] = never
    ) -> tuple[Path, ...]:
        """Where the files go: under another name if theirs are taken by other models."""
        base = stem(files[0].name)
        custom = {one.name for one in custom_models_in(self.folder).list()}
        for number in range(1, _MAX_SAME_NAMES):
            name = base if number == 1 else f"{base}-{number}"
            finals = tuple(place_in(self.folder, with_stem(file.name, name)) for file in files)
            if name in custom and not any(final.exists() or begun_for(final) for final in finals):
                continue  # it would hide the custom model
            if all(_is_free(final, file, is_stopped) for final, file in zip(finals, files, strict=True)):
                return finals
        raise BadReply(
            say(
                "There are {count} models named {base} already.",
                count=_MAX_SAME_NAMES,
                base=base,
            )
        )

    def _check_room(self, files: Sequence[RemoteFile], finals: Sequence[Path]) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        missing = (
            max(0, (file.size_bytes or 0) - part_bytes(final))
            for file, final in zip(files, finals, strict=True)
            if not final.exists()
        )
        check_room(self.folder, sum(missing))

    async def _look(self, source: HttpSource, asked: WebFile, name: str) -> RemoteFile:
        address = asked.address.replace(asked.file, name) if name != asked.file else asked.address
        try:
            seen = await source.look(address)
        except ModelMissing as error:
            error.next_step = say("Check the address: it must lead to the file itself.")
            raise
        return RemoteFile(name, address, seen.size_bytes, seen.sha256, seen.validator)

    @contextlib.asynccontextmanager
    async def _source(self) -> AsyncGenerator[HttpSource, None]:
        source = HttpSource(self._patience.stall_s)
        try:
            yield source
        finally:
            await source.aclose()


def _is_free(final: Path, file: RemoteFile, is_stopped: Callable[[], bool]) -> bool:
    """Nothing lies there, or what is proved to be this very file, whole or begun."""
    if final.exists():
        if file.size_bytes is None or final.stat().st_size != file.size_bytes:
            return False
        if not file.sha256:
            return named_from(final) == file.address
        return file.sha256 == file_sha256(final, is_stopped)
    return begun_for(final) in ("", file.address)


def _here(file: RemoteFile, final: Path) -> PulledFile | None:
    if not final.exists():
        return None
    return PulledFile(final, file.address, final.stat().st_size, file.sha256)


async def _hashed(here: PulledFile, meter: Meter, before_bytes: int) -> PulledFile:
    """With the hash that its source did not promise."""
    if not here.sha256:
        meter.show(PullPhase.CHECKING)
        reading = partial(file_sha256, here.path, tell=meter.teller(before_bytes))
        here = replace(here, sha256=await stoppable(reading))
    meter.have(before_bytes + here.size_bytes)
    return here


def _check_model(part: PartFile | PulledFile, count: int) -> None:
    """What came must be a model, and the part that it says; else it is deleted and a BadReply raised."""
    if isinstance(part, PulledFile):
        return
    try:
        header = read_header(part.path)
        if header.missing_bytes:
            raise ValueError(say("its last {count:,} bytes are missing", count=header.missing_bytes))
        if header.shard_count != count:
            raise ValueError(say("it is one of {count} parts", count=header.shard_count))
    except ValueError as error:
        part.start_over()
        raise BadReply(
            say(
                "What came for {name} is no model file that can be used: {error}.",
                name=part.final.name,
                error=error,
            ),
            next_step=say("Check the address, or choose another source."),
        ) from error


async def _keep_all(parts: Sequence[PartFile | PulledFile]) -> None:
    """Close what is not named yet; nothing happens to what is."""
    for part in parts:
        if isinstance(part, PartFile):
            await keep(part)


def _name_all(parts: Sequence[PartFile | PulledFile]) -> tuple[PulledFile, ...]:
    """The first part last: a model is found by it."""
    for part in reversed(parts):
        if isinstance(part, PartFile):
            part.become_final()
    return tuple(_pulled(part) for part in parts)


def _pulled(part: PartFile | PulledFile) -> PulledFile:
    if isinstance(part, PulledFile):
        return part
    known = part.identity
    return PulledFile(part.final, known.address, part.size_bytes, part.sha256, known.validator)


def _total(files: Sequence[RemoteFile]) -> int | None:
    sizes = [file.size_bytes for file in files]
    return None if None in sizes else sum(size for size in sizes if size is not None)
