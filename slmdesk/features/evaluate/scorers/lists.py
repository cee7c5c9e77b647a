"""Lists: the items in an answer, however it separates them, and the F1 of both sets."""

import json
import re
from collections.abc import Sequence

from slmdesk.base.words import counted, joined, say
from slmdesk.features.evaluate.normal_text import bare, normal, shown
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.scorers.likeness import edit_likeness
from slmdesk.features.evaluate.scorers.mentions import is_opposite
from slmdesk.features.evaluate.unstated import is_unstated

MOST_ITEMS = 100
_LONGEST_ITEM = 200
_NAMED = 3  # in the reason

_BULLET = re.compile(r"^\s*(?:[-*•‣▪◦–·]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+(.*)$")
_LEGAL = r"(?:inc|ltd|llc|llp|corp|co|plc|gmbh|ag|kg|se|sa|s\.a|bv|b\.v|jr|sr)\b"
_COMMA = re.compile(rf",(?!\s*{_LEGAL})(?!\d)\s*", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|und|or|oder|&|sowie)\s+", re.IGNORECASE)
_AND_FIRST = re.compile(r"^(?:and|und|or|oder|&|sowie)\s+", re.IGNORECASE)
_LEAD = re.compile(
    r"^[^,;:\n]{0,120}?(?:\b(?:are|were|is|was|includes?|included|including|namely|sind|waren|ist|war)\b:?|:)\s+"
)
_LEGAL_END = re.compile(rf"[,.]?\s+{_LEGAL}\.?$")
_NOTHING = re.compile(
    r"^(?:no|none|keine?[rnsm]?|es (?:gibt|gab) keine?|there (?:is|are|was|were) no|no one|nobody|niemand)\b"
    r"[^,;\n]*$"
)


def score_list(question: Question, answer: str, expected: str) -> Score:
    """The F1 of the items: each counts once, and matches one that is nearly the same (the threshold).

    "Johnson and Johnson" is one item or two: the reading that fits better counts.
    """
    wanted = readings_of(expected)
    given = readings_of(answer)
    pairs = [(one, other) for one in given for other in wanted]
    scored = [(*_f1(one, other, question.scoring.threshold), one, other) for one, other in pairs]
    value, matches, one, other = max(scored, key=lambda each: each[0])
    return Score(value, _why(matches, one, other))


def readings_of(text: str) -> Sequence[Sequence[str]]:
    """The items in one or two ways: with and without taking "and" for the end of an item."""
    text = normal(text)
    if is_unstated(text) or _NOTHING.match(bare(text)):
        return ([],)
    if (found := _json_items(text)) is not None:
        return (_distinct(found),)
    lines = [line for line in text.split("\n") if line.strip()]
    if bullets := [match[1] for line in lines if (match := _BULLET.match(line))]:
        return (_distinct(bullets),)
    if len(lines) > 1 or ";" in text:
        return tuple(dict.fromkeys(_distinct(re.split(r"[;\n]", row)) for row in _rows(text)))
    return _in_a_row(text)


def _rows(text: str) -> Sequence[str]:
    """The text, and without a beginning such as "The third parties are"."""
    return tuple(dict.fromkeys((_LEAD.sub("", text, count=1), text)))


def _in_a_row(text: str) -> Sequence[Sequence[str]]:
    """ "A, B and C", or a sentence that ends in it: the likeliest reading first."""
    found: list[Sequence[str]] = []
    for row in _rows(text):
        *first, last = _COMMA.split(row)
        last = _AND_FIRST.sub("", last)
        whole, split = [*first, last], [*first, *_AND.split(last)]
        found += [split, whole] if first else [whole, split]
        found += [[piece for part in whole for piece in _AND.split(part)], [row]]
    return tuple(dict.fromkeys(map(_distinct, found)))


def _json_items(text: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    for written in (text, text.replace("'", '"')):  # as Python writes a list
        try:
            return [_item_text(item) for item in json.loads(written)]
        except (ValueError, RecursionError):
            continue
    return None


def _item_text(item: object) -> str:
    if isinstance(item, dict):
        named = next((item[key] for key in ("name", "value", "text", "item") if key in item), None)
        return str(named) if named is not None else ", ".join(str(value) for value in item.values())
    return "" if item is None else str(item)


def _distinct(items: Sequence[str]) -> tuple[str, ...]:
    """Without empty ones and ones that come twice."""
    kept: dict[str, str] = {}
    for item in items[: 2 * MOST_ITEMS]:
        if form := _form(item):
            kept.setdefault(form, item.strip(" \"'*.,;"))
    return tuple(kept.values())[:MOST_ITEMS]


def _form(item: str) -> str:
    """Without an article and the legal form of a firm."""
    line = re.sub(r"^(?:the|a|an|and|und|der|die|das) ", "", bare(item[:_LONGEST_ITEM]))
    return _LEGAL_END.sub("", line) or line


def _f1(given: Sequence[str], wanted: Sequence[str], threshold: float) -> tuple[float, dict[int, int]]:
    if not given and not wanted:
        return 1.0, {}
    matches = _matched([_form(item) for item in given], [_form(item) for item in wanted], threshold)
    return 2 * len(matches) / (len(given) + len(wanted)), matches


def _matched(given: Sequence[str], wanted: Sequence[str], threshold: float) -> dict[int, int]:
    """The most pairs of items that are alike, each item in one pair at most: by place in both lists."""
    alike = [[place for place, item in enumerate(wanted) if is_alike(one, item, threshold)] for one in given]
    taken: dict[int, int] = {}

    def place(one: int, tried: set[int]) -> bool:
        for other in alike[one]:
            if other not in tried:
                tried.add(other)
                if other not in taken or place(taken[other], tried):
                    taken[other] = one
                    return True
        return False

    for one in range(len(given)):
        place(one, set())
    return {one: other for other, one in taken.items()}


def is_alike(one: str, other: str, threshold: float) -> bool:
    """Nearly the same, with the same digits: "clause 9" is not "clause 8"."""
    if one == other:
        return True
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    return not is_opposite(one, other) and edit_likeness(one, other) >= threshold


def _why(matches: dict[int, int], given: Sequence[str], wanted: Sequence[str]) -> str:
    if not wanted:
        if not given:
            return say("No items are expected, and none are named.")
        return say("No items are expected, but the answer names {named}.", named=_listed(given))
    missing = [item for place, item in enumerate(wanted) if place not in matches.values()]
    extra = [item for place, item in enumerate(given) if place not in matches]
    counts = {"found": len(matches), "all": len(wanted)}
    if missing and extra:
        return say(
            "{found} of {all} items are named; missing: {missing}; not expected: {extra}.",
            **counts,
            missing=_listed(missing),
            extra=_listed(extra),
        )
    if missing:
        return say(
            "{found} of {all} items are named; missing: {missing}.", **counts, missing=_listed(missing)
        )
    if extra:
        return counted(
            len(wanted),
            "The item is named; not expected: {extra}.",
            "All {count} items are named; not expected: {extra}.",
            extra=_listed(extra),
        )
    return counted(
        len(wanted), "The item is named, and no other.", "All {count} items are named, and no others."
    )


def _listed(items: Sequence[str]) -> str:
    named = [f"“{shown(item)}”" for item in items[:_NAMED]]
    return joined(named) if len(items) <= _NAMED else f"{', '.join(named)} …"


def plain_list(text: str) -> str:
    """One spelling for the same items in any order."""
    return "; ".join(sorted(map(_form, readings_of(text)[0])))
