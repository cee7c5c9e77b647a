"""From what a model wrote to its answers: words or JSON, in code fences, after thinking, cut off."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slmdesk.base.words import say
from slmdesk.features.evaluate.json_reading import LONGEST_REPLY, FoundJson, find_json, unfenced
from slmdesk.features.evaluate.normal_text import LONGEST, folded, normal, shown
from slmdesk.features.evaluate.pack import LIST_SEPARATOR, NOT_STATED, Kind, Question
from slmdesk.features.evaluate.scorers.date_reading import read_dates
from slmdesk.features.evaluate.scorers.labels import NO, YES, read_label
from slmdesk.features.evaluate.scorers.lists import readings_of
from slmdesk.features.evaluate.scorers.number_reading import read_numbers
from slmdesk.features.evaluate.unstated import is_unstated, says_unstated

_THINK = r"(?:think|thinking|thought|reasoning|reflection)"
_THOUGHT = re.compile(rf"<({_THINK})>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(rf"</{_THINK}>", re.IGNORECASE)
_LEAD = re.compile(
    r"^[\s*_#>\"']*(?:(?:the |my )?(?:final |short )?answer|(?:die |meine )?antwort)(?: is| ist|)"
    r"\s*[*_\"']*:?[\s*_]*(?<=[\s:*_])",
    re.IGNORECASE,
)
_WRAPPED = re.compile(
    r"""\A(?:"([^"\n]*)"|“([^”\n]*)”|„([^“”\n]*)[“”]|\*\*([^*\n]*)\*\*|`([^`\n]*)`)[.]?\Z"""
)
_ANSWER_KEYS = ("answer", "value", "result", "antwort", "wert", "text", "response")
_LONGEST_SHOWN = 2_000  # of an answer that is a number or a date


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """`answer` is what could be read, "" for nothing: labels as they stand in the question, NOT_STATED, the
    items of a list between semicolons, all else as the model wrote it.

    `is_valid` is False where the reply has not the form that was asked for; `problem` is the sentence on it.
    """

    answer: str
    is_valid: bool = True
    problem: str = ""


def read_answer(question: Question, raw: str) -> ReadAnswer:
    """A reply, in words or JSON, to one question; never raises for what a model wrote."""
    text = _without_thinking(raw)
    if not text:
        return _empty(raw)
    found = _json_for_one(text)
    if found is None:
        return _from_words(question, text)
    value = _value_for(question, found.value)
    if isinstance(value, _Missing):
        return _invalid("", say("The JSON of the reply has no answer to this question."))
    read = _from_value(question, value)
    if found.is_whole or not read.is_valid:
        return read
    return _invalid(read.answer, _cut())


def read_answers(questions: Sequence[Question], raw: str) -> Mapping[str, ReadAnswer]:
    """One JSON reply to all questions, by their ids. Of broken JSON, every answer is invalid, with what
    could still be read of it.
    """
    text = _without_thinking(raw)
    if not text:
        return {question.id: _empty(raw) for question in questions}
    found = find_json(text)
    values = None if found is None else _by_id(found.value)
    if found is not None and found.is_whole and values is not None:
        return {question.id: _of_whole(question, values) for question in questions}
    problem = say("The reply holds no JSON.") if found is None else _cut()
    if found is not None and found.is_whole:
        problem = say("The JSON of the reply is no object with an answer to each question.")
    return {question.id: _of_broken(question, values or {}, text, problem) for question in questions}


def _of_whole(question: Question, values: Mapping[str, Any]) -> ReadAnswer:
    key = folded(question.id)
    if key not in values:
        return _invalid("", say("The JSON of the reply has no “{key}”.", key=question.id))
    return _from_value(question, values[key])


def _of_broken(question: Question, values: Mapping[str, Any], text: str, problem: str) -> ReadAnswer:
    key = folded(question.id)
    if key in values:
        return _invalid(_from_value(question, values[key]).answer, problem)
    # "entity": "Nordwind", or a line "entity: Nordwind" where there is no JSON at all.
    line = re.search(rf"(?im)^[\s\d.)*{{,\"'-]*{re.escape(question.id)}[\"'*]*\s*[:=]\s*(\S.*)$", text)
    if line is None:
        return _invalid("", problem)
    return _invalid(_from_words(question, line[1].strip().rstrip(",}").strip("\"' ")).answer, problem)


