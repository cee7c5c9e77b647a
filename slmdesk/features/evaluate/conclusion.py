"""What the statistics make of the answers: scores with intervals, sums, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from slmdesk.features.evaluate.agreement import Agreement
from slmdesk.features.evaluate.answer_cost import AnswerCost
from slmdesk.features.evaluate.contenders import size_bytes_of
from slmdesk.features.evaluate.judge_trust import agreement_of, as_far_as_trusted
from slmdesk.features.evaluate.per_question import QuestionBest, best_per_question
from slmdesk.features.evaluate.results import Survey
from slmdesk.features.evaluate.setup import Target
from slmdesk.features.evaluate.standing import ModelScore, score_models
from slmdesk.features.evaluate.tables import Line, ModelLine, by_document, by_model, by_question
from slmdesk.features.evaluate.verdict import Verdict, find_verdict


@dataclass(frozen=True, slots=True)
class Conclusion:
    """`scores` by the keys of the contenders, those without a mark left out; `verdict` is None while nothing
    is scored. `agreement` of the judge with the user is None where no question is judged by a model.
    """

    survey: Survey
    models: tuple[ModelLine, ...]
    questions: tuple[Line, ...]
    documents: tuple[Line, ...]
    scores: Mapping[str, ModelScore]
    sizes_bytes: Mapping[str, int | None]
    verdict: Verdict | None
    best: tuple[QuestionBest, ...] = ()
    agreement: Agreement | None = None


def conclude(survey: Survey, sizes_bytes: Mapping[str, int | None], target: Target) -> Conclusion:
    """`sizes_bytes` by model_ref. Takes seconds where there is much: call it in a thread."""
    lines = tuple(by_model(survey)), tuple(by_question(survey)), tuple(by_document(survey))
    sizes = {each.key: size_bytes_of(each, sizes_bytes) for each in survey.contenders}
    if not survey.has_marks:
        return Conclusion(survey, *lines, {}, sizes, None)
    table = survey.score_table()
    scores = {score.model: score for score in score_models(table)}
    costs = {line.contender.key: _cost(line, sizes) for line in lines[0]}
    verdict = find_verdict(table, sizes, target, costs)
    ranked = [standing.model for standing in verdict.standings]
    best = best_per_question(replace(table, models=ranked))
    judge = agreement_of(survey)
    return Conclusion(survey, *lines, scores, sizes, as_far_as_trusted(verdict, survey, judge), best, judge)


def _cost(line: ModelLine, sizes_bytes: Mapping[str, int | None]) -> AnswerCost:
    tokens = (
        line.prompt_tokens + line.output_tokens
        if line.prompt_tokens is not None and line.output_tokens is not None
        else None
    )
    return AnswerCost(line.seconds, tokens, sizes_bytes[line.contender.key])
