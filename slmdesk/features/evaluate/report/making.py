"""Makes the report of an evaluation: what the results and the statistics found, with the facts beside it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from slmdesk.engines.base import Timings
from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.conclusion import Conclusion, conclude
from slmdesk.features.evaluate.filters import broken_rules
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.report.facts import Premises, gather_facts
from slmdesk.features.evaluate.report.report import ModelRow, Report, ReportFacts
from slmdesk.features.evaluate.results import HasAnswers, Results, Survey
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.evaluate.tables import ModelLine

Number = TypeVar("Number", int, float)


async def report_of(premises: Premises, evaluation: HasAnswers) -> Report:
    """The evaluation as it stands now: it may go on, the report does not change any more."""
    results = Results(evaluation)
    try:
        await results.refresh()
    finally:
        results.close()
    pack, setup = evaluation.pack, evaluation.setup
    facts = await gather_facts(premises, setup.model_refs, setup.options.context_tokens)
    sizes = {ref: each.size_bytes for ref, each in facts.models.items()}
    conclusion = await asyncio.to_thread(conclude, results.survey, sizes, setup.target)
    return await asyncio.to_thread(evaluation_report, conclusion, pack, setup, facts)


def evaluation_report(conclusion: Conclusion, pack: Pack, setup: Setup, facts: ReportFacts) -> Report:
    """All formats are written from this. The survey of the conclusion must be of this pack and setup."""
    keys = [contender.key for contender in conclusion.survey.contenders]
    return Report(
        pack=pack,
        setup=setup,
        facts=facts,
        verdict=conclusion.verdict,
        models=[_model_row(conclusion, pack, place) for place in range(len(keys))],
        question_scores=[_by_key(keys, line.scores) for line in conclusion.questions],
        document_scores=[_by_key(keys, line.scores) for line in conclusion.documents],
        cell=_cells_of(conclusion.survey),
    )


def _by_key(keys: Iterable[str], scores: Iterable[float | None]) -> Mapping[str, float | None]:
    return dict(zip(keys, scores, strict=True))


def _model_row(conclusion: Conclusion, pack: Pack, place: int) -> ModelRow:
    line, survey = conclusion.models[place], conclusion.survey
    score = conclusion.scores.get(line.contender.key)
    timings = [cell.timings for cell in survey.cells_of(place) if cell.timings is not None]
    return ModelRow(
        ref=line.contender.key,
        name=line.contender.name,
        score=score.score if score else None,
        low=score.low if score else None,
        high=score.high if score else None,
        scored=_scored(line),
        done=line.answers,
        failed=line.failed,
        invalid=line.invalid,
        corrected=line.corrected,
        violations=sum(_violations(pack, survey, place)),
        seconds=_sum(timings, lambda each: each.total_s),
        prompt_tokens=_sum(timings, lambda each: each.prompt_tokens),
        cached_tokens=_sum(timings, lambda each: each.prompt_tokens_cached),
        output_tokens=_sum(timings, lambda each: each.output_tokens),
        stability=line.stability,
        is_vote=line.contender.is_vote,
    )


def _scored(line: ModelLine) -> int:
    return line.right + line.partial + line.wrong


def _violations(pack: Pack, survey: Survey, place: int) -> Iterable[int]:
    width = len(survey.contenders)
    for row in survey.rows if pack.rules else ():
        yield len(broken_rules(pack, row.cells[place::width]))


def _sum(timings: Iterable[Timings], count: Callable[[Timings], Number | None]) -> Number | None:
    """None where one of them is not known: a part would pass for the whole."""
    values = [count(each) for each in timings]
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _cells_of(survey: Survey) -> Callable[[CellKey], Cell]:
    """Looks a cell up in the survey, which does not change."""
    contenders = {contender.key: place for place, contender in enumerate(survey.contenders)}
    questions = {question.id: place for place, question in enumerate(survey.questions)}
    rows = {row.document: row.cells for row in survey.rows}
    width = len(contenders)

    def cell(key: CellKey) -> Cell:
        cells = rows.get(key.document)
        if cells is None:
            return Cell(CellState.WAITING)
        return cells[questions[key.question] * width + contenders[key.model]]

    return cell
