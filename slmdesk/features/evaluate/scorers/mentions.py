"""Where a text names something, and whether it denies it in the same breath."""

import re
from collections.abc import Iterator

_NOT = (
    r"\b(?:no|not|non|never|neither|nor|rather than|instead of|without|\w+n't|statt|weder|noch|nicht|kein\w*"
    r"|ohne)"
)
_DENIAL = re.compile(rf"{_NOT}\b")
_DENIED = re.compile(
    rf"{_NOT}"
    r"(?: (?!but |sondern )\w+){0,2} $"
)
_SHORT = 4


def is_denied(line: str, start: int) -> bool:
    """ "not negative", "rather than by phishing": said of what begins at `start` in the folded line."""
    return _DENIED.search(line[max(0, start - 60) : start]) is not None


def is_opposite(one: str, other: str) -> bool:
    """Whether one of two folded texts denies something and the other does not."""
    return bool(_DENIAL.search(one)) != bool(_DENIAL.search(other))


def whole_words(line: str, form: str) -> Iterator[int]:
    """The places where the form stands as whole words, both folded."""
    return (match.start() for match in re.finditer(rf"(?<![\w-]){re.escape(form)}(?![\w-])", line))


def contains(line: str, form: str) -> bool:
    """Whether the line names the form and does not deny it; with a longer ending, too ("thefts")."""
    before = r"(?<!\w)" if form[:1].isalnum() else ""
    after = (
        r"(?!\w)"
        if form[-1:].isalpha() and len(form) < _SHORT
        else r"(?!\d|[.,]\d)"
        if form[-1:].isdigit()
        else ""
    )
    found = re.finditer(f"{before}{re.escape(form)}{after}", line)
    return any(not is_denied(line, match.start()) for match in found)
