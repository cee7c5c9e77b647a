"""JSON: the share of the expected fields."""

import json

import pytest

from slmdesk.features.evaluate.pack import Kind
from slmdesk.features.evaluate.scorers import plain_answer, score
from tests.unit.features.evaluate.questions import asked

JSON = asked(Kind.JSON)
DEEP = "[" * 5_000


@pytest.mark.parametrize(
    ("answer", "expected", "value"),
    [
        ('{"a": 1}', '{"a": 1}', 1), ('{"a": 1.0}', '{"a": 1}', 1), ('{"a": "1"}', '{"a": 1}', 1),
        ('{"a": 2}', '{"a": 1}', 0),
        ('{"a": "12,50"}', '{"a": 12.5}', 1), ('{"a": "12.50 €"}', '{"a": 12.5}', 1),
        ('{"a": 1, "b": 2}', '{"a": 1}', 1),
        ('{"a": 1}', '{"a": 1, "b": 2}', 1 / 2), ('{"A": 1}', '{"a": 1}', 1),
        ('{"net total": 1}', '{"net_total": 1}', 1),
        ('{"a": "11.08.2024"}', '{"a": "2024-08-11"}', 1), ('{"a": "INV-1"}', '{"a": "INV-2"}', 0),
        ('{"a": "Nordwind Gmbh"}', '{"a": "Nordwind GmbH"}', 1), ('{"a": null}', '{"a": "unknown"}', 1),
        ('{"a": null}', '{"a": "x"}', 0), ('{"a": "none"}', '{"a": null}', 1), ("{}", '{"a": null}', 1),
        ('{"a": true}', '{"a": true}', 1), ('{"a": "yes"}', '{"a": true}', 1),
        ('{"a": false}', '{"a": true}', 0),
        ('{"a": 1}', '{"a": true}', 0), ('{"a": [1, 2]}', '{"a": [2, 1]}', 1),
        ('{"a": [1]}', '{"a": [1, 2]}', 0),
        ('{"a": [1, 2, 3]}', '{"a": [1, 2]}', 0),
        ('{"a": {"b": {"c": 1}}}', '{"a": {"b": {"c": 1, "d": 2}}}', 1 / 2),
        ('{"items": [{"n": "x"}, {"n": "y"}]}', '{"items": [{"n": "x"}, {"n": "z"}]}', 1 / 2),
        ('```json\n{"a": 1}\n```', '{"a": 1}', 1), ('Sure: {"a": 1} as asked', '{"a": 1}', 1),
        ("no JSON", '{"a": 1}', 0),
        ('{"a": "0017"}', '{"a": "17"}', 0), ("{}", "{}", 1), ('{"a": 1}', "{}", 0), ("x", "x", 1),
        ("5", "5", 1), ('{"a": 1', '{"a": 1}', 0),
        ('{"a": NaN}', '{"a": 1}', 0), (DEEP, '{"a": 1}', 0), ('{"a": 1e999}', '{"a": 1}', 0),
    ],
)  # fmt: skip
def test_the_share_of_fields(answer: str, expected: str, value: float) -> None:
    assert score(JSON, answer, expected).value == pytest.approx(value)


def test_the_tolerance_is_that_of_the_question() -> None:
    question = asked(Kind.JSON, tolerance=0.01)
    assert score(question, '{"total": 100.9}', '{"total": 100}').is_right
    assert not score(question, '{"total": 101.1}', '{"total": 100}').is_right


def test_the_reason_names_the_wrong_fields() -> None:
    given = score(JSON, '{"a": 1, "b": {"c": 2}}', '{"a": 1, "b": {"c": 3}, "d": 4}')
    assert given.why == "1 of 3 expected fields are right; wrong or missing: “b → c”, “d”."
    assert score(JSON, '{"b": 2, "a": 1}', '{"a": 1, "b": 2}').why == "All 2 expected fields are right."
    assert score(JSON, "[]", '{"a": 1}').why == "There are no fields in “[]”."


def test_many_fields_are_looked_at_up_to_a_limit() -> None:
    many = json.dumps({str(number): number for number in range(5_000)})
    assert score(JSON, many + " ", many).value == 1.0


def test_one_spelling_for_the_same_json() -> None:
    assert plain_answer(JSON, '{"b": 1, "a": 2}') == plain_answer(JSON, '```\n{"a": 2, "b": 1}\n```')
