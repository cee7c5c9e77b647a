"""Children that outlived their parent: each child is recorded while it runs, and swept at the next start.

The kernel and the end of stdin end nearly all of them; this is for one that was stopped or hangs.
"""

import contextlib
import json
import os
import signal
from pathlib import Path

from slmdesk.engines.builtin.proc_files import has_in_environment, start_time

TOKEN_NAME = "SLMDESK_ENGINE_TOKEN"  # noqa: S105 - the name of a variable; its value opens nothing


class ChildRecords:
    """One small file a running child, in a folder of ours. Without /proc nothing is recorded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, pid: int, token: str) -> None:
        started = start_time(pid)
        if started is None:
            return
        record = {
            "pid": pid,
            "started": started,
            "token": token,
            "parent_pid": os.getpid(),
            "parent_started": start_time(os.getpid()),
        }
        with contextlib.suppress(OSError):  # a read-only data folder is told elsewhere
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path(pid).write_text(json.dumps(record))

    def remove(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            self._path(pid).unlink(missing_ok=True)

    def sweep(self) -> list[int]:
        """End every recorded child whose parent is gone; returns their pids."""
        ended = []
        for path in sorted(self._folder.glob("*.json")):
            record = _read(path)
            if record is not None and _is_running(record, "parent_pid", "parent_started"):
                continue  # another window's child
            if record is not None and _is_our_child(record):
                with contextlib.suppress(OSError):
                    os.kill(record["pid"], signal.SIGKILL)
                    ended.append(record["pid"])
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        return ended

    def _path(self, pid: int) -> Path:
        return self._folder / f"{pid}.json"


def _read(path: Path) -> dict[str, int] | None:
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("pid"), int) else None


def _is_running(record: dict[str, int], pid_key: str, started_key: str) -> bool:
    """Whether that very process runs: a pid alone may be another program's by now."""
    pid, started = record.get(pid_key), record.get(started_key)
    return isinstance(pid, int) and started is not None and start_time(pid) == started


def _is_our_child(record: dict[str, int]) -> bool:
    entry = f"{TOKEN_NAME}={record.get('token')}"
    return _is_running(record, "pid", "started") and has_in_environment(record["pid"], entry)
