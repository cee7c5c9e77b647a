"""The formulas against scipy, hand values, and what must hold whatever the marks are."""

import random
from statistics import NormalDist, fmean

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from slmdesk.features.evaluate.statistics import (
    Marks,
    chance_if_not_above,
    chance_if_not_positive,
    difference_interval,
    estimate_difference,
    estimate_score,
    holm,
    score_interval,
    score_of_document,
    wilson,
)
from slmdesk.features.evaluate.student_t import t_quantile, t_tail

Z = NormalDist().inv_cdf(0.975)


def right_of(right: int, count: int) -> Marks:
    """So many documents with one question each."""
    return [[1.0]] * right + [[0.0]] * (count - right)


def drawn(documents: int, questions: int, seed: int, spread: float = 0.1) -> Marks:
    """Likenesses; `spread` is how much the documents differ."""
    chance = random.Random(seed)
    middles = [chance.gauss(0.7, spread) for _ in range(documents)]
    return [[min(1.0, max(0.0, chance.gauss(m, 0.15))) for _ in range(questions)] for m in middles]


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 8, 29, 30, 99, 1000, 1001, 5000])
@pytest.mark.parametrize("t", [-8.0, -1.3, 0.0, 0.02, 0.7, 1.96, 5.0, 40.0])
def test_the_tail_is_that_of_scipy(t: float, degrees: int) -> None:
    tolerance = 1e-9 if degrees <= 1000 else 2e-4
    assert t_tail(t, degrees) == pytest.approx(stats.t.sf(t, degrees), abs=tolerance)


@pytest.mark.parametrize("degrees", [1, 2, 5, 9, 11, 53, 400])
@pytest.mark.parametrize("tail", [0.0004, 0.004, 0.025, 0.05, 0.4])
def test_the_quantile_is_that_of_scipy(tail: float, degrees: int) -> None:
    assert t_quantile(tail, degrees) == pytest.approx(stats.t.isf(tail, degrees), rel=1e-6)


@pytest.mark.parametrize(
    ("right", "count"), [(0, 5), (1, 6), (6, 6), (9, 12), (27, 30), (50, 51), (850, 1000)]
)
def test_one_question_a_document_has_wilsons_interval(right: int, count: int) -> None:
    estimate = estimate_score(right_of(right, count), [1.0])
    assert estimate is not None
    expected = stats.binomtest(right, count).proportion_ci(0.95, method="wilson")
    found = score_interval(estimate)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert wilson(right / count, count, Z).low == pytest.approx(expected.low)


@pytest.mark.parametrize("right", [3, 8, 11])
def test_a_bound_that_is_just_passed_is_the_end_of_the_interval(right: int) -> None:
    """The test and the interval are one: with several questions and with one."""
    for marks in (right_of(right, 12), [row * 3 for row in right_of(right, 12)]):
        estimate = estimate_score(marks, [1.0] * len(marks[0]))
        assert estimate is not None
        assert chance_if_not_above(estimate, score_interval(estimate).low) == pytest.approx(0.025, abs=1e-6)


def test_many_documents_are_as_sure_as_a_bootstrap_over_documents_says() -> None:
    marks = drawn(400, 5, seed=1)
    estimate = estimate_score(marks, [1.0] * 5)
    assert estimate is not None
    found = score_interval(estimate)
    scores = np.array([fmean(mark for mark in row if mark is not None) for row in marks])
    expected = stats.bootstrap(
        (scores,), np.mean, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.003)


def test_many_differences_are_those_of_the_paired_t_test() -> None:
    first, second = drawn(300, 4, seed=1), drawn(300, 4, seed=2)
    better = [[min(1.0, mark + 0.02) for mark in row if mark is not None] for row in first]
    estimate = estimate_difference(better, second, [1.0] * 4)
    assert estimate is not None
    expected = stats.ttest_rel([np.mean(row) for row in better], [np.mean(row) for row in second])
    interval = expected.confidence_interval(0.95)
    found = difference_interval(estimate)
    assert estimate.value == pytest.approx(interval.low / 2 + interval.high / 2)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=0.1)
    assert chance_if_not_positive(estimate) == pytest.approx(expected.pvalue / 2, rel=0.35)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


