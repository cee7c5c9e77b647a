"""A JSON schema given as text: checked before any model is asked to keep to it. Nothing is ever fetched."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.structured.grammar import notes_on
from slmdesk.features.structured.patterns import is_safe

LONGEST_SCHEMA = 64_000
DEEPEST = 32
MOST_PARTS = 2_000
MOST_VALUES = 10_000

Path: TypeAlias = tuple[str, ...]

# Where schemas stand inside a schema; all else (const, enum, default) is data.
_ONE = {
    "items",
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
}
_ONE_ANYTHING = {"contains", "items", "propertyNames"}
_SOME = {"allOf", "anyOf", "oneOf", "prefixItems", "items"}
_NAMED = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
_REFS = ("$ref", "$dynamicRef", "$recursiveRef")
_OWN_NAMES = ("$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor")


@dataclass(frozen=True, slots=True)
class CheckedSchema:
    """`schema` is what an engine gets (engines.base.Request.schema), `local` what answers are checked by:
    the same without what cannot be checked safely. `notes` are sentences for the user about both.
    """

    schema: Mapping[str, Any]
    local: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def check_schema(text: str) -> CheckedSchema:
    """The schema in `text`; raises BadInput with the place and what is wrong there."""
    schema = _parsed(text)
    _require_small(schema)
    parts = list(_parts(schema))
    for path, part in parts:
        _check_refs(path, part, schema)
    _require_valid(schema)
    unsafe = [f"{_place(path)}“{pattern}”" for path, part in parts for pattern in _unsafe_patterns(part)]
    notes = [
        say(
            "The pattern {where} is too involved to check here; the answer is not compared with it.",
            where=where,
        )
        for where in unsafe
    ]
    local = _without_unsafe(schema)
    _spell_out_true(schema)
    return CheckedSchema(schema, local, (*notes, *notes_on(parts)))


def _parsed(text: str) -> dict[str, Any]:
    if not text.strip():
        raise BadInput(say("The schema is empty."), next_step=say("Choose an example to begin with."))
    if len(text) > LONGEST_SCHEMA:
        raise BadInput(
            say("The schema is longer than {longest_schema:,} characters.", longest_schema=LONGEST_SCHEMA)
        )
    try:
        schema = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(
            say(
                "The schema is not JSON: line {lineno}, column {colno}: {msg}.",
                lineno=error.lineno,
                colno=error.colno,
                msg=error.msg,
            )
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(say("The schema is nested too deeply or holds a number without end.")) from error
    if not isinstance(schema, dict):
        raise BadInput(say("A schema is a JSON object: it begins with { and ends with }."))
    return schema


def _require_small(schema: Any) -> None:
    level, depth, count = [schema], 0, 0
    while level:
        count += len(level)
        if depth > DEEPEST or count > MOST_VALUES:
            raise BadInput(
                say(
                    "The schema is too large: at most {deepest} levels and {most_values:,} values.",
                    deepest=DEEPEST,
                    most_values=MOST_VALUES,
                )
            )
        level = [child for value in level for child in _children(value)]
        depth += 1


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _parts(schema: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every schema inside the schema, itself first, with the keys that lead there."""
    waiting: list[tuple[Path, Any]] = [((), schema)]
    count = 0
    while waiting:
        path, part = waiting.pop(0)
        if not isinstance(part, dict):
            continue
        count += 1
        if count > MOST_PARTS:
            raise BadInput(say("The schema has more than {most_parts:,} parts.", most_parts=MOST_PARTS))
        yield path, part
        waiting.extend(_inner(path, part))


def _inner(path: Path, part: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    for key, value in part.items():
        if key in _ONE and isinstance(value, dict):
            yield (*path, key), value
        elif key in _SOME and isinstance(value, list):
            yield from (((*path, key, str(number)), one) for number, one in enumerate(value))
        elif key in _NAMED and isinstance(value, dict):
            yield from (((*path, key, name), one) for name, one in value.items())


def _check_refs(path: Path, part: dict[str, Any], schema: dict[str, Any]) -> None:
    for key in _REFS:
        ref = part.get(key)
        if not isinstance(ref, str):
            continue
        if key != "$ref" or not ref.startswith("#/"):
            raise BadInput(
                say(
                    "{path}“{key}” refers to “{ref}”, which is not fetched.",
                    path=_place(path),
                    key=key,
                    ref=ref[:80],
                ),
                next_step=say('Put that part under "$defs" and refer to it as "#/$defs/name".'),
            )
        if not isinstance(_target(ref, schema), dict | bool):
            raise BadInput(
                say(
                    "{path}“$ref” refers to “{ref}”, which is not in the schema.",
                    path=_place(path),
                    ref=ref[:80],
                )
            )


def _target(ref: str, schema: dict[str, Any]) -> Any:
    """What a local reference points at, None for nothing. Names with ~ or % in them are taken as they are:
    the engines do not know the escapes either."""
    value: Any = schema
    for token in ref[2:].split("/"):
        if isinstance(value, list):
            value = value[int(token)] if token.isdecimal() and int(token) < len(value) else None
        else:
            value = value.get(token) if isinstance(value, dict) else None
    return value


def _require_valid(schema: dict[str, Any]) -> None:
    from jsonschema.exceptions import SchemaError

    from slmdesk.features.structured.validating import dialect_of

    try:
        # Without the formats: patterns in another dialect than Python's are dealt with apart.
        dialect_of(schema).check_schema(schema, format_checker=None)  # type: ignore[call-arg]  # see its code
    except SchemaError as error:
        place = _place(tuple(map(str, error.absolute_path)))
        raise BadInput(
            say(
                "The schema breaks the rules of JSON schemas: {place}{message}",
                place=place,
                message=error.message[:200],
            )
        ) from error


def _unsafe_patterns(part: dict[str, Any]) -> list[str]:
    named = part.get("patternProperties")
    patterns = [*named] if isinstance(named, dict) else []
    if isinstance(part.get("pattern"), str):
        patterns.append(part["pattern"])
    return [pattern for pattern in patterns if not is_safe(pattern)]


def _without_unsafe(schema: dict[str, Any]) -> dict[str, Any]:
    """A copy without patterns that may run away, and without what changes the meaning of “#”."""
    copy: dict[str, Any] = json.loads(json.dumps(schema))
    for path, part in list(_parts(copy)):
        for pattern in _unsafe_patterns(part):
            part.get("patternProperties", {}).pop(pattern, None)
            if part.get("pattern") == pattern:
                del part["pattern"]
        for key in (*_OWN_NAMES, "$schema") if path else _OWN_NAMES:
            part.pop(key, None)
    return copy


def _spell_out_true(schema: dict[str, Any]) -> None:
    """“true” as a schema is {}, which means the same and which llama.cpp takes."""
    for _, part in list(_parts(schema)):
        for key, value in part.items():
            if key in _ONE_ANYTHING and value is True:
                part[key] = {}
            elif key in _NAMED and isinstance(value, dict):
                part[key] = {name: {} if one is True else one for name, one in value.items()}
            elif key in _SOME and isinstance(value, list):
                part[key] = [{} if one is True else one for one in value]


def _place(path: Path) -> str:
    return say("at “{path}”: ", path=" → ".join(path)) if path else ""
