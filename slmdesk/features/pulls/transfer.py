"""One file over HTTP into its part, through everything that networks do, until it is whole."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slmdesk.base.errors import BadReply, Interrupted, StoreError
from slmdesk.base.jobs import stoppable, uninterrupted
from slmdesk.base.words import say
from slmdesk.features.pulls.http_source import HttpSource, Reply
from slmdesk.features.pulls.pace import Patience, SpeedLimit, persist
from slmdesk.features.pulls.part_file import Identity, PartFile
from slmdesk.features.pulls.progress import Meter, PullPhase, amount

_WRITE_BYTES = 512 << 10
_MAX_CHANGES = 5
_RANGE_TRIES = 2  # then the file is asked for whole, and what is here already is passed over


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch; `size_bytes` None and `sha256` "" where they are not known before.

    `validator` is the ETag or date of what was fetched, to see later whether the source has changed.
    """

    name: str
    address: str
    size_bytes: int | None = None
    sha256: str = ""
    validator: str = ""


class Transfer:
    """Fetches one file; `meter` counts what comes, over the files before and after it, too.

    `before_bytes` have come with others of this pull, `after_bytes` are to come (None if unknown).
    """

    def __init__(
        self,
        file: RemoteFile,
        final: Path,
        source: HttpSource,
        *,
        meter: Meter,
        limit: SpeedLimit,
        patience: Patience,
        before_bytes: int = 0,
        after_bytes: int | None = 0,
    ) -> None:
        self._file = file
        self._final = final
        self._source = source
        self._meter = meter
        self._limit = limit
        self._patience = patience
        self._before_bytes = before_bytes
        self._after_bytes = after_bytes
        self._changes = 0
        self._range_faults = 0
        self._is_validated = True
        self._is_damaged = False

    async def run(self) -> PartFile:
        """The part, whole and with the promised hash; it is the caller's to name or to close.

        Raises EngineError, BadInput and StoreError; what has come is kept then, as it is when this
        is cancelled.
        """
        self._meter.show(PullPhase.CHECKING)
        tell = self._meter.teller(self._before_bytes)
        opening = partial(PartFile.open, self._final, self._file.address, tell=tell)
        part = await stoppable(opening, PartFile.close)
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(keep, part)
            await self._begin(part)
            while not await self._is_complete(part):
                await self._fetch(part)
            undo.pop_all()
        return part

    async def _begin(self, part: PartFile) -> None:
        file = self._file
        self._meter.have(self._before_bytes + part.size_bytes)
        promised = Identity(file.address, file.size_bytes, "", file.sha256)
        if part.size_bytes and not part.identity.may_be(promised):
            await self._start_over(part)
        await asyncio.to_thread(part.belongs_to, part.identity.joined(promised))
        self._expect(part)

    async def _is_complete(self, part: PartFile) -> bool:
        """Whole, and what was promised; bytes that are not go, once."""
        if not part.is_whole:
            return False
        promised = part.identity.sha256 or self._file.sha256
        if not promised or part.sha256 == promised:
            return True
        if self._is_damaged:
            await asyncio.to_thread(part.start_over)
            raise BadReply(
                say(
                    "What came for {name} is not what its source promises: its SHA-256 should begin with "
                    "{promised}.",
                    name=self._file.name,
                    promised=promised[:12],
                ),
                next_step=say("Try again later, or choose another source."),
            )
        self._is_damaged = True
        await self._start_over(part, say("What came was damaged: it is fetched once more."))
        return False

    async def _fetch(self, part: PartFile) -> None:
        """Until the end of the file was reached, for as long as something new comes."""
        await persist(lambda: self._fetch_once(part), lambda: part.size_bytes, self._meter, self._patience)

    async def _fetch_once(self, part: PartFile) -> None:
        self._meter.show(PullPhase.FETCHING)
        start = part.size_bytes if self._range_faults < _RANGE_TRIES else 0
        validator = part.identity.validator if self._is_validated else ""
        async with self._source.get(self._file.address, start, validator) as reply:
            if reply.start is None and (reply.status == 206 or reply.identity.size_bytes is None):
                self._fault(say("The source answered with a wrong range."))
            if part.size_bytes and not part.identity.is_same(reply.identity):
                await self._start_over(part)
                if reply.status != 200:
                    return  # its first bytes are missing: ask anew
            passed_over = self._place(part, reply, start)
            await asyncio.to_thread(part.belongs_to, part.identity.joined(reply.identity))
            self._expect(part)
            await self._receive(part, reply.data, passed_over)
        if part.identity.size_bytes is None:
            await self._take_as_whole(part)

    def _place(self, part: PartFile, reply: Reply, start: int) -> int:
        """How many bytes of the reply are here already; raises Interrupted where its range is wrong."""
        if reply.status == 200:
            if start and part.size_bytes and self._range_faults < _RANGE_TRIES:
                self._is_validated = False  # another mirror may have another ETag for the same bytes
                self._fault(say("The source sent the whole file instead of the rest."))
            if part.size_bytes:
                self._meter.say(
                    say(
                        "The source cannot go on in the middle: the first {size} come again.",
                        size=amount(part.size_bytes),
                    )
                )
            return part.size_bytes
        if reply.status == 416:
            self._fault(say("The source says that there is nothing more."))
        return 0

    def _fault(self, sentence: str) -> None:
        self._range_faults += 1
        raise Interrupted(sentence)

    async def _receive(self, part: PartFile, data: AsyncIterator[bytes], passed_over: int) -> None:
        buffer = bytearray()
        room = None if part.identity.size_bytes is None else part.identity.size_bytes - part.size_bytes
        try:
            async with contextlib.aclosing(_not_stalling(data, self._patience)) as pieces:
                async for piece in pieces:
                    fresh, passed_over = piece[passed_over:], max(0, passed_over - len(piece))
                    if room is not None and len(fresh) > room:
                        self._fault(say("The source sent more than the file has."))
                    room = None if room is None else room - len(fresh)
                    buffer += fresh
                    self._meter.add(len(fresh))
                    if len(buffer) >= _WRITE_BYTES:
                        block, buffer = bytes(buffer), bytearray()
                        await _write(part, block)
                    await self._limit.take(len(piece))
        finally:
            if buffer:
                await _write(part, bytes(buffer))
        if part.identity.size_bytes is not None and not part.is_whole:
            raise Interrupted(say("The source broke off."))

    async def _take_as_whole(self, part: PartFile) -> None:
        """The source never said how long it is, and has come to a proper end."""
        whole = Identity(part.identity.address, part.size_bytes, part.identity.validator)
        await asyncio.to_thread(part.belongs_to, part.identity.joined(whole))

    async def _start_over(self, part: PartFile, note: str = "") -> None:
        self._changes += 1
        if self._changes > _MAX_CHANGES:
            raise BadReply(
                say("The file changes all the time at its source."), next_step=say("Try again later.")
            )
        await asyncio.to_thread(part.start_over)
        self._meter.start_over(
            note or say("The file has changed at its source: it is fetched from the start.")
        )
        self._meter.have(self._before_bytes)

    def _expect(self, part: PartFile) -> None:
        if part.identity.size_bytes is not None and self._after_bytes is not None:
            self._meter.expect(self._before_bytes + part.identity.size_bytes + self._after_bytes)


async def keep(part: PartFile) -> None:
    """Close it for another time; what went wrong before is worth more than what goes wrong here."""
    with contextlib.suppress(StoreError):
        await uninterrupted(partial(asyncio.to_thread, part.close))


async def _write(part: PartFile, block: bytes) -> None:
    """Off the loop, and to its end: what has come is not lost to a cancel."""
    await uninterrupted(partial(asyncio.to_thread, part.write, block))


async def _not_stalling(data: AsyncIterator[bytes], patience: Patience) -> AsyncGenerator[bytes, None]:
    """The pieces as they come; Interrupted when none comes, or hardly anything, for too long."""
    since, received = time.monotonic(), 0
    while True:
        try:
            async with asyncio.timeout(patience.stall_s):
                piece = await anext(data, None)
        except TimeoutError as error:
            raise Interrupted(say("No data came for {seconds:.0f} s.", seconds=patience.stall_s)) from error
        if piece is None:
            return
        received += len(piece)
        now = time.monotonic()
        if now - since >= patience.stall_s:
            if received < patience.least_bytes:
                raise Interrupted(say("Hardly any data came for {seconds:.0f} s.", seconds=patience.stall_s))
            since, received = now, 0
        yield piece
