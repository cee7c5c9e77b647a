"""A value against a schema, with bounded work: a small schema can ask for years of comparing."""

import datetime
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.structured.patterns import LONGEST_SUBJECT

if TYPE_CHECKING:
    from jsonschema import FormatChecker
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

MOST_ERRORS = 100
MOST_STEPS = 100_000  # about a second
_FORMATS = ("date", "email", "ipv4", "ipv6", "uuid")


def dialect_of(schema: Mapping[str, Any]) -> "type[Validator]":
    """The version of JSON schema that the schema names; the newest where it names none that is known."""
    import jsonschema

    named = str(schema.get("$schema", ""))
    known = {
        "draft-04": jsonschema.Draft4Validator,
        "draft-06": jsonschema.Draft6Validator,
        "draft-07": jsonschema.Draft7Validator,
        "2019-09": jsonschema.Draft201909Validator,
    }
    return next((kind for word, kind in known.items() if word in named), jsonschema.Draft202012Validator)


def errors_in(value: Any, schema: Mapping[str, Any]) -> "Sequence[ValidationError]":
    """Where the value breaks the schema, at most MOST_ERRORS; raises BadInput when it takes too long."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    counted = _counted(dialect_of(schema))
    # An empty registry: without one the library would fetch what a reference names.
    validator = counted(dict(schema), registry=Registry(), format_checker=_format_checker())
    try:
        return list(islice(validator.iter_errors(value), MOST_ERRORS))
    except _TooMuchWorkError:
        raise BadInput(
            say("Comparing this answer with the schema takes too long; it was given up.")
        ) from None
    except Unresolvable:
        raise BadInput(
            say("The schema refers to something that is not in it, which is not fetched.")
        ) from None
    except (RecursionError, OverflowError):
        raise BadInput(
            say("The schema refers to itself without end; the answer cannot be compared.")
        ) from None


class _TooMuchWorkError(Exception):
    """The budget of steps is spent."""


def _counted(dialect: "type[Validator]") -> Any:
    """The same dialect, with every keyword's work counted."""
    from jsonschema.validators import extend

    left = MOST_STEPS

    def count(check: Callable[..., Any]) -> Callable[..., Any]:
        def checked(validator: Any, expected: Any, instance: Any, schema: Any) -> Any:
            nonlocal left
            left -= 1 + (len(expected) if isinstance(expected, list) else 0)
            if left < 0:
                raise _TooMuchWorkError
            return check(validator, expected, instance, schema)

        return checked

    checks = {**dialect.VALIDATORS, "uniqueItems": _unique_items}
    if "pattern" in checks:
        checks["pattern"] = _short_enough(checks["pattern"])
    counted = {name: count(check) for name, check in checks.items()}
    return extend(dialect, counted)  # type: ignore[no-untyped-call]  # the stubs leave it untyped


def _unique_items(validator: Any, expected: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":
    """As the library's, which compares each with each where items cannot be sorted."""
    from jsonschema.exceptions import ValidationError

    del validator, schema
    if expected and isinstance(instance, list):
        seen = {json.dumps(_plain_numbers(item), sort_keys=True) for item in instance}
        if len(seen) != len(instance):
            yield ValidationError("has items that are the same")


def _plain_numbers(value: Any) -> Any:
    """1.0 and 1 are the same number in JSON."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain_numbers(item) for key, item in value.items()}
    return [_plain_numbers(item) for item in value] if isinstance(value, list) else value


def _short_enough(check: Callable[..., Any]) -> Callable[..., Any]:
    """Patterns were found safe for short texts (see patterns)."""

    def checked(validator: Any, expected: Any, instance: Any, schema: Any) -> Any:
        if isinstance(instance, str) and len(instance) > LONGEST_SUBJECT:
            return iter(())
        return check(validator, expected, instance, schema)

    return checked


def _format_checker() -> "FormatChecker":
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=_FORMATS)
    # Instance methods add to the instance alone; the library has these two only with further packages.
    checker.checkers = {
        **checker.checkers,
        "date-time": (_is_date_time, (ValueError,)),
        "time": (_is_time, (ValueError,)),
    }
    return checker


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.datetime.fromisoformat(value))


def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.time.fromisoformat(value) is not None
