"""What a model needs: the sum of its parts, by formulas that published figures and real processes confirm."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from slmdesk.engines.base import Message, Options, Request
from slmdesk.engines.builtin.engine import BuiltinEngine
from slmdesk.features.catalog.catalogue import shipped_catalogue
from slmdesk.features.catalog.entry import Entry, Quantization
from slmdesk.features.catalog.estimate import Estimate, estimate, estimates, recommended, weights_bytes
from slmdesk.features.catalog.kv_cache import kv_bytes, kv_words
from slmdesk.features.catalog.speed import bytes_per_token
from tests import models
from tests.unit.features.catalog.machines import GAMER, GB, LAPTOP

MIB = 1 << 20


def entry(entry_id: str) -> Entry:
    return shipped_catalogue().named(entry_id)


def chosen(entry_id: str, name: str = "Q4_K_M", context_tokens: int = 8192, **machine: object) -> Estimate:
    model = entry(entry_id)
    quantization = next(one for one in model.quantizations if one.name == name)
    return estimate(model, quantization, replace(LAPTOP, **machine), context_tokens)


@pytest.mark.parametrize(
    ("entry_id", "context_tokens", "mib"),
    [
        # What llama.cpp prints as the size of its KV cache with 16 bits.
        ("smollm2-135m-instruct", 4096, 90),
        ("llama-3.1-8b-instruct", 8192, 1024),
        ("llama-3.2-1b-instruct", 4096, 128),
        ("llama-3.2-3b-instruct", 4096, 448),
        ("mistral-7b-instruct-v0.3", 4096, 512),
        ("qwen2.5-7b-instruct", 4096, 224),
        ("qwen3-8b", 4096, 576),
        ("phi-3.5-mini-instruct", 4096, 1536),
        ("llama-2-7b-chat", 4096, 2048),
        ("tinyllama-1.1b-chat-v1.0", 2048, 44),
        ("mixtral-8x7b-instruct-v0.1", 4096, 512),  # experts share the attention
        ("llama-3.2-11b-vision-instruct", 4096, 512),  # its eight layers for pictures keep no text
        ("granite-4.0-h-tiny", 4096, 32),  # 36 of the 40 layers are no attention
    ],
)
def test_the_context_of_published_configurations(entry_id: str, context_tokens: int, mib: int) -> None:
    assert kv_bytes(entry(entry_id).architecture, context_tokens) == mib * MIB


def test_layers_with_a_window_stop_growing() -> None:
    shape = entry("gemma-3-270m-it").architecture
    per_layer_token = 2 * 1 * 256 * 2
    assert kv_bytes(shape, 512) == 18 * 512 * per_layer_token
    assert kv_bytes(shape, 4096) == (3 * 4096 + 15 * (512 + 512)) * per_layer_token
    grown = (kv_bytes(shape, 32_768) or 0) - (kv_bytes(shape, 16_384) or 0)
    assert grown == 3 * 16_384 * per_layer_token
    assert "15 of the layers for the last 512 tokens alone" in kv_words(shape, 4096)
    assert "alone" not in kv_words(shape, 512)


def test_latent_attention_keeps_one_short_vector() -> None:
    shape = entry("deepseek-v2-lite-chat").architecture
    assert kv_bytes(shape, 1000) == 27 * 576 * 1000 * 2
    assert "27 layers × 576 numbers" in kv_words(shape, 1000)


def test_layers_that_share_their_cache_count_once() -> None:
    shape = entry("gemma-3n-e2b-it").architecture
    assert (shape.layers, shape.cached_layers) == (30, 20)
    assert kv_bytes(shape, 8192) == (4 * 8192 + 16 * 1024) * 2 * 2 * 256 * 2


def test_an_encoder_keeps_nothing() -> None:
    assert kv_bytes(entry("bge-m3").architecture, 8192) == 0
    assert estimates(entry("bge-m3"), LAPTOP, 8192)[0].speed is None


def test_a_smaller_cache_type_takes_less() -> None:
    shape = entry("llama-3.1-8b-instruct").architecture
    sizes = [kv_bytes(shape, 8192, kind) or 0 for kind in ("f16", "q8_0", "q4_0")]
    assert sizes[1] / sizes[0] == pytest.approx(8.5 / 16)
    assert sizes[2] / sizes[0] == pytest.approx(4.5 / 16)


def test_the_lines_make_the_sum() -> None:
    for model in shipped_catalogue().entries:
        for one in estimates(model, LAPTOP, 8192):
            assert sum(line.size_bytes for line in one.lines) == one.fit.needed_bytes
            assert [line.name for line in one.lines] == ["weights", "context", "work"]
            assert one.context_tokens <= (model.context_tokens or 0)
    lines = chosen("qwen2.5-7b-instruct").lines
    assert lines[0].reason == "Q4_K_M as published"
    assert lines[1].reason == "28 layers × 2 × 4 heads × 128 × 16 bits × 8,192 tokens"
    assert chosen("granite-3.3-8b-instruct", "Q8_0").lines[0].reason.startswith("about, as Q8_0: 8.17B × 8.5")


def test_what_is_not_published_is_worked_out_or_unknown() -> None:
    model = entry("granite-3.3-8b-instruct")
    assert weights_bytes(model, Quantization("Q8_0", None, None, True)) == int(8_170_864_640 * 8.5 / 8)
    odd = Quantization("ODD_1", None, None, True)
    assert weights_bytes(model, odd) is None
    assert estimate(model, odd, LAPTOP, 4096).words == "unknown"
    nameless = replace(model, architecture=replace(model.architecture, kv_heads=None))
    assert "unknown" in estimate(nameless, model.quantizations[0], LAPTOP, 4096).lines[1].reason


def test_the_verdict_says_where_and_how_slowly() -> None:
    assert chosen("qwen2.5-7b-instruct").verdict == "fits"
    assert chosen("qwen2.5-7b-instruct", bandwidth=replace(LAPTOP.bandwidth, bytes_per_s=5e9)).verdict == (
        "fits, slow (CPU)"
    )
    assert chosen("qwen2.5-7b-instruct", free_bytes=7 * GB).verdict == "tight"
    assert chosen("qwen2.5-7b-instruct", free_bytes=6 * GB).verdict == "too large"
    assert chosen("qwen2.5-7b-instruct", free_bytes=None).verdict == "unknown"
    small, large = (
        estimate(entry(name), entry(name).quantizations[0], GAMER, 8192)
        for name in ("qwen2.5-7b-instruct", "qwen2.5-14b-instruct")
    )
    assert (small.place, small.verdict) == ("GPU", "fits")
    assert (large.place, large.verdict) == ("partly on GPU", "partly on GPU")
    assert small.speed is None  # nothing was measured of the card


def test_without_a_measurement_there_is_no_figure() -> None:
    assert chosen("qwen2.5-7b-instruct", bandwidth=None).speed is None


def test_speed_is_bandwidth_by_what_a_token_reads() -> None:
    one = chosen("qwen2.5-7b-instruct")
    assert one.speed is not None
    assert one.speed.most_tokens_per_s == pytest.approx(0.85 * 60 / 4.68, rel=0.01)
    assert one.speed.least_tokens_per_s == pytest.approx(0.40 * 60 / (4.68 + 0.47), rel=0.01)
    assert one.speed.words == "4.7–11 tok/s"
    mixture = entry("qwen3-30b-a3b")
    assert bytes_per_token(mixture, 18_600_000_000) == pytest.approx(18_600_000_000 * 3.3 / 30.5, rel=0.01)


def test_one_form_is_recommended() -> None:
    def best(entry_id: str, **machine: object) -> str:
        model = entry(entry_id)
        return recommended(model, estimates(model, replace(LAPTOP, **machine), 4096)).quantization.name

    assert best("llama-3.1-8b-instruct") == "Q4_K_M"
    assert best("smollm2-360m-instruct") == "Q8_0"
    assert best("smollm2-360m-instruct", free_bytes=GB // 10) == "Q8_0"  # none fits: the smallest
    assert best("llama-3.1-8b-instruct", free_bytes=GB) == "Q4_K_M"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("name", "entry_id", "context_tokens"),
    [
        (models.STARTER_NAME, "smollm2-135m-instruct", 4096),
        (models.STARTER_NAME, "smollm2-135m-instruct", 8192),
        (models.GEMMA_NAME, "gemma-3-270m-it", 4096),
    ],
)
async def test_the_estimate_is_what_a_real_process_takes(
    tmp_path: Path, name: str, entry_id: str, context_tokens: int
) -> None:
    """Within 15 %, with one context in memory and every page of it touched."""
    one_slot = 550_000_000  # so little is free that there is room for one context
    engine = BuiltinEngine(
        tmp_path, (models.gemma(),), threads=1, idle_unload_s=60, free_bytes=lambda: one_slot
    )
    try:
        (info,) = [model for model in await engine.models() if model.name == name]
        request = Request(
            name,
            (Message("user", "word " * 300),),
            Options(context_tokens=context_tokens, max_tokens=2, temperature=0),
        )
        async with contextlib.aclosing(engine.stream(request)) as chunks:
            async for _chunk in chunks:
                pass
        (loaded,) = await engine.loaded()
        taken = await asyncio.to_thread(lambda: psutil.Process(loaded.pids[0]).memory_info().rss)
    finally:
        await engine.aclose()
    form = Quantization(info.quantization or "", info.size_bytes, None, False)
    needed = estimate(entry(entry_id), form, LAPTOP, context_tokens).fit.needed_bytes or 0
    print(
        f"\n{name} with {context_tokens} tokens: {needed / 1e6:.0f} MB estimated, {taken / 1e6:.0f} MB taken"
    )
    assert needed == pytest.approx(taken, rel=0.15)
