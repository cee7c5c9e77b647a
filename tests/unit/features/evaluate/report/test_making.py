"""From an evaluation to its report: figures added up, facts asked for, judges trusted when checked."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from slmdesk.base.machine import Bandwidth, Machine
from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.engines.registry import Registry
from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.conclusion import Conclusion, conclude
from slmdesk.features.evaluate.pack import (
    Condition,
    Document,
    Kind,
    Pack,
    Question,
    Relation,
    Rule,
    Scorer,
    Scoring,
)
from slmdesk.features.evaluate.report.making import evaluation_report, report_of
from slmdesk.features.evaluate.report.plain import to_plain
from slmdesk.features.evaluate.report.report import Report
from slmdesk.features.evaluate.report.writing import write_report
from slmdesk.features.evaluate.results import Results
from slmdesk.features.evaluate.setup import Setup, Target
from slmdesk.features.evaluate.verdict import VerdictKind
from tests.fakes.answered import Answered
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.reports import answered, corrected, pack, usual
from tests.fakes.scripted_engine import ScriptedEngine, says

REFS = ("scripted/a", "scripted/b")
SETUP = Setup(model_refs=REFS)


@dataclass
class Premises:
    """A program with these engines on a machine of 16 GB."""

    registry: Registry

    class machine:  # noqa: N801 (it is asked as the services' one)
        @staticmethod
        async def ask() -> Machine:
            return Machine(9_000_000_000, 16_000_000_000, threads=4, bandwidth=Bandwidth(2.1e10, 0.0))

    def memory_bytes(self, model_ref: str, context_tokens: int) -> int | None:
        return 200_000_000 if model_ref == REFS[0] and context_tokens == 4096 else None


async def premises(*engines: ScriptedEngine | OpenAICompatible) -> Premises:
    registry = Registry(
        [*engines, ScriptedEngine({"a": says("x"), "b": says("x")}, sizes={"a": 100_000_000})]
    )
    await registry.refresh()
    return Premises(registry)


def first_wrong(key: CellKey) -> Cell:
    return usual(key._replace(model="x")) if key.model == REFS[1] else replace(usual(key), answer="No")


async def reported(of: Pack, setup: Setup = SETUP, cell: object = first_wrong) -> Report:
    return await report_of(await premises(), Answered(of, setup, cell))  # type: ignore[arg-type]  # (a test's own)


async def test_figures_are_those_of_all_answers() -> None:
    def cell(key: CellKey) -> Cell:
        if key == (REFS[0], "report 1", "records"):
            return Cell(CellState.FAILED, error="gone")
        return (
            answered("Yes", 1.0 if key.model == REFS[1] else 0.0)
            if key.question == "breach"
            else answered("5")
        )

    of = await reported(pack(3), SETUP, cell)
    first, second = of.models
    assert (first.ref, first.name, first.score, second.score) == (REFS[0], "a", 0.0, 1.0)
    assert second.low is not None
    assert second.high is not None
    assert second.low < 1 <= second.high
    assert (first.done, first.failed, first.scored) == (5, 1, 3)
    assert (second.done, second.failed) == (6, 0)
    assert second.seconds == pytest.approx(6 * 0.4)
    assert second.answer_s == pytest.approx(0.4)
    assert (second.prompt_tokens, second.cached_tokens, second.output_tokens) == (6 * 420, 6 * 390, 18)
    assert [dict(scores) for scores in of.question_scores] == [
        {REFS[0]: 0.0, REFS[1]: 1.0}, {REFS[0]: None, REFS[1]: None},
    ]  # fmt: skip
    assert of.verdict


async def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    def cell(key: CellKey) -> Cell:
        whole = answered("Yes", 1.0)
        assert whole.timings
        is_known = key.document == "report 0"
        return (
            whole if is_known else replace(whole, timings=replace(whole.timings, prompt_tokens_cached=None))
        )

    of = await reported(pack(2), SETUP, cell)
    assert of.models[0].prompt_tokens == 4 * 420
    assert of.models[0].cached_tokens is None


async def test_a_vote_is_one_more_model() -> None:
    of = await reported(pack(2), replace(SETUP, votes=(REFS,)))
    assert [model.is_vote for model in of.models] == [False, False, True]
    cells = list(of.cells_of(of.models[2].ref))
    assert len(cells) == 4
    assert to_plain(of)["models"][2]["is_vote"] is True


async def test_the_report_does_not_change_with_the_evaluation() -> None:
    cells = {"answer": "Yes"}
    evaluation = Answered(pack(1), SETUP, lambda _key: answered(cells["answer"], 1.0))
    of = await report_of(await premises(), evaluation)
    cells["answer"] = "No"
    evaluation.pack = pack(5)
    assert {cell.answer for _, _, cell in of.cells_of(REFS[0])} == {"Yes"}


async def test_the_machine_and_the_engines_are_told() -> None:
    async with OpenAIServer() as server:
        box = OpenAICompatible("box", "Box", server.address, None)
        try:
            around = await premises(box)
            setup = Setup(model_refs=(REFS[0], "box/small", "lost/model"))
            of = await report_of(around, Answered(pack(1), setup, first_wrong))
        finally:
            await box.aclose()
    facts = dict(of.facts.machine)
    assert facts["Memory"] == "16 GB"
    assert facts["Memory bandwidth"] == "21 GB/s"
    assert facts["Graphics cards"] == "none found"
    assert facts["Processor"].endswith(", 4 threads")
    assert of.facts.program.startswith("SLM Desk ")
    first = of.facts_of(REFS[0])
    assert (first.engine, first.size_bytes, first.memory_bytes) == (
        "Scripted engine",
        100_000_000,
        200_000_000,
    )
    assert of.facts_of("box/small").engine == "Box (A server of OpenAI's protocol)"
    assert of.facts_of("lost/model").engine == ""


async def test_all_forms_are_written(tmp_path: Path) -> None:
    of = await reported(pack(2))
    for suffix in ("html", "csv", "xlsx", "json"):
        write_report(of, tmp_path / f"r.{suffix}")
    found = json.loads((tmp_path / "r.json").read_text())
    assert [model["model"] for model in found["models"]] == list(REFS)
    assert "Scripted engine" in (tmp_path / "r.html").read_text()


async def test_broken_rules_are_counted_by_model_and_shown(tmp_path: Path) -> None:
    rule = Rule(Condition("breach", Relation.IS, "No"), Condition("records", Relation.IS_EMPTY))
    of = await reported(replace(pack(2), rules=(rule,)))
    assert [model.violations for model in of.models] == [2, 0]
    write_report(of, tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text().count('<td><small class="bad">If ') == 2


JUDGE = Scoring(Scorer.JUDGE, model_ref="e/judge")


async def concluded(cell: object, *questions: Question) -> Conclusion:
    documents = tuple(Document(f"d{number}", "text") for number in range(40))
    expected = {(document.name, question.id): "x" for document in documents for question in questions}
    of = Pack("p", documents, questions, expected)
    results = Results(Answered(of, Setup(model_refs=(REFS[0],)), cell))  # type: ignore[arg-type]  # (a test's own)
    await results.refresh()
    return conclude(results.survey, {}, Target())


JUDGED = Question("why", "Why?", Kind.TEXT, JUDGE)
PLAIN = Question("who", "Who?", Kind.TEXT, Scoring(Scorer.FUZZY))


async def test_a_judge_that_nobody_checked_carries_no_verdict() -> None:
    found = await concluded(lambda _key: answered("x", 1.0), JUDGED)
    assert found.verdict
    assert found.verdict.kind is VerdictKind.UNDECIDED
    assert found.verdict.model == ""
    (words,) = found.verdict.words
    assert words.startswith("Nobody has checked the judge yet. Score 10 of its answers by hand: its scores")
    report = evaluation_report(found, Pack("p", (), (JUDGED,)), SETUP, (await reported(pack(1))).facts)
    assert "Nobody has checked the judge yet." in report.verdict_words[0]


async def test_a_judge_that_agrees_with_the_user_carries_one() -> None:
    def checked(key: CellKey) -> Cell:
        return corrected(answered("x", 1.0), 1.0, "") if key.document < "d2" else answered("x", 1.0)

    found = await concluded(checked, JUDGED)
    assert found.verdict
    assert found.verdict.kind is VerdictKind.FOUND
    assert found.verdict.words[-1] == "The judge agreed with you in 12 of 12 scores."


async def test_beside_other_scores_a_judge_need_not_be_checked_but_it_is_said() -> None:
    found = await concluded(lambda _key: answered("x", 1.0), JUDGED, PLAIN)
    assert found.verdict
    assert found.verdict.kind is VerdictKind.FOUND
    assert found.verdict.words[-1].startswith("Nobody has checked the judge yet.")
    assert (await concluded(lambda _key: answered("x", 1.0), PLAIN)).agreement is None
