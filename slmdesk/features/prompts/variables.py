"""Variables in a prompt: found, offered as the fields of a small form, filled in. Nothing is evaluated.

{{name}} · {{name:default}} · {{name|choice a|choice b}} · {{name...}} for several lines, also with a
default. Braces that are none of these stay text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_FIELDS = 50
MOST_CHOICES = 50

# No brace can stand inside, so that each text is passed over once, however its braces are nested.
_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(r"\s*([^\W\d][\w \-]{0,39}?)\s*(\.\.\.|…)?\s*(?=[:|]|\Z)")


@dataclass(frozen=True, slots=True)
class PromptField:
    """One field of the form. `choices` is empty where any text will do, `default` where there is none."""

    name: str
    default: str = ""
    choices: tuple[str, ...] = ()
    has_lines: bool = False


def fields_of(text: str) -> Sequence[PromptField]:
    """The fields in order of appearance, each name once: the first place that says more decides."""
    found: dict[str, PromptField] = {}
    for match in _BRACES.finditer(text):
        new = _field(match[1])
        if new is None:
            continue
        known = found.get(new.name)
        if known is None and len(found) == MOST_FIELDS:
            continue
        if known is None or _says_nothing(known):
            found[new.name] = new
    return list(found.values())


def fill(text: str, values: Mapping[str, str]) -> str:
    """The prompt with the values in place; a field with neither value nor default stays as it is written.

    A value is taken as it is: variables inside it are text. Values of unknown names are ignored.
    """
    fields = {field.name: field for field in fields_of(text)}

    def filled(match: re.Match[str]) -> str:
        new = _field(match[1])
        if new is None or new.name not in fields:
            return match[0]
        return values.get(new.name, "") or fields[new.name].default or match[0]

    return _BRACES.sub(filled, text)


def missing(text: str, values: Mapping[str, str]) -> Sequence[str]:
    """The names that still need a value."""
    return [field.name for field in fields_of(text) if not (values.get(field.name) or field.default)]


def _field(inside: str) -> PromptField | None:
    """What stands between the braces as a field; None when it is text."""
    match = _NAME.match(inside)
    if match is None:
        return None
    name, has_lines, rest = match[1], bool(match[2]), inside[match.end() :]
    if not rest:
        return PromptField(name, has_lines=has_lines)
    if rest[0] == ":":
        default = rest[1:].strip()
        return PromptField(name, default, has_lines=has_lines or "\n" in default)
    choices = tuple(dict.fromkeys(choice.strip() for choice in rest[1:].split("|") if choice.strip()))
    if rest[0] != "|" or not choices or len(choices) > MOST_CHOICES or has_lines:
        return None
    return PromptField(name, choices[0], choices)


def _says_nothing(field: PromptField) -> bool:
    return not (field.default or field.choices or field.has_lines)