def test_nine_answers_that_stand_and_fall_together_count_once() -> None:
    """Documents that are right or wrong as a whole tell what one question a document tells, no more."""
    together = estimate_score([[1.0] * 9] * 90 + [[0.0] * 9] * 10, [1.0] * 9)
    chance = random.Random(4)
    apart = estimate_score([[float(chance.random() < 0.9) for _ in range(9)] for _ in range(100)], [1.0] * 9)
    assert together is not None
    assert apart is not None
    assert together.effective_answers == pytest.approx(100, rel=0.25)
    assert apart.effective_answers == pytest.approx(900, rel=0.3)


def test_what_has_no_mark_is_not_counted() -> None:
    marks: Marks = [[1.0, None, 0.0], [None, None, None], [None, 1.0, 1.0]]
    estimate = estimate_score(marks, [3.0, 1.0, 1.0])
    assert estimate is not None
    assert (estimate.documents, estimate.answers) == (2, 4)
    assert estimate.value == pytest.approx((0.75 + 1) / 2)
    assert estimate_score([[None], [None]], [1.0]) is None
    assert score_of_document([1.0, None, 0.0], [3.0, 1.0, 1.0]) == 0.75
    assert score_of_document([None], [1.0]) is None


def test_a_question_of_no_weight_changes_nothing() -> None:
    with_it = estimate_score([[1.0, 0.0], [0.5, 0.0], [1.0, 1.0]], [1.0, 0.0])
    without = estimate_score([[1.0], [0.5], [1.0]], [1.0])
    assert with_it == without


def test_differences_are_of_the_cells_where_both_have_a_mark() -> None:
    first: Marks = [[1.0, 1.0], [0.0, None], [None, None]]
    second: Marks = [[0.0, None], [0.0, 1.0], [1.0, 1.0]]
    estimate = estimate_difference(first, second, [1.0, 1.0])
    assert estimate is not None
    assert (estimate.value, estimate.documents, estimate.answers) == (0.5, 2, 2)
    assert estimate_difference([[None]], [[1.0]], [1.0]) is None


def test_likenesses_that_happen_to_be_equal_are_no_certainty() -> None:
    estimate = estimate_score([[0.5]] * 6, [1.0])
    assert estimate is not None
    found = score_interval(estimate)
    assert found.high - found.low > 0.2


@pytest.mark.parametrize(("documents", "questions"), [(6, 9), (12, 9), (12, 3), (50, 9)])
def test_one_more_right_answer_never_makes_a_model_less_sure(documents: int, questions: int) -> None:
    lows = []
    for wrong in range(questions * 3, -1, -1):
        places = [(index % documents, index // documents % questions) for index in range(wrong)]
        marks = [[float((d, q) not in places) for q in range(questions)] for d in range(documents)]
        estimate = estimate_score(marks, [1.0] * questions)
        assert estimate is not None
        lows.append(score_interval(estimate).low)
    assert lows == sorted(lows)


marks_of_three = st.lists(
    st.lists(st.none() | st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=12
)


@example([[None, None, 5e-324]], [1.0, 1.0, 1.0])
@given(marks_of_three, st.lists(st.floats(0.1, 5), min_size=3, max_size=3))
def test_intervals_hold_what_was_measured(marks: Marks, weights: list[float]) -> None:
    estimate = estimate_score(marks, weights)
    if estimate is None:
        return
    found = score_interval(estimate)
    assert 0 <= found.low <= estimate.value + 1e-9
    assert estimate.value - 1e-9 <= found.high <= 1
    assert 0 <= chance_if_not_above(estimate, 0.85) <= 1
    itself = estimate_difference(marks, marks, weights)
    assert itself is not None
    assert itself.value == 0
    assert chance_if_not_positive(itself) == pytest.approx(0.5)
