"""The note in the system's folder that says where the data is, and which folder was in use before."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.base.words import say
from slmdesk.config.json_file import read_object, write_object
from slmdesk.config.paths import Paths


@dataclass(frozen=True, slots=True)
class MovedNote:
    """`previous` is the folder in use before, while it is kept; `is_dropping` while it is deleted."""

    folder: Path
    previous: Path | None = None
    is_dropping: bool = False


def read_note(home: Path) -> MovedNote | None:
    """The note, None where nothing was moved; raises DataFolderUnusable when it cannot be read."""
    path = Paths(home).moved_note
    try:
        content = read_object(path)
    except ValueError as error:
        raise _unreadable(path) from error
    if content is None:
        return None
    folder, previous = content.get("folder"), content.get("previous")
    if not isinstance(folder, str) or not folder:
        raise _unreadable(path)
    kept = Path(previous) if isinstance(previous, str) and previous else None
    return MovedNote(Path(folder), kept, content.get("is_dropping") is True)


def write_note(home: Path, note: MovedNote) -> None:
    """Replace the note at once or not at all; with nothing left to say it goes; raises DataFolderUnusable."""
    path = Paths(home).moved_note
    if note.folder == home and note.previous is None:
        path.unlink(missing_ok=True)
        return
    content: dict[str, Any] = {"folder": str(note.folder), "is_dropping": note.is_dropping}
    if note.previous is not None:
        content["previous"] = str(note.previous)
    write_object(path, content)


def _unreadable(path: Path) -> DataFolderUnusable:
    return DataFolderUnusable(
        say("The note {path}, which says where the data is, cannot be read.", path=path),
        next_step=say("Mend or delete it, or choose a folder with --data-dir."),
    )
