"""One child process with one model: started, watched while it loads, ended; nothing of it stays."""

import asyncio
import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import cast

from slmdesk.base.errors import EngineError, Interrupted, LoadFailed
from slmdesk.base.words import say
from slmdesk.engines.builtin import child, dialogue
from slmdesk.engines.builtin.load_failure import crash_error, load_error
from slmdesk.engines.builtin.memory import MemoryNeed
from slmdesk.engines.builtin.model_files import ModelFile
from slmdesk.engines.builtin.orphans import TOKEN_NAME, ChildRecords
from slmdesk.engines.builtin.proc_files import resident_bytes
from slmdesk.engines.wire.turns import Turns

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_KEPT_LINES = 60
_MAX_LINE_BYTES = 1 << 16
_LOOK_EVERY_S = 0.15
_PATIENCE_S = 0.3  # a child leaves 0.06 s after its stdin ends; then it is terminated, then killed

_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


@dataclass(frozen=True, slots=True)
class Load:
    """What a child loads, what that needs, and what was free when it was decided.

    A child serves either answers or embeddings: llama.cpp cannot do both at once.
    """

    model: ModelFile
    context_tokens: int
    slots: int
    threads: int
    need: MemoryNeed
    free_bytes: int | None
    is_embedding: bool = False

    @property
    def pooling(self) -> child.Pooling:
        if not self.is_embedding:
            return ""
        header = self.model.header
        return "model" if header is not None and header.is_embedding else "mean"

    @property
    def needed_bytes(self) -> int:
        return self.need.total_bytes(self.slots)


