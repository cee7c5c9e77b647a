"""Copy the program's files to another folder, verify them there, and delete those of a folder."""

import contextlib
import itertools
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

from slmdesk.base.errors import BadInput, DataFolderUnusable
from slmdesk.base.printable import printable
from slmdesk.base.words import say
from slmdesk.config.atomic_file import sync_folder
from slmdesk.config.paths import Paths

Progress: TypeAlias = Callable[
    [int, int], None
]  # bytes done, bytes in all; copying and verifying count alike

_CHUNK_BYTES = 1_000_000
_SYNC_BYTES = 64_000_000  # written between two syncs, so that progress is the disk's and a stop is soon heard


class MoveCancelled(BadInput):
    """The user stopped the move; everything is as it was."""


def copy_all(
    source: Path, target: Path, files: Sequence[Path], on_progress: Progress, is_cancelled: Callable[[], bool]
) -> None:
    """Copy and verify; raises MoveCancelled, DataFolderUnusable, and OSError of the target's disk.

    After each of them what was copied is gone again; only a kill leaves it, for the next try to use.
    """
    total = 2 * size_bytes(files)
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        if is_cancelled():
            raise MoveCancelled(say("The move was stopped; the data is where it was."))
        done += size
        on_progress(min(done, total), total)

    try:
        for path in files:
            _copy(path, source, target, advance)
        _sync_folders(target, files, source)
        for path in files:
            if not path.is_symlink() and not _is_same(path, target / path.relative_to(source), advance):
                raise DataFolderUnusable(
                    say(
                        "{name} did not arrive whole in {target}; the data is where it was.",
                        name=printable(path.name),
                        target=target,
                    )
                )
    except (MoveCancelled, DataFolderUnusable, OSError):
        with contextlib.suppress(OSError):
            delete_belongings(target)
            Paths(target).moving_here.unlink(missing_ok=True)
        raise


def size_bytes(files: Sequence[Path]) -> int:
    """Of what is copied: a link takes no room."""
    return sum(path.stat().st_size for path in files if not path.is_symlink())


def _copy(path: Path, source: Path, target: Path, advance: Callable[[int], None]) -> None:
    """The copy has its name only once it is whole on the disk."""
    copy = target / path.relative_to(source)
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink():
        copy.unlink(missing_ok=True)
        copy.symlink_to(_link_target(path, source, target))
        return
    stat = path.stat()
    if copy.is_file() and (copy.stat().st_size, copy.stat().st_mtime_ns) == (stat.st_size, stat.st_mtime_ns):
        advance(stat.st_size)
        return
    part = copy.with_name(f"{copy.name}.part")
    try:
        _write_through(path, part, advance)
        shutil.copystat(path, part)
        part.replace(copy)
    finally:
        part.unlink(missing_ok=True)


def _link_target(link: Path, source: Path, target: Path) -> Path:
    """Where the link leads; into the new folder when that is in the old one, which may be deleted later."""
    leads_to, old = Path(os.path.realpath(link)), Path(os.path.realpath(source))
    return target / leads_to.relative_to(old) if leads_to.is_relative_to(old) else leads_to


def _write_through(path: Path, part: Path, advance: Callable[[int], None]) -> None:
    """Onto the disk and out of memory, so that verifying reads what the disk holds."""
    unsynced = 0
    with path.open("rb") as reading, part.open("wb") as writing:
        for chunk in _chunks(reading):
            writing.write(chunk)
            unsynced += len(chunk)
            if unsynced >= _SYNC_BYTES:
                writing.flush()
                os.fsync(writing.fileno())
                unsynced = 0
            advance(len(chunk))
        writing.flush()
        os.fsync(writing.fileno())
        if sys.platform == "linux":
            os.posix_fadvise(writing.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _sync_folders(target: Path, files: Sequence[Path], source: Path) -> None:
    """The names of the copies are on the disk, too, before anything relies on them."""
    for folder in {target / path.parent.relative_to(source) for path in files}:
        sync_folder(folder)


def _is_same(path: Path, copy: Path, advance: Callable[[int], None]) -> bool:
    """Byte by byte, side by side, so that a stop is heard in the middle of a large file."""
    with path.open("rb") as one, copy.open("rb") as other:
        for chunk, copied in itertools.zip_longest(_chunks(one), _chunks(other)):
            if chunk != copied:
                return False
            advance(len(chunk))
    return True


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def delete_belongings(folder: Path) -> int:
    """The bytes that became free; folders of ours that are empty then go too."""
    paths = Paths(folder)
    freed = 0
    for path in paths.belongings():
        freed += 0 if path.is_symlink() else path.stat().st_size
        path.unlink()
    paths.moved_here.unlink(missing_ok=True)
    inner = sorted((path for path in (paths.models, paths.journal) if path.is_dir()), reverse=True)
    for one in inner:
        for empty in sorted((path for path in one.rglob("*") if path.is_dir()), reverse=True):
            remove_if_empty(empty)
        remove_if_empty(one)
    return freed


def remove_if_empty(folder: Path) -> None:
    """Nothing happens to a folder that holds something, or is not there."""
    with contextlib.suppress(OSError):
        folder.rmdir()
