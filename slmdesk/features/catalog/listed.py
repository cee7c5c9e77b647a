"""The models as a list: what engines here offer and what the catalogue knows, joined into one kind of row."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from slmdesk.base.machine import Machine
from slmdesk.base.words import later
from slmdesk.engines.base import LoadedModel, ModelInfo
from slmdesk.features.catalog.cards import Card, card_of
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.entry import Quantization
from slmdesk.features.catalog.estimate import Estimate, estimate
from slmdesk.features.catalog.fit import Fit, estimate_fit
from slmdesk.features.catalog.size_classes import SizeClass, size_class

ListFilter: TypeAlias = Literal[
    "all", "installed", "tiny", "small", "medium", "large", "vision", "embedding", "fits"
]
Column: TypeAlias = Literal[
    "name", "class", "parameters", "size", "quantization", "context", "licence", "maker", "fit"
]
COLUMNS: tuple[Column, ...] = (
    "name",
    "class",
    "parameters",
    "size",
    "quantization",
    "context",
    "licence",
    "maker",
    "fit",
)
_BETTER_FIRST = (
    later("fits"),
    later("fits, slow (CPU)"),
    later("partly on GPU"),
    later("tight"),
    later("unknown"),
    later("too large"),
)
_CLASSES: tuple[SizeClass, ...] = ("Tiny", "Small", "Medium", "Large")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One row: a model that an engine offers (`model`), one of the catalogue (`card`), or both.

    `key` names it in every list of the same models. `choice` is the form it is judged by: as it is here,
    else the recommended one; None for a model that the catalogue does not know, which has a `fit` all the
    same. `searched` holds every word that it can be found by, in lower case.
    """

    key: str
    name: str
    card: Card | None
    model: ModelInfo | None
    choice: Estimate | None
    fit: Fit
    size_class: SizeClass | None
    parameters: int | None
    size_bytes: int | None
    quantization: str | None
    context_tokens: int | None
    capabilities: frozenset[str]
    searched: str

    @property
    def is_installed(self) -> bool:
        """Whether it can be talked to at once."""
        return self.model is not None

    @property
    def is_custom(self) -> bool:
        """Whether somebody made it here from another model."""
        return self.model is not None and bool(self.model.base)

    @property
    def verdict(self) -> str:
        """ "fits", "fits, slow (CPU)", "partly on GPU", "tight", "too large" or "unknown"."""
        return self.choice.verdict if self.choice else self.fit.kind

    @property
    def is_possible(self) -> bool:
        """Whether it can be loaded on this machine as it is now."""
        return self.fit.kind in ("fits", "tight")

    @property
    def pull_name(self) -> str:
        """What to pull: a name of Ollama's library, or `hf.co/...`; "" where it is here or nowhere."""
        if self.model or self.card is None or self.choice is None:
            return ""
        return source_of(self.card, self.choice)


def source_of(card: Card, choice: Estimate) -> str:
    """Where one form of a published model comes from: an Ollama name, else `hf.co/...`; "" if nowhere."""
    if choice.quantization.ollama:
        return choice.quantization.ollama
    repository = card.entry.hugging_face
    if repository and choice.quantization.is_on_hugging_face:
        return f"hf.co/{repository}:{choice.quantization.name}"
    return ""


def listed(
    catalogue: Catalogue,
    models: Iterable[ModelInfo],
    machine: Machine,
    context_tokens: int,
    loaded: Mapping[str, LoadedModel],
) -> Sequence[ListedModel]:
    """What is here, then what the catalogue has beside it, each by name."""
    here = [_of_model(catalogue, model, machine, context_tokens, model.ref in loaded) for model in models]
    known = {row.card.entry.id for row in here if row.card}
    others = [
        _of_card(card_of(catalogue, entry, machine, context_tokens))
        for entry in catalogue.entries
        if entry.id not in known
    ]
    return [*sorted(here, key=_by_name), *sorted(others, key=_by_name)]


def narrowed(rows: Iterable[ListedModel], kind: ListFilter, words: str) -> Sequence[ListedModel]:
    """Those of this kind in which all words occur, in their order."""
    is_such, wanted = _KINDS[kind], words.casefold().split()
    return [row for row in rows if is_such(row) and all(word in row.searched for word in wanted)]


