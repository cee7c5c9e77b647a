"""Comparison runs: lanes keep their own texts, one vote, and the same safety as chats."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.store.db import Connection
from slmdesk.store.runs import NewLane, Run
from tests.fakes.data_folder import Store, opened

LANES = [
    NewLane("builtin/a", {"temperature": 0.0}),
    NewLane("builtin/a", {"temperature": 1.0}),
    NewLane("ollama/b"),
]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


async def answer(store: Store, lane_id: str, text: str, state: str = "done") -> None:
    writer = await store.runs.start_lane(lane_id)
    await writer.append(text, "hm")
    await store.runs.finish_lane(lane_id, writer, state=state, stop_reason="stop", timings={"ttft_s": 0.5})


async def test_a_run_is_there_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        run = await store.runs.create("Which?", LANES, is_sequential=True)
        assert await store.runs.load(run.id) == run
        await asyncio.gather(*(answer(store, lane.id, f"text {lane.position}") for lane in run.lanes))
        vote = await store.runs.vote(run.id, "best", run.lanes[1].id)
    async with opened(tmp_path) as store:
        loaded = await store.runs.load(run.id)
        assert (loaded.prompt, loaded.is_sequential, loaded.vote) == ("Which?", True, vote)
        assert [lane.text for lane in loaded.lanes] == ["text 0", "text 1", "text 2"]
        assert [dict(lane.settings) for lane in loaded.lanes] == [dict(lane.settings) for lane in LANES]
        assert {(lane.thinking, lane.state, lane.stop_reason) for lane in loaded.lanes} == {
            ("hm", "done", "stop")
        }
        assert loaded.lanes[0].timings == {"ttft_s": 0.5}
        (summary,) = await store.runs.list()
        assert (summary.id, summary.title, summary.vote_kind) == (run.id, "Which?", "best")
        assert summary.model_refs == ("builtin/a", "builtin/a", "ollama/b")


async def test_a_column_run_again_keeps_the_old_answer(store: Store) -> None:
    run = await store.runs.create("q", LANES)
    await answer(store, run.lanes[1].id, "old")
    fresh = await store.runs.replace_lane(run.lanes[1], NewLane("ollama/c", {"seed": 1}))
    await answer(store, fresh.id, "new")
    loaded = await store.runs.load(run.id)
    assert [lane.model_ref for lane in loaded.lanes] == ["builtin/a", "ollama/c", "ollama/b"]
    assert loaded.lanes[1].text == "new"
    old = await store.database.read(
        lambda c: c.execute("SELECT count(*) FROM lanes WHERE text = 'old'").fetchone()[0]
    )
    assert old == 1


async def test_a_crash_leaves_each_lane_with_its_own_text(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        run = await store.runs.create("q", LANES)
        await answer(store, run.lanes[0].id, "finished")
        writer = await store.runs.start_lane(run.lanes[1].id)
        await writer.append("half", "thought")
    async with opened(tmp_path) as store:
        lanes = (await store.runs.load(run.id)).lanes
        assert [(lane.text, lane.state) for lane in lanes] == [
            ("finished", "done"),
            ("half", "interrupted"),
            ("", "interrupted"),
        ]
        assert lanes[1].thinking == "thought"
        assert lanes[1].error
        assert list(store.paths.journal.iterdir()) == []


async def test_a_crash_between_commit_and_clean_up_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        run = await store.runs.create("q", LANES[:1])
        writer = await store.runs.start_lane(run.lanes[0].id)
        await writer.append("journal", "")
    (left,) = store.paths.journal.iterdir()
    content = left.read_bytes()
    async with opened(tmp_path) as store:
        await answer(store, run.lanes[0].id, "committed")
    left.write_bytes(content)
    async with opened(tmp_path) as store:
        assert (await store.runs.load(run.id)).lanes[0].text == "committed"
        assert not left.exists()


async def test_votes_are_changed_and_withdrawn(store: Store) -> None:
    run = await store.runs.create("q", LANES)
    await store.runs.vote(run.id, "best", run.lanes[0].id)
    await store.runs.vote(run.id, "none")
    vote = (await store.runs.load(run.id)).vote
    assert vote is not None
    assert (vote.kind, vote.lane_id) == ("none", None)
    await store.runs.withdraw_vote(run.id)
    assert (await store.runs.load(run.id)).vote is None


async def test_deleted_is_gone_and_comes_back_until_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        runs = [await store.runs.create(f"q{number}", LANES) for number in range(3)]
        await store.runs.vote(runs[1].id, "tie")
        await store.runs.delete(runs[1].id)
        assert [run.title for run in await store.runs.list()] == ["q2", "q0"]
        with pytest.raises(BadInput):
            await store.runs.load(runs[1].id)
        await store.runs.undelete(runs[1].id)
        assert len(await store.runs.list()) == 3
        await store.runs.delete(runs[1].id)
    async with opened(tmp_path) as store:
        await store.runs.undelete(runs[1].id)
        assert [run.title for run in await store.runs.list(limit=5)] == ["q2", "q0"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE lanes SET settings = '{', timings = 'soon'",
        "UPDATE lanes SET text = x'ff41'",
        "UPDATE votes SET kind = 'maybe'",
        "UPDATE runs SET created_at = 'then'",
    ],
)
async def test_a_bad_row_never_hides_a_run(store: Store, statement: str) -> None:
    run = await store.runs.create("q", LANES)
    await store.runs.vote(run.id, "tie")

    def damage(connection: Connection) -> None:
        connection.execute(statement)

    await store.database.write(damage)
    loaded: Run = await store.runs.load(run.id)
    assert len(loaded.lanes) == 3
    assert len(await store.runs.list()) == 1


async def test_hostile_text_is_storable(store: Store) -> None:
    run = await store.runs.create("nul \0 \ud800", [NewLane("m\ud800", {"stop": "\ud800"})])
    await answer(store, run.lanes[0].id, "\ud83d\ude00\0")
    loaded = await store.runs.load(run.id)
    assert loaded.prompt == "nul \ufffd \ufffd"
    assert loaded.lanes[0].text == "😀\ufffd"
