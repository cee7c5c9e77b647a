"""Words of tables as kinds, scorers and choices, and the kind of a question by its answers."""

import re
from collections.abc import Sequence

from slmdesk.features.evaluate.pack import NOT_STATED, Kind, Scorer
from slmdesk.features.evaluate.plain_pack import LONGEST_NAME, MOST_CHOICES

MOST_LABELS = 12
LONGEST_LABEL = 40

_KIND_NAMES = {
    "yes/no": Kind.YES_NO, "yes_or_no": Kind.YES_NO, "bool": Kind.YES_NO, "boolean": Kind.YES_NO,
    "ja/nein": Kind.YES_NO, "label": Kind.CHOICE, "class": Kind.CHOICE, "auswahl": Kind.CHOICE,
    "integer": Kind.NUMBER, "float": Kind.NUMBER, "zahl": Kind.NUMBER, "datum": Kind.DATE,
    "date_range": Kind.DATE, "string": Kind.TEXT, "free_text": Kind.TEXT, "liste": Kind.LIST,
    "array": Kind.LIST, "object": Kind.JSON,
}  # fmt: skip
_YES_NO = {"yes", "no", "true", "false", "ja", "nein", "y", "n"}
_NUMBER = re.compile(
    r"[-+]?\d[\d.,' ]*(\s?(thousand|million|billion|tausend|millionen|mio|%|€|\$))?", re.IGNORECASE
)


def kind_of(word: str) -> Kind | None:
    """The kind that is meant; None for a word that is none."""
    plain = _plain(word)
    return Kind(plain) if plain in list(Kind) else _KIND_NAMES.get(plain)


def scorer_of(word: str) -> Scorer | None:
    """The scorer that is meant; None for a word that is none."""
    plain = _plain(word)
    return Scorer(plain) if plain in list(Scorer) else None


def _plain(word: str) -> str:
    return "_".join(word.casefold().replace("-", "_").split())


def split_choices(text: str) -> tuple[str, ...]:
    """Between semicolons or bars, else between commas."""
    separator = next((mark for mark in ";|\n" if mark in text), ",")
    choices = (" ".join(part.split())[:LONGEST_NAME] for part in text.split(separator))
    return tuple(dict.fromkeys(filter(None, choices)))[:MOST_CHOICES]


def guessed_kind(values: Sequence[str]) -> tuple[Kind, tuple[str, ...]]:
    """The kind of a question by the answers that are expected, and its choices where it has such."""
    said = [value for value in values if value.casefold() != NOT_STATED.casefold()]
    distinct = tuple(dict.fromkeys(said))
    if distinct and {value.casefold() for value in distinct} <= _YES_NO:
        return Kind.YES_NO, ()
    if distinct and all(_NUMBER.fullmatch(value) for value in distinct):
        return Kind.NUMBER, ()
    are_labels = len(distinct) <= MOST_LABELS and all(len(value) <= LONGEST_LABEL for value in distinct)
    if len(distinct) > 1 and are_labels and len(said) >= 2 * len(distinct):
        return Kind.CHOICE, distinct
    return Kind.TEXT, ()
