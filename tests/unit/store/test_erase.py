"""Deleted for good: no word of a chat is left in the folder's files."""

from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.store.chats import ChatSettings
from slmdesk.store.db import Connection, Database
from slmdesk.store.erase import erase_all
from slmdesk.store.folders import Folders
from slmdesk.store.runs import NewLane
from slmdesk.store.search import Search
from slmdesk.store.setups import Setups
from tests.fakes.data_folder import opened

SECRET = "a word that nobody else would write"


async def index_of(database: Database) -> bytes:
    """The index: its first parts of three letters stand in it as they are."""

    def read(connection: Connection) -> bytes:
        return b"".join(bytes(row[0]) for row in connection.execute("SELECT block FROM search_data"))

    return await database.read(read)


def holding_the_secret(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if SECRET.encode() in path.read_bytes()]


async def test_nothing_of_the_chats_is_left(tmp_path: Path) -> None:
    (tmp_path / "slmdesk-v1.backup.sqlite").write_text(SECRET)
    (tmp_path / "database-damaged-2026-01-01-000000.sqlite").write_text(SECRET)
    async with opened(tmp_path) as store:
        chat = await store.chats.create(ChatSettings("m"), SECRET)
        await store.chats.add_user_message(chat.id, SECRET * 400)
        run = await store.runs.create(SECRET, [NewLane("a"), NewLane("b")])
        folders, setups = Folders(store.database), Setups(store.database)
        await folders.create(SECRET)
        await setups.save(SECRET, {})
        await Search(store.database, store.journal).update_index()
        assert b" el" in await index_of(store.database)
        await erase_all(store.database, store.journal)
        assert (list(await folders.list()), list(await setups.list())) == ([], [])
        assert b" el" not in await index_of(store.database)
        assert await store.chats.list() == []
        assert await store.runs.list() == []
        with pytest.raises(BadInput):
            await store.runs.load(run.id)
        assert holding_the_secret(tmp_path) == []  # at once, not only when the program ends
    assert holding_the_secret(tmp_path) == []


async def test_a_running_answer_is_not_torn_away(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        chat = await store.chats.create(ChatSettings("m"))
        await store.chats.add_user_message(chat.id, "hello")
        message, writer = await store.chats.start_answer(chat.id, "m")
        with pytest.raises(BadInput, match="being written"):
            await erase_all(store.database, store.journal)
        await store.chats.finish_answer(message.id, writer, state="done")
        assert len(await store.chats.list()) == 1
