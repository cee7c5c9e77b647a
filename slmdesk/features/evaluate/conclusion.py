"""What the statistics make of the answers: scores with intervals, sums, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from slmdesk.features.evaluate.agreement import Agreement, agreement, rests_on_judge_alone
from slmdesk.features.evaluate.answer_cost import AnswerCost
from slmdesk.features.evaluate.contenders import size_bytes_of
from slmdesk.features.evaluate.pack import Scorer
from slmdesk.features.evaluate.results import Survey
from slmdesk.features.evaluate.setup import Target
from slmdesk.features.evaluate.standing import ModelScore, score_models
from slmdesk.features.evaluate.tables import Line, ModelLine, by_document, by_model, by_question
from slmdesk.features.evaluate.verdict import Verdict, VerdictKind, find_verdict


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
    judge = agreement_of(survey)
    return Conclusion(survey, *lines, scores, sizes, _as_far_as_trusted(verdict, survey, judge), judge)


def agreement_of(survey: Survey) -> Agreement | None:
    """Of the judge with the corrections by hand; None where no question is judged by a model."""
    judged = [
        place for place, question in enumerate(survey.questions) if question.scoring.scorer is Scorer.JUDGE
    ]
    if not judged:
        return None
    models = [place for place, contender in enumerate(survey.contenders) if not contender.is_vote]
    return agreement(
        (survey.questions[question], cell)
        for question in judged
        for model in models
        for cell in survey.cells(model, question)
    )


def _as_far_as_trusted(verdict: Verdict, survey: Survey, judge: Agreement | None) -> Verdict:
    """A verdict from the scores of a judge alone is none before the judge was checked."""
    if judge is None:
        return verdict
    scored = (question for place, question in enumerate(survey.questions) if _has_marks(survey, place))
    if judge.is_enough or not rests_on_judge_alone(scored):
        return replace(verdict, words=(*verdict.words, judge.words))
    return replace(verdict, kind=VerdictKind.UNDECIDED, model="", words=(judge.words,), documents_needed=None)


def _has_marks(survey: Survey, question: int) -> bool:
    width = len(survey.contenders)
    places = range(question * width, (question + 1) * width)
    return any(row.marks[place] is not None for row in survey.rows for place in places)


def _cost(line: ModelLine, sizes_bytes: Mapping[str, int | None]) -> AnswerCost:
    tokens = (
        line.prompt_tokens + line.output_tokens
        if line.prompt_tokens is not None and line.output_tokens is not None
        else None
    )
    return AnswerCost(line.seconds, tokens, sizes_bytes[line.contender.key])
