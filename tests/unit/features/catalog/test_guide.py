"""The guide: three models with reasons, never one that does not fit, and honesty when none does."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmdesk.base.machine import Machine
from slmdesk.base.memory import USABLE_SHARE
from slmdesk.features.catalog.catalogue import shipped_catalogue
from slmdesk.features.catalog.guide import Advice, Answers, advise, tasks_of
from slmdesk.features.catalog.size_classes import SIZE_ADVICE, advice_on
from tests.unit.features.catalog.machines import GAMER, GB, LAPTOP

CATALOGUE = shipped_catalogue()
TASKS = tasks_of(CATALOGUE)


def advised(answers: Answers, machine: Machine = LAPTOP) -> Advice:
    return advise(CATALOGUE, machine, answers)


@pytest.mark.parametrize("task", TASKS)
def test_three_different_makers_for_every_task(task: str) -> None:
    advice = advised(Answers(task))
    assert len(advice.recommendations) == 3
    assert advice.remarks == ()
    assert len({one.card.entry.maker for one in advice.recommendations}) >= 2
    for one in advice.recommendations:
        assert task in one.card.entry.tasks
        assert {"chat", "embedding"} & {*one.card.entry.capabilities}
        assert one.card.is_possible
        assert len(one.reasons) >= 3


def test_the_lighter_one_is_at_most_half_and_the_most_open_more_open() -> None:
    by_role = {one.role: one.card for one in advised(Answers("chat")).recommendations}
    assert (by_role["lighter"].best.fit.needed_bytes or 0) <= (by_role["best"].best.fit.needed_bytes or 0) / 2
    assert by_role["most open"].openness.points > by_role["best"].openness.points


@settings(max_examples=60, deadline=None)
@given(
    task=st.sampled_from(TASKS),
    free=st.integers(0, 40 * GB),
    video=st.integers(0, 24 * GB),
    cap=st.none() | st.integers(1, 30 * GB),
    uses_gpu=st.booleans(),
    countries=st.sets(st.sampled_from(["CN", "US", "FR", "AE"])),
    context=st.integers(64, 131_072),
)
def test_nothing_is_recommended_that_does_not_fit(
    task: str,
    free: int,
    video: int,
    cap: int | None,
    uses_gpu: bool,
    countries: set[str],
    context: int,
) -> None:
    machine = replace(LAPTOP, free_bytes=free, free_video_bytes=video, gpus=("card",))
    answers = Answers(
        task,
        uses_gpu=uses_gpu,
        memory_bytes=cap,
        countries_refused=countries,
        is_commercial=True,
        context_tokens=context,
    )
    advice = advised(answers, machine)
    for one in advice.recommendations:
        needed = one.card.best.fit.needed_bytes
        assert needed is not None
        assert needed <= (free + (video if uses_gpu else 0)) * USABLE_SHARE
        assert cap is None or needed <= cap
        assert countries.isdisjoint(one.card.entry.countries)
        assert one.card.licence.commercial != "no"
    assert len(advice.recommendations) == 3 or advice.remarks
    assert len({one.card.entry.id for one in advice.recommendations}) == len(advice.recommendations)


def test_it_says_when_nothing_fits_and_how_much_the_smallest_needs() -> None:
    advice = advised(Answers("pictures", memory_bytes=GB))
    assert advice.recommendations == ()
    assert advice.remarks[0].startswith("Nothing fits: ")
    assert "The smallest needs 2." in advice.remarks[0]


def test_it_says_when_nothing_is_left_by_the_conditions() -> None:
    every = {code for entry in CATALOGUE.entries for code in entry.countries}
    advice = advised(Answers("chat", countries_refused=every))
    assert advice.recommendations == ()
    assert "under these conditions" in advice.remarks[0]


def test_few_are_said_to_be_few() -> None:
    advice = advised(Answers("translation", memory_bytes=int(1.6 * GB)))
    assert 0 < len(advice.recommendations) < 3
    assert advice.remarks[0].startswith(f"Only {len(advice.recommendations)} of ")


def test_the_graphics_card_is_left_alone_when_asked() -> None:
    with_it = advised(Answers("chat"), replace(GAMER, free_bytes=2 * GB))
    without = advised(Answers("chat", uses_gpu=False), replace(GAMER, free_bytes=2 * GB))
    assert with_it.recommendations[0].card.entry.id != without.recommendations[0].card.entry.id
    assert all(one.card.best.place == "CPU" for one in without.recommendations)


def test_elsewhere_is_an_answer_too() -> None:
    assert "a server can be added" in advised(Answers("chat", must_stay_here=False)).remarks[0]


def test_each_size_class_says_what_to_expect() -> None:
    assert [advice.size_class for advice in SIZE_ADVICE] == ["Tiny", "Small", "Medium", "Large"]
    assert advice_on("Large").memory == "9 GB and more"
