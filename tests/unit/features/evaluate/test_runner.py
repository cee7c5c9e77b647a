"""How a run bears what hosts do: refusals, silence, servers that come and go, packs that change meanwhile."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from slmdesk.base.errors import BadReply, EngineBusy, EngineOffline
from slmdesk.engines.base import (
    Capabilities,
    Delta,
    Done,
    LoadedModel,
    ModelInfo,
    Phase,
    Progress,
    Request,
    StopReason,
    Timings,
)
from slmdesk.engines.registry import Registry
from slmdesk.features.evaluate import runner
from slmdesk.features.evaluate.cell import CellKey, CellState
from slmdesk.features.evaluate.pack import Document, Kind, Pack, Question, Scorer, Scoring
from slmdesk.features.evaluate.schedule import hosts_of
from slmdesk.features.evaluate.setup import Asking, Setup
from tests.fakes.packs import evaluation_of, reports
from tests.fakes.scripted_engine import ScriptedEngine, Step, says
from tests.fakes.until import until
from tests.unit.features.conftest import Store

A = "scripted/a"
MANY = Capabilities(schema=True)


@dataclass
class Detailed(ScriptedEngine):
    """Tells the digest of its models and how many answers it serves at once."""

    digest: str | None = None
    slots: int | None = None

    async def models(self) -> list[ModelInfo]:
        return [replace(info, digest=self.digest) for info in await super().models()]

    async def loaded(self) -> list[LoadedModel]:
        return [replace(each, slots=self.slots) for each in await super().loaded()]


async def test_a_server_that_says_when_to_come_back_is_left_alone_until_then(store: Store) -> None:
    busy = EngineBusy("Too many.")
    busy.retry_after_s = 0.3
    asked_at: list[float] = []

    def refuses_once(_request: Request) -> Sequence[Step]:
        asked_at.append(asyncio.get_running_loop().time())
        return [busy] if len(asked_at) == 1 else says("Yes")

    fake = ScriptedEngine({"a": refuses_once})
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    await evaluation.run()
    assert evaluation.progress.done == 3
    assert 0.3 <= asked_at[1] - asked_at[0] < 1


async def test_the_other_questions_of_a_document_come_at_once_where_many_are_taken(store: Store) -> None:
    fake = ScriptedEngine({"a": [*[Delta("")] * 20, *says("Yes")]}, capabilities=MANY)
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    await evaluation.run()
    assert fake.most_running == 2


async def test_what_waits_in_the_queue_of_a_server_is_not_sent_beside_it(store: Store) -> None:
    running: list[int] = []

    def serves_two(_request: Request) -> Sequence[Step]:
        running.append(fake.running)
        waits = [Progress(Phase.WAITING, 1, 2)] if fake.running > 2 else []
        return [*waits, *[Delta("")] * 5, *says("Yes")]

    fake = ScriptedEngine({"a": serves_two}, capabilities=MANY)
    evaluation = await evaluation_of(store.database, [fake], reports(30), Setup((A,)))
    await evaluation.run()
    assert evaluation.progress.done == 90
    assert max(running[:30]) > 20
    assert max(running[40:]) <= 4


@pytest.mark.parametrize(("documents", "most"), [(8, 1), (40, 4)])
async def test_few_documents_are_not_spread_over_many_slots(store: Store, documents: int, most: int) -> None:
    fake = Detailed({"a": [*[Delta("")] * 20, *says("Yes")]}, slots=4)
    evaluation = await evaluation_of(store.database, [fake], reports(documents), Setup((A,)))
    await evaluation.run()
    assert fake.most_running == most


async def test_a_server_that_answers_but_never_a_question_is_given_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_OFFLINE_PAUSE_S", 0.0)
    fake = ScriptedEngine({"a": [EngineOffline("It hung up.")]})
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    async with asyncio.timeout(20):
        await evaluation.run()
    assert "It hung up." in evaluation.problems[A]
    assert len(fake.requests) == 4


async def test_an_answer_that_stops_in_the_middle_is_given_up_and_the_next_comes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "STALL_AFTER_S", 0.05)

    def stalls_first(_request: Request) -> Sequence[Step]:
        return [Delta("Ye"), asyncio.Event()] if len(fake.requests) == 1 else says("Yes")

    fake = ScriptedEngine({"a": stalls_first})
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    async with asyncio.timeout(20):
        await evaluation.run()
    cell = evaluation.cell(CellKey(A, "doc-1", "breach"))
    assert cell.state is CellState.FAILED
    assert cell.error.startswith("Nothing came for")
    assert evaluation.progress.done == 2


async def test_a_failure_is_seen_at_once(store: Store) -> None:
    seen: list[CellState] = []

    def fails_first(_request: Request) -> Sequence[Step]:
        if len(fake.requests) == 2:
            seen.append(evaluation.cell(CellKey(A, "doc-1", "breach")).state)
        return [BadReply("What came is no answer.")] if len(fake.requests) == 1 else says("Yes")

    fake = ScriptedEngine({"a": fails_first})
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    await evaluation.run()
    assert seen == [CellState.FAILED]


async def test_another_pack_while_it_runs_counts_its_own_answers(store: Store) -> None:
    gate = asyncio.Event()

    def waits(_request: Request) -> Sequence[Step]:
        return [gate, *says("Yes")] if len(fake.requests) == 2 else says("Yes")

    fake = ScriptedEngine({"a": waits})
    evaluation = await evaluation_of(store.database, [fake], reports(2), Setup((A,)))
    running = asyncio.ensure_future(evaluation.run())
    await until(lambda: len(fake.requests) == 2)
    await evaluation.use(reports(1), Setup((A,)))
    gate.set()
    await running
    assert (evaluation.progress.done, evaluation.progress.total) == (3, 3)


JUDGED = Pack(
    "p",
    (Document("d", "Fire."),),
    (Question("why", "Why?", Kind.TEXT, Scoring(Scorer.JUDGE, model_ref="scripted/judge", rubric="A")),),
    {("d", "why"): "Fire"},
)


async def test_a_grade_by_the_rubric_before_is_no_grade_by_the_one_of_now(store: Store) -> None:
    gate = asyncio.Event()
    fake = ScriptedEngine({"a": says("Flames"), "judge": [gate, *says('{"reason": "", "grade": "right"}')]})
    evaluation = await evaluation_of(store.database, [fake], JUDGED, Setup((A,)))
    running = asyncio.ensure_future(evaluation.run())
    await until(lambda: any(request.model == "judge" for request in fake.requests))
    (why,) = JUDGED.questions
    other = replace(why, scoring=replace(why.scoring, rubric="B"))
    await evaluation.use(replace(JUDGED, questions=(other,)), Setup((A,)))
    gate.set()
    await running
    assert evaluation.cell(CellKey(A, "d", "why")).score is None
    await evaluation.use(JUDGED, Setup((A,)))
    assert evaluation.cell(CellKey(A, "d", "why")).score


async def test_the_model_that_judges_is_unloaded_after(store: Store) -> None:
    fake = ScriptedEngine({"a": says("Flames"), "judge": says('{"reason": "so", "grade": "right"}')})
    evaluation = await evaluation_of(store.database, [fake], JUDGED, Setup((A,)))
    await evaluation.run()
    score = evaluation.cell(CellKey(A, "d", "why")).score
    assert score
    assert score.is_right
    assert fake.unloaded == ["a", "judge"]


async def test_fewer_seeds_are_no_longer_stable(store: Store) -> None:
    fake = ScriptedEngine({"a": says("Yes")})
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,), seeds=(1, 2)))
    await evaluation.run()
    key = CellKey(A, "doc-1", "breach")
    assert evaluation.cell(key).stability == 1
    await evaluation.use(evaluation.pack, Setup((A,)))
    assert evaluation.cell(key).stability is None


async def test_a_reply_is_read_anew_when_not_stated_is_no_answer_any_more(store: Store) -> None:
    when = Question("when", "When?", Kind.DATE, Scoring(Scorer.DATE))
    pack = Pack("p", (Document("d", "Fire."),), (when,))
    fake = ScriptedEngine({"a": says('{"when": "Not stated"}')}, capabilities=MANY)
    evaluation = await evaluation_of(store.database, [fake], pack, Setup((A,), asking=Asking.TOGETHER))
    await evaluation.run()
    key = CellKey(A, "d", "when")
    assert evaluation.cell(key).is_valid
    strict = replace(pack, questions=(replace(when, can_be_unstated=False),))
    await evaluation.use(strict, evaluation.setup)
    assert evaluation.cell(key).state is CellState.DONE
    assert not evaluation.cell(key).is_valid


async def hosts(first: str | None, second: str | None, **about: object) -> list[str]:
    """The places of the hosts that share a model."""
    engines = [
        Detailed({"a": says("Yes")}, id=name, digest=digest, **about)  # type: ignore[arg-type]  # fields of a test
        for name, digest in (("one", first), ("two", second))
    ]
    registry = Registry(engines)
    await registry.refresh()
    return [host.place for host in hosts_of("one/a", Setup(("one/a",), hosts=("two",)), registry)]


async def test_another_model_of_the_same_name_is_not_asked() -> None:
    assert await hosts("sha256:1", "sha256:1") == ["here", "two"]
    assert await hosts("sha256:1", None) == ["here", "two"]
    assert await hosts("sha256:1", "sha256:2") == ["here"]


async def test_servers_of_one_machine_take_turns() -> None:
    assert await hosts(None, None, is_local=False, address="http://box:8080") == ["box", "two"]


async def test_what_a_run_has_shown_tells_how_long_it_takes_and_what_was_used_again(store: Store) -> None:
    gate = asyncio.Event()
    end = Done(StopReason.END, Timings(prompt_tokens=8, prompt_tokens_cached=6))

    def waits(_request: Request) -> Sequence[Step]:
        return [*([gate] if len(fake.requests) == 3 else []), Delta("Yes"), end]

    fake = ScriptedEngine({"a": waits})
    evaluation = await evaluation_of(store.database, [fake], reports(2), Setup((A,)))
    assert evaluation.progress.seconds_left is None
    running = asyncio.ensure_future(evaluation.run())
    await until(lambda: evaluation.progress.done == 2)
    left = evaluation.progress.seconds_left
    assert left
    assert evaluation._watch
    assert left == pytest.approx(4 * evaluation._watch._seconds_each[A])
    gate.set()
    await running
    assert evaluation.progress.reused_share == 0.75


async def test_a_model_of_another_size_is_another_model(store: Store) -> None:
    fake = ScriptedEngine({"a": says("Yes")}, sizes={"a": 100})
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    await evaluation.run()
    fake.sizes = {"a": 200}
    again = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    assert again.progress.done == 0
