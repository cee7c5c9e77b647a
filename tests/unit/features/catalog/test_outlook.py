"""What loading a model would do, in words that hold: who leaves, and whether that is enough."""

import pytest

from slmdesk.engines.base import LoadedModel
from slmdesk.features.catalog.outlook import foresee, in_order_of_leaving

GB = 1_000_000_000
OLD = LoadedModel("e", "smollm2", GB, expires_at=100)
NEW = LoadedModel("e", "maker/qwen", 3 * GB, expires_at=200)
BUSY = LoadedModel("e", "busy", 9 * GB)


@pytest.mark.parametrize(
    ("needed_gb", "free_gb", "idle", "words"),
    [
        (2.9, 5.1, (), "Would need 2.9 GB; 5.1 of 16 GB free."),
        (2.9, 2.5, (OLD, NEW), "Would need 2.9 GB; 2.5 of 16 GB free; smollm2 would leave first."),
        (5, 2.5, (OLD, NEW), "Would need 5.0 GB; 2.5 of 16 GB free; smollm2 and qwen would leave first."),
        (8, 2, (), "Would need 8.0 GB; 2.0 of 16 GB free; not enough."),
        (8, 2, (OLD,), "Would need 8.0 GB; 2.0 of 16 GB free; not enough even when smollm2 leaves."),
        (
            9,
            2,
            (OLD, NEW),
            "Would need 9.0 GB; 2.0 of 16 GB free; not enough even when smollm2 and qwen leave.",
        ),
    ],
)
def test_in_words(needed_gb: float, free_gb: float, idle: tuple[LoadedModel, ...], words: str) -> None:
    outlook = foresee(int(needed_gb * GB), int(free_gb * GB), total_bytes=16 * GB, idle=idle)
    assert outlook.words == words


def test_weights_that_are_mapped_count_as_used() -> None:
    assert foresee(2 * GB, 3 * GB, idle=[OLD]).leaving == ()
    assert foresee(2 * GB, 3 * GB, mapped_bytes=GB, idle=[OLD]).leaving == ("smollm2",)


def test_another_context_gives_back_what_the_model_has() -> None:
    outlook = foresee(3 * GB, GB, own=NEW, idle=[OLD])
    assert outlook.words == "Would be loaded again for this context: 3.0 GB; 1.0 GB free."


def test_the_longest_idle_leaves_first_and_one_in_use_never() -> None:
    assert in_order_of_leaving([NEW, BUSY, OLD]) == [OLD, NEW]
