"""The rating against choix and scipy, and what it says when the votes are too few."""

import random
import time

import choix
import numpy as np
import pytest
from scipy.optimize import minimize

from slmdesk.features.compare.bradley_terry import PRIOR, Wins, chance, covariance, strengths
from slmdesk.features.compare.rating import rate
from slmdesk.store.ballots import Ballot, Contestant
from slmdesk.store.run_rows import VoteKind


def ballot(best: int | None, *refs: str, kind: VoteKind = "best", is_blind: bool = False) -> Ballot:
    return Ballot("1", kind, is_blind, tuple(Contestant(ref, {}) for ref in refs), best)


def played(count: int, votes: int, seed: int) -> dict[tuple[int, int], float]:
    chance_of = random.Random(seed)
    true = [chance_of.gauss(0, 1) for _ in range(count)]
    wins: dict[tuple[int, int], float] = {}
    for _ in range(votes):
        a, b = chance_of.sample(range(count), 2)
        winner, loser = (a, b) if chance_of.random() < chance(true[a] - true[b]) else (b, a)
        wins[winner, loser] = wins.get((winner, loser), 0.0) + 1
    return wins


@pytest.mark.parametrize(("count", "votes"), [(2, 5), (4, 40), (12, 300), (30, 500)])
def test_strengths_are_those_of_choix(count: int, votes: int) -> None:
    wins = played(count, votes, seed=count)
    data = [pair for pair, times in wins.items() for _ in range(int(times))]
    expected = choix.opt_pairwise(count, data, alpha=PRIOR, tol=1e-12)
    expected -= expected.mean()
    assert np.allclose(strengths(count, wins), expected, atol=1e-4)


def test_ties_and_uncertainty_are_those_of_scipy() -> None:
    wins: Wins = {(0, 1): 6.5, (1, 0): 1.5, (1, 2): 4.0, (2, 1): 3.0, (2, 0): 0.5, (0, 2): 0.5}

    def loss(theta: np.ndarray) -> float:
        fit = sum(weight * np.log1p(np.exp(theta[b] - theta[a])) for (a, b), weight in wins.items())
        return float(fit + PRIOR * np.sum(theta**2))

    theta = strengths(3, wins)
    assert np.allclose(theta, minimize(loss, np.zeros(3), tol=1e-10).x, atol=1e-4)
    step = np.eye(3) * 1e-3
    curvature = [
        [
            (loss(theta + u + v) - loss(theta + u - v) - loss(theta - u + v) + loss(theta - u - v)) / 4e-6
            for u in step
        ]
        for v in step
    ]
    assert np.allclose(covariance(theta, wins), np.linalg.pinv(centred(np.array(curvature))), atol=1e-3)


def centred(matrix: np.ndarray) -> np.ndarray:
    """Without the direction in which all strengths move alike."""
    projection = np.eye(len(matrix)) - 1 / len(matrix)
    return np.asarray(projection @ matrix @ projection)


def test_a_few_votes_that_all_agree_separate_nobody() -> None:
    rating = rate([ballot(0, "e/a", "e/b")] * 3)
    assert [model.name for model in rating.models] == ["e/a", "e/b"]
    assert rating.models[0].low < rating.models[1].high
    (pair,) = rating.separations
    assert not pair.is_clear
    assert pair.more_votes is not None
    assert 1 <= pair.more_votes < 20
    assert f"about {pair.more_votes} more between them" in rating.words
    assert rating.words.startswith("3 votes, too few")


def test_as_many_votes_as_it_asked_for_do_separate() -> None:
    votes = [ballot(0, "e/a", "e/b")] * 12 + [ballot(1, "e/a", "e/b")] * 6
    more = rate(votes).separations[0].more_votes
    assert more
    grown = (
        votes
        + [ballot(0, "e/a", "e/b")] * round(more * 12 / 18)
        + [ballot(1, "e/a", "e/b")] * round(more * 6 / 18)
    )
    assert not rate(votes).separations[0].is_clear
    gap = rate(grown + votes[:3]).separations[0]
    assert gap.is_clear or (gap.more_votes or 0) < more / 4
    assert rate([ballot(0, "e/a", "e/b")] * 40 + [ballot(1, "e/a", "e/b")] * 4).separations[0].is_clear


def test_even_votes_need_more_than_anyone_will_give() -> None:
    rating = rate([ballot(0, "e/a", "e/b"), ballot(1, "e/a", "e/b")] * 10)
    assert rating.separations[0].more_votes is None
    assert "more than 1,000" in rating.separations[0].words


def test_best_beats_every_other_a_tie_is_half_and_none_teaches_nothing() -> None:
    rating = rate(
        [
            ballot(1, "e/a", "e/b", "e/c", is_blind=True),
            ballot(None, "e/a", "e/c", kind="tie"),
            ballot(None, "e/a", "e/b", kind="none"),
            ballot(None, "e/a", "e/b"),  # the best answer was replaced since
        ]
    )
    assert (rating.vote_count, rating.none_count, rating.blind_count) == (2, 1, 1)
    tallies = {model.name: (model.vote_count, model.won, model.tied, model.lost) for model in rating.models}
    assert tallies == {"e/a": (2, 0, 1, 1), "e/b": (1, 1, 0, 0), "e/c": (2, 0, 1, 1)}
    ratings = {model.name: model.rating for model in rating.models}
    assert ratings["e/a"] == pytest.approx(ratings["e/c"])
    assert ratings["e/b"] > 1000 > ratings["e/a"]


def test_a_model_beside_itself_is_told_by_its_settings() -> None:
    hot = Contestant("e/a", {"options": {"temperature": 1.0}})
    cold = Contestant(
        "e/a", {"options": {"temperature": 0}, "system_prompt": "Be brief.", "is_thinking": True}
    )
    rating = rate([Ballot("1", "best", False, (hot, cold), 1)])
    assert [model.name for model in rating.models] == [
        "e/a (temperature 0, context 4,096, thinking, system “Be brief.”)",
        "e/a (temperature 1, context 4,096)",
    ]
    assert {model.model_ref for model in rating.models} == {"e/a"}
    twins = rate([Ballot("1", "best", False, (hot, hot), 1)])
    assert twins.vote_count == 0


def test_no_votes_and_blind_votes_alone() -> None:
    assert "No votes yet" in rate([]).words
    votes = [ballot(0, "e/a", "e/b"), ballot(1, "e/a", "e/b", is_blind=True)]
    rating = rate(votes, is_blind_only=True)
    assert (rating.models[0].name, rating.vote_count) == ("e/b", 1)
    assert rate(votes) == rate(votes)


def test_5000_votes_over_30_models_take_bounded_time() -> None:
    chance_of = random.Random(3)
    names = [f"e/m{number:02}" for number in range(30)]
    votes = []
    for _ in range(5000):
        lanes = sorted(chance_of.sample(range(30), 4))
        scores = [lane / 6 + chance_of.gauss(0, 1.2) for lane in lanes]
        votes.append(ballot(scores.index(max(scores)), *(names[lane] for lane in lanes)))
    started = time.process_time()
    rating = rate(votes)
    spent_s = time.process_time() - started
    print(f"\n5,000 votes x 30 models: {spent_s:.1f} s")
    assert spent_s < 30
    order = [int(model.name[3:]) for model in rating.models]
    assert np.corrcoef(order, range(29, -1, -1))[0, 1] > 0.97
