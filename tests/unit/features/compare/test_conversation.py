"""Blind runs, follow-up questions, retry of the failed, and going on in a chat."""

import asyncio
from collections.abc import Sequence

import pytest

from slmdesk.base.errors import BadInput, EngineOffline
from slmdesk.base.jobs import JobRunner
from slmdesk.engines.base import Delta, Message, Options, Request
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.blind import Cost, costs, shuffled
from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.fairness import MachineState
from slmdesk.features.compare.plan import LaneSpec, RunPlan, plan_run
from slmdesk.features.compare.report import NOT_SHOWN, report_of
from slmdesk.store.ballots import Ballots
from tests.fakes.scripted_engine import DONE, Script, ScriptedEngine, Step, says
from tests.fakes.until import until
from tests.unit.features.conftest import Store

SPECS = [LaneSpec("scripted/a"), LaneSpec("scripted/b"), LaneSpec("scripted/c")]


async def begin(store: Store, **scripts: Script) -> tuple[Comparison, ScriptedEngine]:
    engine = ScriptedEngine(scripts)
    registry = Registry([engine])
    await registry.refresh()
    return Comparison(store.runs, registry, machine=lambda: MachineState(12.5)), engine


def plan(specs: list[LaneSpec] = SPECS) -> RunPlan:
    return plan_run(specs, [0] * len(specs), 10**10)


async def test_a_blind_run_shows_nothing_then_texts_then_names(store: Store) -> None:
    gate = asyncio.Event()
    comparison, _ = await begin(
        store, a=says("A"), b=(gate, *says("B")), c=(Delta("C"), EngineOffline("c left"))
    )
    jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error}"))
    job = jobs.start("compare", lambda: comparison.run("hi", SPECS, plan(), is_blind=True))
    await until(lambda: comparison.lanes and comparison.lanes[0].is_done)
    view = comparison.view
    assert (view.shows_names, view.shows_figures, view.shows_texts, view.can_vote) == (False,) * 4
    assert view.names == ("A", "B", "C")
    assert comparison.blind_seed is not None
    assert view.order == shuffled(3, comparison.blind_seed)
    assert {lane.text for lane in report_of(comparison).rows[0].lanes} == {NOT_SHOWN}
    with pytest.raises(BadInput, match="all columns are done"):
        await comparison.cast_vote("best", 0)
    gate.set()
    await job

    view = comparison.view
    assert (view.shows_names, view.shows_figures, view.shows_texts, view.can_vote) == (
        False,
        False,
        True,
        True,
    )
    report = report_of(comparison)
    assert {lane.text for lane in report.rows[0].lanes} == {"A", "B", "C"}
    assert "scripted" not in repr(report)
    assert "left" not in repr(report)
    assert report.fairness is None
    for refused in (comparison.again(0), comparison.follow_up("more", plan())):
        with pytest.raises(BadInput, match="hidden"):
            await refused
    with pytest.raises(BadInput, match="hidden"):
        comparison.continuation(0)

    reopened, _ = await begin(store)
    await reopened.open(comparison.run_id)
    assert reopened.view == view

    await comparison.cast_vote("best", view.order[0])
    shown = comparison.view
    assert (shown.shows_names, shown.shows_figures) == (True, True)
    assert shown.order == view.order
    assert shown.names == tuple("abc"[index] for index in view.order)
    (cost, *_) = costs(comparison.lanes, lambda ref, _context: 2_000_000_000 if ref == "scripted/a" else None)
    assert cost.words.startswith("a: 0.")
    assert cost.words.endswith("s, 2 tokens, 2.0 GB")
    assert "blind" in report_of(comparison).rows[0].vote
    assert (await Ballots(store.database).all())[0].is_blind
    await comparison.cast_vote("tie")  # the names are known by now
    assert not (await Ballots(store.database).all())[0].is_blind


def test_the_order_is_that_of_its_seed_and_every_place_is_possible() -> None:
    orders = {shuffled(3, seed) for seed in range(100)}
    assert len(orders) == 6
    assert shuffled(8, 5) == shuffled(8, 5)


async def test_each_column_goes_on_with_its_own_history(store: Store) -> None:
    def script(request: Request) -> Sequence[Step]:
        return says(f"{request.model}{len(request.messages)}")

    comparison, engine = await begin(store, a=script, b=script, c=(EngineOffline("no"),))
    specs = [LaneSpec("scripted/a", Options(seed=1), "Be brief."), *SPECS[1:]]
    await comparison.run("one", specs, plan(specs))
    first_id = comparison.run_id
    await comparison.cast_vote("best", 0)
    await comparison.follow_up("two", plan(specs))
    assert comparison.run_id != first_id
    assert comparison.vote is None
    assert [turn.prompt for turn in comparison.turns] == ["one"]
    assert engine.requests[3].messages == (
        Message("system", "Be brief."),
        Message("user", "one"),
        Message("assistant", "a2"),
        Message("user", "two"),
    )
    assert engine.requests[4].messages[:2] == (Message("user", "one"), Message("assistant", "b1"))
    assert engine.requests[5].messages == (Message("user", "two"),)
    await comparison.follow_up("three", plan(specs))
    assert [message.content for message in engine.requests[6].messages[1:]] == [
        "one",
        "a2",
        "two",
        "a4",
        "three",
    ]

    reopened, _ = await begin(store)
    await reopened.open(first_id)
    assert reopened.prompt == "three"
    assert [turn.prompt for turn in reopened.turns] == ["one", "two"]
    assert [lane.history for lane in reopened.lanes] == [lane.history for lane in comparison.lanes]
    assert reopened.machine == MachineState(12.5)
    await comparison.again(0)
    assert engine.requests[-1].messages == engine.requests[6].messages
    kept = await store.runs.history((await store.runs.load(comparison.run_id)).lanes[0].id)
    assert [exchange.prompt for exchange in kept] == ["one", "two"]


async def test_only_the_failed_are_retried(store: Store) -> None:
    replies = iter([(EngineOffline("no"),), says("now")])
    comparison, engine = await begin(store, a=says("A"), b=lambda _: next(replies), c=says("C"))
    await comparison.run("hi", SPECS, plan(), is_blind=True)
    await comparison.retry_failed(plan())
    assert [lane.answer.text if lane.answer else "" for lane in comparison.lanes] == ["A", "now", "C"]
    assert [request.model for request in engine.requests] == ["a", "b", "c", "b"]
    with pytest.raises(BadInput, match="No column has failed"):
        await comparison.retry_failed(plan())


async def test_a_column_gives_what_a_chat_needs(store: Store) -> None:
    comparison, _ = await begin(store, a=says("A"), b=(EngineOffline("no"),), c=(Delta("x"), DONE))
    with pytest.raises(BadInput, match="no such column"):
        comparison.continuation(0)
    await comparison.run("hi", SPECS, plan())
    await comparison.follow_up("and?", plan())
    found = comparison.continuation(0)
    assert found.spec == SPECS[0]
    assert [turn.text for turn in found.turns] == ["hi", "A", "and?"]
    assert found.answer.text == "A"
    with pytest.raises(BadInput, match="no answer"):
        comparison.continuation(1)


async def test_follow_up_needs_something_to_follow(store: Store) -> None:
    comparison, _ = await begin(store, a=says("A"))
    with pytest.raises(BadInput, match="nothing to go on with"):
        await comparison.follow_up("x", plan())


def test_the_cost_of_a_blind_answer_knows_one_from_many() -> None:
    assert Cost("m", 0.5, 1, None).words == "m: 0.5 s, 1 token"
    assert Cost("m", None, 1_200, None).words == "m: 1,200 tokens"
