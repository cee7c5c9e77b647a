"""At the start: answers whose program ended before they did move from the journal into the database."""

import contextlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.store.db import Connection, Database
from slmdesk.store.journal import Journal, Leftover

# Stores what it knows and returns it; the rest belongs to another database and stays.
Recover: TypeAlias = Callable[[Connection, Sequence[Leftover]], Sequence[Leftover]]


def recover_leftovers(db: Database, journal: Journal, kind: str, recover: Recover) -> None:
    """Run `recover` over the journal's answers of this kind; their files go once the commit is safe."""
    leftovers = journal.leftovers(kind)
    stored: list[Leftover] = []

    def work(connection: Connection) -> None:
        stored[:] = recover(connection, leftovers)

    def remove() -> None:
        for leftover in stored:
            leftover.remove()

    # Without room on the disk the files stay, and this is done with the next write that succeeds.
    with contextlib.suppress(DataFolderUnusable):
        db.write_now(work, then=remove)
