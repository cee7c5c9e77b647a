"""From what a model wrote to its answers: words or JSON, in code fences, after thinking, cut off."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slmdesk.base.words import say
from slmdesk.features.evaluate.json_reading import LONGEST_REPLY, FoundJson, find_json, loose_value, unfenced
from slmdesk.features.evaluate.normal_text import LONGEST, folded, normal, shown
from slmdesk.features.evaluate.pack import LIST_SEPARATOR, NO, NOT_STATED, YES, Kind, Question
from slmdesk.features.evaluate.scorers.date_reading import read_dates
from slmdesk.features.evaluate.scorers.labels import read_label
from slmdesk.features.evaluate.scorers.lists import readings_of
from slmdesk.features.evaluate.scorers.number_reading import read_numbers
from slmdesk.features.evaluate.unstated import is_unstated, says_unstated

_THINK = r"(?:think|thinking|thought|reasoning|reflection)"
_THOUGHT = re.compile(rf"<({_THINK})>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(rf"</{_THINK}>", re.IGNORECASE)
_MARKS = re.compile(r"<\|[^|<>\n]{1,40}\|>|</?s>|\[/?INST\]")  # of chat templates
_PACKED = re.compile(
    r"<(?:answer|final|response)>((?:(?!<(?:answer|final|response)>).)*?)"
    r"(?:</(?:answer|final|response)>|\Z)|\\boxed\{([^{}\n]{1,2000})\}",
    re.DOTALL | re.IGNORECASE,
)
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
    if question.kind is Kind.TEXT and isinstance(value, _Missing | list):
        return _from_words(question, text)  # "[1, 2]" may be what a function gives
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
    values = {} if found is None else _by_id(found.value)
    problem = _problem_of(found, questions)
    return {question.id: _one_of(question, values, text, problem) for question in questions}


def _problem_of(found: FoundJson | None, questions: Sequence[Question]) -> str:
    """What is wrong with the reply as a whole; empty for an object with at least one answer in it."""
    if found is None:
        return say("The reply holds no JSON.")
    if not found.is_whole:
        return _cut()
    keys = set(map(folded, found.value)) if isinstance(found.value, dict) else set()
    if keys.isdisjoint(folded(question.id) for question in questions):
        return say("The JSON of the reply is not the object that was asked for.")
    return ""


def _one_of(question: Question, values: Mapping[str, Any], text: str, problem: str) -> ReadAnswer:
    key = folded(question.id)
    if key in values:
        read = _from_value(question, values[key])
        return _invalid(read.answer, problem) if problem else read
    if not problem:
        return _invalid("", say("The JSON of the reply has no “{key}”.", key=question.id))
    loose = loose_value(text, question.id)
    return _invalid("" if loose is None else _from_value(question, loose).answer, problem)


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
    return _unpacked(_MARKS.sub("", text[ends[-1].end() if ends else 0 :]).strip())


def _unpacked(text: str) -> str:
    """What stands between <answer> and its end, or in \\boxed{}, as some models are trained to write."""
    found = list(_PACKED.finditer(text))
    return next(group for group in found[-1].groups() if group is not None).strip() if found else text


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
    is_only = len(by_name) == 1 and question.kind is not Kind.TEXT
    return next(iter(by_name.values())) if is_only else _Missing()


def _by_id(value: Any) -> dict[str, Any]:
    """The answers by folded ids: of one object, one in another ({"answers": {…}}), or a list of pairs."""
    if isinstance(value, list):
        merged: dict[str, Any] = {}
        for item in value:
            merged |= _pair(item) if isinstance(item, dict) else {}
        return merged
    values = {folded(str(key)): inner for key, inner in value.items()}
    inner = next(iter(values.values()), None) if len(values) == 1 else None
    return values | _by_id(inner) if isinstance(inner, dict | list) else values


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
    if isinstance(value, int) or not abs(value) < 1e20:
        return str(value)
    return format(value, ".12f").rstrip("0").rstrip(".")


def _from_list(question: Question, values: Sequence[Any]) -> ReadAnswer:
    items = [_dumped(value) if isinstance(value, dict | list) else _plain(value) for value in values]
    if question.kind is Kind.LIST:
        return _list_answer(question, json.dumps(values, ensure_ascii=False))
    if len(items) == 1:
        return _from_words(question, items[0], is_json=True)
    if not items:
        return _unstated(question)
    if question.kind is Kind.TEXT and not all(isinstance(value, str) for value in values):
        return _invalid(_dumped(values), say("The answer is a list where one value was asked for."))
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
    readings = readings_of(text)
    if not any(readings):
        # An empty list is an answer of its own, whether or not "not stated" may be said.
        return ReadAnswer(NOT_STATED) if question.can_be_unstated else ReadAnswer("[]")
    if len(readings) > 1:  # "A and B": whether these are two is seen beside the expected ones
        return ReadAnswer(_line(text))
    return ReadAnswer(f"{LIST_SEPARATOR} ".join(item.replace(LIST_SEPARATOR, ",") for item in readings[0]))


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
