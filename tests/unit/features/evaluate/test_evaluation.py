"""An evaluation with an engine that plays what is written down: asked once, kept, paused, gone on with."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from slmdesk.base.errors import (
    BadInput,
    BadReply,
    ContextOverflow,
    DataFolderUnusable,
    EngineBusy,
    EngineOffline,
    LoadFailed,
)
from slmdesk.engines.base import Capabilities, Delta, Done, Request, StopReason, Timings
from slmdesk.features.evaluate.cell import CellKey, CellState
from slmdesk.features.evaluate.evaluation import Evaluation
from slmdesk.features.evaluate.pack import Document
from slmdesk.features.evaluate.setup import Asking, Setup
from slmdesk.store.answers import Answers
from tests.fakes.packs import evaluation_of, reports
from tests.fakes.scripted_engine import DONE, ScriptedEngine, Step, says
from tests.fakes.until import until
from tests.unit.features.conftest import Store

A = "scripted/a"
LOCAL = Capabilities(schema=True, unload=True)
MANY = Capabilities(schema=True)


def knows(request: Request) -> Sequence[Step]:
    """Answers by the question."""
    question = request.messages[-1].content.rpartition("\n\n")[2]
    if "breach" in question:
        return says("Yes")
    return says("1,200") if "records" in question else says("Firm X")


def engine(**models: object) -> ScriptedEngine:
    scripts = models or {"a": knows}
    return ScriptedEngine(scripts, capabilities=LOCAL)  # type: ignore[arg-type]  # the scripts of a test


def cells(evaluation: Evaluation, state: CellState) -> list[CellKey]:
    return [
        key
        for ref in evaluation.setup.model_refs
        for document in evaluation.pack.documents
        for question in evaluation.pack.questions
        if evaluation.cell(key := CellKey(ref, document.name, question.id)).state is state
    ]


async def test_everything_is_asked_once_and_scored(store: Store) -> None:
    fake = engine()
    evaluation = await evaluation_of(store.database, [fake], reports(), Setup((A,)))
    told: list[CellKey] = []
    evaluation.cell_changed.subscribe(told.append)
    await evaluation.run()
    assert len(fake.requests) == 9
    assert len(cells(evaluation, CellState.DONE)) == 9
    cell = evaluation.cell(CellKey(A, "doc-2", "records"))
    assert cell.score is not None
    assert cell.score.is_right
    assert not cell.is_from_cache
    assert evaluation.cell(CellKey(A, "doc-2", "firm")).score is None, "nothing is expected there"
    assert evaluation.progress.done == evaluation.progress.total == 9
    assert set(told) == set(cells(evaluation, CellState.DONE))
    assert fake.unloaded == ["a"]


async def test_documents_come_one_after_the_other_with_the_question_last(store: Store) -> None:
    fake = engine()
    evaluation = await evaluation_of(store.database, [fake], reports(), Setup((A,)))
    await evaluation.run()
    prompts = [request.messages[-1].content for request in fake.requests]
    assert [prompt.split("Firm ")[1][:5] for prompt in prompts] == ["doc-1"] * 3 + ["doc-2"] * 3 + [
        "doc-3"
    ] * 3
    heads = {prompt.partition("\n\n")[0] for prompt in prompts}
    assert len(heads) == 3, "the same byte for byte up to the question"
    assert len({request.messages[0].content for request in fake.requests}) == 1
    assert len({request.options.context_tokens for request in fake.requests}) == 1


async def test_a_second_run_asks_nothing_also_after_a_restart(store: Store) -> None:
    fake = engine()
    for _ in range(2):
        evaluation = await evaluation_of(store.database, [fake], reports(), Setup((A,)))
        await evaluation.run()
    assert len(fake.requests) == 9
    assert evaluation.progress.from_cache == 9
    assert evaluation.cell(CellKey(A, "doc-1", "firm")).is_from_cache
    assert fake.unloaded == ["a"], "what is not asked is not loaded"
    assert "nothing is computed" in evaluation.price().words


async def test_another_question_runs_alone(store: Store) -> None:
    fake = engine()
    evaluation = await evaluation_of(store.database, [fake], reports(), Setup((A,)))
    await evaluation.run()
    first, *others = evaluation.pack.questions
    pack = replace(evaluation.pack, questions=(replace(first, text="Was there a breach?"), *others))
    await evaluation.use(pack, evaluation.setup)
    assert len(cells(evaluation, CellState.WAITING)) == 3
    assert evaluation.price().requests == 3
    await evaluation.run()
    assert len(fake.requests) == 12


async def test_all_questions_together_are_one_request_a_document(store: Store) -> None:
    reply = json.dumps({"breach": "Yes", "records": 1200, "firm": "Firm X"})
    fake = engine(a=says(reply))
    evaluation = await evaluation_of(store.database, [fake], reports(), Setup((A,), asking=Asking.TOGETHER))
    await evaluation.run()
    assert len(fake.requests) == 3
    schema = fake.requests[0].schema
    assert schema is not None
    assert schema["required"] == ["breach", "records", "firm"]
    assert schema["properties"]["breach"]["enum"] == ["Yes", "No", "Not stated"]
    shares = [evaluation.cell(CellKey(A, "doc-1", each)).timings for each in ("breach", "records", "firm")]
    assert sum(share.prompt_tokens or 0 for share in shares if share) == 7
    assert evaluation.cell(CellKey(A, "doc-1", "records")).answer == "1200"


async def test_json_that_is_none_is_marked(store: Store) -> None:
    fake = engine(a=says("I am not sure."))
    setup = Setup((A,), asking=Asking.TOGETHER)
    evaluation = await evaluation_of(store.database, [fake], reports(1), setup)
    await evaluation.run()
    cell = evaluation.cell(CellKey(A, "doc-1", "breach"))
    assert cell.state is CellState.DONE
    assert not cell.is_valid
    assert cell.problem
    assert cell.score is not None
    assert cell.score.is_wrong


async def test_a_pause_keeps_what_was_answered_and_goes_on(store: Store) -> None:
    gate = asyncio.Event()

    def waits_at_the_fifth(request: Request) -> Sequence[Step]:
        return knows(request) if len(fake.requests) != 5 else (gate, Delta("never"), DONE)

    fake = engine(a=waits_at_the_fifth)
    evaluation = await evaluation_of(store.database, [fake], reports(), Setup((A,)))
    running = asyncio.ensure_future(evaluation.run())
    await until(lambda: len(fake.requests) == 5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert fake.closed == ["a"]
    assert len(cells(evaluation, CellState.DONE)) == 4
    assert cells(evaluation, CellState.RUNNING) == []
    again = await evaluation_of(store.database, [fake], reports(), Setup((A,)))
    assert again.progress.from_cache == 4
    await again.run()
    assert len(fake.requests) == 10, "the one that was in flight is asked again, no other"


async def test_a_failed_cell_keeps_its_error_and_is_asked_again_only_when_told(store: Store) -> None:
    def fails_once(request: Request) -> Sequence[Step]:
        return [BadReply("What came is no answer.")] if len(fake.requests) == 2 else knows(request)

    fake = engine(a=fails_once)
    evaluation = await evaluation_of(store.database, [fake], reports(), Setup((A,)))
    await evaluation.run()
    (failed,) = cells(evaluation, CellState.FAILED)
    assert "no answer" in evaluation.cell(failed).error
    assert len(cells(evaluation, CellState.DONE)) == 8
    await evaluation.run()
    assert len(fake.requests) == 9
    await evaluation.run(with_failed=True)
    assert len(cells(evaluation, CellState.DONE)) == 9


async def test_a_document_that_is_too_long_fails_alone_and_says_what_to_do(store: Store) -> None:
    def counts(request: Request) -> Sequence[Step]:
        if "doc-2" in request.messages[-1].content:
            return [ContextOverflow("Too long.", prompt_tokens=5000, context_tokens=4096)]
        return knows(request)

    fake = engine(a=counts)
    pack = reports()
    huge = Document("huge", "word " * 1_000_000)
    pack = replace(pack, documents=(*pack.documents, huge))
    evaluation = await evaluation_of(store.database, [fake], pack, Setup((A,)))
    await evaluation.run()
    assert len(cells(evaluation, CellState.DONE)) == 6
    assert {key.document for key in cells(evaluation, CellState.FAILED)} == {"doc-2", "huge"}
    assert len(fake.requests) == 7, "what is too long for one question is not tried with the next"
    error = evaluation.cell(CellKey(A, "doc-2", "breach")).error
    assert "5,000" in error
    assert "Raise the context to 5,120 tokens" in error
    assert "holds at most 8,192" in evaluation.cell(CellKey(A, "huge", "firm")).error


@pytest.mark.parametrize("error", [EngineOffline("Nobody answers."), LoadFailed("It is damaged.")])
async def test_a_model_that_cannot_be_asked_is_stopped_with_a_word_and_others_go_on(
    store: Store, error: EngineOffline | LoadFailed
) -> None:
    fake = engine(a=[error], b=knows)
    fake.problem = None
    evaluation = await evaluation_of(store.database, [fake], reports(), Setup((A, "scripted/b")))
    fake.problem = error
    await evaluation.run()
    assert error.message in evaluation.problems[A]
    assert len(cells(evaluation, CellState.WAITING)) == 9, "they wait for better times"
    assert len(cells(evaluation, CellState.DONE)) == 9


async def test_a_busy_server_is_asked_again_when_it_said(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = EngineBusy("Too many.")
    busy.retry_after_s = 0.05

    def refuses_twice(request: Request) -> Sequence[Step]:
        return [busy] if len(fake.requests) in (2, 3) else knows(request)

    fake = engine(a=refuses_twice)
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    await evaluation.run()
    assert len(cells(evaluation, CellState.DONE)) == 3
    assert len(fake.requests) == 5


async def test_a_full_disk_ends_the_run_with_its_reason(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_self: Answers, _answers: object) -> None:
        raise DataFolderUnusable("The disk is full.")

    fake = engine()
    evaluation = await evaluation_of(store.database, [fake], reports(50), Setup((A,)))
    monkeypatch.setattr(Answers, "add", full)
    with pytest.raises(DataFolderUnusable, match="full"):
        await evaluation.run()
    assert not evaluation.is_running
    assert fake.running == 0
    assert cells(evaluation, CellState.DONE) == [], "what could not be kept is not shown as kept"
    assert cells(evaluation, CellState.RUNNING) == []
    monkeypatch.undo()
    await evaluation.run()
    assert len(cells(evaluation, CellState.DONE)) == 150


async def test_models_are_loaded_one_after_the_other_and_left(store: Store) -> None:
    fake = engine(a=knows, b=knows, c=knows)
    refs = (A, "scripted/b", "scripted/c")
    evaluation = await evaluation_of(store.database, [fake], reports(), Setup(refs))
    await evaluation.run()
    assert [request.model for request in fake.requests] == ["a"] * 9 + ["b"] * 9 + ["c"] * 9
    assert fake.unloaded == ["a", "b", "c"]
    assert fake.in_memory == {}


async def test_one_model_is_cancelled_and_the_next_goes_on(store: Store) -> None:
    never = asyncio.Event()
    fake = engine(a=[never, DONE], b=knows)
    evaluation = await evaluation_of(store.database, [fake], reports(), Setup((A, "scripted/b")))
    running = asyncio.ensure_future(evaluation.run())
    await until(lambda: fake.running)
    evaluation.cancel_model(A)
    await running
    assert len(cells(evaluation, CellState.DONE)) == 9
    assert len(cells(evaluation, CellState.WAITING)) == 9


async def test_two_hosts_share_a_model_and_the_faster_takes_more(store: Store) -> None:
    fast = ScriptedEngine({"a": lambda request: [*[Delta("")] * 60, *knows(request)]}, capabilities=LOCAL)
    slow = ScriptedEngine(
        {"a": lambda request: [*[Delta("")] * 600, *knows(request)]}, id="slow", capabilities=LOCAL
    )
    setup = Setup((A,), hosts=("slow",))
    evaluation = await evaluation_of(store.database, [fast, slow], reports(12), setup)
    await evaluation.run()
    assert len(cells(evaluation, CellState.DONE)) == 36
    assert len(fast.requests) + len(slow.requests) == 36
    assert len(fast.requests) > len(slow.requests) > 0


async def test_a_host_that_was_not_chosen_sees_no_document(store: Store) -> None:
    own, other = engine(), ScriptedEngine({"a": knows}, id="other", capabilities=LOCAL)
    evaluation = await evaluation_of(store.database, [own, other], reports(), Setup((A,)))
    await evaluation.run()
    assert other.requests == []


async def test_a_server_of_many_places_reads_a_document_before_its_other_questions(store: Store) -> None:
    fake = ScriptedEngine({"a": knows}, capabilities=MANY)
    evaluation = await evaluation_of(store.database, [fake], reports(6), Setup((A,)))
    await evaluation.run()
    assert len(cells(evaluation, CellState.DONE)) == 18
    assert fake.most_running > 3
    assert len({request.messages[-1].content.split("lost")[0] for request in fake.requests[:6]}) == 6


async def test_other_seeds_come_after_the_first_and_tell_stability(store: Store) -> None:
    def wavers(request: Request) -> Sequence[Step]:
        return (
            says("No")
            if request.options.seed == 3 and "breach?" in request.messages[-1].content
            else knows(request)
        )

    fake = engine(a=wavers)
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,), seeds=(1, 2, 3)))
    await evaluation.run()
    assert [request.options.seed for request in fake.requests] == [1] * 3 + [2] * 3 + [3] * 3
    assert evaluation.cell(CellKey(A, "doc-1", "breach")).stability == pytest.approx(2 / 3)
    assert evaluation.cell(CellKey(A, "doc-1", "records")).stability == 1
    assert evaluation.progress.total == 9


async def test_an_answer_that_reached_its_limit_is_kept_and_marked(store: Store) -> None:
    fake = engine(a=(Delta("1,200"), Done(StopReason.LENGTH, Timings())))
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    await evaluation.run()
    cell = evaluation.cell(CellKey(A, "doc-1", "records"))
    assert cell.is_cut
    assert evaluation.progress.reused_share is None, "what was not told is not reckoned"


async def test_a_correction_counts_belongs_to_its_answer_and_is_taken_back(store: Store) -> None:
    fake = engine()
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    await evaluation.run()
    key = CellKey(A, "doc-1", "breach")
    await evaluation.correct(key, 0.0, "It was a drill.")
    again = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    counted = again.cell(key).counted
    assert counted is not None
    assert (counted.value, counted.why) == (0.0, "It was a drill.")
    assert again.cell(key).score is not None, "the scorer's word stays beside it"
    other = await evaluation_of(store.database, [fake], reports(1), Setup((A,), seeds=(9,)))
    await other.run()
    assert other.cell(key).correction is None
    await again.uncorrect(key)
    assert again.cell(key).correction is None
    assert (await evaluation_of(store.database, [fake], reports(1), Setup((A,)))).cell(key).correction is None


async def test_another_expected_answer_scores_anew_and_asks_nothing(store: Store) -> None:
    fake = engine()
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    await evaluation.run()
    key = CellKey(A, "doc-1", "breach")
    right = evaluation.cell(key).score
    pack = replace(evaluation.pack, expected={("doc-1", "breach"): "No"})
    await evaluation.use(pack, evaluation.setup)
    wrong = evaluation.cell(key).score
    assert right is not None
    assert wrong is not None
    assert right.is_right
    assert wrong.is_wrong
    assert evaluation.price().requests == 0


async def test_answers_are_found_while_the_engine_is_away(store: Store) -> None:
    fake = engine()
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    await evaluation.run()
    fake.problem = EngineOffline("Nobody answers.")
    away = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    assert len(cells(away, CellState.DONE)) == 3


async def test_it_runs_once_at_a_time(store: Store) -> None:
    gate = asyncio.Event()
    fake = engine(a=[gate, *says("Yes")])
    evaluation = await evaluation_of(store.database, [fake], reports(1), Setup((A,)))
    running = asyncio.ensure_future(evaluation.run())
    await until(lambda: fake.running)
    with pytest.raises(BadInput):
        await evaluation.run()
    gate.set()
    await running


async def test_a_small_model_is_asked_one_by_one_a_large_one_together(store: Store) -> None:
    fake = engine(small=knows, large=knows)
    fake.sizes = {"small": 100_000_000, "large": 4_000_000_000}
    small = await evaluation_of(store.database, [fake], reports(), Setup(("scripted/small",)))
    large = await evaluation_of(store.database, [fake], reports(), Setup(("scripted/large",)))
    assert small.price().recommended is Asking.ONE_BY_ONE
    assert large.price().recommended is Asking.TOGETHER
    assert "3 requests instead of 9" in large.price().why
