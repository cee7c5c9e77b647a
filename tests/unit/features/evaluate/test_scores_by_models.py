"""Answers that a judge scores: waiting until asked, found again, and asked about anew for a new rubric."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.engines.registry import Registry
from slmdesk.features.documents.prompt import without_marks
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.features.evaluate.cell import CellKey
from slmdesk.features.evaluate.evaluation import Evaluation, Surroundings
from slmdesk.features.evaluate.pack import Document, Kind, Pack, Question, Scorer, Scoring
from slmdesk.features.evaluate.setup import Setup
from slmdesk.store.answers import Answers, StoredAnswer
from slmdesk.store.db import Database
from tests.fakes.http_server import Call
from tests.fakes.openai_server import DONE, USAGE, OpenAIServer, delta, finish, stream

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
    registry = Registry([engine])
    await registry.refresh()
    answers = Answers(database)
    evaluation = Evaluation(answers, registry, Surroundings(without_marks, estimate_tokens), PACK, SETUP)
    await evaluation.use(PACK, SETUP)
    asks = [ask for group in evaluation._book().asks("box/small", 1) for ask in group]
    await answers.add([StoredAnswer(ask.key, ask.model_ref, "d", "Flames") for ask in asks])
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