def _invalid(answer: str, problem: str) -> ReadAnswer:
    return ReadAnswer(answer, False, problem)


def _empty(raw: str) -> ReadAnswer:
    if raw.strip():
        return _invalid("", say("The reply holds nothing but thinking: it ended before its answer."))
    return _invalid("", say("The reply is empty."))


def _cut() -> str:
    return say("The JSON of the reply is broken or cut off.")


def _without_thinking(raw: str) -> str:
    """What comes after the thinking; a template may have opened it already, so that its end stands alone."""
    text = _THOUGHT.sub("", raw[:LONGEST_REPLY])
    ends = list(_THOUGHT_END.finditer(text))
    return text[ends[-1].end() if ends else 0 :].strip()


def _json_for_one(text: str) -> FoundJson | None:
    """Only JSON at the beginning: words may hold brackets."""
    inside = unfenced(text) if text.startswith("```") else text
    if inside[:1] not in ("{", "["):
        return None
    return find_json(inside)


class _Missing:
    """No value was found: None is one."""


def _value_for(question: Question, value: Any) -> Any:
    """The answer in an object such as {"answer": "Yes"}; a JSON question takes the object itself."""
    if isinstance(value, list):
        return value
    by_name = {folded(str(key)): inner for key, inner in value.items()}
    if question.kind is Kind.JSON:
        inner = by_name.get(folded(question.id)) if len(by_name) == 1 else None
        return inner if isinstance(inner, dict | list) else value
    for name in (folded(question.id), *_ANSWER_KEYS):
        if name in by_name:
            return by_name[name]
    return next(iter(by_name.values())) if len(by_name) == 1 else _Missing()


def _by_id(value: Any) -> dict[str, Any] | None:
    """The answers by folded ids: of one object, one in another ({"answers": {…}}), or a list of pairs."""
    if isinstance(value, list):
        pairs = [_pair(item) for item in value if isinstance(item, dict)]
        merged: dict[str, Any] = {}
        for pair in pairs:
            merged |= pair
        return merged or None
    if not isinstance(value, dict):
        return None
    if len(value) == 1 and isinstance(inner := next(iter(value.values())), dict | list):
        nested = (
            _by_id(inner)
            if isinstance(inner, dict) or any(isinstance(each, dict) for each in inner)
            else None
        )
        return {folded(str(key)): item for key, item in value.items()} | (nested or {})
    return {folded(str(key)): item for key, item in value.items()}


def _pair(item: Mapping[str, Any]) -> dict[str, Any]:
    """{"id": "entity", "answer": "Nordwind"} or {"entity": "Nordwind"}."""
    name = next((item[key] for key in ("id", "question_id", "question", "key", "name") if key in item), None)
    answer = next((key for key in _ANSWER_KEYS if key in item), None)
    if isinstance(name, str) and answer is not None:
        return {folded(name): item[answer]}
    return {folded(str(key)): inner for key, inner in item.items()}


def _from_value(question: Question, value: Any) -> ReadAnswer:
    """A value of JSON as an answer to the question."""
    if question.kind is Kind.JSON:
        if isinstance(value, dict | list):
            return ReadAnswer(_dumped(value))
        return _from_words(question, _plain(value))
    if isinstance(value, dict):
        inner = _value_for(question, value)
        if isinstance(inner, _Missing | dict):
            return _invalid(_dumped(value), say("The answer is an object where a plain value was asked for."))
        return _from_value(question, inner)
    if isinstance(value, list):
        return _from_list(question, value)
    return _from_words(question, _plain(value), is_json=True)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    return value if isinstance(value, str) else _figures(value)


def _figures(value: float) -> str:
    """A number without an exponent, so that it reads as it was meant."""
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    return format(value, "f").rstrip("0").rstrip(".") if "e" in text and abs(value) < 1e20 else text


