"""Whether a judge may be trusted: counted, with kappa checked by hand, and said in words."""

import pytest

from slmdesk.features.evaluate.agreement import Agreement, agreement, rests_on_judge_alone
from slmdesk.features.evaluate.cell import Cell
from slmdesk.features.evaluate.pack import Kind, Question, Scorer, Scoring
from slmdesk.features.evaluate.score import Score

JUDGED = Question("why", "Why?", Kind.TEXT, Scoring(Scorer.JUDGE, model_ref="e/judge"))
PLAIN = Question("who", "Who?", Kind.TEXT, Scoring(Scorer.FUZZY))
R, P, W = 1.0, 0.5, 0.0


def cells(*pairs: tuple[float | None, float | None]) -> list[tuple[Question, Cell]]:
    def score(value: float | None) -> Score | None:
        return None if value is None else Score(value, "")

    return [(JUDGED, Cell(score=score(judge), correction=score(own))) for judge, own in pairs]


def test_only_answers_with_both_scores_count() -> None:
    found = agreement(
        [*cells((R, None), (None, R), (R, R)), (PLAIN, Cell(score=Score(1, ""), correction=Score(1, "")))]
    )
    assert (found.count, found.agreed) == (1, 1)


def test_kappa_is_cohens() -> None:
    """Cohen 1960 by hand: 19 of 25 agree; by chance 0.6 * 0.6 + 0.4 * 0.4 = 0.52 would."""
    pairs = [(R, R)] * 12 + [(W, W)] * 7 + [(R, W)] * 3 + [(W, R)] * 3
    found = agreement(cells(*pairs))
    assert (found.count, found.agreed) == (25, 19)
    assert found.kappa == pytest.approx((0.76 - 0.52) / 0.48)
    assert agreement(cells(*[(R, R)] * 5)).kappa is None
    assert agreement(cells(*[(R, W), (W, R)] * 5)).kappa == pytest.approx(-1)


@pytest.mark.parametrize(
    ("pairs", "is_enough", "words"),
    [
        ([], False, "Nobody has checked the judge yet. Score 10 of its answers by hand"),
        ([(R, R)], False, "in 1 of 1 score. Its scores alone carry no verdict before 10 are checked."),
        ([(R, R)] * 9, False, "in 9 of 9 scores. Its scores alone carry no verdict before 10 are checked."),
        ([(R, R)] * 6 + [(P, W)] * 4, False, "6 of 10 scores. Cohen's kappa is 0.38. Below 70 % its"),
        ([(R, R)] * 7 + [(W, P)] * 3, True, "7 of 10 scores. Cohen's kappa is 0.41."),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(pairs: list[tuple[float, float]], is_enough: bool, words: str) -> None:
    found = agreement(cells(*pairs))
    assert found.is_enough is is_enough
    assert words in found.words
    assert Agreement(0, 0).share == 0


def test_scores_that_come_from_the_judge_alone() -> None:
    assert rests_on_judge_alone([JUDGED, JUDGED])
    assert not rests_on_judge_alone([JUDGED, PLAIN])
    assert not rests_on_judge_alone([])
