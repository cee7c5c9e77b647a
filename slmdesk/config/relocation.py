"""Move the data folder: copy, verify, switch by a note; the old one is kept until the user confirms.

A kill at any step leaves the folder that counts whole: the note is written last, in one step, and what
was copied so far is used by the next try. Nothing may have the folder open: in the window, close the
services first (the lock is taken here), then call `move_data` in a thread and start again.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from slmdesk.base.errors import BadInput, DataFolderUnusable
from slmdesk.base.memory import gigabytes
from slmdesk.base.words import say
from slmdesk.config.instance import InstanceLock
from slmdesk.config.json_file import read_object, write_object
from slmdesk.config.moved_note import MovedNote, read_note, write_note
from slmdesk.config.paths import Paths, home_data_dir, unusable
from slmdesk.config.settings import load_settings, save_settings

Progress: TypeAlias = Callable[
    [int, int], None
]  # bytes done, bytes in all; copying and verifying count alike

_CHUNK_BYTES = 1_000_000
_SPARE_BYTES = 50_000_000  # that the new disk must have beside the data


@dataclass(frozen=True, slots=True)
class DataPlace:
    """Where the data is. `previous` is where it was, while that is kept and one can go back."""

    folder: Path
    previous: Path | None = None


class MoveCancelled(BadInput):
    """The user stopped the move; everything is as it was."""


def data_place(home: Path | None = None) -> DataPlace:
    """Where the data is now; raises DataFolderUnusable when the note cannot be read."""
    home = home or home_data_dir()
    note = read_note(home)
    if note is None:
        return DataPlace(home)
    return DataPlace(note.folder, None if note.is_dropping else note.previous)


def move_data(
    target: Path,
    *,
    on_progress: Progress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    home: Path | None = None,
) -> DataPlace:
    """Copy everything to `target`, verify it and use it from the next start on. Blocks: use a thread.

    Raises BadInput when the folder will not do, MoveCancelled, AlreadyRunning while the program is open,
    DataFolderUnusable when something cannot be read or written. The old folder stays as it is.
    """
    home, target = home or home_data_dir(), target.expanduser().absolute()
    note = read_note(home) or MovedNote(home)
    source = note.folder
    if note.previous is not None:
        raise BadInput(
            say(
                "An earlier move is not confirmed: the old data is still in {previous}.",
                previous=note.previous,
            ),
            next_step=say("Confirm it or go back first."),
        )
    _require_apart(source, target)
    with _held(source):
        files = Paths(source).belongings()
        _require_free(target, source, home)
        try:
            _prepare(target, source, files)
            with _held(target):
                _copy_all(source, target, files, on_progress, is_cancelled)
                _rewrite_model_files(source, target)
                write_object(Paths(target).moved_here, {"from": str(source)})
                write_note(home, MovedNote(target, previous=source))
                Paths(target).moving_here.unlink(missing_ok=True)
        except OSError as error:
            raise unusable(target, error) from error
    return DataPlace(target, source)


def go_back(home: Path | None = None) -> DataPlace:
    """Use the folder from before the move again, as it was then; the newer one stays where it is.

    Raises BadInput when there is none to go back to, AlreadyRunning while the program is open.
    """
    home = home or home_data_dir()
    note = read_note(home)
    if note is None or note.previous is None or note.is_dropping:
        raise BadInput(say("There is no earlier data folder to go back to."))
    if not note.previous.is_dir():
        raise BadInput(say("The earlier data folder {previous} is not there.", previous=note.previous))
    with _held(note.folder) if note.folder.is_dir() else contextlib.nullcontext():
        write_note(home, MovedNote(note.previous))
    return DataPlace(note.previous)


def confirm_move(home: Path | None = None) -> int:
    """Delete the program's files in the folder from before the move; the bytes that became free.

    Files of others in it stay. From here on there is no way back. Killed meanwhile, it goes on when called
    again. Raises BadInput when there is nothing to confirm, AlreadyRunning, DataFolderUnusable.
    """
    home = home or home_data_dir()
    note = read_note(home)
    if note is None or note.previous is None:
        raise BadInput(say("There is no move to confirm."))
    if not Paths(note.folder).moved_here.is_file():
        raise DataFolderUnusable(
            say("The data is not in {folder} now, so the old one is kept.", folder=note.folder)
        )
    freed = 0
    if note.previous.is_dir():
        with _held(note.previous):
            write_note(home, MovedNote(note.folder, note.previous, is_dropping=True))
            freed = _delete_belongings(note.previous)
    write_note(home, MovedNote(note.folder))
    return freed


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    lock = InstanceLock(Paths(folder), has_window=False)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


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
    ours = {paths.lock.name, paths.moved_note.name}
    is_taken = bool(paths.belongings()) or any(path.name not in ours for path in target.iterdir())
    if paths.belongings() if target == home else is_taken:
        raise BadInput(say("{target} is not empty. Choose an empty folder.", target=target))


def _is_begun(paths: Paths, source: Path) -> bool:
    try:
        content = read_object(paths.moving_here)
    except ValueError:
        return False
    return content is not None and content.get("from") == str(source)


def _prepare(target: Path, source: Path, files: Sequence[Path]) -> None:
    """Make the folder and mark it; raises BadInput when the disk has not enough room."""
    Paths(target).create()
    needed = sum(path.stat().st_size for path in files if not path.is_symlink()) + _SPARE_BYTES
    there = sum(path.stat().st_size for path in Paths(target).belongings() if not path.is_symlink())
    free = shutil.disk_usage(target).free + there
    if free < needed:
        raise BadInput(
            say(
                "There is not enough room in {target}: {needed} GB are needed and {free} GB are free.",
                target=target,
                needed=gigabytes(needed),
                free=gigabytes(free),
            )
        )
    write_object(Paths(target).moving_here, {"from": str(source)})


def _copy_all(
    source: Path, target: Path, files: Sequence[Path], on_progress: Progress, is_cancelled: Callable[[], bool]
) -> None:
    total = 2 * sum(path.stat().st_size for path in files if not path.is_symlink())
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        if is_cancelled():
            raise MoveCancelled(say("The move was stopped; the data is where it was."))
        done += size
        on_progress(min(done, total), total)

    try:
        for path in files:
            _copy(path, target / path.relative_to(source), advance)
        for path in files:
            if not path.is_symlink() and _digest(path) != _digest(target / path.relative_to(source), advance):
                raise DataFolderUnusable(
                    say(
                        "{name} did not arrive whole in {target}; the data is where it was.",
                        name=path.name,
                        target=target,
                    )
                )
    except (MoveCancelled, OSError):  # the room is given back; what is left over is used by the next try
        with contextlib.suppress(OSError):
            _delete_belongings(target)
            Paths(target).moving_here.unlink(missing_ok=True)
        raise


def _copy(path: Path, copy: Path, advance: Callable[[int], None]) -> None:
    """The copy has its name only once it is whole on the disk."""
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink():
        copy.unlink(missing_ok=True)
        copy.symlink_to(path.resolve())
        return
    stat = path.stat()
    if copy.is_file() and (copy.stat().st_size, copy.stat().st_mtime_ns) == (stat.st_size, stat.st_mtime_ns):
        advance(stat.st_size)
        return
    part = copy.with_name(f"{copy.name}.part")
    try:
        with path.open("rb") as reading, part.open("wb") as writing:
            for chunk in _chunks(reading):
                writing.write(chunk)
                advance(len(chunk))
            writing.flush()
            os.fsync(writing.fileno())
        shutil.copystat(path, part)
        part.replace(copy)
    finally:
        part.unlink(missing_ok=True)


def _digest(path: Path, advance: Callable[[int], None] = lambda _size: None) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in _chunks(file):
            digest.update(chunk)
            advance(len(chunk))
    return digest.digest()


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def _rewrite_model_files(source: Path, target: Path) -> None:
    """Model files that stood in the old folder are named by their place in the new one."""
    settings = load_settings(Paths(target))
    files = tuple(
        str(target / Path(name).relative_to(source)) if Path(name).is_relative_to(source) else name
        for name in settings.model_files
    )
    if files != settings.model_files:
        save_settings(Paths(target), settings.with_value("model_files", files))


def _delete_belongings(folder: Path) -> int:
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
            _remove_if_empty(empty)
        _remove_if_empty(one)
    return freed


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
