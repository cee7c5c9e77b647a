"""Which model is best at each question, and which others may be just as good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slmdesk.base.words import joined, say
from slmdesk.features.evaluate.model_names import names_in_words
from slmdesk.features.evaluate.pairs import compare_pairs
from slmdesk.features.evaluate.score_table import ScoreTable
from slmdesk.features.evaluate.shares import per_cent
from slmdesk.features.evaluate.standing import ModelScore, score_models


@dataclass(frozen=True, slots=True)
class QuestionBest:
    """`best` has the highest score at the question (of equal ones the first in the table); `equals` are the
    other models that the documents cannot tell from it."""

    question: str
    best: ModelScore
    equals: tuple[str, ...]
    words: str


def best_per_question(table: ScoreTable) -> tuple[QuestionBest, ...]:
    """In the order of the questions; those without a mark are left out. Put the smallest model first."""
    names = names_in_words(table.models)
    return tuple(
        _best(question, scores, narrowed, names)
        for place, question in enumerate(table.questions)
        if (scores := score_models(narrowed := _of_question(table, place)))
    )


def _of_question(table: ScoreTable, place: int) -> ScoreTable:
    return ScoreTable(
        table.models,
        table.documents,
        [table.questions[place]],
        [1.0],
        {model: [[row[place]] for row in table.marks[model]] for model in table.models},
    )


def _best(
    question: str, scores: Sequence[ModelScore], table: ScoreTable, names: Mapping[str, str]
) -> QuestionBest:
    best = max(scores, key=lambda each: each.score)
    others = [each.model for each in scores if each is not best]
    pairs = compare_pairs(table, [(best.model, other) for other in others])
    worse = {pair.worse for pair in pairs if pair.is_clear}
    equals = tuple(other for other in others if other not in worse)
    return QuestionBest(question, best, equals, _words(question, best, equals, names))


def _words(question: str, best: ModelScore, equals: Sequence[str], names: Mapping[str, str]) -> str:
    values = {"question": question, "model": names[best.model], "score": per_cent(best.score)}
    if not equals:
        return say("{question}: {model} is the best with {score}.", **values)
    return say(
        "{question}: {model} is ahead with {score}; {others} may be as good.",
        others=joined([names[each] for each in equals]),
        **values,
    )
