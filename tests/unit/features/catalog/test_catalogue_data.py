"""The shipped facts: as their schema says, as their makers published them, and uniform."""

import contextlib
import copy
import functools
import json
import operator
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slmdesk.base.errors import BadInput
from slmdesk.config.paths import resources
from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.cards import SORT_KEYS, Wanted, cards, matching, ordered
from slmdesk.features.catalog.catalogue import read_catalogue, shipped_catalogue
from slmdesk.features.catalog.comparing import compared
from slmdesk.features.catalog.entry import Entry
from slmdesk.features.catalog.estimate import BITS
from slmdesk.features.catalog.guide import Answers, advise
from slmdesk.features.catalog.kv_cache import kv_bytes
from slmdesk.features.catalog.requirements import requirements
from tests.unit.features.catalog.machines import LAPTOP

CONTENT = (resources() / "catalog.json").read_bytes()
CATALOGUE = shipped_catalogue()
ENTRIES = CATALOGUE.entries
KIB = 1024


def by_id(entry: Entry) -> str:
    return entry.id


def named(entry_id: str) -> Entry:
    return next(entry for entry in ENTRIES if entry.id == entry_id)


def test_the_file_is_as_its_schema_says() -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads((resources() / "catalog.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(json.loads(CONTENT))) == []
    assert read_catalogue(CONTENT) == CATALOGUE


def test_there_are_many_of_all_families() -> None:
    assert len(ENTRIES) >= 75
    families = {entry.family for entry in ENTRIES}
    assert families >= {
        *(
            "SmolLM2",
            "SmolLM3",
            "Qwen2.5",
            "Qwen3",
            "Llama 3.1",
            "Llama 3.2",
            "Llama 3.3",
            "Gemma 2",
            "Gemma 3",
        ),
        *(
            "Gemma 3n",
            "Phi-3",
            "Phi-3.5",
            "Phi-4",
            "Mistral",
            "Ministral",
            "Granite 3",
            "Granite 4",
            "OLMo 2",
        ),
        *("DeepSeek R1", "Falcon 3", "TinyLlama", "StableLM", "Moondream", "LLaVA", "Nomic Embed", "MiniLM"),
        *("BGE", "MXBAI"),
    }
    assert Counter(entry.architecture.kind for entry in ENTRIES)["encoder"] >= 8
    assert sum(entry.architecture.experts is not None for entry in ENTRIES) >= 8
    assert sum("vision" in entry.capabilities for entry in ENTRIES) >= 10


def test_nothing_is_there_twice_and_all_is_sorted() -> None:
    plain = json.loads(CONTENT)
    ids = [item["id"] for item in plain["models"]]
    assert ids == sorted(set(ids))
    names = Counter(name for entry in ENTRIES for name in entry.ollama)
    assert names.most_common(1)[0][1] == 1
    assert list(plain["licences"]) == sorted(plain["licences"])
    for item in plain["models"]:
        for key in ("countries", "capabilities", "tasks", "languages"):
            assert item[key] is None or item[key] == sorted(set(item[key])), (item["id"], key)


def test_a_changed_fact_is_a_changed_line() -> None:
    lines = CONTENT.decode().splitlines()
    starts = [line for line in lines if re.fullmatch(r'      "id": "[a-z0-9.-]+",', line)]
    assert len(starts) == len(ENTRIES)
    assert max(map(len, lines)) < 700


@pytest.mark.parametrize("entry", ENTRIES, ids=by_id)
def test_an_entry_holds_together(entry: Entry) -> None:
    shape, licence = entry.architecture, CATALOGUE.licence_of(entry)
    is_known_alone = shape.kind == "encoder-decoder"  # no engine here runs such a one
    assert entry.ollama or entry.hugging_face or is_known_alone, "nowhere to be had"
    assert entry.released is None or "2021-01" <= entry.released <= CATALOGUE.updated
    assert (entry.openness.weights == "open") == licence.is_open
    if entry.parameters and entry.active_parameters:
        assert (entry.active_parameters < entry.parameters) == (
            shape.experts is not None or entry.family == "Gemma 3n"
        )
    if shape.heads and shape.kv_heads:
        assert shape.heads % shape.kv_heads == 0
        expected = {1: "multi-query", shape.heads: "multi-head"}.get(shape.kv_heads, "grouped-query")
        assert shape.attention == ("latent" if shape.latent_size else expected)
    assert (shape.cached_layers or 0) <= (shape.layers or 0)
    assert shape.window_layers <= (shape.cached_layers or shape.layers or 0)
    assert (shape.window_tokens is None) == (shape.window_layers == 0)
    assert ("embedding" in entry.capabilities) == (entry.tasks == ("search",))
    for quantization in entry.quantizations:
        assert quantization.name in BITS
        assert quantization.ollama or quantization.is_on_hugging_face or is_known_alone
        assert not quantization.is_on_hugging_face or entry.hugging_face


@pytest.mark.parametrize("entry", ENTRIES, ids=by_id)
def test_sizes_are_what_parameters_and_bits_give(entry: Entry) -> None:
    """More where a part keeps more bits: the one that sees, or the vocabulary of a tiny model."""
    has_large_part = "vision" in entry.capabilities or entry.family == "Gemma 3n"
    has_large_part |= (entry.parameters or 0) < 2_100_000_000 or entry.family == "gpt-oss"
    most = 1.75 if has_large_part else 1.1
    for quantization in entry.quantizations:
        if quantization.size_bytes and entry.parameters:
            bits = quantization.size_bytes * 8 / entry.parameters
            assert 0.92 < bits / BITS[quantization.name] < most, (quantization.name, bits)


def test_more_bits_never_make_a_smaller_file() -> None:
    for entry in ENTRIES:
        known = [one for one in entry.quantizations if one.size_bytes]
        by_bits = sorted(known, key=lambda one: BITS[one.name])
        sizes = [one.size_bytes or 0 for one in by_bits]
        # What one source keeps with a part that sees, another has without it.
        if "vision" not in entry.capabilities and entry.family != "Gemma 3n":
            assert all(b > 0.85 * a for a, b in pairwise(sizes)), entry.id


# As the makers' config.json files say: layers, heads, KV heads, head size, and parameters by their shapes.
PUBLISHED: dict[str, tuple[int, int, int, int, int]] = {
    "smollm2-135m-instruct": (30, 9, 3, 64, 134_515_008),
    "smollm2-1.7b-instruct": (24, 32, 32, 64, 1_711_376_384),
    "qwen2.5-0.5b-instruct": (24, 14, 2, 64, 494_032_768),
    "qwen2.5-7b-instruct": (28, 28, 4, 128, 7_615_616_512),
    "qwen3-8b": (36, 32, 8, 128, 8_190_735_360),
    "llama-3.2-1b-instruct": (16, 32, 8, 64, 1_235_814_400),
    "llama-3.2-3b-instruct": (28, 24, 8, 128, 3_212_749_824),
    "llama-3.1-8b-instruct": (32, 32, 8, 128, 8_030_261_248),
    "mistral-7b-instruct-v0.3": (32, 32, 8, 128, 7_248_023_552),
    "tinyllama-1.1b-chat-v1.0": (22, 32, 4, 64, 1_100_048_384),
    "phi-3.5-mini-instruct": (32, 32, 32, 96, 3_821_079_552),
}
# hidden, feed-forward, vocabulary, vocabulary twice (input and output apart), biases of queries, keys, values
SHAPES: dict[str, tuple[int, int, int, bool, bool]] = {
    "smollm2-135m-instruct": (576, 1536, 49_152, False, False),
    "smollm2-1.7b-instruct": (2048, 8192, 49_152, False, False),
    "qwen2.5-0.5b-instruct": (896, 4864, 151_936, False, True),
    "qwen2.5-7b-instruct": (3584, 18_944, 152_064, True, True),
    "llama-3.2-1b-instruct": (2048, 8192, 128_256, False, False),
    "llama-3.2-3b-instruct": (3072, 8192, 128_256, False, False),
    "llama-3.1-8b-instruct": (4096, 14_336, 128_256, True, False),
    "mistral-7b-instruct-v0.3": (4096, 14_336, 32_768, True, False),
    "tinyllama-1.1b-chat-v1.0": (2048, 5632, 32_000, True, False),
    "phi-3.5-mini-instruct": (3072, 8192, 32_064, True, False),
}


@pytest.mark.parametrize("entry_id", PUBLISHED)
def test_the_shape_is_the_published_one(entry_id: str) -> None:
    layers, heads, kv_heads, head_size, parameters = PUBLISHED[entry_id]
    entry = named(entry_id)
    shape = entry.architecture
    assert (shape.layers, shape.heads, shape.kv_heads, shape.head_size) == (
        layers,
        heads,
        kv_heads,
        head_size,
    )
    assert entry.parameters == parameters
    assert kv_bytes(shape, 1000) == 1000 * layers * kv_heads * head_size * 2 * 2


@pytest.mark.parametrize("entry_id", SHAPES)
def test_the_parameters_are_the_sum_of_the_layers(entry_id: str) -> None:
    """Layers, heads and head size give, with the published widths, the published count exactly."""
    hidden, inner, vocabulary, has_output, has_biases = SHAPES[entry_id]
    entry = named(entry_id)
    shape = entry.architecture
    assert shape.layers
    assert shape.heads
    assert shape.kv_heads
    assert shape.head_size
    queries, keys = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    attention = 2 * hidden * queries + 2 * hidden * keys + (queries + 2 * keys if has_biases else 0)
    layer = attention + 3 * hidden * inner + 2 * hidden
    assert entry.parameters == shape.layers * layer + hidden + hidden * vocabulary * (2 if has_output else 1)


def test_a_licence_says_what_it_allows() -> None:
    used = {entry.licence for entry in ENTRIES}
    assert used == set(CATALOGUE.licences)
    for licence in CATALOGUE.licences.values():
        assert licence.conditions
        assert all(condition.endswith(".") for condition in licence.conditions)
        assert not licence.is_open or licence.commercial == "yes"


def test_a_model_is_found_by_any_of_its_names() -> None:
    for name in ("qwen2.5:7b", "ollama/qwen2.5:7b", "Qwen2.5 7B Instruct", "Qwen/Qwen2.5-7B-Instruct-GGUF"):
        assert CATALOGUE.named(name).id == "qwen2.5-7b-instruct"
    assert CATALOGUE.named("command").id == "command-r7b-12-2024"  # the only one
    with pytest.raises(BadInput, match="no model “qwen3”") as refused:
        CATALOGUE.named("qwen3")
    assert "qwen3-0.6b" in refused.value.next_step
    with pytest.raises(BadInput, match="no model"):
        CATALOGUE.named(" ")


@pytest.mark.parametrize(
    ("model", "entry_id"),
    [
        (ModelInfo("ollama", "qwen2.5:7b"), "qwen2.5-7b-instruct"),
        (ModelInfo("builtin", "smollm2-135m-instruct"), "smollm2-135m-instruct"),
        (ModelInfo("ollama", "qwen2.5:7b-instruct-q8_0"), "qwen2.5-7b-instruct"),
        (ModelInfo("ollama", "gemma3:4b-it-qat"), "gemma-3-4b-it"),
        (ModelInfo("ollama", "qwen3:4b-instruct"), "qwen3-4b-instruct-2507"),
        (ModelInfo("ollama", "llama3.2:3b-text-q4_0"), None),
        (ModelInfo("ollama", "somebody/qwen2.5:7b"), None),
        (ModelInfo("builtin", "llama-3.2-3b-instruct-q4_k_m"), "llama-3.2-3b-instruct"),
        (ModelInfo("builtin", "gemma-3-270m-q4_k_m"), None),  # the base model, which is not in it
        (ModelInfo("ollama", "my-own:latest"), None),
    ],
)
def test_a_model_that_is_here_has_its_entry(model: ModelInfo, entry_id: str | None) -> None:
    entry = CATALOGUE.entry_of(model)
    assert (entry.id if entry else None) == entry_id


def broken(**changes: Any) -> bytes:
    plain = json.loads(CONTENT)
    plain["models"] = plain["models"][:2]
    plain["models"][0].update(changes)
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff", "does not hold a JSON object"),
        (b"[]", "does not hold a JSON object"),
        (b"{}", "'version' is a required property"),
        (b'{"version": 2}', "a newer version of SLM Desk"),
        (broken(id="../x"), "models.0.id"),
        (broken(ollama=["no tag"]), "models.0.ollama.0"),
        (broken(hugging_face="https://elsewhere"), "models.0.hugging_face"),
        (broken(parameters="7B"), "models.0.parameters"),
        (broken(surprise=1), "surprise"),
        (broken(active_parameters=10**13), "active_parameters is more than parameters"),
        (broken(licence="unheard-of"), "unheard-of is not described"),
        (broken(id=json.loads(CONTENT)["models"][1]["id"]), "is there twice"),
        (b"{" + b" " * 4_000_000 + b"}", "larger than 4 MB"),
    ],
)
def test_what_is_no_catalogue_is_refused_with_its_place(content: bytes, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_catalogue(content)
    assert words in refused.value.sentence()


SMALL = {**json.loads(CONTENT), "models": [json.loads(CONTENT)["models"][number] for number in (0, 20, 40)]}
LEAVES = (
    st.none() | st.integers(-2, 10**13) | st.integers(0, 4) | st.floats() | st.text(max_size=5) | st.just([])
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands that can be changed."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(places(SMALL), key=str)), LEAVES), min_size=1, max_size=4))
@example([(("models", 1, "active_parameters"), 1)])
def test_any_catalogue_is_refused_or_can_be_used(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    plain = copy.deepcopy(SMALL)
    for path, leaf in changes:
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an earlier change took it away
            functools.reduce(operator.getitem, path[:-1], plain)[path[-1]] = leaf
    try:
        catalogue = read_catalogue(json.dumps(plain).encode())
    except BadInput:
        return
    found = cards(catalogue, LAPTOP, 8192)
    for key in SORT_KEYS:
        ordered(matching(found, Wanted(words="a", is_possible=True)), key)
    compared(found[:2])
    advise(catalogue, LAPTOP, Answers("chat"))
    for card in found:
        assert requirements(card, card.best, LAPTOP)
