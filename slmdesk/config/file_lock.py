"""The operating system's own lock on an open file: it dies with the process, so none is ever stale."""

import sys


def try_lock(file: int) -> bool:
    """Whether this process has the lock of the open file now."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
