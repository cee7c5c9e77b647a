"""Lanes run by plan, fail alone, stop alone, and every one of them is stored."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from slmdesk.base.errors import BadInput, DataFolderUnusable, EngineOffline, OutOfMemory
from slmdesk.base.jobs import JobRunner
from slmdesk.engines.answer import AnswerState
from slmdesk.engines.answer_words import answer_figures
from slmdesk.engines.base import Capabilities, Delta, Message, Options, Phase, Progress, Request
from slmdesk.engines.registry import Registry
from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.fairness import facts_of, judge
from slmdesk.features.compare.plan import LaneSpec, plan_run
from slmdesk.store.runs import NewLane
from tests.fakes.scripted_engine import DONE, Script, ScriptedEngine, Step, says
from tests.fakes.until import until
from tests.unit.features.conftest import Store

PHASES = tuple(Phase)


async def begin(store: Store, **scripts: Script) -> tuple[Comparison, ScriptedEngine]:
    engine = ScriptedEngine(scripts)
    registry = Registry([engine])
    await registry.refresh()
    return Comparison(store.runs, registry), engine


def lanes(*names: str) -> list[LaneSpec]:
    return [LaneSpec(f"scripted/{name}") for name in names]


async def run(
    comparison: Comparison, specs: Sequence[LaneSpec], *, is_sequential: bool | None = False
) -> None:
    plan = plan_run(specs, [0] * len(specs), 10**10, is_sequential=is_sequential)
    await comparison.run("What is REST?", specs, plan)


def texts(comparison: Comparison) -> list[str]:
    return [lane.answer.text if lane.answer else "-" for lane in comparison.lanes]


def words(comparison: Comparison) -> list[str]:
    return [lane.state_word for lane in comparison.lanes]


async def test_lanes_run_side_by_side_with_their_own_settings_and_are_stored(store: Store) -> None:
    comparison, engine = await begin(store, a=says("A", "a"), b=says("B"))
    hot = LaneSpec("scripted/a", Options(temperature=1.5, seed=3), "Be odd.", is_thinking=True)
    await run(comparison, [*lanes("a", "b"), hot])

    assert texts(comparison) == ["Aa", "B", "Aa"]
    assert words(comparison) == ["done"] * 3
    assert [lane.name for lane in comparison.lanes] == ["a", "b", "a (2)"]
    assert engine.most_running == 3
    assert engine.requests[2] == Request(
        "a",
        (Message("system", "Be odd."), Message("user", "What is REST?")),
        Options(temperature=1.5, seed=3),
        is_thinking=True,
    )
    assert engine.unloaded == []
    stored = await store.runs.load(comparison.run_id)
    assert stored.prompt == "What is REST?"
    assert not stored.is_sequential
    assert [(lane.text, lane.state, lane.stop_reason) for lane in stored.lanes] == [
        ("Aa", "done", "end"),
        ("B", "done", "end"),
        ("Aa", "done", "end"),
    ]


async def test_a_stored_run_opens_as_ended_answers_with_its_vote(store: Store) -> None:
    comparison, _ = await begin(store, a=says("A"), b=(Delta("B"), EngineOffline("gone")))
    await run(comparison, lanes("a", "b"))
    await comparison.cast_vote("tie")
    await comparison.cast_vote("best", 1)

    again, _ = await begin(store, a=says("other"))
    await again.open(comparison.run_id)
    assert again.prompt == "What is REST?"
    assert texts(again) == ["A", "B"]
    assert words(again) == ["done", "interrupted"]
    assert again.vote == comparison.vote == ("best", 1)
    assert [lane.spec for lane in again.lanes] == [lane.spec for lane in comparison.lanes]
    first, second = (lane.answer for lane in again.lanes)
    assert first
    assert second
    original = comparison.lanes[0].answer
    assert original
    assert first.timings == original.timings
    assert first.elapsed_s == pytest.approx(original.elapsed_s)
    assert first.stop_reason == "end"
    assert str(second.error).startswith("gone")
    assert comparison.lanes[1].answer
    assert answer_figures(second) == answer_figures(comparison.lanes[1].answer)
    assert "~1 token" in answer_figures(second)


async def test_a_failed_lane_disturbs_nobody(store: Store) -> None:
    comparison, engine = await begin(
        store, a=(EngineOffline("no"),), b=says("fine"), c=(Delta("half"), EngineOffline("no"))
    )
    await run(comparison, [*lanes("a", "b", "c"), LaneSpec("scripted/none")])
    assert words(comparison) == ["failed", "done", "interrupted", "failed"]
    assert texts(comparison) == ["", "fine", "half", ""]
    assert len(engine.requests) == 3


async def test_groups_run_one_after_the_other_and_make_room(store: Store) -> None:
    comparison, engine = await begin(store, a=says("A"), b=says("B"), c=says("C"))
    specs = lanes("a", "b", "a", "c")
    seen: list[str] = []
    comparison.lane_changed.subscribe(
        lambda index: seen.append(f"{index} {comparison.lanes[index].state_word}")
    )
    plan = plan_run(specs, [4, 4, 4, 9], 10)
    assert plan.groups == ((0, 1, 2), (3,))
    await comparison.run("hi", specs, plan)
    assert engine.unloaded == ["a", "b"]
    assert seen[-2:] == ["3 waiting", "3 done"]
    assert [request.model for request in engine.requests] == ["a", "b", "a", "c"]
    assert (await store.runs.load(comparison.run_id)).is_sequential


async def test_a_model_that_the_next_group_needs_is_not_unloaded(store: Store) -> None:
    comparison, engine = await begin(store, a=says("A"), b=says("B"))
    await run(comparison, lanes("a", "a", "b"), is_sequential=True)
    assert engine.unloaded == ["a"]
    assert engine.most_running == 1


async def test_an_engine_that_cannot_unload_is_not_asked(store: Store) -> None:
    comparison, engine = await begin(store, a=says("A"), b=says("B"))
    engine.capabilities = Capabilities()
    await run(comparison, lanes("a", "b"), is_sequential=True)
    assert engine.unloaded == []


async def test_stopping_one_of_four_leaves_three_running(store: Store) -> None:
    gate = asyncio.Event()
    script = (Delta("so far"), gate, DONE)
    comparison, engine = await begin(store, a=script, b=script, c=script, d=script)
    jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error}"))
    job = jobs.start("compare", lambda: run(comparison, lanes("a", "b", "c", "d")))
    await until(lambda: len(comparison.lanes) == 4 and texts(comparison) == ["so far"] * 4)
    comparison.stop(2)
    await until(lambda: engine.closed == ["c"])
    assert engine.running == 3
    assert comparison.is_running
    gate.set()
    await job
    assert words(comparison) == ["done", "done", "stopped", "done"]
    stored = await store.runs.load(comparison.run_id)
    assert [lane.state for lane in stored.lanes] == ["done", "done", "stopped", "done"]


@pytest.mark.parametrize("way", ["stop all", "cancel the job"])
async def test_stop_ends_running_and_waiting_lanes(store: Store, way: str) -> None:
    comparison, engine = await begin(store, a=(Delta("kept"), asyncio.Event()), b=says("never"))
    jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error}"))
    job = jobs.start("compare", lambda: run(comparison, lanes("a", "b"), is_sequential=True))
    await until(lambda: comparison.lanes and texts(comparison)[0] == "kept")
    assert comparison.lanes[1].state_word == "waiting for its turn"
    if way == "stop all":
        comparison.stop_all()
        await job
    else:
        await jobs.aclose()
    assert words(comparison) == ["stopped", "stopped"]
    assert not comparison.is_running
    assert [request.model for request in engine.requests] == ["a"]
    stored = await store.runs.load(comparison.run_id)
    assert [(lane.text, lane.state) for lane in stored.lanes] == [("kept", "stopped"), ("", "stopped")]


async def test_a_waiting_lane_can_be_stopped_alone(store: Store) -> None:
    gate = asyncio.Event()
    comparison, engine = await begin(store, a=(Delta("x"), gate, DONE), b=says("B"), c=says("C"))
    jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error}"))
    job = jobs.start("compare", lambda: run(comparison, lanes("a", "b", "c"), is_sequential=True))
    await until(lambda: comparison.lanes and texts(comparison)[0] == "x")
    comparison.stop(1)
    gate.set()
    await job
    assert words(comparison) == ["done", "stopped", "done"]
    assert [request.model for request in engine.requests] == ["a", "c"]


async def test_a_lane_can_be_stopped_in_the_instant_in_which_its_neighbour_begins(store: Store) -> None:
    comparison, engine = await begin(store, a=says("A"), b=says("B"))
    comparison.lane_changed.subscribe(lambda index: comparison.stop(1) if index == 0 else None)
    await run(comparison, lanes("a", "b"))
    assert words(comparison) == ["done", "stopped"]
    assert [request.model for request in engine.requests] == ["a"]
    assert [lane.state for lane in (await store.runs.load(comparison.run_id)).lanes] == ["done", "stopped"]


async def test_again_runs_one_lane_anew_with_another_model_in_its_place(store: Store) -> None:
    replies = iter([(EngineOffline("no"),), says("second try")])
    comparison, _ = await begin(store, a=lambda _: next(replies), b=says("B"), c=says("swapped"))
    await run(comparison, lanes("a", "b"))
    await comparison.cast_vote("best", 1)

    await comparison.again(0)
    assert texts(comparison) == ["second try", "B"]
    assert comparison.vote == ("best", 1)
    await comparison.again(1, lanes("c")[0])
    assert texts(comparison) == ["second try", "swapped"]
    assert [lane.name for lane in comparison.lanes] == ["a", "c"]
    assert comparison.vote is None

    reopened, _ = await begin(store)
    await reopened.open(comparison.run_id)
    assert texts(reopened) == ["second try", "swapped"]
    assert reopened.vote is None


async def test_again_is_refused_while_its_lane_runs_or_others_take_turns(store: Store) -> None:
    gate = asyncio.Event()
    comparison, _ = await begin(store, a=says("A"), b=(gate, *says("B")))
    jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error}"))
    job = jobs.start("compare", lambda: run(comparison, lanes("a", "b"), is_sequential=True))
    await until(
        lambda: comparison.lanes and words(comparison)[0] == "done" and not comparison.lanes[1].is_queued
    )
    with pytest.raises(BadInput, match="taking their turns"):
        await comparison.again(0)
    with pytest.raises(BadInput, match="still running"):
        await comparison.again(1)
    with pytest.raises(BadInput, match="still running"):
        await run(comparison, lanes("a", "b"))
    with pytest.raises(BadInput, match="still running"):
        await comparison.open(comparison.run_id)
    gate.set()
    await job


async def test_a_failed_lane_can_be_tried_again_while_its_neighbours_write(store: Store) -> None:
    gate = asyncio.Event()
    replies = iter([(EngineOffline("no"),), says("now")])
    comparison, _ = await begin(store, a=lambda _: next(replies), b=(gate, *says("B")))
    jobs = JobRunner(lambda key, error: pytest.fail(f"{key}: {error}"))
    job = jobs.start("compare", lambda: run(comparison, lanes("a", "b")))
    await until(
        lambda: comparison.lanes and words(comparison)[0] == "failed" and not comparison.lanes[0].is_queued
    )
    await until(lambda: 0 not in comparison._tasks)
    await comparison.again(0)
    assert words(comparison)[0] == "done"
    gate.set()
    await job
    assert texts(comparison) == ["now", "B"]


async def test_a_model_too_large_is_refused_in_its_lane_unless_the_user_insists(store: Store) -> None:
    comparison, engine = await begin(store, a=says("A"), b=says("B"))

    async def check(model_ref: str, _options: Options) -> OutOfMemory | None:
        return OutOfMemory("needs 9.1 GB of 6.2 GB") if model_ref == "scripted/b" else None

    comparison._runner.check_fit = check
    await run(comparison, lanes("a", "b"))
    assert words(comparison) == ["done", "failed"]
    assert isinstance(comparison.lanes[1].answer.error if comparison.lanes[1].answer else None, OutOfMemory)
    await comparison.again(1, is_oversized_allowed=True)
    assert texts(comparison) == ["A", "B"]
    assert engine.requests[-1].is_oversized_allowed


async def test_a_store_without_room_fails_after_all_lanes_have_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison, _ = await begin(store, a=says("A"), b=says("B"))
    keep = store.runs.finish_lane

    async def refuse_the_first(lane_id: str, *args: object, **more: object) -> None:
        if lane_id == comparison.lanes[0].stored.id:
            raise DataFolderUnusable("The data folder is full.")
        await keep(lane_id, *args, **more)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(store.runs, "finish_lane", refuse_the_first)
    with pytest.raises(DataFolderUnusable):
        await run(comparison, lanes("a", "b"))
    assert texts(comparison) == ["A", "B"]
    assert not comparison.is_running
    assert (await store.runs.load(comparison.run_id)).lanes[1].text == "B"


async def test_bad_input_is_refused_before_anything_is_stored(store: Store) -> None:
    comparison, _ = await begin(store, a=says("A"))
    plan = plan_run(lanes("a", "a"), [0, 0], 10)
    with pytest.raises(BadInput, match="nothing to send"):
        await comparison.run(" ", lanes("a", "a"), plan)
    with pytest.raises(BadInput, match="2 to 8"):
        await comparison.run("hi", lanes("a"), plan)
    with pytest.raises(BadInput, match="nothing to vote"):
        await comparison.cast_vote("tie")
    with pytest.raises(BadInput, match="no such column"):
        comparison.stop(0)
    assert await store.runs.list() == []


@pytest.mark.parametrize(("kind", "index"), [("best", None), ("tie", 0), ("best", 5)])
async def test_a_vote_names_a_column_only_if_it_is_best(store: Store, kind: str, index: int | None) -> None:
    comparison, _ = await begin(store, a=says("A"))
    await run(comparison, lanes("a", "a"))
    with pytest.raises(BadInput):
        await comparison.cast_vote(kind, index)  # type: ignore[arg-type]  # as a wrong caller would


async def test_a_damaged_or_unfinished_stored_lane_opens_as_far_as_it_can_be_read(store: Store) -> None:
    stored = await store.runs.create("hi", [NewLane("scripted/a", {"options": "??"}), NewLane("scripted/b")])
    comparison, _ = await begin(store)
    await comparison.open(stored.id)
    assert [lane.spec for lane in comparison.lanes] == lanes("a", "b")
    assert words(comparison) == ["ready", "ready"]
    odd = replace(stored.lanes[0], text="t", state="writing", stop_reason="??", timings={"ttft_s": 1.0})
    from slmdesk.features.compare.lane import answer_from_stored

    answer = answer_from_stored(odd)
    assert answer
    assert (answer.state, answer.stop_reason, answer.text) == (AnswerState.INTERRUPTED, None, "t")
    assert answer_from_stored(replace(odd, state="??")) is None


async def test_a_lane_that_never_had_its_turn_is_asked_with_the_failed_ones(store: Store) -> None:
    """The program ended while the second model waited for its turn."""
    stored = await store.runs.create("hi", [NewLane("scripted/a"), NewLane("scripted/b")])
    writer = await store.runs.start_lane(stored.lanes[0].id)
    await writer.append("A", "")
    await store.runs.finish_lane(stored.lanes[0].id, writer, state="done", timings={"total_s": 1.0})
    comparison, engine = await begin(store, a=says("Again"), b=says("B"))
    await comparison.open(stored.id)
    assert [lane.has_failed for lane in comparison.lanes] == [False, True]
    await comparison.retry_failed(plan_run(lanes("a", "b"), [0, 0], 10**10))
    assert texts(comparison) == ["A", "B"]
    assert [request.model for request in engine.requests] == ["b"]


async def test_what_is_forgotten_is_shown_no_more_not_even_what_runs(store: Store) -> None:
    gate = asyncio.Event()
    comparison, engine = await begin(store, a=[Delta("A"), gate, DONE], b=says("B"))
    running = asyncio.ensure_future(run(comparison, lanes("a", "b")))
    await until(lambda: comparison.lanes and texts(comparison) == ["A", "B"])
    forgetting = asyncio.ensure_future(comparison.forget())
    await asyncio.sleep(0)
    assert comparison.lanes  # it waits for the one that runs
    comparison.stop_all()
    await forgetting
    await running
    assert (comparison.lanes, comparison.run_id, comparison.prompt) == ([], "", "")
    assert engine.running == 0
    with pytest.raises(BadInput, match="nothing to vote"):
        await comparison.cast_vote("tie")
    await run(comparison, lanes("b", "b"))
    assert texts(comparison) == ["B", "B"]


async def test_what_a_model_did_not_take_is_told_of_a_reopened_run_too(store: Store) -> None:
    comparison, _ = await begin(store, a=says("A"), b=[Delta("B"), replace(DONE, left_out=("seed",))])
    await run(comparison, lanes("a", "b"))

    def told() -> tuple[str, str]:
        fairness = judge(facts_of(comparison.lanes), is_sequential=True, machine=comparison.machine)
        last = comparison.lanes[1].answer
        seed = next((each.words for each in fairness.differences if each.topic == "seed"), "")
        return seed, answer_figures(last).rpartition(" · ")[2] if last else ""

    assert told() == ("a: none; b: not taken by the model", "without seed")
    await comparison.open(comparison.run_id)
    assert told() == ("a: none; b: not taken by the model", "without seed")


async def test_no_token_lands_in_the_wrong_lane_in_1000_four_way_comparisons(store: Store) -> None:
    """P6: every chunk carries its model's and its run's name; lanes fail, stall and end in any order."""
    chance = random.Random(6)

    def script(request: Request) -> Sequence[Step]:
        mark = f"[{request.model}:{request.messages[-1].content}:{request.options.seed}]"
        steps: list[Step] = [
            chance.choice((Delta(mark), Delta(thinking=mark), Progress(chance.choice(PHASES))))
            for _ in range(chance.randrange(8))
        ]
        return [*steps, chance.choice((DONE, DONE, DONE, EngineOffline(mark)))]

    names = [f"m{number}" for number in range(6)]
    comparison, engine = await begin(store, **dict.fromkeys(names, script))
    for number in range(1000):
        specs = [
            LaneSpec(f"scripted/{chance.choice(names)}", Options(seed=position)) for position in range(4)
        ]
        plan = plan_run(specs, [0] * 4, 10**9, is_sequential=chance.random() < 0.1)
        await comparison.run(f"run {number}", specs, plan)
        for position, (lane, spec) in enumerate(zip(comparison.lanes, specs, strict=True)):
            own = f"[{spec.model_ref.removeprefix('scripted/')}:run {number}:{position}]"
            assert lane.answer
            for said in (
                lane.answer.text,
                lane.answer.thinking,
                lane.answer.error and lane.answer.error.message.removesuffix("."),
            ):
                assert set((said or own).split("]")) == {own.strip("]"), ""}
        if number % 50 == 0:
            stored = await store.runs.load(comparison.run_id)
            assert [lane.text for lane in stored.lanes] == texts(comparison)
    assert len(engine.requests) == 4000  # P4: none was repeated
    assert engine.running == 0
