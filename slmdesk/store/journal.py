"""The text of running answers: one append-only file each, at most four writes a second, off the loop.

A file is a line of JSON (whose answer it is), then a deflate stream of UTF-8 in which the bytes FF and
FE, which UTF-8 never uses, say that text or thinking follows. Cut anywhere, all before the cut is read.
"""

import contextlib
import json
import os
import re
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmdesk.base.disk import trouble_of
from slmdesk.base.errors import DataFolderUnusable
from slmdesk.base.words import say
from slmdesk.store.refusal import Refusal
from slmdesk.store.text import storable

FLUSH_INTERVAL_S = 0.25

_TEXT, _THINKING = b"\xff", b"\xfe"
_SUFFIX = ".journal"


class AnswerWriter:
    """Keeps the text of one answer while it comes. `append` returns at once; the file follows."""

    def __init__(self, path: Path, header: Mapping[str, Any], journal: "Journal") -> None:
        self.header = header
        self.problem: DataFolderUnusable | None = None
        self.state = "writing"
        self._path = path
        self._journal = journal
        self._lock = threading.Lock()
        self._parts: list[tuple[bytes, str]] = []
        self._next_part = 0
        self._deflate = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
        self._kind = b""
        self._unwritten = json.dumps(dict(header)).encode() + b"\n"
        self._file: int | None = None
        self.is_ended = False

    @property
    def text(self) -> str:
        """All text so far, in storable form."""
        return self._joined(_TEXT)

    @property
    def thinking(self) -> str:
        return self._joined(_THINKING)

    async def append(self, text: str, thinking: str) -> None:
        """Take what has come. Never fails: while the disk is full the text waits in memory."""
        with self._lock:
            if thinking:
                self._parts.append((_THINKING, thinking))
            if text:
                self._parts.append((_TEXT, text))
        self._journal.wake(self)

    def end(self) -> None:
        """The answer is safe in the database: the file is removed."""
        self.is_ended = True
        self._journal.wake(self)

    def _joined(self, kind: bytes) -> str:
        return storable("".join(part for part_kind, part in list(self._parts) if part_kind == kind))

    def flush(self) -> bool:
        """Write what is due, in the journal's thread; False when the disk refused it."""
        if self.is_ended:
            self._remove()
            return True
        self._unwritten += self._due()
        try:
            self._write()
        except OSError as error:
            reason = error.strerror or str(error)
            self.problem = DataFolderUnusable(
                say("The answer cannot be saved for now ({reason}); it is kept in memory.", reason=reason),
                next_step=trouble_of(error).then_saved,
            )
            return False
        self.problem = None
        return True

    def _due(self) -> bytes:
        with self._lock:
            parts, self._next_part = self._parts[self._next_part :], len(self._parts)
        data = b""
        for kind, part in parts:
            data += (kind if kind != self._kind else b"") + part.encode("utf-8", "surrogatepass")
            self._kind = kind
        return self._deflate.compress(data) + self._deflate.flush(zlib.Z_PARTIAL_FLUSH) if data else b""

    def _write(self) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        while self._unwritten:
            self._unwritten = self._unwritten[os.write(self._file, self._unwritten) :]

    def close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _remove(self) -> None:
        self.close_file()
        with contextlib.suppress(OSError):  # the next start finds it and sees that it was stored
            self._path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Leftover:
    """An answer whose program ended before it did."""

    path: Path
    header: Mapping[str, Any]
    text: str
    thinking: str

    def remove(self) -> None:
        """The answer is safe in the database; a file that stays is seen again at the next start."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


class Journal:
    """The folder of running answers, and the one thread that writes them.

    `refusal` tells whether text waits in memory because the disk does not take it.
    """

    def __init__(self, folder: Path) -> None:
        self.refusal = Refusal()
        self._folder = folder
        self._changed = threading.Condition()
        self._due: set[AnswerWriter] = set()
        self._writers: set[AnswerWriter] = set()
        self._is_closing = threading.Event()
        self._thread: threading.Thread | None = None

    def writer(self, answer_id: str, header: Mapping[str, Any]) -> AnswerWriter:
        """Begin an answer. Its file is there within a moment, so that a crash finds it interrupted."""
        writer = AnswerWriter(self._folder / f"{answer_id}{_SUFFIX}", header, self)
        self.wake(writer)
        return writer

    def wake(self, writer: AnswerWriter) -> None:
        """Ask for `writer` to be written at the next turn."""
        with self._changed:
            self._due.add(writer)
            self._writers.add(writer)
            if self._thread is None and not self._is_closing.is_set():
                self._thread = threading.Thread(target=self._run, name="store-journal", daemon=True)
                self._thread.start()
            self._changed.notify()

    def running(self) -> list[AnswerWriter]:
        """Writers whose answers are not stored yet."""
        with self._changed:
            return [writer for writer in self._writers if not writer.is_ended]

    def leftovers(self, kind: str) -> list[Leftover]:
        """What an earlier run of the program left behind, the oldest first."""
        try:
            paths = sorted(self._folder.glob(f"*{_SUFFIX}"))
        except OSError:
            return []
        found = [leftover for path in paths if (leftover := _read(path))]
        return [leftover for leftover in found if leftover.header.get("kind") == kind]

    def close(self) -> None:
        """Write what is due and end the thread; running answers stay as files for the next start."""
        self._is_closing.set()
        with self._changed:
            self._changed.notify()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._is_closing.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._due or self._is_closing.is_set())
            self._flush_due()
            self._is_closing.wait(FLUSH_INTERVAL_S)
        self._flush_due()
        for writer in self._writers:
            writer.close_file()

    def _flush_due(self) -> None:
        with self._changed:
            due, self._due = self._due, set()
        refused = {writer for writer in due if not writer.flush()}
        with self._changed:
            self._due |= refused
            self._writers -= {writer for writer in due if writer.is_ended}
        self.refusal.report(next((writer.problem for writer in refused), None))


def _read(path: Path) -> Leftover | None:
    try:
        first, end, rest = path.read_bytes().partition(b"\n")
        if not end:  # killed within its first line: no text was in it
            path.unlink()
            return None
        header = json.loads(first)
    except (OSError, ValueError):
        return None
    if not isinstance(header, dict):
        return None
    parts: dict[bytes, list[bytes]] = {_TEXT: [], _THINKING: []}
    for mark, part in re.findall(rb"([\xfe\xff])([^\xfe\xff]*)", _inflated(rest)):
        parts[mark].append(part)
    return Leftover(path, header, _decoded(parts[_TEXT]), _decoded(parts[_THINKING]))


def _inflated(data: bytes) -> bytes:
    """All that can be read: a file cut by a power failure may end in garbage."""
    inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    whole = b""
    with contextlib.suppress(zlib.error):
        for start in range(0, len(data), 64):
            whole += inflate.decompress(data[start : start + 64])
    return whole


def _decoded(parts: list[bytes]) -> str:
    data = b"".join(parts)
    try:
        return storable(data.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError as error:  # the last character was cut
        return storable(data[: error.start].decode("utf-8", "surrogatepass"))
