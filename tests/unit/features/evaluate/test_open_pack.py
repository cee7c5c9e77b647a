"""The open pack: edits are undone and stored half a second later, at the end of the program at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from slmdesk.base.jobs import JobRunner
from slmdesk.engines.base import Options
from slmdesk.features.evaluate import editing, open_pack
from slmdesk.features.evaluate.open_pack import OpenPack
from slmdesk.features.evaluate.pack import Document, Pack
from slmdesk.features.evaluate.setup import Asking, Setup, Target, TargetKind
from slmdesk.features.evaluate.starters import load_starter
from slmdesk.features.evaluate.stored_pack import from_stored, setup_from_plain, setup_to_plain, to_stored
from slmdesk.store.packs import Packs
from tests.fakes.data_folder import Store, opened
from tests.fakes.until import until


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


@pytest.fixture
async def jobs() -> AsyncIterator[JobRunner]:
    bugs: list[Exception] = []
    runner = JobRunner(lambda _key, error: bugs.append(error))
    yield runner
    await runner.aclose()
    assert bugs == []


def titled(book: OpenPack, title: str) -> Pack:
    return replace(book.pack, title=title)


async def test_a_starter_becomes_ones_own_when_it_is_edited(store: Store, jobs: JobRunner) -> None:
    packs = Packs(store.database)
    book, starter = OpenPack(packs, jobs), load_starter("breach")
    await book.show(starter, Setup())
    await book.store_now()
    assert (book.id, await packs.list()) == ("", [])
    book.keep()
    book.keep()
    await until(lambda: not jobs.is_running(open_pack.JOB_SAVE))
    (line,) = await packs.list()
    assert (line.id, line.document_count) == (book.id, len(starter.documents))
    book.edit(editing.without_documents(book.pack, {starter.documents[0].name}))
    await until(lambda: not jobs.is_running(open_pack.JOB_SAVE))
    (line,) = await packs.list()
    assert (line.id, line.document_count) == (book.id, len(starter.documents) - 1)
    assert load_starter("breach") == starter


async def test_every_starter_survives_the_store() -> None:
    for name in ("breach", "invoices"):
        pack, setup = load_starter(name), Setup(model_refs=("a/b",))
        assert from_stored(to_stored("1", pack, setup)) == (pack, setup)


async def test_a_pack_that_is_opened_again_is_as_it_was_left(store: Store, jobs: JobRunner) -> None:
    packs = Packs(store.database)
    book = OpenPack(packs, jobs)
    await book.add(Pack("Mine", documents=(Document("a", "A"),)), Setup())
    book.edit(editing.with_documents(book.pack, [Document("b", "B")]))
    book.set_up(Setup(model_refs=("x/y",)))
    first = book.id
    await book.add(Pack("Other"), Setup())
    await book.open(first)
    assert [each.name for each in book.pack.documents] == ["a", "b"]
    assert book.setup.model_refs == ("x/y",)
    assert not book.can_undo
    assert [each.title for each in await packs.list()] == ["Mine", "Other"]


async def test_the_end_of_the_program_waits_for_no_delay(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pack, "SAVE_AFTER_S", 3600.0)
    packs, runner = Packs(store.database), JobRunner(lambda _key, _error: None)
    book = OpenPack(packs, runner)
    await book.show(Pack("x"), Setup())
    book.edit(titled(book, "typed just now"))
    await asyncio.wait_for(runner.aclose(), 5)
    assert [each.title for each in await packs.list()] == ["typed just now"]


async def test_typing_is_one_step_and_other_edits_are_their_own(store: Store, jobs: JobRunner) -> None:
    book = OpenPack(Packs(store.database), jobs)
    told: list[str] = []
    book.changed.subscribe(lambda _none: told.append(book.pack.title))
    await book.show(Pack("0"), Setup())
    for title in ("1", "12", "123"):
        book.edit(titled(book, title), "title")
    book.edit(titled(book, "cut"))
    book.edit(titled(book, "cut"))  # nothing changed
    book.undo()
    assert book.pack.title == "123"
    book.undo()
    assert book.pack.title == "0"
    book.undo()
    assert told == ["0", "1", "12", "123", "cut", "123", "0"]


async def test_a_setup_survives_the_store_and_a_damaged_one_is_the_usual() -> None:
    setup = Setup(
        ("a/b", "c/d"),
        Asking.TOGETHER,
        Options(context_tokens=8192, temperature=0.4),
        (1, 2, 3),
        Target(TargetKind.SHARE_OF_BEST, 0.95),
        is_thinking=True,
        votes=(("a/b", "c/d"),),
        hosts=("e",),
    )
    assert setup_from_plain(setup_to_plain(setup)) == setup
    damaged = {"model_refs": 3, "asking": "?", "options": [], "seeds": ["x"], "target": {"value": "much"}}
    assert setup_from_plain(damaged) == Setup()
    assert setup_from_plain({}) == Setup()