def _from_list(question: Question, values: Sequence[Any]) -> ReadAnswer:
    items = [_dumped(value) if isinstance(value, dict | list) else _plain(value) for value in values]
    if question.kind is Kind.LIST:
        return _list_answer(question, json.dumps(values, ensure_ascii=False))
    if len(items) == 1:
        return _from_words(question, items[0], is_json=True)
    if not items:
        return _unstated(question)
    joined = f"{LIST_SEPARATOR} ".join(items)[:LONGEST]
    return _invalid(joined, say("The answer is a list where one value was asked for."))


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:LONGEST_REPLY]


def _from_words(question: Question, text: str, *, is_json: bool = False) -> ReadAnswer:
    """Words as an answer; in JSON, nothing at all means that nothing is stated."""
    text = _LEAD.sub("", text, count=1).strip() or text.strip()
    if not text:
        return _unstated(question) if is_json else _invalid("", say("The reply is empty."))
    match question.kind:
        case Kind.YES_NO | Kind.CHOICE:
            return _label(question, text)
        case Kind.NUMBER:
            return _number(question, text)
        case Kind.DATE:
            return _date(question, text)
        case Kind.LIST:
            return _list_answer(question, unfenced(text))
        case Kind.JSON:
            return _json_answer(text)
        case Kind.TEXT:
            return _text(question, text)


def _unstated(question: Question) -> ReadAnswer:
    if question.can_be_unstated:
        return ReadAnswer(NOT_STATED)
    return _invalid(NOT_STATED, say("“Not stated” is no answer to this question."))


def _label(question: Question, text: str) -> ReadAnswer:
    label = read_label(question, text)
    if label == NOT_STATED and NOT_STATED not in question.choices:
        return _unstated(question)
    if label is not None:
        return ReadAnswer(label)
    if question.kind is Kind.YES_NO:
        problem = say("“{answer}” is neither yes nor no.", answer=shown(text))
    else:
        problem = say("“{answer}” is not one of the choices.", answer=shown(text))
    return _invalid(text[:LONGEST], problem)


def _number(question: Question, text: str) -> ReadAnswer:
    if says_unstated(text):
        return _unstated(question)
    readings, _ = read_numbers(text, question.unit)
    if readings:
        return ReadAnswer(_line(text))
    if is_unstated(text):
        return _unstated(question)
    return _invalid(_line(text), say("“{answer}” holds no single number.", answer=shown(text)))


def _date(question: Question, text: str) -> ReadAnswer:
    if is_unstated(text):
        return _unstated(question)
    readings, _ = read_dates(text)
    if readings:
        return ReadAnswer(_line(text))
    return _invalid(_line(text), say("“{answer}” holds no single date or range.", answer=shown(text)))


def _line(text: str) -> str:
    return " ".join(_unwrapped(text)[:_LONGEST_SHOWN].split())


def _unwrapped(text: str) -> str:
    """Without the quotation marks or stars that stand around the whole."""
    match = _WRAPPED.match(text)
    return next(group for group in match.groups() if group is not None) if match else text


def _list_answer(question: Question, text: str) -> ReadAnswer:
    items = readings_of(text)[0]
    if not items:
        # An empty list is an answer of its own, whether or not "not stated" may be said.
        return ReadAnswer(NOT_STATED) if question.can_be_unstated else ReadAnswer("[]")
    return ReadAnswer(f"{LIST_SEPARATOR} ".join(item.replace(LIST_SEPARATOR, ",") for item in items))


def _json_answer(text: str) -> ReadAnswer:
    found = find_json(text)
    if found is None:
        return _invalid(text[:LONGEST], say("The reply holds no JSON."))
    return ReadAnswer(_dumped(found.value), found.is_whole, "" if found.is_whole else _cut())


def _text(question: Question, text: str) -> ReadAnswer:
    if says_unstated(text) and not question.choices:
        return _unstated(question)
    inside = unfenced(text) if text.startswith("```") else _unwrapped(text)
    return ReadAnswer(inside[:LONGEST].strip() or normal(text))
