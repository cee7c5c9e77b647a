"""Names that come from a server, a file or the clipboard, checked before they touch the disk."""

import re
import unicodedata
from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say

MAX_NAME_BYTES = 220  # file systems hold 255, and the names of parts are longer than that of the model

_DIGEST = re.compile(r"(?:sha256[:-])?([0-9a-f]{64})", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .+@(),=-]*")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9])\s*(\.|$)", re.IGNORECASE)
_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)
_MAX_SHARDS = 999


def checked_digest(text: str) -> str:
    """The 64 hexadecimal digits of a SHA-256, lower case; raises BadInput."""
    found = _DIGEST.fullmatch(text.strip())
    if found is None:
        raise BadInput(say("“{text}” is not a SHA-256.", text=shown(text)))
    return found[1].lower()


def checked_file_name(name: str) -> str:
    """The name of a model file as it may be made on any system; raises BadInput with the reason."""
    if reason := _unfit(name):
        raise BadInput(
            say("A file named “{name}” is not made here: {reason}.", name=shown(name), reason=reason),
            next_step=say("Save it in a browser under a plain name and import it."),
        )
    return name


def place_in(folder: Path, name: str) -> Path:
    """Where a checked name lies in the folder, and nowhere else; raises BadInput."""
    path = folder / checked_file_name(name)
    if path.is_symlink() or path.parent.resolve() != folder.resolve():
        raise BadInput(say("“{name}” leads out of the models folder.", name=shown(name)))
    return path


def shards(name: str) -> tuple[str, ...]:
    """All the names of a model in parts, from any one of them; the name alone of a whole file."""
    found = _SHARD.fullmatch(name)
    if found is None:
        return (name,)
    count, number = int(found["count"]), int(found["number"])
    if not 1 <= number <= count <= _MAX_SHARDS:
        raise BadInput(
            say(
                "“{name}” says that it is part {number} of {count}.",
                name=shown(name),
                number=number,
                count=count,
            )
        )
    return tuple(f"{found['stem']}-{part:05}-of-{found['count']}{name[-5:]}" for part in range(1, count + 1))


def stem(name: str) -> str:
    """The name of the model: without the number of the part and the suffix."""
    found = _SHARD.fullmatch(name)
    return (
        found["stem"] if found else name.removesuffix(name[-5:]) if name.lower().endswith(".gguf") else name
    )


def with_stem(name: str, new_stem: str) -> str:
    """The same part of a model of another name."""
    return new_stem + name[len(stem(name)) :]


def strange_character(text: str) -> str:
    """What is not plain in a name, in words: “а” looks like another letter; "" if all is."""
    for char in text:
        if not char.isascii() or not char.isprintable():
            name = unicodedata.name(char, f"U+{ord(char):04X}")
            return say("it holds {name}, which may look like something else", name=name)
    return ""


def shown(text: str, limit: int = 80) -> str:
    """For a sentence in one line that does nothing to a terminal or a window."""
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return line if len(line) <= limit else f"{line[:limit]}…"


def _unfit(name: str) -> str:
    if not name or name in (".", ".."):
        return say("it is no name")
    if len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        return say("it is longer than {count} bytes", count=MAX_NAME_BYTES)
    if "\0" in name:
        return say("it holds a zero byte")
    if any(char in name for char in "/\\:"):
        return say("it names a place, not a file")
    if strange := strange_character(name):
        return strange
    if _RESERVED.match(name):
        return say("Windows keeps this name for a device")
    if name.endswith((".", " ")) or not _PLAIN.fullmatch(name):
        return say("it holds characters that names should not have")
    if not name.lower().endswith(".gguf") or len(name) == len(".gguf"):
        return say("it is not a .gguf file")
    return ""