class ChildProcess(asyncio.SubprocessProtocol):
    """A child from start to end. `address` and `load_s` are known once it has loaded.

    `is_verified` is for the engine to set, once it has seen that what answers there is this child.

    No tasks: the loop hands over what the child writes, also when it is Qt's.
    """

    def __init__(self, load: Load, records: ChildRecords) -> None:
        self.load = load
        self.turns = Turns(load.slots)
        self.api_key = secrets.token_urlsafe(32)
        self.address = ""
        self.load_s: float | None = None
        self.pid = 0
        self.exit_code: int | None = None
        self.ended_at = 0.0
        self.is_ending = False
        self.is_verified = False
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._token = secrets.token_hex(16)
        self._records = records
        self._started_at = time.monotonic()
        self._percent: int | None = None
        self._buffers = {_STDOUT: b"", _STDERR: b""}
        self._transport: asyncio.SubprocessTransport | None = None
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()

    @property
    def has_loaded(self) -> bool:
        return self._ready.done() and not self._ended.done() and bool(self.address)

    @property
    def is_ready(self) -> bool:
        """It may be asked."""
        return self.has_loaded and self.is_verified

    @property
    def has_ended(self) -> bool:
        return self._ended.done()

    async def start(self) -> None:
        """Start the process and tell it what to load; raises LoadFailed if it cannot be started."""
        parameters = child.Parameters(
            model_path=os.fspath(self.load.model.path),
            context_tokens=self.load.context_tokens,
            slots=self.load.slots,
            threads=self.load.threads,
            api_key=self.api_key,
            parent_pid=os.getpid(),
            chat_template="" if self.load.model.can_chat else dialogue.TEMPLATE,
            pooling=self.load.pooling,
            adapter_path="" if self.load.model.adapter is None else os.fspath(self.load.model.adapter),
        )
        try:
            await asyncio.get_running_loop().subprocess_exec(
                lambda: self,
                *_command(),
                env=os.environ | child.ENVIRONMENT | {TOKEN_NAME: self._token},
                start_new_session=True,  # Ctrl+C in the terminal is for us to answer
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            self.connection_lost(error)
            raise LoadFailed(
                say("The engine process could not be started ({strerror}).", strerror=error.strerror)
            ) from error
        if self.is_ending:
            await self.end()
            raise self._load_error()
        self._write(parameters.to_line())
        await asyncio.to_thread(self._records.add, self.pid, self._token)

    async def loading(self) -> AsyncGenerator[int | None, None]:
        """Per cent of the weights that are loaded, whenever that changes, until the child is ready.

        None while it is not known. Raises why the load failed.
        """
        last: int | None = -1
        while not self._ready.done():
            percent = await asyncio.to_thread(self._measured_percent)
            if percent != last:
                last = percent
                yield percent
            await asyncio.wait([self._ready], timeout=_LOOK_EVERY_S)
        self._ready.result()

    @property
    def has_crashed(self) -> bool:
        """It served and went by itself, or was killed while it loaded; a load that gave a reason is none."""
        is_by_itself = self._ended.done() and not self.is_ending
        return is_by_itself and (bool(self.address) or (self.exit_code or 0) < 0)

    async def ends_within(self, within_s: float) -> bool:
        """Whether the process is gone, or goes in this time."""
        await asyncio.wait([self._ended], timeout=within_s)
        return self._ended.done()

    def mapped_bytes(self) -> int:
        """How much of the weights is in memory as pages of their file; 0 where that is not known."""
        return resident_bytes(self.pid, self.load.model.path) or 0

    def crash(self) -> Interrupted:
        """The error for an answer that the end of this process broke off."""
        if self.is_ending:
            return Interrupted(say("The model was unloaded."))
        return crash_error(self.exit_code, self.load.needed_bytes, self.load.free_bytes)

    async def end(self) -> None:
        """End the process: its stdin, then terminate, then kill. Safe to call again."""
        self.is_ending = True
        # While it loads, Python in the child does not run: the end of stdin would be seen afterwards.
        steps = [self._close_stdin, self._terminate, self._kill] if self._ready.done() else [self._terminate]
        for step in (*steps, self._kill):
            if self._ended.done():
                return
            with contextlib.suppress(ProcessLookupError):
                step()
            await asyncio.wait([self._ended], timeout=_PATIENCE_S)
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self.pid = self._transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, rest = (self._buffers[fd] + data).split(b"\n")
        self._buffers[fd] = rest[-_MAX_LINE_BYTES:]
        for line in lines:
            if fd == _STDERR:
                self.lines.append(line.decode(errors="replace"))
            else:
                self._take_report(line)

    def process_exited(self) -> None:
        if self._transport is not None:
            self.exit_code = self._transport.get_returncode()

    def connection_lost(self, exc: Exception | None) -> None:
        """The process is gone and its pipes are read to their end."""
        self._records.remove(self.pid)
        if self._transport is not None:
            self._transport.close()
        if not self._ready.done():
            self._ready.set_exception(self._load_error())
            self._ready.exception()  # seen, even if nobody waits any more
        if not self._ended.done():
            self.ended_at = time.monotonic()
            self._ended.set_result(None)

    def _load_error(self) -> EngineError:
        if self.is_ending:
            return Interrupted(say("Loading was stopped."))
        load = self.load
        return load_error(
            load.model.name, self.exit_code, tuple(self.lines), load.needed_bytes, load.free_bytes
        )

    def _take_report(self, line: bytes) -> None:
        """Our one line with the address, or llama.cpp's word on its progress."""
        is_progress = line.startswith(child.PROGRESS_PREFIX)
        try:
            report = json.loads(line.removeprefix(child.PROGRESS_PREFIX))
        except ValueError:
            return
        if not isinstance(report, dict):
            return
        if is_progress:
            payload = report.get("payload")
            value = payload.get("value") if isinstance(payload, dict) else None
            if report.get("state") == "loading" and isinstance(value, int | float):
                self._percent = int(100 * min(1.0, max(0.0, value)))
        elif isinstance(address := report.get("address"), str) and not self._ready.done():
            self.address = address
            self.load_s = time.monotonic() - self._started_at
            self._ready.set_result(None)

    def _measured_percent(self) -> int | None:
        """llama.cpp counts tensors, which says nothing while the file is mapped: look at the pages, too."""
        size = self.load.model.size_bytes
        resident = resident_bytes(self.pid, self.load.model.path) if size else None
        if resident is None or not size:
            return self._percent
        return max(min(100, 100 * resident // size), self._percent or 0)

    def _write(self, data: bytes) -> None:
        pipe = self._transport.get_pipe_transport(_STDIN) if self._transport else None
        if isinstance(pipe, asyncio.WriteTransport):
            pipe.write(data)

    def _close_stdin(self) -> None:
        pipe = self._transport.get_pipe_transport(_STDIN) if self._transport else None
        if pipe is not None:
            pipe.close()

    def _terminate(self) -> None:
        if self._transport is not None:
            self._transport.terminate()

    def _kill(self) -> None:
        if self._transport is not None:
            self._transport.kill()


def _command() -> list[str]:
    """The frozen program calls itself; otherwise Python runs the module, never one of the working folder."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "engine"]
    return [sys.executable, "-P", "-m", child.__name__]
