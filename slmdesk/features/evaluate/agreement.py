"""Whether a judge agrees with the person it judges for: counted from the scores that were given by hand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from slmdesk.base.words import counted, say
from slmdesk.features.evaluate.cell import Cell
from slmdesk.features.evaluate.pack import Question, Scorer
from slmdesk.features.evaluate.score import Score

LEAST_VOTES = 10
LEAST_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Agreement:
    """Over `count` answers that the judge and the user both scored, as right, partly right or wrong.

    `kappa` is Cohen's (A Coefficient of Agreement for Nominal Scales, Educational and Psychological
    Measurement 20, 1960): 0 is what chance would bring, 1 full agreement; None where both
    said one thing only.
    """

    count: int
    agreed: int
    kappa: float | None = None

    @property
    def share(self) -> float:
        return self.agreed / self.count if self.count else 0.0

    @property
    def is_enough(self) -> bool:
        """Whether the judge's scores may carry a verdict alone."""
        return self.count >= LEAST_VOTES and self.share >= LEAST_SHARE

    @property
    def words(self) -> str:
        """What was found, and what is missing."""
        if not self.count:
            return say(
                "Nobody has checked the judge yet. Score {least} of its answers by hand: its scores alone "
                "carry no verdict until then.",
                least=LEAST_VOTES,
            )
        sentences = [
            counted(
                self.count,
                "The judge agreed with you in {agreed} of {count} score.",
                "The judge agreed with you in {agreed} of {count} scores.",
                agreed=self.agreed,
            )
        ]
        if self.kappa is not None:
            sentences.append(say("Cohen's kappa is {kappa:.2f}.", kappa=self.kappa))
        if self.count < LEAST_VOTES:
            sentences.append(
                say("Its scores alone carry no verdict before {least} are checked.", least=LEAST_VOTES)
            )
        elif not self.is_enough:
            sentences.append(
                say(
                    "Below {percent:.0f} % its scores alone carry no verdict: make the rubric clearer, or "
                    "choose another judge.",
                    percent=100 * LEAST_SHARE,
                )
            )
        return " ".join(sentences)


def agreement(answers: Iterable[tuple[Question, Cell]]) -> Agreement:
    """Of the judge with the corrections by hand, over the answers that have both."""
    pairs = [
        (_grade(cell.score), _grade(cell.correction))
        for question, cell in answers
        if question.scoring.scorer is Scorer.JUDGE and cell.score and cell.correction
    ]
    return Agreement(len(pairs), sum(judge == own for judge, own in pairs), _kappa(pairs))


def rests_on_judge_alone(scored: Iterable[Question]) -> bool:
    """Whether none of the questions that are scored is compared in another way than by a judge."""
    scorers = {question.scoring.scorer for question in scored}
    return scorers == {Scorer.JUDGE}


def _grade(score: Score) -> str:
    if score.is_right:
        return "right"
    return "wrong" if score.is_wrong else "partly"


def _kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    count = len(pairs)
    if not count:
        return None
    ours, theirs = Counter(judge for judge, _ in pairs), Counter(own for _, own in pairs)
    by_chance = sum(ours[grade] * theirs[grade] for grade in ours) / count**2
    observed = sum(judge == own for judge, own in pairs) / count
    return (observed - by_chance) / (1 - by_chance) if by_chance < 1 else None
