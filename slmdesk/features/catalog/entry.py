"""What is known of a published model: facts alone, None where nobody is sure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Openness: TypeAlias = Literal["open", "partial", "closed"]
Permission: TypeAlias = Literal["yes", "with conditions", "no"]


@dataclass(frozen=True, slots=True)
class Licence:
    """What a licence allows; `conditions` are sentences. `is_open`: anyone may use it for anything.

    `attribution` says that the makers must be named, `share_alike` that its terms go with every copy.
    """

    id: str
    name: str
    address: str
    commercial: Permission
    modification: Permission
    attribution: bool
    share_alike: bool
    is_open: bool
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Experts:
    """Of a mixture of experts: how many each layer chooses from, and how many work on one token."""

    total: int
    active: int


@dataclass(frozen=True, slots=True)
class Architecture:
    """The shape of a model, as far as memory and speed depend on it.

    `cached_layers` of the layers keep keys and values (others share them, or are no attention at all);
    `window_layers` of those keep the last `window_tokens` alone. `latent_size` counts the numbers that
    latent attention (MLA) keeps for a token and layer in place of keys and values.
    """

    kind: Literal["encoder", "decoder", "encoder-decoder"]
    experts: Experts | None
    attention: Literal["multi-head", "grouped-query", "multi-query", "latent"] | None
    layers: int | None
    heads: int | None
    kv_heads: int | None
    head_size: int | None
    cached_layers: int | None
    window_tokens: int | None
    window_layers: int
    latent_size: int | None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """How much of what makes a model is published."""

    weights: Openness | None
    code: Openness | None
    tokenizer: Openness | None
    training_data: Openness | None


@dataclass(frozen=True, slots=True)
class Quantization:
    """One form of the weights. `size_bytes` as published, rounded as there; `ollama` is the name to pull."""

    name: str
    size_bytes: int | None
    ollama: str | None
    is_on_hugging_face: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalogue. Counts are numbers, `released` is a month, `countries` two-letter codes.

    `languages` are those that the makers name, `language_count` how many they say there are.
    """

    id: str
    name: str
    family: str
    maker: str
    countries: tuple[str, ...]
    released: str | None
    licence: str
    ollama: tuple[str, ...]
    hugging_face: str | None
    architecture: Architecture
    parameters: int | None
    active_parameters: int | None
    context_tokens: int | None
    capabilities: tuple[str, ...]
    tasks: tuple[str, ...]
    languages: tuple[str, ...] | None
    language_count: int | None
    openness: Disclosure
    quantizations: tuple[Quantization, ...]


def read_entry(plain: Mapping[str, Any]) -> Entry:
    """An entry from its plain form, which the schema has passed; raises TypeError and KeyError else."""
    shape = plain["architecture"]
    experts = Experts(**shape["experts"]) if shape["experts"] else None
    languages = plain["languages"]
    return Entry(
        **{
            **plain,
            "countries": tuple(plain["countries"]),
            "ollama": tuple(plain["ollama"]),
            "architecture": Architecture(**{**shape, "experts": experts}),
            "capabilities": tuple(plain["capabilities"]),
            "tasks": tuple(plain["tasks"]),
            "languages": None if languages is None else tuple(languages),
            "openness": Disclosure(**plain["openness"]),
            "quantizations": tuple(Quantization(**item) for item in plain["quantizations"]),
        }
    )


def read_licence(licence_id: str, plain: Mapping[str, Any]) -> Licence:
    """A licence from its plain form, which the schema has passed; raises TypeError else."""
    return Licence(id=licence_id, **{**plain, "conditions": tuple(plain["conditions"])})
