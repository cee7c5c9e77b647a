"""A data folder as the program opens it, and what can be counted from outside."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from slmdesk.config.paths import Paths
from slmdesk.store.chats import Chats
from slmdesk.store.db import Database
from slmdesk.store.journal import Journal
from slmdesk.store.runs import Runs


@dataclass(frozen=True)
class Store:
    """One run of the program's store."""

    paths: Paths
    database: Database
    journal: Journal
    chats: Chats
    runs: Runs

    async def aclose(self) -> None:
        await self.database.aclose()
        self.journal.close()


def open_store(data_dir: Path) -> Store:
    paths = Paths(data_dir)
    paths.create()
    database = Database.open(paths.database)
    journal = Journal(paths.journal)
    return Store(paths, database, journal, Chats(database, journal), Runs(database, journal))


@contextlib.asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[Store]:
    store = open_store(data_dir)
    try:
        yield store
    finally:
        await store.aclose()
