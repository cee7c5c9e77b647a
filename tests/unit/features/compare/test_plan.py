"""The plan puts as many lanes together as memory allows, and says so in words."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.base.errors import BadInput
from slmdesk.base.memory import USABLE_SHARE
from slmdesk.engines.base import Options
from slmdesk.features.compare.plan import LaneSpec, RunPlan, lane_names, plan_run

GB = 1_000_000_000


def lanes(*refs: str) -> list[LaneSpec]:
    """ "o/a" or "o/a@8192" for another context."""
    split = [ref.partition("@") for ref in refs]
    return [LaneSpec(ref, Options(context_tokens=int(context or 4096))) for ref, _, context in split]


def plan(refs: str, sizes: Sequence[float | None], free: float | None, **more: bool | None) -> RunPlan:
    needed = [None if size is None else int(size * GB) for size in sizes]
    free_bytes = None if free is None else int(free * GB)
    return plan_run(lanes(*refs.split()), needed, free_bytes, **more)


@pytest.mark.parametrize(
    ("refs", "sizes", "free", "groups", "words"),
    [
        (
            "o/a o/b o/c",
            [0.2, 1.6, 2.9],
            6.2,
            ((0, 1, 2),),
            "All three fit together (4.7 of 6.2 GB free): side by side.",
        ),
        ("o/a o/b", [0.2, 1.6], 6.2, ((0, 1),), "Both fit together (1.8 of 6.2 GB free): side by side."),
        (
            "o/a o/b o/c",
            [0.2, 1.6, 5.0],
            6.2,
            ((0, 1), (2,)),
            "One after the other: a and b fit together, c alone.",
        ),
        ("o/a o/a", [3.0, 3.0], 4.0, ((0, 1),), "Both fit together (3.0 of 4.0 GB free): side by side."),
        ("o/a o/a@8192", [0.2, 0.3], 60, ((0,), (1,)), "One after the other: a alone, a (2) alone."),
        (
            "o/a@8192 o/a o/b",
            [0.3, 0.2, 0.1],
            60,
            ((0, 2), (1,)),
            "One after the other: a and b fit together, a (2) alone.",
        ),
        ("x/cloud o/b", [0, 0], 0.1, ((0, 1),), "Both need no more memory: side by side."),
        ("o/a o/b", [None, 1.0], 6.2, ((0,), (1,)), "One after the other: a alone, size unknown, b alone."),
        (
            "o/a o/b",
            [1.0, 9.1],
            6.2,
            ((0,), (1,)),
            "One after the other: a alone, b too large (9.1 of 6.2 GB free).",
        ),
        ("o/a o/a", [None, None], 6.2, ((0, 1),), "Both use the same model: side by side."),
        ("o/a o/b", [1.0, 1.0], None, ((0,), (1,)), "One after the other: a alone, b alone."),
    ],
)
def test_plans_in_words(
    refs: str, sizes: list[float | None], free: float | None, groups: tuple[tuple[int, ...], ...], words: str
) -> None:
    made = plan(refs, sizes, free)
    assert made.groups == groups
    assert made.words == words
    assert made.is_side_by_side == (len(groups) == 1)


def test_the_user_may_choose_one_after_the_other_and_a_model_is_loaded_once() -> None:
    made = plan("o/a o/b o/a", [1.0, 1.0, 1.0], 60, is_sequential=True)
    assert made.groups == ((0,), (2,), (1,))
    assert made.words == "One after the other, as chosen: a, then a (2), then b."
    assert not made.is_side_by_side


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (
            [4.0, 5.0],
            "Both side by side, as chosen, though they do not fit together (9.0 of 6.2 GB free):",
        ),
        ([1.0, 2.0], "Both fit together (3.0 of 6.2 GB free): side by side"),
        ([None, 2.0], "Both side by side, as chosen; whether they fit together is not known"),
    ],
)
def test_the_user_may_choose_side_by_side(sizes: list[float | None], words: str) -> None:
    made = plan("o/a o/b", sizes, 6.2, is_sequential=False)
    assert made.groups == ((0, 1),)
    assert made.words.startswith(words)


def test_one_model_with_two_contexts_is_never_side_by_side() -> None:
    assert plan("o/a o/a@8192", [1, 1], 60, is_sequential=False).groups == ((0,), (1,))


@pytest.mark.parametrize("count", [0, 1, 9])
def test_a_comparison_has_two_to_eight_columns(count: int) -> None:
    with pytest.raises(BadInput, match=f"this one has {count}") as caught:
        plan(" ".join(["o/a"] * count), [1.0] * count, 6.2)
    assert caught.value.next_step


def test_lanes_of_one_model_are_numbered() -> None:
    assert lane_names(lanes("o/a", "o/b", "o/a", "x/a", "bare")) == ("a", "b", "a (2)", "a (3)", "bare")


@given(
    chosen=st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from([2048, 4096]), st.integers(0, 9)),
        min_size=2,
        max_size=8,
    ),
    free=st.integers(0, 20),
    is_sequential=st.sampled_from([None, True, False]),
)
def test_every_lane_runs_once_and_no_group_takes_more_than_there_is(
    chosen: list[tuple[str, int, int]], free: int, is_sequential: bool | None
) -> None:
    specs = [LaneSpec(f"o/{name}", Options(context_tokens=context)) for name, context, _ in chosen]
    sizes = {spec.weights_key: size for spec, (_, _, size) in zip(specs, chosen, strict=True)}
    needed = [sizes[spec.weights_key] * GB for spec in specs]
    made = plan_run(specs, needed, free * GB, is_sequential=is_sequential)
    assert sorted(index for group in made.groups for index in group) == list(range(len(specs)))
    for group in made.groups:
        keys = {specs[index].weights_key for index in group}
        assert len(keys) == len({ref for ref, _ in keys})
        if is_sequential is None and len(keys) > 1:
            assert sum(sizes[key] * GB for key in keys) <= free * GB * USABLE_SHARE
    assert made.words.endswith(".")
