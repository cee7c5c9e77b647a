"""Pulls as plain JSON for the store, and back without trust."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from slmdesk.features.pulls.pasted import HubModel, OllamaModel, WebFile
from slmdesk.features.pulls.puller import Source
from slmdesk.features.pulls.transfer import RemoteFile

_KINDS: dict[str, type[OllamaModel | HubModel | WebFile]] = {
    "ollama": OllamaModel,
    "hub": HubModel,
    "web": WebFile,
}


def source_to_plain(source: Source) -> dict[str, Any]:
    kind = next(name for name, cls in _KINDS.items() if isinstance(source, cls))
    return {"kind": kind} | asdict(source)


def source_from_plain(plain: Mapping[str, Any]) -> Source | None:
    """None when it is damaged."""
    fields = {key: value for key, value in plain.items() if key != "kind"}
    if not all(isinstance(value, str | bool) for value in fields.values()):
        return None
    try:
        return _KINDS[str(plain.get("kind"))](**fields)
    except (TypeError, KeyError):
        return None


def files_to_plain(files: Sequence[RemoteFile]) -> list[dict[str, Any]]:
    return [asdict(file) for file in files]


def files_from_plain(plain: Sequence[Mapping[str, Any]]) -> tuple[RemoteFile, ...]:
    """Empty when anything is damaged: then they are asked for again."""
    found = tuple(_file(entry) for entry in plain)
    return () if None in found else tuple(file for file in found if file is not None)


def _file(plain: Mapping[str, Any]) -> RemoteFile | None:
    texts = [plain.get(key, "") for key in ("name", "address", "sha256", "validator")]
    size = plain.get("size_bytes")
    if not all(isinstance(text, str) for text in texts) or not isinstance(size, int | None):
        return None
    name, address, sha256, validator = (str(text) for text in texts)
    return RemoteFile(name, address, size, sha256, validator) if name and address else None
