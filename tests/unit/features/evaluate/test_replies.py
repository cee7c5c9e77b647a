"""What a model wrote, read as answers."""

import json
import time

import pytest

from slmdesk.features.evaluate.pack import NOT_STATED, Kind, Question
from slmdesk.features.evaluate.replies import read_answer, read_answers
from tests.unit.features.evaluate.questions import CAUSES, asked

BREACH = asked(Kind.YES_NO, id="breach")
CAUSE = asked(Kind.CHOICE, id="cause", choices=CAUSES)
RECORDS = asked(Kind.NUMBER, id="records")
WHEN = asked(Kind.DATE, id="when")
ENTITY = asked(Kind.TEXT, id="entity")
NAMES = asked(Kind.LIST, id="names")
SURE = asked(Kind.YES_NO, id="sure", can_be_unstated=False)
INVOICE = asked(Kind.JSON, id="invoice")
ALL = (BREACH, CAUSE, RECORDS, WHEN, ENTITY, NAMES)
WHOLE = {
    "breach": "Yes", "cause": "Phishing", "records": 184302, "when": "11-Aug-2024", "entity": "Nordwind",
    "names": ["A", "B"],
}  # fmt: skip
READ = {
    "breach": "Yes", "cause": "Phishing", "records": "184302", "when": "11-Aug-2024", "entity": "Nordwind",
    "names": "A; B",
}  # fmt: skip


@pytest.mark.parametrize(
    ("question", "raw", "answer"),
    [
        (BREACH, "<think>It says no…</think>Yes", "Yes"), (BREACH, "they were, so no</think>\n\nNo.", "No"),
        (BREACH, "<think>a</think><thinking>b</thinking> ja", "Yes"), (BREACH, '{"breach": true}', "Yes"),
        (BREACH, '```json\n{"answer": "No"}\n```', "No"), (BREACH, "**Answer:** Yes, partly", "Yes"),
        (BREACH, "This is not a breach.", "No"), (ENTITY, "<answer>Nordwind</answer>", "Nordwind"),
        (ENTITY, "So it is \\boxed{Nordwind}.", "Nordwind"), (ENTITY, "Nordwind<|im_end|>", "Nordwind"),
        (ENTITY, "<answer>Nordwind", "Nordwind"), (BREACH, "[true]", "Yes"),
        (BREACH, "Not mentioned", NOT_STATED),
        (CAUSE, "b) Malware", "Malware"), (CAUSE, '{"value": "phishing"}', "Phishing"),
        (CAUSE, "not stated", "Unknown"),
        (RECORDS, "About 2.6 million people.", "About 2.6 million people."),
        (RECORDS, '{"records": 2.6e6}', "2600000"),
        (RECORDS, '{"records": 12.50}', "12.5"), (RECORDS, '{"records": null}', NOT_STATED),
        (RECORDS, "none", "none"),
        (RECORDS, "not disclosed", NOT_STATED), (WHEN, '"11-Aug-2024"', "11-Aug-2024"),
        (WHEN, "Unknown", NOT_STATED),
        (ENTITY, "The answer is: Nordwind", "Nordwind"), (ENTITY, "**Nordwind**", "Nordwind"),
        (ENTITY, "“Nordwind”", "Nordwind"),
        (ENTITY, '{"entity": "Nordwind"} I hope this helps', "Nordwind"),
        (ENTITY, '{"entity": ""}', NOT_STATED),
        (ENTITY, "[redacted] Corp", "[redacted] Corp"), (ENTITY, "[1, 2, 3]", "[1, 2, 3]"),
        (ENTITY, '{"x": 1}', '{"x": 1}'),
        (ENTITY, "```python\ndef f():\n    pass\n```", "def f():\n    pass"),
        (ENTITY, "Answering machines", "Answering machines"),
        (NAMES, '["A", "B"]', "A; B"), (NAMES, "- A\n- B", "A; B"), (NAMES, '{"names": []}', NOT_STATED),
        (NAMES, "A, B and C", "A, B and C"), (NAMES, "No third parties.", NOT_STATED),
        (NAMES, '["a; b"]', "a, b"),
        (INVOICE, 'Here:\n```json\n{"a": [1]}\n```\nDone.', '{"a": [1]}'),
        (INVOICE, '{"invoice": {"a": 1}}', '{"a": 1}'),
        (INVOICE, '{"answer": 1, "b": 2}', '{"answer": 1, "b": 2}'),
    ],
)  # fmt: skip
def test_a_reply_to_one_question(question: Question, raw: str, answer: str) -> None:
    read = read_answer(question, raw)
    assert (read.answer, read.is_valid, read.problem) == (answer, True, "")


