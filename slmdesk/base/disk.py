"""Why a disk takes nothing more: it is full, may only be read, or fails; and what to do about each."""

import errno
from enum import Enum


class DiskTrouble(Enum):
    """The value is what the user can do."""

    FULL = "Free some space"
    READ_ONLY = "It may only be read now: make it writable again"
    FAILING = "Check that the disk is connected and sound"

    @property
    def or_elsewhere(self) -> str:
        """What to do, or to do without this folder."""
        return f"{self.value}, or choose another folder with --data-dir."

    @property
    def then_saved(self) -> str:
        """What to do about what is kept in memory."""
        return f"{self.value}; then it is saved by itself."


def trouble_of(error: OSError) -> DiskTrouble:
    """Which of them an error of the system means."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskTrouble.FULL
    is_read_only = error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)
    return DiskTrouble.READ_ONLY if is_read_only else DiskTrouble.FAILING
