"""Delete all chats, comparisons and evaluations for good, with the backups that hold older copies of them."""

import asyncio
from pathlib import Path

from slmdesk.base.errors import BadInput, DataFolderUnusable
from slmdesk.base.words import say
from slmdesk.store.db import Connection, Database
from slmdesk.store.journal import Journal

# What belongs to these goes with them.
_TABLES = (
    "chats", "folders", "runs", "batches", "setups", "packs", "cached_answers", "corrections", "findings",
)  # fmt: skip


async def erase_all(db: Database, journal: Journal) -> None:
    """Overwrites what is deleted; the settings stay. Raises BadInput while an answer is being written."""
    if any(True for _ in journal.running()):
        raise BadInput(say("An answer is being written."), next_step=say("Stop it first."))
    await db.write(_erase)
    await db.write(_empty_log)
    await asyncio.to_thread(_delete_backups, db.path)


def _erase(connection: Connection) -> None:
    """Freed pages are filled with zeros."""
    connection.execute("PRAGMA secure_delete = ON")
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608  # names of ours
    connection.execute("INSERT INTO search (search) VALUES ('delete-all')")  # words of what is gone


def _empty_log(connection: Connection) -> None:
    """The zeros reach the file, and the log that held the words is cut.

    Not possible in a transaction, which every write is: this one has nothing in it.
    """
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.execute("BEGIN IMMEDIATE")


def _delete_backups(path: Path) -> None:
    try:
        for pattern in (f"{path.stem}-*.backup.sqlite*", "database-damaged-*.sqlite*"):
            for backup in path.parent.glob(pattern):
                backup.unlink()
    except OSError as error:
        raise DataFolderUnusable(
            say(
                "A backup in {parent} could not be deleted ({strerror}).",
                parent=path.parent,
                strerror=error.strerror,
            )
        ) from error
