"""A small JSON file that the user owns: read without trust, kept aside when damaged, replaced whole."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.atomic_file import write_atomically
from slmdesk.config.paths import unusable

MOST_BYTES = 4_000_000


def read_object(path: Path) -> dict[str, Any] | None:
    """The object in the file, None where there is no file.

    Raises ValueError when the content is no JSON object, DataFolderUnusable when it cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(path.parent, error) from error
    return parse_object(content)


def parse_object(content: bytes) -> dict[str, Any]:
    """The object in these bytes; raises ValueError."""
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise ValueError(say("nested too deeply")) from error
    if not isinstance(value, dict):
        raise ValueError(say("not an object"))
    return value


def keep_aside(path: Path) -> str:
    """Rename a damaged file so that it is not overwritten; its new name, "" if that was not possible."""
    kept = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}.json")
    try:
        path.replace(kept)
    except OSError:
        return ""
    return kept.name


def copy_aside(path: Path) -> str:
    """Keep a file with wrong values as it is now, once; the copy's name, "" if that was not possible."""
    try:
        changed_at = time.localtime(path.stat().st_mtime)
        kept = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S', changed_at)}.json")
        if not kept.exists():
            write_atomically(kept, path.read_bytes())
    except OSError:
        return ""
    return kept.name


def write_object(path: Path, content: Mapping[str, Any]) -> None:
    """Replace the file at once or not at all; raises DataFolderUnusable."""
    try:
        write_atomically(path, json.dumps(content, indent=1).encode())
    except OSError as error:
        raise unusable(path.parent, error) from error


def read_import(path: Path) -> dict[str, Any]:
    """The object in a file that the user chose; raises BadInput with what is wrong with it."""
    content = read_limited(path, MOST_BYTES)
    try:
        return parse_object(content)
    except ValueError as error:
        raise BadInput(say("{name} does not hold a JSON object.", name=path.name)) from error


def read_limited(path: Path, most_bytes: int) -> bytes:
    """A file that the user chose, of at most so many bytes; raises BadInput."""
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(say("{name} cannot be read ({reason}).", name=path.name, reason=reason)) from error
    if len(content) > most_bytes:
        raise BadInput(
            say(
                "{name} is larger than {most_bytes} MB: it is another kind of file.",
                name=path.name,
                most_bytes=most_bytes // 1_000_000,
            )
        )
    return content


def write_export(path: Path, content: Mapping[str, Any], most_bytes: int | None = None) -> None:
    """Write a file where the user chose to have it; raises BadInput, also where it would be too large."""
    try:
        written = json.dumps(content, indent=1, ensure_ascii=False).encode()
        if most_bytes is not None and len(written) > most_bytes:
            raise BadInput(
                say("{name} would be larger than {most_bytes} MB.", name=path.name,
                    most_bytes=most_bytes // 1_000_000),
                next_step=say("Split it into parts."),
            )  # fmt: skip
        write_atomically(path, written)
    except (OSError, UnicodeEncodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise BadInput(say("{path} cannot be written ({reason}).", path=path, reason=reason)) from error
