"""What Ollama tells about its models, read from `tags`, `show` and `ps`."""

import re
from collections.abc import Mapping
from typing import Any

from slmdesk.engines.base import ModelInfo
from slmdesk.engines.wire.frames import Frame
from slmdesk.engines.wire.values import count, items, mapping

_PARAMETERS = re.compile(r"([\d.]+)\s*([KMBT]?)", re.IGNORECASE)
_SCALES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_KV_ELEMENT_BYTES = 2  # 16 bits


def model_info(engine_id: str, tag: Frame, details: Mapping[str, Any], capabilities: list[str]) -> ModelInfo:
    """One model; `details` is the `model_info` of `show`, empty while it is not known."""
    summary = mapping(tag.get("details"))
    family = _word(details.get("general.architecture")) or _word(summary.get("family"))
    listed = items(tag.get("capabilities")) or capabilities
    return ModelInfo(
        engine_id=engine_id,
        name=_word(tag.get("model")) or _word(tag.get("name")) or "",
        size_bytes=count(tag.get("size")),
        parameters=count(details.get("general.parameter_count"))
        or _parameters(summary.get("parameter_size")),
        quantization=_word(summary.get("quantization_level")),
        family=family,
        context_tokens=count(details.get(f"{family}.context_length")) or count(summary.get("context_length")),
        kv_bytes_per_token=_kv_bytes_per_token(details),
        capabilities=frozenset(name for name in listed if isinstance(name, str)),
        digest=_word(tag.get("digest")),
        base=_word(summary.get("parent_model")) or "",
    )


def _kv_bytes_per_token(details: Mapping[str, Any]) -> int | None:
    """Layers x KV heads x (key + value length) x 2 bytes; None where a part is missing."""
    family = details.get("general.architecture")

    def figure(name: str) -> int | None:
        return count(details.get(f"{family}.{name}"))

    layers, width, heads = figure("block_count"), figure("embedding_length"), figure("attention.head_count")
    kv_heads = figure("attention.head_count_kv")
    by_head = width // heads if width and heads else None
    key = figure("attention.key_length") or by_head
    value = figure("attention.value_length") or by_head
    if not (layers and kv_heads and key and value):
        return None
    return layers * kv_heads * (key + value) * _KV_ELEMENT_BYTES


def _parameters(words: object) -> int | None:
    """`134.52M` as a count."""
    found = _PARAMETERS.fullmatch(words.strip()) if isinstance(words, str) else None
    try:
        return round(float(found[1]) * _SCALES[found[2].upper()]) if found else None
    except ValueError:
        return None


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
