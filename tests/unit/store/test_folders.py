"""Folders, pins and the archive: chats are put in order, and none is lost by it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.store.chats import ChatSettings
from slmdesk.store.folders import LONGEST_NAME, Folders
from tests.fakes.data_folder import Store, opened


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


async def test_folders_are_listed_by_name_with_their_chats(store: Store) -> None:
    folders = Folders(store.database)
    work, art = await folders.create(" Work\n"), await folders.create("art")
    chats = [await store.chats.create(ChatSettings(), f"chat {number}") for number in range(4)]
    await folders.move([chat.id for chat in chats], work.id)
    await folders.move([chats[0].id], art.id)
    await store.chats.delete(chats[1].id)
    await store.chats.set_archived(chats[2].id, is_archived=True)
    assert [(folder.name, folder.chat_count) for folder in await folders.list()] == [("art", 1), ("Work", 1)]
    assert [chat.folder_id for chat in await store.chats.list()] == [work.id, art.id]
    assert (await store.chats.load(chats[0].id))[0].folder_id == art.id


async def test_a_deleted_folder_leaves_its_chats_and_the_way_back(store: Store) -> None:
    folders = Folders(store.database)
    folder = await folders.create("Work")
    chat = await store.chats.create(ChatSettings(), "kept")
    await folders.move([chat.id], folder.id)
    assert await folders.delete(folder.id) == [chat.id]
    assert await folders.list() == []
    assert [(each.title, each.folder_id) for each in await store.chats.list()] == [("kept", None)]


async def test_names_are_one_line_not_empty_and_not_taken(store: Store) -> None:
    folders = Folders(store.database)
    folder = await folders.create("Work")
    await folders.rename(folder.id, "WORK")
    other = await folders.create("x" * 200 + "\0\ud800")
    assert len(other.name) == LONGEST_NAME
    for name in ("", " \n", "work"):
        with pytest.raises(BadInput):
            await folders.create(name)
    with pytest.raises(BadInput, match="already"):
        await folders.rename(other.id, "work")
    with pytest.raises(BadInput, match="not there"):
        await folders.move([], "12345")


async def test_pinned_and_archived(store: Store) -> None:
    pinned, archived = [await store.chats.create(ChatSettings(), title) for title in ("a", "b")]
    await store.chats.set_pinned(pinned.id, is_pinned=True)
    await store.chats.set_archived(archived.id, is_archived=True)
    assert [(each.title, each.is_pinned) for each in await store.chats.list()] == [("a", True)]
    assert [each.title for each in await store.chats.list(is_archived=True)] == ["b"]
    assert (await store.chats.load(archived.id))[0].is_archived
    await store.chats.set_archived(archived.id, is_archived=False)
    await store.chats.set_pinned(pinned.id, is_pinned=False)
    assert [(each.title, each.is_pinned) for each in await store.chats.list()] == [("b", False), ("a", False)]


async def test_a_title_typed_by_hand_is_never_replaced(store: Store) -> None:
    chat = await store.chats.create(ChatSettings())
    await store.chats.add_user_message(chat.id, "what is it")
    assert await store.chats.suggest_title(chat.id, "A question")
    assert (await store.chats.list())[0].title == "A question"
    await store.chats.rename(chat.id, "Mine")
    assert not await store.chats.suggest_title(chat.id, "Theirs")
    loaded, _ = await store.chats.load(chat.id)
    assert (loaded.title, loaded.is_title_given) == ("Mine", True)
