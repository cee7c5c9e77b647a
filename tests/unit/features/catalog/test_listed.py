"""The list of models: engines and catalogue joined, narrowed, sorted, priced again."""

import time
from dataclasses import replace

import pytest

from slmdesk.base.machine import Machine
from slmdesk.engines.base import LoadedModel, ModelInfo
from slmdesk.features.catalog.catalogue import shipped_catalogue
from slmdesk.features.catalog.listed import (
    COLUMNS,
    Column,
    ListedModel,
    ListFilter,
    in_order,
    listed,
    narrowed,
    source_of,
)
from tests.unit.features.catalog.machines import GB, LAPTOP

FRAME_S = 1 / 60
QWEN = ModelInfo("ollama", "qwen2.5:7b", 4_700_000_000, quantization="Q4_K_M", context_tokens=32_768)
OWN = ModelInfo("builtin", "my-own-model", 2_000_000_000)


def rows(
    *models: ModelInfo, machine: Machine = LAPTOP, context: int = 8192, is_loaded: bool = False
) -> list[ListedModel]:
    loaded = {model.ref: LoadedModel(model.engine_id, model.name) for model in models} if is_loaded else {}
    return list(listed(shipped_catalogue(), models, machine, context, loaded))


def test_a_model_that_is_here_takes_the_place_of_its_entry() -> None:
    found = [row for row in rows(QWEN) if row.card and row.card.entry.id == "qwen2.5-7b-instruct"]
    assert [(row.key, row.size_bytes, row.is_installed) for row in found] == [
        ("ollama/qwen2.5:7b", 4_700_000_000, True)
    ]
    assert found[0].pull_name == ""
    assert len(rows(QWEN)) == len(shipped_catalogue().entries)


def test_the_same_model_in_two_engines_is_two_rows() -> None:
    other = replace(QWEN, engine_id="builtin", name="qwen2.5-7b-instruct-q4_k_m")
    found = [row.key for row in rows(QWEN, other) if row.is_installed]
    assert sorted(found) == sorted([QWEN.ref, other.ref])


def test_what_is_here_stands_before_what_can_be_had() -> None:
    assert [row.is_installed for row in rows(OWN, QWEN)][:3] == [True, True, False]


def test_a_model_that_the_catalogue_does_not_know_has_a_fit_all_the_same() -> None:
    (own,) = (row for row in rows(OWN) if row.model is OWN)
    assert (own.card, own.choice, own.verdict) == (None, None, "fits")
    assert own.fit.weights_bytes == 2_000_000_000


def test_what_is_in_memory_fits_however_little_is_free() -> None:
    full = replace(LAPTOP, free_bytes=1 * GB)
    assert next(row for row in rows(QWEN, machine=full) if row.model).verdict == "too large"
    loaded = next(row for row in rows(QWEN, machine=full, is_loaded=True) if row.model)
    assert (loaded.fit.kind, loaded.fit.is_loaded) == ("fits", True)


def test_another_context_is_another_price() -> None:
    small, large = (
        {row.key: row.fit.needed_bytes or 0 for row in rows(QWEN, context=context)}
        for context in (2048, 32_768)
    )
    assert large[QWEN.ref] > small[QWEN.ref]
    assert sum(large.values()) > sum(small.values())


def test_before_the_machine_is_known_nothing_is_promised() -> None:
    assert {row.verdict for row in rows(QWEN, machine=Machine(None, None))} == {"unknown"}


@pytest.mark.parametrize(
    "kind", ["installed", "tiny", "small", "medium", "large", "vision", "embedding", "fits"]
)
def test_each_filter_leaves_some_and_takes_some(kind: ListFilter) -> None:
    every = rows(QWEN)
    found = narrowed(every, kind, "")
    assert 0 < len(found) < len(every)


def test_all_words_must_occur() -> None:
    assert QWEN.ref in {row.key for row in narrowed(rows(QWEN), "all", "QWEN2.5 7b instruct china")}
    assert narrowed(rows(QWEN), "all", "no-such-model") == []


@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_sorts_both_ways_with_the_unknown_last(column: Column) -> None:
    every = rows(OWN, QWEN)
    up, down = in_order(every, column), in_order(every, column, is_reversed=True)
    assert {row.key for row in up} == {row.key for row in down} == {row.key for row in every}
    if column in ("class", "parameters", "licence", "maker"):
        assert up[-1].model is OWN
        assert down[-1].model is OWN
        assert up[0].key != down[0].key


def test_the_best_fit_comes_first() -> None:
    verdicts = [row.verdict for row in in_order(rows(QWEN), "fit")]
    assert verdicts[0] == "fits"
    assert verdicts[-1] == "too large"


def test_every_row_says_what_to_pull() -> None:
    for row in rows():
        assert row.card is not None
        assert row.choice is not None
        assert row.pull_name == source_of(row.card, row.choice)
        assert row.pull_name or row.card.entry.architecture.kind == "encoder-decoder", row.key


def test_300_rows_are_narrowed_and_sorted_within_a_frame() -> None:
    many = [replace(row, key=f"{row.key}-{copy}") for copy in range(3) for row in rows(QWEN)][:300]
    assert len(many) == 300

    def once() -> float:
        started = time.perf_counter()
        in_order(narrowed(many, "fits", "a chat"), "fit")
        return time.perf_counter() - started

    assert min(once() for _ in range(5)) < FRAME_S
