"""What fits is a sum that can be shown, with words for it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.catalogue import shipped_catalogue
from slmdesk.features.catalog.fit import estimate_fit
from slmdesk.features.catalog.size_classes import size_class

GB = 1_000_000_000
QWEN_4B = ModelInfo("ollama", "qwen3:4b", 2_600_000_000, context_tokens=40_960, kv_bytes_per_token=147_456)
STARTER = ModelInfo(
    "builtin", "smollm2-135m-instruct", 105_000_000, context_tokens=8192, kv_bytes_per_token=23_040
)


@pytest.mark.parametrize(
    ("model", "free", "words"),
    [
        (STARTER, 6.2, "fits · 0.3 GB"),
        (QWEN_4B, 6.2, "fits · 3.5 GB"),
        (QWEN_4B, 4.5, "tight · 3.5 GB"),
        (QWEN_4B, 3.9, "too large · 3.5 GB"),
        (QWEN_4B, None, "3.5 GB"),
        (replace(QWEN_4B, size_bytes=None), 6.2, "size unknown"),
    ],
)
def test_words(model: ModelInfo, free: float | None, words: str) -> None:
    assert estimate_fit(model, 4096, None if free is None else int(free * GB)).words == words


def test_the_sum_is_explained() -> None:
    assert estimate_fit(QWEN_4B, 4096, int(6.2 * GB)).explanation == (
        "2.6 GB weights + 0.6 GB context + 0.3 GB work = 3.5 GB of 6.2 GB free."
    )
    assert estimate_fit(QWEN_4B, 4096, None).explanation.endswith("= 3.5 GB; free memory is not known.")
    assert estimate_fit(QWEN_4B, 4096, 0, is_loaded=True).explanation.endswith("in memory already.")
    assert "does not say" in estimate_fit(replace(QWEN_4B, size_bytes=None), 4096, GB).explanation


def test_a_loaded_model_fits() -> None:
    assert estimate_fit(QWEN_4B, 4096, 1, is_loaded=True).words == "fits · 3.5 GB"
    assert estimate_fit(replace(QWEN_4B, size_bytes=None), 4096, 1, is_loaded=True).kind == "fits"


def test_a_context_beyond_the_training_is_not_charged() -> None:
    assert estimate_fit(STARTER, 1_000_000, GB) == estimate_fit(STARTER, 8192, GB)


@given(
    size=st.integers(1, 500 * GB),
    kv=st.none() | st.integers(0, 10**7),
    context=st.integers(1, 10**6),
    free=st.none() | st.integers(0, 10**12),
)
def test_more_context_never_needs_less_and_the_parts_make_the_whole(
    size: int, kv: int | None, context: int, free: int | None
) -> None:
    model = ModelInfo("e", "m", size, kv_bytes_per_token=kv)
    small, large = estimate_fit(model, context, free), estimate_fit(model, context * 2, free)
    assert small.needed_bytes == small.weights_bytes + small.kv_bytes + small.work_bytes
    assert small.needed_bytes is not None
    assert large.needed_bytes is not None
    assert small.needed_bytes <= large.needed_bytes
    if free is not None and small.needed_bytes > free:
        assert small.kind == "too large"


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        (None, None),
        (135_000_000, "Tiny"),
        (999_885_952, "Small"),
        (1_240_000_000, "Small"),
        (3_210_000_000, "Small"),
        (8_030_000_000, "Medium"),
        (13_000_000_000, "Large"),
    ],
)
def test_size_classes(parameters: int | None, word: str | None) -> None:
    assert size_class(parameters) == word


def test_layers_with_a_window_are_not_charged_for_the_whole_context() -> None:
    gemma = shipped_catalogue().named("gemma3:12b")
    model = ModelInfo("ollama", "gemma3:12b", 8_100_000_000, kv_bytes_per_token=393_216)
    told, known = (estimate_fit(model, 32_768, 64 * GB, shape=shape) for shape in (None, gemma.architecture))
    assert told.kv_bytes == 393_216 * 32_768
    assert known.kv_bytes == 8192 * (8 * 32_768 + 40 * (1024 + 512))
    assert known.weights_bytes == told.weights_bytes
