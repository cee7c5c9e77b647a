"""The catalogue as it is looked at: each entry with what it needs here; filtered, sorted, searched."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from slmdesk.base.machine import Machine
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.entry import Entry, Licence
from slmdesk.features.catalog.estimate import Estimate, estimates, recommended
from slmdesk.features.catalog.facts import country_name
from slmdesk.features.catalog.kv_cache import CacheType
from slmdesk.features.catalog.openness import OpennessScore, openness_of
from slmdesk.features.catalog.size_classes import SizeClass, size_class

SortKey: TypeAlias = Literal["name", "parameters", "memory", "context", "openness", "released", "speed"]
SORT_KEYS: tuple[SortKey, ...] = (
    "name",
    "parameters",
    "memory",
    "context",
    "openness",
    "released",
    "speed",
)


@dataclass(frozen=True, slots=True)
class Card:
    """One model on this machine; `best` is the recommended one of `choices`.

    `searched` holds every word that it can be found by.
    """

    entry: Entry
    licence: Licence
    openness: OpennessScore
    size_class: SizeClass | None
    choices: tuple[Estimate, ...]
    best: Estimate
    searched: str

    @property
    def is_possible(self) -> bool:
        """Whether the recommended form can be loaded now."""
        return self.best.is_possible


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list shall hold; what is empty or None asks for nothing. All words must occur."""

    words: str = ""
    families: Collection[str] = ()
    size_classes: Collection[SizeClass] = ()
    capabilities: Collection[str] = ()
    tasks: Collection[str] = ()
    countries_refused: Collection[str] = ()
    licences_refused: Collection[str] = ()
    is_commercial: bool = False
    is_possible: bool = False


def cards(
    catalogue: Catalogue, machine: Machine, context_tokens: int, cache_type: CacheType = "f16"
) -> Sequence[Card]:
    """All entries, priced for this context, in the order of their ids."""
    return [card_of(catalogue, entry, machine, context_tokens, cache_type) for entry in catalogue.entries]


def card_of(
    catalogue: Catalogue, entry: Entry, machine: Machine, context_tokens: int, cache_type: CacheType = "f16"
) -> Card:
    """One entry, priced for this context."""
    licence = catalogue.licence_of(entry)
    choices = tuple(estimates(entry, machine, context_tokens, cache_type))
    return Card(
        entry,
        licence,
        openness_of(entry, licence),
        size_class(entry.parameters),
        choices,
        recommended(entry, choices),
        _searched(entry, licence),
    )


def matching(all_cards: Iterable[Card], wanted: Wanted) -> Sequence[Card]:
    """Those that hold everything that is wanted, in their order."""
    words = wanted.words.casefold().split()
    families = {family.casefold() for family in wanted.families}
    countries = {country.upper() for country in wanted.countries_refused}
    licences = {licence.casefold() for licence in wanted.licences_refused}
    return [
        card
        for card in all_cards
        if (not wanted.is_possible or card.is_possible)
        and (not wanted.is_commercial or card.licence.commercial != "no")
        and (not wanted.size_classes or card.size_class in wanted.size_classes)
        and (not families or card.entry.family.casefold() in families)
        and set(wanted.capabilities) <= set(card.entry.capabilities)
        and set(wanted.tasks) <= set(card.entry.tasks)
        and countries.isdisjoint(card.entry.countries)
        and licences.isdisjoint((card.licence.id, card.licence.name.casefold()))
        and all(word in card.searched for word in words)
    ]


def ordered(some_cards: Iterable[Card], key: SortKey, *, is_reversed: bool = False) -> Sequence[Card]:
    """Sorted; what is not known stands last either way, equals by name."""
    by_name = sorted(some_cards, key=lambda card: card.entry.name.casefold())
    if key == "name":
        return by_name[::-1] if is_reversed else by_name
    known = [card for card in by_name if sort_value(card, key) is not None]
    unknown = [card for card in by_name if sort_value(card, key) is None]
    return [*sorted(known, key=lambda card: sort_value(card, key) or 0, reverse=is_reversed), *unknown]


def sort_value(card: Card, key: SortKey) -> float | None:
    """What a card is sorted by; None where it is not known, and for the name."""
    value = _VALUES.get(key)
    return value(card) if value else None


def _month(card: Card) -> float | None:
    released = card.entry.released
    return None if released is None else float(released.replace("-", ""))


def _speed(card: Card) -> float | None:
    return card.best.speed.most_tokens_per_s if card.best.speed else None


_VALUES: dict[SortKey, Callable[[Card], float | None]] = {
    "parameters": lambda card: card.entry.parameters,
    "memory": lambda card: card.best.fit.needed_bytes,
    "context": lambda card: card.entry.context_tokens,
    "openness": lambda card: card.openness.points,
    "released": _month,
    "speed": _speed,
}


def _searched(entry: Entry, licence: Licence) -> str:
    parts = (
        entry.id,
        entry.name,
        entry.family,
        entry.maker,
        *entry.countries,
        *map(country_name, entry.countries),
        *entry.ollama,
        entry.hugging_face or "",
        licence.name,
        entry.architecture.kind,
        "mixture of experts moe" if entry.architecture.experts else "",
        *entry.capabilities,
        *entry.tasks,
        *(entry.languages or ()),
        *(quantization.name for quantization in entry.quantizations),
    )
    return "\n".join(parts).casefold()
