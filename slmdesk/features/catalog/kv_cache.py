"""How much memory a context takes: what each layer keeps of every token."""

from typing import Literal, TypeAlias

from slmdesk.base.words import say
from slmdesk.features.catalog.entry import Architecture

CacheType: TypeAlias = Literal["f16", "q8_0", "q4_0"]
CACHE_TYPES: tuple[CacheType, ...] = ("f16", "q8_0", "q4_0")

_BITS: dict[CacheType, float] = {"f16": 16, "q8_0": 8.5, "q4_0": 4.5}
# A layer with a window keeps the tokens that are being read beside those of the window.
_BATCH_TOKENS = 512


def kv_bytes(shape: Architecture, context_tokens: int, cache_type: CacheType = "f16") -> int | None:
    """The KV cache of one context; None where the shape is not known."""
    numbers = numbers_per_layer(shape)
    if numbers is None or shape.cached_layers is None:
        return None
    window_tokens = min(context_tokens, (shape.window_tokens or context_tokens) + _BATCH_TOKENS)
    full_layers = shape.cached_layers - shape.window_layers
    layer_tokens = full_layers * context_tokens + shape.window_layers * window_tokens
    return int(layer_tokens * numbers * _BITS[cache_type] / 8)


def numbers_per_layer(shape: Architecture) -> int | None:
    """How many numbers a layer keeps of a token: keys and values, or the latent vector in their place."""
    if shape.latent_size is not None:
        return shape.latent_size
    if shape.kv_heads is None or shape.head_size is None:
        return None
    return 2 * shape.kv_heads * shape.head_size


def kv_words(shape: Architecture, context_tokens: int, cache_type: CacheType = "f16") -> str:
    """How the sum came about, for the line that shows it."""
    numbers = numbers_per_layer(shape)
    if numbers is None or shape.cached_layers is None:
        return say("by its size alone: the shape of its layers is unknown")
    if shape.cached_layers == 0:
        return say("an encoder keeps nothing of earlier tokens")
    kept = (
        say("{count} numbers", count=shape.latent_size)
        if shape.latent_size is not None
        else say("2 × {heads} heads × {size}", heads=shape.kv_heads, size=shape.head_size)
    )
    words = say(
        "{layers} layers × {kept} × {bits:g} bits × {tokens:,} tokens",
        layers=shape.cached_layers,
        kept=kept,
        bits=_BITS[cache_type],
        tokens=context_tokens,
    )
    if shape.window_layers and shape.window_tokens and shape.window_tokens < context_tokens:
        words = say(
            "{words}, {layers} of the layers for the last {tokens:,} tokens alone",
            words=words,
            layers=shape.window_layers,
            tokens=shape.window_tokens,
        )
    return words
