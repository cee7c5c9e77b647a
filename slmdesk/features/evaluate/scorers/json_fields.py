"""JSON: the share of the expected fields that the answer has, whatever else it has."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from slmdesk.base.words import counted, say
from slmdesk.features.evaluate.json_reading import find_json
from slmdesk.features.evaluate.normal_text import bare, folded, shown
from slmdesk.features.evaluate.pack import Question
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.scorers.date_reading import read_dates
from slmdesk.features.evaluate.scorers.lists import is_alike
from slmdesk.features.evaluate.scorers.number_reading import read_numbers
from slmdesk.features.evaluate.unstated import is_unstated

_MOST_FIELDS = 500
_DEEPEST = 32
_NAMED = 3
_NUMERIC = re.compile(r"[-+\d.,' %€$£]*\d[-+\d.,' %€$£]*")

Path: TypeAlias = tuple[str, ...]


def score_json(question: Question, answer: str, expected: str) -> Score:
    """The share of expected fields with the same value: numbers within the tolerance, dates however written,
    texts nearly the same. The items of a list of plain values may stand in any order.
    """
    wanted = _fields(value_of(expected))
    given = _fields(value_of(answer))
    if not wanted:
        is_right = not given
        words = say("Nothing is expected, and nothing is given.") if is_right else say("Nothing is expected.")
        return Score(float(is_right), words)
    wrong = [path for path, value in wanted.items() if not _has(question, given, path, value)]
    if wrong and not given:
        return Score(0.0, say("There are no fields in “{answer}”.", answer=shown(answer)))
    return Score(1 - len(wrong) / len(wanted), _why(len(wanted), wrong))


def value_of(text: str) -> Any:
    """The JSON in the text; the text itself where there is none."""
    found = find_json(text)
    return found.value if found is not None and found.is_whole else text


def _fields(value: Any) -> dict[Path, list[Any]]:
    """Plain values by the folded keys that lead to them; those of a plain list stand under one path."""
    fields: dict[Path, list[Any]] = {}
    for count, (path, leaf) in enumerate(_leaves(value, ())):
        if count == _MOST_FIELDS:
            break
        fields.setdefault(path, []).append(leaf)
    return fields


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if len(path) > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, _key(key)))
    elif isinstance(value, list):
        is_plain = not any(isinstance(item, dict | list) for item in value)
        for place, item in enumerate(value, 1):
            yield from _leaves(item, path if is_plain else (*path, str(place)))
    else:
        yield path, value


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", folded(name))


def _has(question: Question, given: dict[Path, list[Any]], path: Path, wanted: list[Any]) -> bool:
    """Whether all the values under a path are there, each taken once."""
    left = list(given.get(path, [None]))
    for value in wanted:
        place = next((place for place, one in enumerate(left) if _is_same(question, one, value)), None)
        if place is None:
            return False
        left.pop(place)
    return not left or wanted == [None]


def _is_same(question: Question, given: Any, wanted: Any) -> bool:
    if isinstance(given, bool) or isinstance(wanted, bool):
        return _text(given) == _text(wanted)
    if _is_nothing(given) or _is_nothing(wanted):
        return _is_nothing(given) == _is_nothing(wanted)
    numbers = _number(given), _number(wanted)
    if numbers[0] is not None and numbers[1] is not None:
        return abs(numbers[0] - numbers[1]) <= abs(numbers[1]) * max(question.scoring.tolerance, 1e-9)
    one, other = _text(given), _text(wanted)
    return is_alike(one, other, question.scoring.threshold) or _is_same_date(str(given), str(wanted))


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and is_unstated(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = bare(str(value))
    return {"true": "yes", "false": "no"}.get(text, text)


def _number(value: Any) -> float | None:
    """Of a number, or of a text that is nothing else."""
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 and math.isfinite(value) else None
    text = folded(str(value)[:100])
    if not _NUMERIC.fullmatch(text) or re.match(r"0\d", text):  # 0017 is a name, not a number
        return None
    readings, _ = read_numbers(str(value))
    return readings[0].low if readings and readings[0].low == readings[0].high else None


def _is_same_date(given: str, wanted: str) -> bool:
    one, _ = read_dates(given)
    other, _ = read_dates(wanted)
    return bool(set(one) & set(other))


def _why(count: int, wrong: list[Path]) -> str:
    if not wrong:
        return counted(count, "The expected field is right.", "All {count} expected fields are right.")
    names = [" → ".join(path) or say("the value") for path in wrong[:_NAMED]]
    named = ", ".join(f"“{shown(name)}”" for name in names) + (" …" if len(wrong) > _NAMED else "")
    return say(
        "{right} of {all} expected fields are right; wrong or missing: {named}.",
        right=count - len(wrong),
        all=count,
        named=named,
    )


def plain_json(text: str) -> str:
    """One spelling for the same JSON, its keys in order."""
    value = value_of(text)
    return folded(text) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