def in_order(
    rows: Iterable[ListedModel], column: Column, *, is_reversed: bool = False
) -> Sequence[ListedModel]:
    """Sorted by what a column shows; what is not known stands last either way, equals by name."""
    by_name = sorted(rows, key=_by_name)
    value = _VALUES[column]
    known = [row for row in by_name if value(row) is not None]
    unknown = [row for row in by_name if value(row) is None]
    return [*sorted(known, key=value, reverse=is_reversed), *unknown]  # type: ignore[arg-type]  # None is out


def _of_model(
    catalogue: Catalogue, model: ModelInfo, machine: Machine, context_tokens: int, is_loaded: bool
) -> ListedModel:
    entry = catalogue.entry_of(model) or catalogue.entry_of(replace(model, name=model.base))
    card = card_of(catalogue, entry, machine, context_tokens) if entry else None
    choice = _as_it_is(card, model, machine, context_tokens, is_loaded=is_loaded) if card else None
    parameters = model.parameters or (entry.parameters if entry else None)
    free = None if machine.free_bytes is None else machine.free_bytes + machine.free_video_bytes
    return ListedModel(
        model.ref,
        model.name,
        card,
        model,
        choice,
        choice.fit if choice else estimate_fit(model, context_tokens, free, is_loaded=is_loaded),
        size_class(parameters),
        parameters,
        model.size_bytes,
        model.quantization,
        model.context_tokens or (entry.context_tokens if entry else None),
        model.capabilities | frozenset(entry.capabilities if entry else ()),
        "\n".join((model.ref.casefold(), card.searched if card else (model.family or "").casefold())),
    )


def _as_it_is(
    card: Card, model: ModelInfo, machine: Machine, context_tokens: int, *, is_loaded: bool
) -> Estimate:
    """A model that is here: its size is that of its file, and what is in memory fits."""
    form = Quantization(model.quantization or "unknown", model.size_bytes, None, is_on_hugging_face=False)
    if model.size_bytes is None:
        form = card.best.quantization
    choice = estimate(card.entry, form, machine, context_tokens)
    return replace(choice, fit=replace(choice.fit, kind="fits", is_loaded=True)) if is_loaded else choice


def _of_card(card: Card) -> ListedModel:
    entry, best = card.entry, card.best
    return ListedModel(
        entry.id,
        best.quantization.ollama or (entry.ollama[0] if entry.ollama else entry.name),
        card,
        None,
        best,
        best.fit,
        card.size_class,
        entry.parameters,
        best.fit.weights_bytes or None,
        best.quantization.name,
        entry.context_tokens,
        frozenset(entry.capabilities),
        card.searched,
    )


def _by_name(row: ListedModel) -> str:
    return row.name.casefold()


def _place_of_fit(row: ListedModel) -> tuple[int, int]:
    """The better the verdict the earlier, and the smaller among the same."""
    return _BETTER_FIRST.index(row.verdict), row.fit.needed_bytes or 0


_VALUES: dict[Column, Callable[[ListedModel], object | None]] = {
    "name": _by_name,
    "class": lambda row: _CLASSES.index(row.size_class) if row.size_class else None,
    "parameters": lambda row: row.parameters,
    "size": lambda row: row.size_bytes,
    "quantization": lambda row: row.quantization,
    "context": lambda row: row.context_tokens,
    "licence": lambda row: row.card.licence.name.casefold() if row.card else None,
    "maker": lambda row: row.card.entry.maker.casefold() if row.card else None,
    "fit": _place_of_fit,
}
_KINDS: dict[ListFilter, Callable[[ListedModel], bool]] = {
    "all": lambda _row: True,
    "installed": lambda row: row.is_installed,
    "tiny": lambda row: row.size_class == "Tiny",
    "small": lambda row: row.size_class == "Small",
    "medium": lambda row: row.size_class == "Medium",
    "large": lambda row: row.size_class == "Large",
    "vision": lambda row: "vision" in row.capabilities,
    "embedding": lambda row: "embedding" in row.capabilities,
    "fits": lambda row: row.is_possible,
}
