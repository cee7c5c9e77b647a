"""Where the data folder is: move it, go back, and start without it while its disk is away.

A kill at any step leaves the folder that counts whole: the note is written last, in one step, and what
was copied so far is used by the next try. Nothing may have the folder open meanwhile but the caller.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from slmdesk.base.errors import BadInput, DataFolderUnusable
from slmdesk.base.printable import printable
from slmdesk.base.words import say
from slmdesk.config.folder_copy import Progress, copy_all, delete_belongings, remove_if_empty
from slmdesk.config.instance import InstanceLock
from slmdesk.config.json_file import read_object, write_object
from slmdesk.config.move_plan import is_data_folder, require_room, require_target
from slmdesk.config.moved_note import MovedNote, read_note, write_note
from slmdesk.config.paths import CUSTOM_MODELS, Paths, home_data_dir, unusable
from slmdesk.config.settings import load_settings, save_settings


@dataclass(frozen=True, slots=True)
class DataPlace:
    """Where the data is. `previous` is the folder in use before, while it is kept and one can go back."""

    folder: Path
    previous: Path | None = None


def data_place(home: Path | None = None) -> DataPlace:
    """Where the data is now; raises DataFolderUnusable when the note cannot be read."""
    home = home or home_data_dir()
    note = read_note(home)
    if note is None:
        return DataPlace(home)
    return DataPlace(note.folder, None if note.is_dropping else note.previous)


def is_there(folder: Path, home: Path | None = None) -> bool:
    """Whether the folder is there and not merely the empty place where its disk is mounted."""
    return folder.is_dir() and (folder == (home or home_data_dir()) or Paths(folder).moved_here.is_file())


def move_data(
    target: Path,
    *,
    on_progress: Progress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    home: Path | None = None,
    is_held: bool = False,
) -> DataPlace:
    """Copy everything to `target`, verify it and use it from the next start on. Blocks: use a thread.

    `is_held`: the caller has the lock of the folder and has closed all in it. Raises BadInput when the
    folder will not do, MoveCancelled, AlreadyRunning while the program is open, DataFolderUnusable when
    something cannot be read or written. The old folder stays as it is.
    """
    home, target = home or home_data_dir(), target.expanduser().absolute()
    source = require_target(target, home)
    with _held(source, is_held), _cleared_unless_moved(target):
        files = Paths(source).belongings()
        try:
            require_room(target, files)
            Paths(target).create()
            write_object(Paths(target).moving_here, {"from": str(source)})
            with _held(target):
                copy_all(source, target, files, on_progress, is_cancelled)
                _rewrite_model_files(source, target)
                _rewrite_adapters(source, target)
                write_object(Paths(target).moved_here, {"from": str(source)})
                write_note(home, MovedNote(target, previous=source))
                Paths(target).moving_here.unlink(missing_ok=True)
        except OSError as error:
            raise _failed(source, target, error) from error
    return DataPlace(target, source)


def go_back(home: Path | None = None, *, is_held: bool = False) -> DataPlace:
    """Use the folder from before again, as it was then; the present one is kept, to go back to in turn.

    `is_held` as for a move. Raises BadInput when there is none to go back to or its disk is away,
    AlreadyRunning while the program is open.
    """
    home = home or home_data_dir()
    note = read_note(home)
    if note is None or note.previous is None or note.is_dropping:
        raise BadInput(say("There is no earlier data folder to go back to."))
    if not is_there(note.previous, home):
        raise BadInput(
            say("The folder {previous} is not there now.", previous=note.previous),
            next_step=say("Connect its disk and try again."),
        )
    with _held(note.folder, is_held) if note.folder.is_dir() else contextlib.nullcontext():
        write_note(home, MovedNote(note.previous, previous=note.folder))
    return DataPlace(note.previous, note.folder)


def use_folder(folder: Path, home: Path | None = None) -> DataPlace:
    """The data that was moved is in `folder`: its disk has another name now. Raises BadInput."""
    home, folder = home or home_data_dir(), folder.expanduser().absolute()
    if not is_data_folder(folder):
        raise BadInput(say("There are no chats of SLM Desk in {folder}.", folder=folder))
    note = read_note(home) or MovedNote(home)
    write_object(Paths(folder).moved_here, {"from": str(note.folder)})
    previous = note.previous if note.previous != folder and not note.is_dropping else None
    write_note(home, MovedNote(folder, previous=previous))
    return DataPlace(folder, previous)


def start_fresh(home: Path | None = None) -> DataPlace:
    """Begin with an empty folder while the disk with the data is away; that one can be gone back to."""
    home = home or home_data_dir()
    note = read_note(home) or MovedNote(home)
    folder = next(each for each in _candidates(home) if not Paths(each).belongings())
    Paths(folder).create()
    write_object(Paths(folder).moved_here, {"from": str(note.folder)})
    write_note(home, MovedNote(folder, previous=note.folder))
    return DataPlace(folder, note.folder)


def confirm_move(home: Path | None = None) -> int:
    """Delete the program's files in the folder from before; the bytes that became free.

    Files of others in it stay. From here on there is no way back. Killed meanwhile, it goes on when called
    again. Raises BadInput when there is nothing to confirm, AlreadyRunning, DataFolderUnusable.
    """
    home = home or home_data_dir()
    note = read_note(home)
    if note is None or note.previous is None:
        raise BadInput(say("There is no move to confirm."))
    if not is_there(note.folder, home):
        raise DataFolderUnusable(
            say("The data is not in {folder} now, so the old one is kept.", folder=note.folder)
        )
    freed = 0
    if note.previous.is_dir():
        try:
            with _held(note.previous):
                write_note(home, MovedNote(note.folder, note.previous, is_dropping=True))
                freed = delete_belongings(note.previous)
        except OSError as error:
            raise unusable(note.previous, error) from error
    write_note(home, MovedNote(note.folder))
    return freed


def _candidates(home: Path) -> Iterator[Path]:
    """The system's folder, else one beside it."""
    yield home
    number = 2
    while True:
        yield home.with_name(f"{home.name}-{number}")
        number += 1


