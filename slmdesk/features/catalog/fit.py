"""Does a model fit this machine: weights + KV cache + working memory against what is free."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from slmdesk.base.memory import USABLE_SHARE, gigabytes, work_bytes
from slmdesk.base.words import later, say
from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.entry import Architecture
from slmdesk.features.catalog.kv_cache import kv_bytes

FitKind: TypeAlias = Literal["fits", "tight", "too large", "unknown"]

_KIND_WORDS = {"fits": later("fits"), "tight": later("tight"), "too large": later("too large")}

# Below three quarters of the free memory the machine stays comfortable beside the model.
TIGHT_SHARE = 0.75

# For engines that do not tell the shape of a model: measured on Llama 3.2, Qwen3 and Gemma 3 with 4 bits.
_KV_PER_WEIGHT_BYTE = 40e-6
_KV_LEAST_BYTES = 16 * 1024
_KV_MOST_BYTES = 320 * 1024


@dataclass(frozen=True, slots=True)
class Fit:
    """The verdict and its sum; `needed_bytes` and `free_bytes` are None when not known.

    `outlook` says in a sentence what loading it would do now, "" where nothing can be said.
    """

    kind: FitKind
    needed_bytes: int | None = None
    free_bytes: int | None = None
    weights_bytes: int = 0
    kv_bytes: int = 0
    work_bytes: int = 0
    is_loaded: bool = False
    outlook: str = ""

    @property
    def words(self) -> str:
        """ "fits · 0.2 GB", for the picker and the chips."""
        if self.needed_bytes is None:
            return say("size unknown")
        size = f"{gigabytes(self.needed_bytes)} GB"
        return size if self.kind == "unknown" else f"{say(_KIND_WORDS[self.kind])} · {size}"

    @property
    def explanation(self) -> str:
        """The sum in one sentence, for the tooltip."""
        if self.needed_bytes is None:
            return say("The engine does not say how large this model is.")
        parts = say(
            "{weights} GB weights + {context} GB context + {work} GB work = {needed} GB",
            weights=gigabytes(self.weights_bytes),
            context=gigabytes(self.kv_bytes),
            work=gigabytes(self.work_bytes),
            needed=gigabytes(self.needed_bytes),
        )
        if self.is_loaded:
            return say("{parts}, in memory already.", parts=parts)
        if self.free_bytes is None:
            return say("{parts}; free memory is not known.", parts=parts)
        return say("{parts} of {free} GB free.", parts=parts, free=gigabytes(self.free_bytes))


def estimate_fit(
    model: ModelInfo,
    context_tokens: int,
    free_bytes: int | None,
    *,
    is_loaded: bool = False,
    shape: Architecture | None = None,
) -> Fit:
    """Estimate what `model` needs with this context; a loaded model fits by definition.

    `shape` tells of layers with a window, of which engines do not speak.
    """
    if model.size_bytes is None:
        return Fit("fits" if is_loaded else "unknown", free_bytes=free_bytes, is_loaded=is_loaded)
    usable_tokens = _usable_context(model, context_tokens)
    context_bytes = _kv_bytes_per_token(model, model.size_bytes) * usable_tokens
    if shape is not None and (shape.window_layers or model.kv_bytes_per_token is None):
        context_bytes = kv_bytes(shape, usable_tokens) or context_bytes
    return sum_up(model.size_bytes, context_bytes, free_bytes, is_loaded=is_loaded)


def sum_up(weights_bytes: int, context_bytes: int, free_bytes: int | None, *, is_loaded: bool = False) -> Fit:
    """The verdict on these weights with this KV cache, and on what running them takes beside."""
    needed_bytes = weights_bytes + context_bytes + work_bytes(weights_bytes)
    return Fit(
        _kind(needed_bytes, free_bytes, is_loaded=is_loaded),
        needed_bytes,
        free_bytes,
        weights_bytes,
        context_bytes,
        work_bytes(weights_bytes),
        is_loaded,
    )


def _kind(needed_bytes: int, free_bytes: int | None, *, is_loaded: bool) -> FitKind:
    if is_loaded:
        return "fits"
    if free_bytes is None:
        return "unknown"
    if needed_bytes > free_bytes * USABLE_SHARE:
        return "too large"
    return "tight" if needed_bytes > free_bytes * TIGHT_SHARE else "fits"


def _usable_context(model: ModelInfo, context_tokens: int) -> int:
    """No engine gives a model more context than it was trained for."""
    return min(context_tokens, model.context_tokens or context_tokens)


def _kv_bytes_per_token(model: ModelInfo, size_bytes: int) -> int:
    if model.kv_bytes_per_token is not None:
        return model.kv_bytes_per_token
    return guessed_kv_bytes_per_token(size_bytes)


def guessed_kv_bytes_per_token(size_bytes: int) -> int:
    """By the weights alone, where the shape of the layers is not known."""
    return int(min(max(size_bytes * _KV_PER_WEIGHT_BYTE, _KV_LEAST_BYTES), _KV_MOST_BYTES))
