"""What the majority of several models answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slmdesk.base.words import joined, say
from slmdesk.features.evaluate.model_names import names_in_words
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.score_table import ScoreTable
from slmdesk.features.evaluate.scorers import plain_answer
from slmdesk.features.evaluate.statistics import score_of_document


@dataclass(frozen=True, slots=True)
class Tally:
    """`answer` as the best of the `models` that gave it wrote it. `is_tie`: another one had as many votes,
    and the weights, or the order, decided."""

    answer: str
    models: tuple[str, ...]
    voters: int
    is_tie: bool

    @property
    def words(self) -> str:
        """ "2 of 3 models say so: a and b."."""
        names = names_in_words(self.models)
        said = say(
            "{count} of {voters} models: {models}.",
            count=len(self.models),
            voters=self.voters,
            models=joined([names[model] for model in self.models]),
        )
        if not self.is_tie:
            return said
        return say("{votes} It is a tie, which the better models decided.", votes=said)


def vote(answers: Mapping[str, str], question: Question, weights: Mapping[str, float]) -> str:
    """The answer of the majority; `answers` by model, of which there is at least one."""
    return tally(answers, question, weights).answer


def tally(answers: Mapping[str, str], question: Question, weights: Mapping[str, float]) -> Tally:
    """Count which answers say the same as the kind of the question reads them: "1,000" and "1000" do.

    Of answers with equally many votes the one whose models have the larger sum of `weights` wins, then the
    one that came first. A model without a weight counts as 0.
    """
    groups = _groups(answers, question)
    chosen = max(groups, key=lambda group: (len(group), sum(weights.get(model, 0.0) for model in group)))
    spokesman = max(chosen, key=lambda model: weights.get(model, 0.0))
    is_tie = sum(len(group) == len(chosen) for group in groups) > 1
    return Tally(answers[spokesman], tuple(chosen), len(answers), is_tie)


class OtherDocuments:
    """How good each model is on all documents but one: what a vote on that one may know without peeking.

    All documents are summed up once, so that each costs no more than its own marks.
    """

    def __init__(self, table: ScoreTable) -> None:
        self._scores = {
            model: [score_of_document(marks, table.weights) for marks in table.marks[model]]
            for model in table.models
        }
        self._sums = {model: _sum_and_count(scores) for model, scores in self._scores.items()}

    def weights(self, document: int) -> Mapping[str, float]:
        """By model, from 0 to 1, for a vote on the document at this place; 0.5 where nothing is known."""
        return {model: self._without(model, document) for model in self._scores}

    def _without(self, model: str, document: int) -> float:
        total, count = self._sums[model]
        own = self._scores[model][document]
        if own is not None:
            total, count = total - own, count - 1
        return total / count if count else 0.5


def _groups(answers: Mapping[str, str], question: Question) -> list[list[str]]:
    """The models by what they answered, in their order."""
    groups: dict[str, list[str]] = {}
    for model, answer in answers.items():
        groups.setdefault(plain_answer(question, answer), []).append(model)
    return list(groups.values())


def _sum_and_count(scores: Sequence[float | None]) -> tuple[float, int]:
    known = [score for score in scores if score is not None]
    return sum(known), len(known)
