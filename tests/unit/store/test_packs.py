"""Packs: what was edited is written and nothing else; deleted ones come back until the next start."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.store.db import Connection
from slmdesk.store.packs import Packs, StoredDocument, StoredPack
from tests.fakes.data_folder import Store, opened

A, B, C = (StoredDocument(name, f"Text of {name}", f"{name}.txt") for name in "abc")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


def pack(*documents: StoredDocument, title: str = "Reports") -> StoredPack:
    return StoredPack(Packs.new_id(), title, {"questions": ["one?"]}, {"seeds": [1]}, documents)


async def test_a_pack_comes_back_as_it_was(store: Store) -> None:
    packs = Packs(store.database)
    kept = pack(A, B)
    await packs.save(kept)
    assert await packs.load(kept.id) == kept
    (line,) = await packs.list()
    assert (line.id, line.title, line.document_count) == (kept.id, "Reports", 2)


@pytest.mark.parametrize(
    "documents",
    [(A,), (B, A), (A, replace(B, text="other")), (A, B, C), (C, B, A), (), (replace(A, name="z"), B)],
)
async def test_any_change_of_the_documents_is_stored(
    store: Store, documents: tuple[StoredDocument, ...]
) -> None:
    packs = Packs(store.database)
    before = pack(A, B)
    await packs.save(before)
    after = replace(before, documents=documents, title="Other", content={}, setup={})
    await packs.save(after, before)
    assert await packs.load(after.id) == after


async def test_what_did_not_change_is_not_written(store: Store) -> None:
    packs = Packs(store.database)
    before = pack(A, B)
    await packs.save(before)

    def spoil(connection: Connection) -> None:
        connection.execute("UPDATE pack_documents SET text = 'spoilt' WHERE name = 'a'")
        connection.execute("UPDATE packs SET content = '{\"x\":1}'")

    await store.database.write(spoil)
    await packs.save(replace(before, documents=(A, replace(B, text="new"))), before)
    loaded = await packs.load(before.id)
    assert [each.text for each in loaded.documents] == ["spoilt", "new"]
    assert loaded.content == {"x": 1}


async def test_the_pack_that_was_used_last_comes_first(store: Store) -> None:
    packs = Packs(store.database)
    first, second = pack(title="first"), pack(title="second")
    await packs.save(first)
    await packs.save(second)
    assert [each.title for each in await packs.list()] == ["second", "first"]
    await packs.use(first.id)
    assert [each.title for each in await packs.list()] == ["first", "second"]


async def test_a_deleted_pack_comes_back_until_the_next_start(tmp_path: Path) -> None:
    kept, gone = pack(A, title="kept"), pack(B, title="gone")
    async with opened(tmp_path) as store:
        packs = Packs(store.database)
        for each in (kept, gone):
            await packs.save(each)
            await packs.delete(each.id)
        assert await packs.list() == []
        with pytest.raises(BadInput, match="not there"):
            await packs.load(kept.id)
        await packs.undelete(kept.id)
    async with opened(tmp_path) as store:
        packs = Packs(store.database)
        await packs.forget_deleted()
        await packs.undelete(gone.id)
        assert [each.title for each in await packs.list()] == ["kept"]
        rows = await store.database.read(lambda c: c.execute("SELECT name FROM pack_documents").fetchall())
        assert [row["name"] for row in rows] == ["a"]


async def test_texts_that_sql_cannot_hold_are_made_storable(store: Store) -> None:
    packs = Packs(store.database)
    odd = StoredDocument("n\0ame", "half \ud83d of a pair")
    kept = pack(odd)
    await packs.save(kept)
    (loaded,) = (await packs.load(kept.id)).documents
    assert loaded.name == "n\N{REPLACEMENT CHARACTER}ame"
    await packs.save(replace(kept, documents=()), kept)
    assert (await packs.load(kept.id)).documents == ()


async def test_a_pack_that_is_stored_as_a_whole_keeps_nothing_of_what_was_there(store: Store) -> None:
    packs = Packs(store.database)
    kept = pack(A, B)
    await packs.save(kept)
    await packs.save(replace(kept, documents=(C,)))
    assert (await packs.load(kept.id)).documents == (C,)
