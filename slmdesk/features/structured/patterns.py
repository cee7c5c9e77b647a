"""Which regular expressions may meet the text of a model: those that cannot run away.

Python's own engine tries every way to match. With few repeats, none inside another, on a short text,
the ways are few; everything else is not tried at all.
"""

import re

# The parser of `re` itself, under its name since Python 3.11.
from re import _parser as re_parser  # type: ignore[attr-defined]  # not in typeshed
from typing import Any

LONGEST_PATTERN = 500
LONGEST_SUBJECT = 256
_MOST_REPEATS = 3
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_NEVER = ("GROUPREF", "GROUPREF_EXISTS", "ASSERT", "ASSERT_NOT", "ATOMIC_GROUP")


def is_safe(pattern: str) -> bool:
    """Whether the pattern can be read, and tried on a text of LONGEST_SUBJECT in a moment."""
    if len(pattern) > LONGEST_PATTERN:
        return False
    try:
        parsed = re_parser.parse(pattern)
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    try:
        repeats = _repeats(parsed, is_inside=False)
    except _RunsAwayError:
        return False
    # Without an anchor the match may begin anywhere, which is one repeat more.
    return repeats + (not pattern.startswith("^")) <= _MOST_REPEATS


class _RunsAwayError(Exception):
    """Something whose number of ways cannot be bounded easily."""


def _repeats(parsed: Any, *, is_inside: bool) -> int:
    """The number of places that match texts of several lengths."""
    count = 0
    for operation, argument in parsed:
        name = str(operation)
        if name in _NEVER or (is_inside and name == "BRANCH"):
            raise _RunsAwayError
        if name in _REPEATS:
            least, most, inner = argument
            is_variable = least != most
            if is_variable and is_inside:
                raise _RunsAwayError
            count += is_variable + _repeats(inner, is_inside=True)
        elif name == "SUBPATTERN":
            count += _repeats(argument[-1], is_inside=is_inside)
        elif name == "BRANCH":
            count += 1 + sum(_repeats(branch, is_inside=is_inside) for branch in argument[1])
    return count
