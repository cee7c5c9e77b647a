"""What breaks a schema, in words for people who have never read one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from slmdesk.base.words import counted, later, say

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

LONGEST_VALUE = 60
MOST_NAMED = 8

KINDS = {
    "object": later("an object"),
    "array": later("a list"),
    "string": later("a text"),
    "integer": later("a whole number"),
    "number": later("a number"),
    "boolean": later("true or false"),
    "null": "null",
}

# {asked} is what the schema asks for.
_SENTENCES = {
    "minimum": later("must be at least {asked}"),
    "maximum": later("must be at most {asked}"),
    "exclusiveMinimum": later("must be more than {asked}"),
    "exclusiveMaximum": later("must be less than {asked}"),
    "multipleOf": later("must be a multiple of {asked}"),
    "minLength": later("must have at least {asked} characters"),
    "maxLength": later("must have at most {asked} characters"),
    "minItems": later("must have at least {asked} items"),
    "maxItems": later("must have at most {asked} items"),
    "minProperties": later("must have at least {asked} fields"),
    "maxProperties": later("must have at most {asked} fields"),
    "pattern": later("must look like {asked}"),
    "format": later("must be a valid {asked}"),
    "const": later("must be {asked}"),
    "uniqueItems": later("has items that are the same"),
    "contains": later("has no item of the kind that must be there"),
    "not": later("is of a form that is not allowed"),
}


def sentence_for(error: "ValidationError") -> str:
    """One short sentence without its subject: “must be a number, but is a text”."""
    keyword, expected = str(error.validator), error.validator_value
    match keyword:
        case "type":
            return say(
                "must be {expected}, but is {instance}",
                expected=_kinds(expected),
                instance=kind_of(error.instance),
            )
        case "enum":
            return say(
                "must be one of {expected}, but is {instance}",
                expected=_list(expected),
                instance=shown(error.instance),
            )
        case "anyOf" | "oneOf":
            return _alternatives(error)
        case "dependentRequired":
            return say("lacks a field that another one needs")
    if keyword in _SENTENCES:
        return say(_SENTENCES[keyword], asked=_asked(keyword, expected))
    return (
        say("must not be there") if expected is False else say("breaks the rule “{keyword}”", keyword=keyword)
    )


def missing_names(error: "ValidationError") -> list[str]:
    """The fields that an object must have and has not."""
    required, instance = error.validator_value, error.instance
    if not isinstance(required, list) or not isinstance(instance, Mapping):
        return []
    return [name for name in required if name not in instance]


def kind_of(value: Any) -> str:
    """The kind of a JSON value in words."""
    match value:
        case bool():
            return say(KINDS["boolean"])
        case None:
            return say(KINDS["null"])
        case str():
            return say(KINDS["string"])
        case int() | float():
            return say(KINDS["number"])
        case list():
            return say(KINDS["array"])
    return say(KINDS["object"])


def shown(value: Any) -> str:
    """A value in a few characters, for a sentence or a cell."""
    match value:
        case str():
            clean = " ".join(value.encode("utf-8", "replace").decode().split())
            cut = f"{clean[:LONGEST_VALUE]}…" if len(clean) > LONGEST_VALUE else clean
            return f"“{cut}”"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)[:LONGEST_VALUE]
        case list():
            return counted(len(value), "{count} item", "{count} items")
    return counted(len(value), "{count} field", "{count} fields")


def _asked(keyword: str, expected: Any) -> str:
    if keyword in ("pattern", "format"):
        return str(expected)[: 2 * LONGEST_VALUE]
    return shown(expected)


def _kinds(expected: Any) -> str:
    names = expected if isinstance(expected, list) else [expected]
    return f" {say('or')} ".join(say(KINDS.get(name, str(name))) for name in names)


def _list(values: Any) -> str:
    if not isinstance(values, list):
        return shown(values)
    more = say(" and {more} more", more=len(values) - MOST_NAMED) if len(values) > MOST_NAMED else ""
    return ", ".join(map(shown, values[:MOST_NAMED])) + more


def _alternatives(error: "ValidationError") -> str:
    if error.validator == "oneOf" and not error.context:
        return say("fits more than one of the forms, and only one is allowed")
    nearest = max(error.context or (), key=_likeness, default=None)
    if nearest is None:
        return say("fits none of the allowed forms")
    where = "".join(f" → {key}" for key in nearest.relative_path)
    return say(
        "fits none of the allowed forms; the nearest:{where} {nearest}", where=where, nearest=_reason(nearest)
    )


def _likeness(error: "ValidationError") -> tuple[int, bool]:
    """The alternative whose fault lies deepest came nearest; a wrong kind altogether is the farthest."""
    return len(error.relative_path), error.validator != "type"


def _reason(error: "ValidationError") -> str:
    if error.validator == "required":
        return say("lacks {names}", names=_list(missing_names(error)))
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        return say("has fields that are not asked for")
    return sentence_for(error)