@pytest.mark.parametrize(
    ("question", "raw", "answer", "problem"),
    [
        (BREACH, "", "", "The reply is empty."), (BREACH, "  \n ", "", "The reply is empty."),
        (BREACH, "<think>hm", "", "The reply holds nothing but thinking: it ended before its answer."),
        (BREACH, "I like cats", "I like cats", "“I like cats” is neither yes nor no."),
        (CAUSE, "this or that", "this or that", "“this or that” is not one of the choices."),
        (RECORDS, "lots", "lots", "“lots” holds no single number."),
        (WHEN, "soon", "soon", "“soon” holds no single date or range."),
        (ENTITY, '{"entity": "Nord', "Nord", "The JSON of the reply is broken or cut off."),
        (RECORDS, '{"records": [1, 2]}', "1; 2", "The answer is a list where one value was asked for."),
        (RECORDS, '{"a": 1, "b": 2}', "", "The JSON of the reply has no answer to this question."),
        (INVOICE, "I cannot", "I cannot", "The reply holds no JSON."),
        (INVOICE, '{"a": 1, "b":', '{"a": 1}', "The JSON of the reply is broken or cut off."),
        (SURE, "unknown", NOT_STATED, "“Not stated” is no answer to this question."),
        (BREACH, '{"breach": {"a": 1, "b": 2}}', '{"a": 1, "b": 2}',
         "The answer is an object where a plain value was asked for."),
    ],
)  # fmt: skip
def test_a_reply_that_has_not_the_form(question: Question, raw: str, answer: str, problem: str) -> None:
    read = read_answer(question, raw)
    assert (read.answer, read.is_valid, read.problem) == (answer, False, problem)


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(WHOLE), json.dumps(WHOLE, indent=2), f"```json\n{json.dumps(WHOLE)}\n```",
        f"Sure!\n{json.dumps(WHOLE)}\nBye.",
        f"<think>{{\"breach\": \"No\"}}</think>{json.dumps(WHOLE)}", json.dumps({**WHOLE, "note": "more"}),
        json.dumps({key.upper(): value for key, value in WHOLE.items()}), f"See [1].\n{json.dumps(WHOLE)}",
    ],
)  # fmt: skip
def test_one_reply_to_all_questions(raw: str) -> None:
    read = read_answers(ALL, raw)
    assert {key: each.answer for key, each in read.items()} == READ
    assert all(each.is_valid for each in read.values())


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps({"answers": WHOLE}),
        json.dumps([{"id": key, "answer": value} for key, value in WHOLE.items()]),
        json.dumps(WHOLE)[:-1], json.dumps(WHOLE).replace(', "cause"', ',, "cause"'),
        json.dumps(WHOLE).replace(', "names"', ' "names"'),
        "\n".join(f"{key}: {value}" for key, value in READ.items()), str({**WHOLE}),
        json.dumps(WHOLE)[:-1] + ", ",
        "\n".join(f"**{key}**: {value}" for key, value in READ.items()),
    ],
)  # fmt: skip
def test_another_form_is_invalid_and_is_read_all_the_same(raw: str) -> None:
    read = read_answers(ALL, raw)
    assert {key: each.answer for key, each in read.items()} == READ
    assert not any(each.is_valid for each in read.values())
    assert all(each.problem for each in read.values())


def test_a_reply_that_is_cut_keeps_what_it_says_at_every_place() -> None:
    whole = json.dumps(WHOLE)
    for end in range(len(whole)):
        read = read_answers(ALL, whole[:end])
        assert not any(each.is_valid for each in read.values())
        done = [key for key in WHOLE if f'"{key}": {json.dumps(WHOLE[key])},' in whole[:end]]
        assert {key: read[key].answer for key in done} == {key: READ[key] for key in done}


def test_what_is_missing_is_invalid_alone() -> None:
    read = read_answers((BREACH, ENTITY), '{"breach": "No"}')
    assert read["breach"].is_valid
    assert (read["entity"].answer, read["entity"].problem) == ("", "The JSON of the reply has no “entity”.")
    assert (
        read_answers((BREACH,), '{"breach": "perhaps"}')["breach"].problem
        == "“perhaps” is neither yes nor no."
    )


def test_an_id_that_ends_another_is_not_mistaken_for_it() -> None:
    cause, known = asked(Kind.TEXT, id="cause"), asked(Kind.YES_NO, id="known_cause")
    read = read_answers((cause, known), '{"known_cause": "Yes", "cause": "theft"')
    assert (read["cause"].answer, read["known_cause"].answer) == ("theft", "Yes")


@pytest.mark.parametrize(
    "raw",
    [
        "{" * 1_000_000, "[" * 1_000_000, '{"a":' * 300_000, "<think>" * 500_000, "x" * 5_000_000,
        '"' * 3_000_000, '{"breach": "' + "y" * 5_000_000, "```json\n" * 500_000, "\u0301" * 2_000_000,
        "1," * 2_000_000, "- a\n" * 1_000_000, '{"breach": ' + "9" * 100_000 + "}", "breach:" * 500_000,
        "</think>" * 500_000, "{}" * 1_000_000, "“{" * 1_000_000,
        "<answer>" * 500_000, "\\boxed{" * 500_000, "<|" * 2_000_000,
        "ab " * 1_500_000, "\\" * 2_000_000,
        '{"breach":"Yes"},' * 200_000, "answer " * 500_000,
    ],
)  # fmt: skip
def test_hostile_replies_take_a_moment(raw: str) -> None:
    begin = time.process_time()
    for question in (*ALL, INVOICE):
        read_answer(question, raw)
    read_answers(ALL, raw)
    assert time.process_time() - begin < 8 * 0.6


def test_answers_in_an_object_of_their_own_are_found_but_not_of_the_form() -> None:
    for reply in ('{"answers": {"entity": "Ann"}}', '{"answers": [{"id": "entity", "answer": "Ann"}]}'):
        read = read_answers((ENTITY,), reply)["entity"]
        assert (read.answer, read.is_valid) == ("Ann", False), reply


def test_an_abyss_of_brackets_is_no_answer() -> None:
    assert not read_answer(INVOICE, '{"a":' * 80 + "1" + "}" * 80).is_valid
    assert read_answer(INVOICE, '{"a":' * 20 + "1" + "}" * 20).is_valid
