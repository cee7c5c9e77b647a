"""What the engines force while a model writes, and what of a schema only the check afterwards sees.

The built-in engine and Ollama turn a schema into a grammar (llama.cpp's json-schema-to-grammar), which
passes over in silence what it does not know.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from slmdesk.base.words import say

MOST_REPETITIONS = 2_000

_NOT_FORCED = (
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "maxProperties",
    "minProperties",
    "multipleOf",
    "not",
    "patternProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
)
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_FORCED_FORMATS = ("date", "time", "date-time", "uuid")
# Tried with the built-in engine: classes such as \d and groups other than (?: ) are passed over.
_FORCED_PATTERN = re.compile(r"\^(?:[^\\(]|\\[^A-Za-z0-9]|\((?!\?)|\(\?:)*\$")
_COUNTS = ("maxLength", "minLength", "maxItems", "minItems")


def notes_on(parts: Iterable[tuple[Sequence[str], Mapping[str, Any]]]) -> list[str]:
    """Sentences about the parts of a schema (each with its path), each once."""
    known = [(path, part) for path, part in parts]
    notes = [note for path, part in known for note in _notes(path, part)]
    if any(map(_is_loose, (part for _, part in known))):
        notes.append(
            say(
                "OpenAI's own models take it only if each object requires all its properties and has "
                "“additionalProperties”: false. The other engines do not mind."
            )
        )
    return list(dict.fromkeys(notes))


def _notes(path: Sequence[str], part: Mapping[str, Any]) -> Iterator[str]:
    name = say(" (at “{name}”)", name=path[-1]) if path else ""
    for key in _NOT_FORCED:
        if key in part:
            yield say(
                "“{key}”{name} is not forced while the model writes; the finished answer is checked.",
                key=key,
                name=name,
            )
    if part.get("type") != "integer" and any(key in part for key in _BOUNDS):
        yield say(
            "Bounds{name} are forced for whole numbers alone; those of others are checked afterwards.",
            name=name,
        )
    if part.get("format") not in (None, *_FORCED_FORMATS):
        yield say(
            "The format “{format}”{name} is not forced while the model writes.",
            format=part["format"],
            name=name,
        )
    if isinstance(part.get("pattern"), str) and not _FORCED_PATTERN.fullmatch(part["pattern"]):
        yield say(
            "The pattern{name} is not forced while the model writes. It would be if it began with ^, "
            "ended with $ and had [0-9] for \\d and [A-Za-z0-9_] for \\w.",
            name=name,
        )
    if "properties" in part and ("anyOf" in part or "oneOf" in part):
        yield say(
            "Beside “anyOf” or “oneOf”{name} properties are not forced: put them into each alternative.",
            name=name,
        )
    if any(isinstance(part.get(key), int) and part[key] > MOST_REPETITIONS for key in _COUNTS):
        yield say(
            "Lengths above {most:,}{name} make the engine slow, or it refuses them.",
            most=MOST_REPETITIONS,
            name=name,
        )


def _is_loose(part: Mapping[str, Any]) -> bool:
    properties = part.get("properties")
    if not isinstance(properties, dict):
        return False
    required = part.get("required")
    is_all = isinstance(required, list) and set(properties) <= {
        name for name in required if isinstance(name, str)
    }
    return not is_all or part.get("additionalProperties") is not False
