"""Deleted for good: no word of a chat is left in the folder's files."""

from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.store.chats import ChatSettings
from slmdesk.store.erase import erase_all
from slmdesk.store.runs import NewLane
from tests.fakes.data_folder import opened

SECRET = "a word that nobody else would write"


async def test_nothing_of_the_chats_is_left(tmp_path: Path) -> None:
    (tmp_path / "slmdesk-v1.backup.sqlite").write_text(SECRET)
    async with opened(tmp_path) as store:
        chat = await store.chats.create(ChatSettings("m"), SECRET)
        await store.chats.add_user_message(chat.id, SECRET * 400)
        run = await store.runs.create(SECRET, [NewLane("a"), NewLane("b")])
        await erase_all(store.database, store.journal)
        assert await store.chats.list() == []
        assert await store.runs.list() == []
        with pytest.raises(BadInput):
            await store.runs.load(run.id)
    left = [
        path.name for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    assert left == []


async def test_a_running_answer_is_not_torn_away(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        chat = await store.chats.create(ChatSettings("m"))
        await store.chats.add_user_message(chat.id, "hello")
        message, writer = await store.chats.start_answer(chat.id, "m")
        with pytest.raises(BadInput, match="being written"):
            await erase_all(store.database, store.journal)
        await store.chats.finish_answer(message.id, writer, state="done")
        assert len(await store.chats.list()) == 1
