"""The log of activity: short sentences with their time, in memory and in a small file; the oldest go."""

import json
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from slmdesk.base.events import Event
from slmdesk.config.atomic_file import write_atomically

MOST_ENTRIES = 500
LONGEST_SENTENCE = 1_000

ActivityKind: TypeAlias = Literal[
    "notice", "message", "error", "engine", "model", "chat", "compare", "settings"
]


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing that happened; `at` in Unix seconds."""

    at: float
    kind: ActivityKind
    sentence: str


class ActivityLog:
    """The last MOST_ENTRIES, also those of earlier starts. Safe from every thread.

    `added` is emitted in the thread that adds. Without a `path` nothing is written. A disk that cannot be
    written costs the memory of the next start, nothing else: a log must not be a reason to fail.
    """

    def __init__(self, path: Path | None) -> None:
        self.added: Event[Activity] = Event()
        self._path = path
        self._lock = threading.Lock()
        self._entries: deque[Activity] = deque(_read(path) if path else (), maxlen=MOST_ENTRIES)
        self._lines = len(self._entries)

    def entries(self) -> Sequence[Activity]:
        """The newest first."""
        with self._lock:
            return tuple(reversed(self._entries))

    def add(self, kind: ActivityKind, sentence: str) -> Activity:
        """Note what happened, in one line; the same sentence again at once is noted once."""
        words = " ".join(sentence.encode("utf-8", "replace").decode().replace("\0", "").split())
        entry = Activity(time.time(), kind, words[:LONGEST_SENTENCE])
        with self._lock:
            last = self._entries[-1] if self._entries else None
            if last and (last.kind, last.sentence) == (entry.kind, entry.sentence) and entry.at - last.at < 1:
                return last
            self._entries.append(entry)
            self._append(entry)
        self.added.emit(entry)
        return entry

    def clear(self) -> None:
        """Forget everything, in the file too."""
        with self._lock:
            self._entries.clear()
            self._rewrite()

    def _append(self, entry: Activity) -> None:
        if self._path is None:
            return
        self._lines += 1
        if self._lines > 2 * MOST_ENTRIES:
            self._rewrite()
            return
        try:
            with self._path.open("ab") as file:
                file.write(_line(entry))
        except OSError:
            return

    def _rewrite(self) -> None:
        if self._path is None:
            return
        try:
            write_atomically(self._path, b"".join(map(_line, self._entries)))
        except OSError:
            return
        self._lines = len(self._entries)


def _line(entry: Activity) -> bytes:
    return json.dumps(asdict(entry)).encode() + b"\n"


def _read(path: Path) -> Sequence[Activity]:
    """The entries of the file; lines that a crash cut, or that are none, are passed over."""
    try:
        lines = path.read_bytes().splitlines()[-2 * MOST_ENTRIES :]
    except OSError:
        return ()
    return [entry for entry in map(_entry, lines) if entry]


def _entry(line: bytes) -> Activity | None:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    at, sentence = value.get("at"), value.get("sentence")
    kind: Any = value.get("kind")
    if not isinstance(at, int | float) or not isinstance(sentence, str) or kind not in get_args(ActivityKind):
        return None
    return Activity(float(at), kind, sentence[:LONGEST_SENTENCE])
