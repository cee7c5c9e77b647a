"""Text from outside made storable, and stored values read without trust: one place for both."""

import json
from collections.abc import Mapping
from typing import Any

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_TITLE_CHARACTERS = 60


def storable(text: str) -> str:
    """Without NUL (it ends a text in SQL) and lone surrogates (JSON can hold them, UTF-8 cannot)."""
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", _REPLACEMENT)


def to_json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=True, separators=(",", ":"))


def from_json(value: object) -> dict[str, Any] | None:
    """The stored object; None when it is damaged."""
    try:
        content = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def as_text(value: object) -> str:
    """A stored value as text, whatever a damaged row holds."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def as_seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def title_from(prompt: str) -> str:
    """The beginning of the first message in one line, cut at a word."""
    line = " ".join(prompt[: 20 * _TITLE_CHARACTERS].split())
    if len(line) <= _TITLE_CHARACTERS:
        return line
    cut = line[:_TITLE_CHARACTERS].rpartition(" ")[0] or line[: _TITLE_CHARACTERS - 1]
    return f"{cut[: _TITLE_CHARACTERS - 1]}…"
