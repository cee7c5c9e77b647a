"""Why a disk takes nothing more: it is full, may only be read, or fails; and what to do about each."""

import errno
from enum import Enum

from slmdesk.base.words import later, say


class DiskTrouble(Enum):
    """The value is what the user can do."""

    FULL = later("Free some space")
    READ_ONLY = later("It may only be read now: make it writable again")
    FAILING = later("Check that the disk is connected and sound")

    @property
    def or_elsewhere(self) -> str:
        """What to do, or to do without this folder."""
        return say("{what}, or choose another folder with --data-dir.", what=say(self.value))

    @property
    def then_saved(self) -> str:
        """What to do about what is kept in memory."""
        return say("{what}; then it is saved by itself.", what=say(self.value))


def trouble_of(error: OSError) -> DiskTrouble:
    """Which of them an error of the system means."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskTrouble.FULL
    is_read_only = error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)
    return DiskTrouble.READ_ONLY if is_read_only else DiskTrouble.FAILING
