"""How far the scores of a judge may carry a verdict."""

from dataclasses import replace

from slmdesk.features.evaluate.agreement import Agreement, agreement, rests_on_judge_alone
from slmdesk.features.evaluate.pack import Scorer
from slmdesk.features.evaluate.results import Survey
from slmdesk.features.evaluate.verdict import Verdict, VerdictKind


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


def as_far_as_trusted(verdict: Verdict, survey: Survey, judge: Agreement | None) -> Verdict:
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
