"""Answers that a judge scores: waiting until asked, found again, and asked about anew for a new rubric."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from slmdesk.base.errors import ContextOverflow, EngineError
from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.features.evaluate.cell import CellKey
from slmdesk.features.evaluate.evaluation import Evaluation
from slmdesk.features.evaluate.pack import Document, Kind, Pack, Question, Scorer, Scoring
from slmdesk.features.evaluate.setup import Setup
from slmdesk.store.answers import Answers, StoredAnswer
from slmdesk.store.db import Database
from tests.fakes.http_server import Call
from tests.fakes.openai_server import DONE, USAGE, OpenAIServer, delta, finish, stream
from tests.fakes.packs import evaluation_of

JUDGED = Question("why", "Why?", Kind.TEXT, Scoring(Scorer.JUDGE, model_ref="box/small", rubric="Be strict."))
PACK = Pack(
    "p", (Document("a", "A."), Document("b", "B.")), (JUDGED,), {("a", "why"): "Fire", ("b", "why"): "Rain"}
)
SETUP = Setup(model_refs=("box/small",))
A, B = CellKey("box/small", "a", "why"), CellKey("box/small", "b", "why")


class Judge(OpenAIServer):
    """Says what stands in `grade`."""

    grade = "right"

    def __init__(self) -> None:
        super().__init__()
        self.on_chat = self._reply

    async def _reply(self, call: Call) -> None:
        reply = json.dumps({"reason": "so", "grade": self.grade})
        await stream(call, [delta(content=reply), finish(), USAGE, DONE])


@contextlib.asynccontextmanager
async def answered(tmp_path: Path, judge: Judge) -> AsyncIterator[Evaluation]:
    """Both documents have the answer "Flames", as if a run had ended."""
    database = Database.open(tmp_path / "data.db")
    engine = OpenAICompatible("box", "Box", judge.address, None)
    evaluation = await evaluation_of(database, [engine], PACK, SETUP)
    _sheet, book = evaluation._ready()
    asks = [ask for group in book.asks("box/small", 1) for ask in group]
    await Answers(database).add([StoredAnswer(ask.key, ask.model_ref, "d", "Flames") for ask in asks])
    await evaluation.use(PACK, SETUP)
    try:
        yield evaluation
    finally:
        await engine.aclose()
        await database.aclose()


async def test_an_answer_waits_for_the_judge_and_is_told_when_it_is_scored(tmp_path: Path) -> None:
    async with Judge() as judge, answered(tmp_path, judge) as evaluation:
        assert evaluation.cell(A).answer == "Flames"
        assert evaluation.cell(A).score is None
        assert evaluation.cell(A).problem == "Waiting for box/small to compare this answer."
        told: list[CellKey] = []
        evaluation.cell_changed.subscribe(told.append)
        await evaluation.score_by_models()
        assert sorted(told) == [A, B]
        score = evaluation.cell(A).score
        assert score
        assert (score.value, score.why) == (1.0, "The judge says: right. so")
        assert evaluation.cell(A).problem == ""
        assert len(judge.chats) == 4
        await evaluation.score_by_models()
        assert len(judge.chats) == 4


async def test_scores_are_there_again_after_a_restart(tmp_path: Path) -> None:
    async with Judge() as judge, answered(tmp_path, judge) as evaluation:
        await evaluation.score_by_models()
    async with Judge() as judge, answered(tmp_path, judge) as evaluation:
        score = evaluation.cell(B).score
        assert score
        assert score.value == 1.0
        assert not judge.chats


async def test_another_rubric_wants_another_score_and_the_first_is_found_again(tmp_path: Path) -> None:
    async with Judge() as judge, answered(tmp_path, judge) as evaluation:
        await evaluation.score_by_models()
        kind = replace(JUDGED, scoring=replace(JUDGED.scoring, rubric="Be kind."))
        await evaluation.use(replace(PACK, questions=(kind,)), SETUP)
        assert evaluation.cell(A).answer == "Flames"
        assert evaluation.cell(A).score is None
        judge.grade = "wrong"
        await evaluation.score_by_models()
        score = evaluation.cell(A).score
        assert score
        assert score.value == 0.0
        await evaluation.use(PACK, SETUP)
        score = evaluation.cell(A).score
        assert score
        assert score.value == 1.0
        assert len(judge.chats) == 8


async def test_a_changed_expected_answer_is_judged_anew(tmp_path: Path) -> None:
    async with Judge() as judge, answered(tmp_path, judge) as evaluation:
        await evaluation.score_by_models()
        await evaluation.use(replace(PACK, expected={("a", "why"): "Water"}), SETUP)
        assert evaluation.cell(A).score is None
        assert evaluation.cell(B).score is None
        assert evaluation.cell(B).problem == ""  # nothing is expected there any more
        await evaluation.score_by_models()
        assert len(judge.chats) == 6


async def test_a_question_without_a_judge_says_what_is_missing(tmp_path: Path) -> None:
    async with Judge() as judge, answered(tmp_path, judge) as evaluation:
        nobody = replace(JUDGED, scoring=Scoring(Scorer.JUDGE))
        await evaluation.use(replace(PACK, questions=(nobody,)), SETUP)
        await evaluation.score_by_models()
        assert evaluation.cell(A).problem.startswith("Nobody scores this answer: choose the model")
        assert not judge.chats


async def test_a_run_ends_with_the_grades_of_the_judge(tmp_path: Path) -> None:
    """The same model answers and judges: each document once, and each answer in both orders."""
    async with Judge() as judge, answered(tmp_path, judge) as evaluation:
        more = replace(
            PACK,
            documents=(*PACK.documents, Document("c", "C.")),
            expected={**PACK.expected, ("c", "why"): "x"},
        )
        await evaluation.use(more, SETUP)
        await evaluation.run()
        assert not evaluation.is_running
        cells = [evaluation.cell(CellKey("box/small", name, "why")) for name in "abc"]
        assert [cell.score.value for cell in cells if cell.score] == [1.0, 1.0, 1.0]
        assert len(judge.chats) == 1 + 3 * 2


async def test_a_document_that_the_judge_cannot_take_keeps_no_other_from_its_score(tmp_path: Path) -> None:
    async with Judge() as judge, answered(tmp_path, judge) as evaluation:
        usual = judge.on_chat
        assert usual

        async def refuse_the_first(call: Call) -> None:
            if "a." not in call.json["messages"][-1]["content"]:
                await usual(call)
                return
            error = {"code": "context_length_exceeded", "message": "maximum context length is 100 tokens"}
            await call.respond(400, {"error": error}, {"content-type": "application/json"})

        more = replace(
            PACK,
            documents=tuple(Document(place, f"{place}.") for place in "acdefghijkl"),
            expected={(place, "why"): "x" for place in "acdefghijkl"},
        )
        await evaluation.use(more, SETUP)
        await evaluation.run()
        rubric = replace(JUDGED, scoring=replace(JUDGED.scoring, rubric="Be kind."))
        await evaluation.use(replace(more, questions=(rubric,)), SETUP)
        judge.on_chat = refuse_the_first
        with pytest.raises(ContextOverflow):
            await evaluation.run()
        scores = [evaluation.cell(CellKey("box/small", name, "why")).score for name in "acdefghijkl"]
        assert scores[0] is None
        assert all(scores[1:])


async def test_a_judge_that_is_out_of_order_leaves_the_answers_and_the_next_run_goes_on(
    tmp_path: Path,
) -> None:
    async with Judge() as judge, answered(tmp_path, judge) as evaluation:
        usual = judge.on_chat

        async def fail(call: Call) -> None:
            await call.respond(
                500, {"error": {"message": "out of order"}}, {"content-type": "application/json"}
            )

        judge.on_chat = fail
        with pytest.raises(EngineError, match="out of order"):
            await evaluation.run()
        assert not evaluation.is_running
        assert evaluation.cell(A).answer == "Flames"
        judge.on_chat = usual
        await evaluation.run()
        assert evaluation.cell(A).score
