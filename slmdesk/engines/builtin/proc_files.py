"""What Linux tells of a process in /proc; None or nothing on systems without it."""

import os
from pathlib import Path

_PROC = Path("/proc")
_START_TIME_FIELD = 19  # of those after the command's name, see proc_pid_stat(5)
_KIB = 1024


def start_time(pid: int) -> int | None:
    """When the process started, in ticks since boot: with the pid it names one process for ever."""
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
        return int(stat.rpartition(b")")[2].split()[_START_TIME_FIELD])
    except (OSError, ValueError, IndexError):
        return None


def has_in_environment(pid: int, entry: str) -> bool:
    """Whether the process was started with `NAME=value` in its environment."""
    try:
        return entry.encode() in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def resident_bytes(pid: int, path: Path) -> int | None:
    """How much of a mapped file is in the memory of the process; None if it is not mapped."""
    try:
        lines = (_PROC / str(pid) / "smaps").read_text(errors="replace").splitlines()
    except OSError:
        return None
    wanted = os.fspath(path)
    resident: int | None = None
    is_wanted = False
    for line in lines:
        if "-" in line.partition(" ")[0]:  # the first line of a mapping: 7f00-7fff r--p offset dev inode path
            is_wanted = line.endswith(wanted)
        elif is_wanted and line.startswith("Rss:"):
            resident = (resident or 0) + int(line.split()[1]) * _KIB
    return resident
