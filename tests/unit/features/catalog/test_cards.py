"""Looking at the catalogue: search, filters, order, side by side, and all of it within a frame."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.features.catalog.cards import (
    SORT_KEYS,
    Card,
    SortKey,
    Wanted,
    cards,
    matching,
    ordered,
    sort_value,
)
from slmdesk.features.catalog.catalogue import shipped_catalogue
from slmdesk.features.catalog.comparing import compared
from slmdesk.features.catalog.openness import openness_of
from tests.unit.features.catalog.machines import GB, LAPTOP

CARDS = cards(shipped_catalogue(), LAPTOP, 8192)
FRAME_S = 1 / 60


def ids(found: Iterable[Card]) -> list[str]:
    return [card.entry.id for card in found]


def test_all_words_must_occur_anywhere_in_the_facts() -> None:
    assert ids(matching(CARDS, Wanted(words="falcon3 10B"))) == ["falcon3-10b-instruct"]
    assert "bge-m3" in ids(matching(CARDS, Wanted(words="CHINA embedding")))
    assert matching(CARDS, Wanted(words="falcon3 mistral")) == []
    assert len(matching(CARDS, Wanted())) == len(CARDS)


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (Wanted(families=("qwen3",)), lambda card: card.entry.family == "Qwen3"),
        (Wanted(size_classes=("Tiny",)), lambda card: (card.entry.parameters or 0) < 990_000_000),
        (
            Wanted(capabilities=("vision", "tools")),
            lambda card: {"vision", "tools"} <= {*card.entry.capabilities},
        ),
        (Wanted(tasks=("code",)), lambda card: "code" in card.entry.tasks),
        (Wanted(countries_refused=("cn", "US")), lambda card: not {"CN", "US"} & {*card.entry.countries}),
        (Wanted(licences_refused=("gemma",)), lambda card: card.licence.id != "gemma"),
        (Wanted(licences_refused=("Gemma Terms of Use",)), lambda card: card.licence.id != "gemma"),
        (Wanted(is_commercial=True), lambda card: card.licence.commercial != "no"),
        (Wanted(is_possible=True), lambda card: card.best.fit.kind in ("fits", "tight")),
    ],
)
def test_a_filter_leaves_exactly_what_is_wanted(wanted: Wanted, holds: Callable[[Card], bool]) -> None:
    assert ids(matching(CARDS, wanted)) == [card.entry.id for card in CARDS if holds(card)]
    assert 0 < len(matching(CARDS, wanted)) < len(CARDS)


@pytest.mark.parametrize("key", SORT_KEYS)
def test_order_goes_both_ways_and_the_unknown_stands_last(key: SortKey) -> None:
    nameless = replace(CARDS[0].entry, name="AAA", parameters=None, released=None, context_tokens=None)
    some = [replace(CARDS[0], entry=nameless), *CARDS[1:]]
    rising, falling = ordered(some, key), ordered(some, key, is_reversed=True)
    assert {*ids(rising)} == {*ids(falling)} == {*ids(some)}
    if key == "name":
        names = [card.entry.name.casefold() for card in rising]
        assert names == sorted(names)
        assert falling == rising[::-1]
        return
    for found, is_rising in ((rising, True), (falling, False)):
        values = [value for card in found if (value := sort_value(card, key)) is not None]
        assert values == sorted(values, reverse=not is_rising)
        assert all(sort_value(card, key) is None for card in found[len(values) :])
    assert key in ("memory", "openness", "speed") or rising[-1].entry.name == "AAA"


def test_three_hundred_rows_are_filtered_and_sorted_within_a_frame() -> None:
    rows = [CARDS[number % len(CARDS)] for number in range(300)]
    wanted = Wanted(words="instruct apache", tasks=("chat",), is_possible=True, countries_refused=("CN",))

    def once() -> float:
        started = time.perf_counter()
        ordered(matching(rows, wanted), "memory")
        return time.perf_counter() - started

    assert min(once() for _ in range(20)) < FRAME_S / 4


def test_two_to_four_stand_side_by_side() -> None:
    some = [card for card in CARDS if card.entry.id in ("qwen2.5-7b-instruct", "qwen2.5-14b-instruct")]
    lines = {line.name: line for line in compared(some)}
    assert lines["parameters"].values == ("14.8B", "7.6B")
    assert lines["licence"].is_same
    assert lines["licence"].values[0] == "Apache 2.0"
    assert not lines["this machine"].is_same
    assert lines["openness"].values[0].startswith("90 of 100: weights ✓ code ✓ tokenizer ✓ training data ✕")
    for wrong in ([], some[:1], [some[0], some[0]], list(CARDS[:5])):
        with pytest.raises(BadInput):
            compared(wrong)


def card(entry_id: str) -> Card:
    return next(one for one in CARDS if one.entry.id == entry_id)


def test_openness_is_a_weighted_sum_with_reasons() -> None:
    assert card("olmo-2-1124-7b-instruct").openness.points == 100
    assert card("qwen2.5-7b-instruct").openness.points == 40 + 30 + 20
    llama = card("llama-3.2-3b-instruct").openness
    assert [part.points for part in llama.parts] == [20, 30, 20, 0]
    assert [part.most for part in llama.parts] == [40, 30, 20, 10]
    assert llama.parts[0].reason == "the weights can be had, under conditions (Llama 3.2 Community)"
    assert llama.parts[3].reason == "what it was trained on: not published"


def test_what_is_unknown_counts_nothing_and_is_said() -> None:
    known = card("olmo-2-1124-7b-instruct")
    entry = replace(known.entry, openness=replace(known.entry.openness, code=None))
    score = openness_of(entry, known.licence)
    assert score.points == 70
    assert "code ?" in score.words
    assert score.parts[1].reason.endswith("unknown")


def test_the_free_memory_decides_what_fits() -> None:
    small = cards(shipped_catalogue(), replace(LAPTOP, free_bytes=2 * GB), 4096)
    few, many = (len(matching(some, Wanted(is_possible=True))) for some in (small, CARDS))
    assert 0 < few < many < len(CARDS)
