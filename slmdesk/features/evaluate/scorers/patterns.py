"""Regular expressions as expected answers: refused if broken, given up if they take too long."""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.evaluate.normal_text import with_few_marks

if TYPE_CHECKING:
    import regex

LONGEST_PATTERN = 1_000
_LONGEST_S = 0.1
_MOST_REPEATS = 10_000
_COUNTED = re.compile(r"\{(\d*)(?:,(\d*))?\}")


class TooLongError(Exception):
    """The pattern was still being tried when its time was over."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> "regex.Pattern[str]":
    """The pattern, capitals and small letters alike; raises BadInput with what is wrong and where."""
    import regex  # a moment to import

    if len(pattern) > LONGEST_PATTERN:
        raise BadInput(
            say("The pattern is longer than {longest:,} characters.", longest=LONGEST_PATTERN),
            next_step=say("Make it shorter, or ask for single words with “contains”."),
        )
    _require_few_repeats(pattern)
    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, OverflowError, RecursionError, ValueError) as error:
        raise BadInput(
            say("“{pattern}” is no valid pattern: {reason}.", pattern=pattern[:80], reason=error),
            next_step=say("Mend the pattern; a backslash before a special character takes it literally."),
        ) from error


def _require_few_repeats(pattern: str) -> None:
    """Counted repeats are written out when a pattern is compiled: (a{1000}){1000} takes all memory."""
    product = 1
    for least, most in _COUNTED.findall(pattern):
        product *= max(1, *(int(count[:9]) for count in (least, most) if count), 1)
    if product > _MOST_REPEATS:
        raise BadInput(
            say("The pattern repeats its parts more than {most:,} times.", most=_MOST_REPEATS),
            next_step=say("Use * or + instead of large numbers of repeats."),
        )


def is_found(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere; raises BadInput for a broken one, TooLongError after 0.1 s."""
    try:
        composed = unicodedata.normalize("NFC", with_few_marks(text))
        return compiled(pattern).search(composed, timeout=_LONGEST_S) is not None
    except TimeoutError as error:
        raise TooLongError from error
