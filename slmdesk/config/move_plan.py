"""What a move of the data folder would do, said before it begins, and why a folder will not do."""

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import say
from slmdesk.config.folder_copy import size_bytes
from slmdesk.config.json_file import read_object
from slmdesk.config.moved_note import MovedNote, read_note
from slmdesk.config.paths import Paths, home_data_dir
from slmdesk.config.volume import Volume

_SPARE_BYTES = 50_000_000  # that the new disk must have beside the data
_PROBE_BYTES = 8_000_000
_PASSES = 3  # over all bytes: read and written, then both read again, which is quicker


@dataclass(frozen=True, slots=True)
class MovePlan:
    """`size_bytes` are copied, and will be in `target` beside what is free there now."""

    source: Path
    target: Path
    size_bytes: int
    free_bytes: int
    duration_s: float
    volume: Volume | None = None


def plan_move(target: Path, volume: Volume | None = None, home: Path | None = None) -> MovePlan:
    """Look at the folder, and write a little there to see what it can do. Blocks: use a thread.

    `volume` is the disk of the target, where that is known. Raises BadInput when the folder will not do.
    """
    home, target = home or home_data_dir(), target.expanduser().absolute()
    source = require_target(target, home)
    require_disk(target, volume)
    files = Paths(source).belongings()
    require_room(target, files)
    needed = size_bytes(files)
    free = shutil.disk_usage(existing(target)).free
    return MovePlan(source, target, needed, free, _PASSES * needed / _bytes_per_s(target), volume)


def fitting_target(chosen: Path) -> Path:
    """The folder that the user chose; where other things are in it, one for the data alone inside it."""
    try:
        is_free = not chosen.is_dir() or is_data_folder(chosen) or not any(chosen.iterdir())
    except OSError as error:
        raise BadInput(
            say("{folder} cannot be read ({reason}).", folder=chosen, reason=error.strerror)
        ) from error
    return chosen if is_free or Paths(chosen).moving_here.exists() else chosen / home_data_dir().name


def require_target(target: Path, home: Path) -> Path:
    """The folder the data is in; raises BadInput when it cannot be moved, or not to that target."""
    note = read_note(home) or MovedNote(home)
    if note.previous is not None:
        raise BadInput(
            say("The folder from the last move is still kept: {previous}.", previous=note.previous),
            next_step=say("Remove it or go back to it first."),
        )
    _require_apart(note.folder, target)
    _require_free(target, note.folder, home)
    return note.folder


def require_disk(target: Path, volume: Volume | None) -> None:
    """Raises BadInput for a disk that cannot hold a database safely."""
    if volume is None:
        return
    if volume.is_network:
        raise BadInput(
            say(
                "{target} is on another machine ({kind}): chats could be damaged when the network fails.",
                target=target,
                kind=volume.kind,
            ),
            next_step=say("Choose a folder on a disk of this machine."),
        )
    if volume.is_fat:
        raise BadInput(
            say(
                "{target} is on a disk of the kind {kind}, "
                "which loses data when it is pulled out or the power fails.",
                target=target,
                kind=volume.kind,
            ),
            next_step=say("Choose another disk, or format this one as NTFS, APFS or ext4."),
        )
    if volume.is_memory:
        raise BadInput(
            say(
                "{target} is on a disk of the kind {kind}: it is empty after the next start of the machine.",
                target=target,
                kind=volume.kind,
            )
        )


def require_room(target: Path, files: Sequence[Path]) -> None:
    """Raises BadInput when the disk has not enough; what an earlier try left counts as free."""
    needed = size_bytes(files) + _SPARE_BYTES
    free = shutil.disk_usage(existing(target)).free + size_bytes(Paths(target).belongings())
    if free < needed:
        raise BadInput(
            say(
                "There is not enough room in {target}: {needed} GB are needed and {free} GB are free.",
                target=target,
                needed=gigabytes(needed),
                free=gigabytes(free),
            )
        )


def is_data_folder(folder: Path) -> bool:
    """Whether chats of this program are in it."""
    return Paths(folder).database.is_file()


def existing(folder: Path) -> Path:
    """The folder, else the nearest one above it that is there."""
    return next((each for each in (folder, *folder.parents) if each.exists()), folder)


def _require_apart(source: Path, target: Path) -> None:
    here, there = source.resolve(), target.resolve()
    if here == there:
        raise BadInput(say("The data is in this folder already."))
    if here in there.parents or there in here.parents:
        raise BadInput(say("One of the two folders is inside the other. Choose a folder beside it."))


def _require_free(target: Path, source: Path, home: Path) -> None:
    """Empty, or begun by an earlier try of this move; the system's own folder may hold other things."""
    if not target.exists():
        return
    if not target.is_dir():
        raise BadInput(say("{target} is a file. Choose a folder.", target=target))
    paths = Paths(target)
    if _is_begun(paths, source):
        return
    if is_data_folder(target):
        raise BadInput(
            say("There is data of SLM Desk in {target} already. Choose an empty folder.", target=target)
        )
    ours = {paths.lock.name, paths.moved_note.name}
    try:
        is_taken = bool(paths.belongings()) or any(path.name not in ours for path in target.iterdir())
    except OSError as error:
        raise BadInput(
            say("{folder} cannot be read ({reason}).", folder=target, reason=error.strerror)
        ) from error
    if paths.belongings() if target == home else is_taken:
        raise BadInput(say("{target} is not empty. Choose an empty folder.", target=target))


def _is_begun(paths: Paths, source: Path) -> bool:
    try:
        content = read_object(paths.moving_here)
    except ValueError:
        return False
    return content is not None and content.get("from") == str(source)


def _bytes_per_s(target: Path) -> float:
    """How fast the disk writes; raises BadInput when it does not, or not as a database needs it."""
    start = time.perf_counter()
    try:
        with tempfile.TemporaryFile(dir=existing(target)) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
            _require_sharing(file.fileno())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(
            say("{target} cannot be written ({reason}).", target=target, reason=reason),
            next_step=say("Choose a folder of your own."),
        ) from error
    return _PROBE_BYTES / (time.perf_counter() - start)


def _require_sharing(descriptor: int) -> None:
    """Locks and memory that is mapped from the file: without them SQLite's log does not work."""
    import mmap

    with mmap.mmap(descriptor, mmap.PAGESIZE):
        pass
    if os.name == "posix":
        import fcntl

        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(descriptor, fcntl.LOCK_UN)
