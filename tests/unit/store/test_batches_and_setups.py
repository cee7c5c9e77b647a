"""Lists of prompts, sets of columns, ballots and conversations: there after a restart, damage included."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.store.ballots import Ballots
from slmdesk.store.batches import Batches
from slmdesk.store.db import Connection
from slmdesk.store.runs import NewLane, StoredLane
from slmdesk.store.setups import MAX_NAME, Setups
from tests.fakes.data_folder import Store, opened

LANES = [NewLane("builtin/a", {"seed": 1}), NewLane("ollama/b")]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


async def answer(store: Store, lane: StoredLane, text: str, state: str = "done") -> None:
    writer = await store.runs.start_lane(lane.id)
    await writer.append(text, "")
    await store.runs.finish_lane(lane.id, writer, state=state)


async def test_a_list_of_prompts_is_stored_whole_and_counts_its_answers(store: Store) -> None:
    batches = Batches(store.database)
    batch = await batches.create("Ten", ["p0", "p1", "p2"], LANES, is_sequential=True, machine={"x": 1})
    assert await batches.load(batch.id) == batch
    await answer(store, batch.runs[1].lanes[0], "one")
    await answer(store, batch.runs[2].lanes[1], "", state="failed")
    fresh = await store.runs.replace_lane(batch.runs[1].lanes[0], LANES[0])
    await answer(store, fresh, "one again")
    loaded = await batches.load(batch.id)
    assert [run.prompt for run in loaded.runs] == ["p0", "p1", "p2"]
    assert loaded.runs[1].lanes[0].text == "one again"
    (summary,) = await batches.list()
    assert (summary.prompt_count, summary.lane_count, summary.done_count) == (3, 6, 1)
    assert await store.runs.list() == []
    await batches.rename(batch.id, "Three")
    await batches.delete(batch.id)
    assert await batches.list() == []
    with pytest.raises(BadInput, match="not there"):
        await batches.load(batch.id)
    await batches.undelete(batch.id)
    assert [each.name for each in await batches.list()] == ["Three"]


async def test_a_deleted_batch_goes_with_its_runs_at_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        batch = await Batches(store.database).create("x", ["p"], LANES, is_sequential=False)
        await Batches(store.database).delete(batch.id)
    async with opened(tmp_path) as store:
        count = await store.database.read(lambda c: c.execute("SELECT count(*) FROM lanes").fetchone()[0])
        assert count == 0


async def test_a_conversation_is_one_line_and_remembers_what_each_column_was_told(store: Store) -> None:
    first = await store.runs.create("q1", LANES, blind_seed=5, machine={"cpu_percent": 2.0})
    for lane in first.lanes:
        await answer(store, lane, f"a1 {lane.position}")
    lanes = [NewLane(lane.model_ref, {}, lane.id) for lane in first.lanes]
    second = await store.runs.create("q2", lanes, first_id=first.id)
    replaced = await store.runs.replace_lane(first.lanes[0], NewLane("builtin/z"))
    await answer(store, replaced, "another")
    assert [summary.title for summary in await store.runs.list()] == ["q1"]
    turns = await store.runs.turns(second.id)
    assert [turn.prompt for turn in turns] == ["q1", "q2"]
    assert (turns[0].blind_seed, turns[0].machine) == (5, {"cpu_percent": 2.0})
    (exchange,) = await store.runs.history(second.lanes[0].id)
    assert (exchange.prompt, exchange.answer.text) == ("q1", "a1 0")

    def damage(connection: Connection) -> None:
        connection.execute("UPDATE lanes SET previous_id = id WHERE run_id = ?", (second.id,))

    await store.database.write(damage)
    assert await store.runs.history(second.lanes[0].id) == ()


async def test_set_ups_have_names_of_their_own(store: Store) -> None:
    setups = Setups(store.database)
    one = await setups.save("  One  name ", {"columns": [1]})
    again = await setups.save("One name", {"columns": [2]})
    two = await setups.save("another", {})
    assert again.id == one.id
    assert [(each.name, dict(each.content)) for each in await setups.list()] == [
        ("another", {}),
        ("One name", {"columns": [2]}),
    ]
    with pytest.raises(BadInput, match="already"):
        await setups.rename(two.id, "One name")
    await setups.rename(two.id, "Zwei")
    for name in (" ", "x" * (MAX_NAME + 1)):
        with pytest.raises(BadInput, match="name"):
            await setups.save(name, {})
    await setups.delete(one.id)
    assert [each.name for each in await setups.list()] == ["Zwei"]


async def test_ballots_hold_the_columns_that_answered(store: Store) -> None:
    run = await store.runs.create("q", [*LANES, NewLane("gone/c")])
    await answer(store, run.lanes[0], "A")
    await answer(store, run.lanes[1], "B")
    await answer(store, run.lanes[2], "", state="failed")
    await store.runs.vote(run.id, "best", run.lanes[1].id, is_blind=True)
    tie = await store.runs.create("q2", LANES)
    await store.runs.vote(tie.id, "tie")
    deleted = await store.runs.create("q3", LANES)
    await store.runs.vote(deleted.id, "tie")
    await store.runs.delete(deleted.id)
    first, second = await Ballots(store.database).all()
    assert [each.model_ref for each in first.contestants] == ["builtin/a", "ollama/b"]
    assert (first.kind, first.is_blind, first.best) == ("best", True, 1)
    assert dict(first.contestants[0].settings) == {"seed": 1}
    assert (second.kind, second.best, second.contestants) == ("tie", None, ())
    fresh = await store.runs.replace_lane(run.lanes[1], LANES[1])
    await answer(store, fresh, "B again")
    assert (await Ballots(store.database).all())[0].best is None
