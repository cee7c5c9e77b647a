"""A real store in a folder of its own, for sessions and comparisons."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from slmdesk.store.chats import Chats
from slmdesk.store.db import Database
from slmdesk.store.journal import Journal
from slmdesk.store.runs import Runs


@dataclass
class Store:
    """The parts of the store that features use."""

    database: Database
    chats: Chats
    runs: Runs


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    folder = tmp_path / "journal"
    folder.mkdir()
    database, journal = Database.open(tmp_path / "test.sqlite"), Journal(folder)
    yield Store(database, Chats(database, journal), Runs(database, journal))
    journal.close()
    await database.aclose()
