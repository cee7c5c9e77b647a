"""What goes wrong with the database, in words."""

from pathlib import Path

from slmdesk.base.disk import DiskTrouble
from slmdesk.base.errors import DatabaseDamaged, DataFolderUnusable
from slmdesk.base.words import counted, say


def unwritable(path: Path, reason: str, trouble: DiskTrouble) -> DataFolderUnusable:
    """The folder of the database takes no more."""
    return DataFolderUnusable(
        say("The data folder {folder} cannot be written ({reason}).", folder=path.parent, reason=reason),
        next_step=trouble.or_elsewhere,
    )


def damaged(path: Path) -> DatabaseDamaged:
    """A part of the file cannot be read; the next start rebuilds it."""
    return DatabaseDamaged(
        say("A part of the database {path} cannot be read.", path=path),
        next_step=say("Start SLM Desk again: the file is kept, and what can be read is copied to a new one."),
    )


def rebuilt(kept_as: str, entry_count: int) -> str:
    """What became of a damaged database, with how many of its entries were saved."""
    rescued = counted(entry_count, "{count} entry was copied from it", "{count} entries were copied from it")
    return say(
        "The database was damaged and is kept as {name}. A new one was started; {rescued}.",
        name=kept_as,
        rescued=rescued if entry_count else say("nothing could be read from it"),
    )