@contextlib.contextmanager
def _held(folder: Path, is_held: bool = False) -> Iterator[None]:
    """The folder is locked; `is_held`: by the caller already."""
    if is_held:
        yield
        return
    lock = InstanceLock(Paths(folder), has_window=False)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _cleared_unless_moved(target: Path) -> Iterator[None]:
    """After a stop or a failure the target is as it was: empty, or not there."""
    was_there = target.exists()
    try:
        yield
    except (BadInput, DataFolderUnusable):
        paths = Paths(target)
        with contextlib.suppress(OSError):
            paths.moving_here.unlink(missing_ok=True)
            paths.lock.unlink(missing_ok=True)
        for folder in (paths.journal, paths.models, *(() if was_there else (target,))):
            remove_if_empty(folder)
        raise


def _failed(source: Path, target: Path, error: OSError) -> DataFolderUnusable:
    """The sentence for the folder that did not play along."""
    name = error.filename
    if isinstance(name, str) and Path(name).is_relative_to(source):
        reason = error.strerror or type(error).__name__
        return DataFolderUnusable(
            say(
                "{name} cannot be read ({reason}); the data is where it was.",
                name=printable(name),
                reason=reason,
            ),
            next_step=say("See to its rights, or take it out of the folder."),
        )
    return unusable(target, error)


def _rewrite_adapters(source: Path, target: Path) -> None:
    """The same for the adapters of custom models."""
    path = Paths(target).models / CUSTOM_MODELS
    try:
        content = read_object(path) or {}
    except ValueError:
        return  # it is said when it is read
    models = content.get("models")
    for model in models if isinstance(models, list) else ():
        name = model.get("adapter") if isinstance(model, dict) else None
        if isinstance(name, str) and name and Path(name).is_relative_to(source):
            model["adapter"] = str(target / Path(name).relative_to(source))
            write_object(path, content)


def _rewrite_model_files(source: Path, target: Path) -> None:
    """Model files that stood in the old folder are named by their place in the new one."""
    settings = load_settings(Paths(target))
    files = tuple(
        str(target / Path(name).relative_to(source)) if Path(name).is_relative_to(source) else name
        for name in settings.model_files
    )
    if files != settings.model_files:
        save_settings(Paths(target), settings.with_value("model_files", files))
