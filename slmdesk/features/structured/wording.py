"""What breaks a schema, in words for people who have never read one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

LONGEST_VALUE = 60
MOST_NAMED = 8

KINDS = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}

# {0} is what the schema asks for.
_SENTENCES = {
    "minimum": "must be at least {0}",
    "maximum": "must be at most {0}",
    "exclusiveMinimum": "must be more than {0}",
    "exclusiveMaximum": "must be less than {0}",
    "multipleOf": "must be a multiple of {0}",
    "minLength": "must have at least {0} characters",
    "maxLength": "must have at most {0} characters",
    "minItems": "must have at least {0} items",
    "maxItems": "must have at most {0} items",
    "minProperties": "must have at least {0} fields",
    "maxProperties": "must have at most {0} fields",
    "pattern": "must look like {0}",
    "format": "must be a valid {0}",
    "const": "must be {0}",
    "uniqueItems": "has items that are the same",
    "contains": "has no item of the kind that must be there",
    "not": "is of a form that is not allowed",
}


def sentence_for(error: "ValidationError") -> str:
    """One short sentence without its subject: “must be a number, but is a text”."""
    keyword, expected = str(error.validator), error.validator_value
    match keyword:
        case "type":
            return f"must be {_kinds(expected)}, but is {kind_of(error.instance)}"
        case "enum":
            return f"must be one of {_list(expected)}, but is {shown(error.instance)}"
        case "anyOf" | "oneOf":
            return _alternatives(error)
        case "dependentRequired":
            return "lacks a field that another one needs"
    if keyword in _SENTENCES:
        return _SENTENCES[keyword].format(_asked(keyword, expected))
    return "must not be there" if expected is False else f"breaks the rule “{keyword}”"


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
            return KINDS["boolean"]
        case None:
            return KINDS["null"]
        case str():
            return KINDS["string"]
        case int() | float():
            return KINDS["number"]
        case list():
            return KINDS["array"]
    return KINDS["object"]


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
            return f"{len(value)} item{'' if len(value) == 1 else 's'}"
    return f"{len(value)} field{'' if len(value) == 1 else 's'}"


def _asked(keyword: str, expected: Any) -> str:
    if keyword in ("pattern", "format"):
        return str(expected)[: 2 * LONGEST_VALUE]
    return shown(expected)


def _kinds(expected: Any) -> str:
    names = expected if isinstance(expected, list) else [expected]
    return " or ".join(KINDS.get(name, str(name)) for name in names)


def _list(values: Any) -> str:
    if not isinstance(values, list):
        return shown(values)
    more = f" and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
    return ", ".join(map(shown, values[:MOST_NAMED])) + more


def _alternatives(error: "ValidationError") -> str:
    if error.validator == "oneOf" and not error.context:
        return "fits more than one of the forms, and only one is allowed"
    nearest = max(error.context or (), key=_likeness, default=None)
    if nearest is None:
        return "fits none of the allowed forms"
    where = "".join(f" → {key}" for key in nearest.relative_path)
    return f"fits none of the allowed forms; the nearest:{where} {_reason(nearest)}"


def _likeness(error: "ValidationError") -> tuple[int, bool]:
    """The alternative whose fault lies deepest came nearest; a wrong kind altogether is the farthest."""
    return len(error.relative_path), error.validator != "type"


def _reason(error: "ValidationError") -> str:
    if error.validator == "required":
        return f"lacks {_list(missing_names(error))}"
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        return "has fields that are not asked for"
    return sentence_for(error)
