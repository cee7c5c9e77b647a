"""Answers against a schema: plain words at the right place, JSON found where models put it, bounded work."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmdesk.features.structured.answer import AnswerCheck, CheckedAnswer, check_answer
from slmdesk.features.structured.partial import LONGEST, PartialJson
from slmdesk.features.structured.schema import check_schema
from slmdesk.features.structured.tree import MOST_NODES, ResultNode

INVOICE = {
    "type": "object",
    "properties": {
        "sender": {"type": "string", "minLength": 2},
        "date": {"type": "string", "format": "date"},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"item": {"type": "string"}, "price": {"type": "number", "minimum": 0}},
                "required": ["item", "price"],
            },
            "maxItems": 3,
        },
        "currency": {"enum": ["EUR", "USD"]},
    },
    "required": ["sender", "lines", "currency"],
    "additionalProperties": False,
}
GOOD = {"sender": "Ada", "date": "2026-02-28", "lines": [{"item": "pen", "price": 1.5}], "currency": "EUR"}


def check(value: Any, schema: Any = INVOICE) -> CheckedAnswer:
    text = value if isinstance(value, str) else json.dumps(value)
    return check_answer(text, check_schema(json.dumps(schema)))


def found(answer: CheckedAnswer) -> list[tuple[str, str]]:
    return [(problem.path, problem.sentence) for problem in answer.problems]


def nodes(node: ResultNode | None) -> list[ResultNode]:
    return [] if node is None else [node, *(inner for child in node.children for inner in nodes(child))]


def test_a_fitting_answer_is_a_tree_without_marks() -> None:
    answer = check(GOOD)
    assert (answer.fit, answer.note, answer.problems) == ("fits", "", ())
    assert answer.root
    assert not answer.root.has_problem
    shown = [(node.path, node.key, node.kind, node.value) for node in nodes(answer.root)]
    assert shown == [
        ("", "", "object", "4 fields"),
        ("sender", "sender", "text", "Ada"),
        ("date", "date", "text", "2026-02-28"),
        ("lines", "lines", "list", "1 item"),
        ("lines[1]", "1", "object", "2 fields"),
        ("lines[1].item", "item", "text", "pen"),
        ("lines[1].price", "price", "number", "1.5"),
        ("currency", "currency", "text", "EUR"),
    ]


def test_each_fault_is_said_at_its_place() -> None:
    bad = {
        "sender": "A",
        "date": "2026-02-30",
        "lines": [{"item": 7, "price": -1}, {"item": "x", "price": "1"}, {"item": "y"}, 5],
        "extra": None,
    }
    answer = check(bad)
    assert answer.words == "10 places do not fit the schema."
    assert set(found(answer)) == {
        ("sender", "must have at least 2 characters"),
        ("date", "must be a valid date"),
        ("lines", "must have at most 3 items"),
        ("lines[1].item", "must be a text, but is a number"),
        ("lines[1].price", "must be at least 0"),
        ("lines[2].price", "must be a number, but is a text"),
        ("lines[3].price", "is missing"),
        ("lines[4]", "must be an object, but is a number"),
        ("currency", "is missing"),
        ("extra", "is not asked for"),
    }
    marked = {(node.path, node.problem) for node in nodes(answer.root) if node.problem}
    assert marked == set(found(answer))
    assert {node.path for node in nodes(answer.root) if node.kind == "missing"} == {
        "currency",
        "lines[3].price",
    }


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"enum": ["a", 1, None, True]}, "b", "must be one of “a”, 1, null, true, but is “b”"),
        ({"const": 3}, 4, "must be 3"),
        ({"type": ["string", "null"]}, True, "must be a text or null, but is true or false"),
        ({"type": "integer"}, 1.5, "must be a whole number, but is a number"),
        ({"exclusiveMaximum": 3}, 3, "must be less than 3"),
        ({"multipleOf": 0.5}, 0.7, "must be a multiple of 0.5"),
        ({"pattern": "^[A-Z]+$"}, "a", "must look like ^[A-Z]+$"),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1.0}], "has items that are the same"),
        ({"uniqueItems": True, "items": False}, [1], "must not be there"),
        ({"contains": {"type": "null"}}, [1], "has no item of the kind that must be there"),
        ({"not": {"type": "string"}}, "a", "is of a form that is not allowed"),
        ({"format": "date-time"}, "yesterday", "must be a valid date-time"),
        ({"format": "email"}, "nobody", "must be a valid email"),
        ({"minProperties": 1}, {}, "must have at least 1 fields"),
        (
            {"oneOf": [{"type": "integer"}, {"minimum": 1}]},
            3,
            "fits more than one of the forms, and only one is allowed",
        ),
        (
            {"anyOf": [{"type": "null"}, {"properties": {"a": {"type": "string"}}, "type": "object"}]},
            {"a": 1},
            "fits none of the allowed forms; the nearest: → a must be a text, but is a number",
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "object", "required": ["a", "b"]}]},
            {"a": 1},
            "fits none of the allowed forms; the nearest: lacks “b”",
        ),
    ],
)
def test_the_words_need_no_knowledge_of_schemas(schema: Any, value: Any, sentence: str) -> None:
    assert found(check(value if not isinstance(value, str) else json.dumps(value), schema))[0][1] == sentence


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("{good}", ""),
        ("  \n{good}\n", ""),
        ("```json\n{good}\n```", "in a code block."),
        ("```\n{good}\n```\n", "in a code block."),
        ("```json\n{good}", "in a code block."),
        ("Here you are:\n```json\n{good}\n```\nAnything else?", "with text around it"),
        ("Sure! {good} I hope that helps.", "text around the JSON"),
        ("As asked [see above]: {good} [1]", "text around the JSON"),
    ],
)
def test_json_is_found_where_models_put_it(text: str, note: str) -> None:
    answer = check(text.replace("{good}", json.dumps(GOOD, indent=1)))
    assert answer.fit == "fits"
    assert note in answer.note
    assert bool(note) == bool(answer.note)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("I cannot do that.", "no JSON"),
        ('{"a": 1', "was cut"),
        ('{"a": "x', "was cut"),
        ('{"a": {"sender": "Ada"}, "b": ', "was cut"),
        ('Here: [{"sender": "Ada"}, {"send', "was cut"),
        ('"a text without en', "was cut"),
        ("{'a': [1]}", "column 2"),
        ('{"a": }', "line 1, column 7"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1e999}', "too large"),
        ('{"a": ' + "1" * 5_000 + "}", "digits"),
        ("[" * 100_000, "deeply"),
        ("[" * 70 + "]" * 70, "levels deep"),
        ("x" * 1_000_001, "longer than"),
        ("{'a': 1}", "line 1, column 2"),
    ],
    ids=lambda value: value[:24],
)
def test_what_is_no_json_is_said(text: str, words: str) -> None:
    answer = check(text)
    assert answer.fit == "no json"
    assert words in answer.words


def test_of_an_answer_that_was_cut_the_rest_is_shown() -> None:
    answer = check('```json\n{"sender": "Ada", "lines": [{"item": "pe')
    assert answer.fit == "no json"
    assert [node.path for node in nodes(answer.root)] == ["", "sender", "lines", "lines[1]", "lines[1].item"]


def test_a_key_that_comes_twice_is_said() -> None:
    answer = check('{"a": 1, "a": 2}', {})
    assert (answer.fit, "“a” stands there more than once" in answer.note) == ("fits", True)


def test_the_tree_is_bounded() -> None:
    answer = check(list(range(100_000)), {"items": {"type": "integer"}, "maxItems": 3})
    assert len(nodes(answer.root)) <= MOST_NODES + 2
    assert nodes(answer.root)[-1].value.endswith(" more")


def exponential(depth: int) -> Any:
    defs = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(depth)}
    return {"$ref": "#/$defs/d0", "$defs": {**defs, f"d{depth}": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (exponential(24), 1),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, 1),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}}, 1),
        ({"items": {"enum": list(range(9_000))}}, [-1] * 9_000),
        ({"items": {"type": "string", "pattern": "^(a+)+$"}}, ["a" * 40 + "b"] * 99),
        ({"items": {"type": "string", "pattern": "^a*a*a*$"}}, ["a" * 250 + "b"] * 20),
        ({"uniqueItems": True}, [{"a": number} for number in range(40_000)]),
        ({"items": {"multipleOf": 0.1}}, [10**299]),
    ],
    ids=["exponential", "loop", "wide loop", "long enum", "runaway", "slow pattern", "unique", "huge"],
)
def test_no_schema_makes_the_check_run_away(schema: Any, value: Any) -> None:
    started = time.process_time()
    assert check(value, schema).fit in ("fits", "breaks")
    assert time.process_time() - started < 6


def fed(text: str, size: int = 1) -> PartialJson:
    partial = PartialJson()
    for start in range(0, len(text), size):
        partial.feed(text[start : start + size])
    return partial


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("Sure! ", None),
        ("{", {}),
        ('{"na', {}),
        ('{"name"', {}),
        ('{"name":', {}),
        ('{"name": "A', {"name": "A"}),
        ('{"name": "A\\', {"name": "A"}),
        ('{"name": "A\\u00', {"name": "A"}),
        ('{"name": "A\\u00e9', {"name": "Aé"}),
        ('{"name": "A", ', {"name": "A"}),
        ('{"n": 12', {}),
        ('{"n": 12,', {"n": 12}),
        ('{"n": tru', {}),
        ('{"n": [1, 2', {"n": [1]}),
        ('{"n": [{"a": "x"}, {"b', {"n": [{"a": "x"}, {}]}),
        ('```json\n{"a": "}{\\""}\n```', {"a": '}{"'}),
        ('{"a": 1} {"b": 2}', {"a": 1}),
        ('{"a": "x"]', {"a": "x"}),
    ],
)
def test_json_is_read_as_far_as_it_is_written(text: str, value: Any) -> None:
    assert fed(text).value == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@settings(deadline=None)
@given(JSON.filter(lambda value: isinstance(value, dict | list)), st.booleans(), st.integers(1, 9))
def test_every_beginning_can_be_read_and_the_end_is_the_whole(value: Any, is_ascii: bool, size: int) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    partial, last = PartialJson(), 0
    for start in range(0, len(text), size):
        partial.feed(text[start : start + size])
        grown = len(json.dumps(partial.value))
        assert isinstance(partial.value, type(value))
        last = max(last, grown)
    assert partial.is_complete
    assert partial.value == value


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(alphabet='{}[]":,\\u0 1e-tn\n`')), st.integers(1, 5))
def test_no_text_can_break_the_reading(text: str, size: int) -> None:
    partial = fed(text, size)
    assert partial.value is None or isinstance(partial.value, dict | list)
    assert check(text, {}).fit in ("fits", "breaks", "no json")


def test_a_stream_is_watched_and_then_judged() -> None:
    schema = check_schema(json.dumps(INVOICE))
    watching = AnswerCheck(schema)
    assert watching.so_far() == CheckedAnswer("writing", "The answer is still being written.")
    text = json.dumps(GOOD)
    for character in text[:-30]:
        watching.feed(character)
    so_far = watching.so_far()
    assert so_far.fit == "writing"
    assert so_far.problems == ()
    assert so_far.root
    assert so_far.root.children[0].value == "Ada"
    assert watching.final(text).fit == "fits"


def test_watching_a_flood_costs_a_look_at_each_character() -> None:
    text = json.dumps([{"item": "x" * 50, "price": number} for number in range(5_000)])
    watching = AnswerCheck(check_schema('{"type": "array"}'))
    started = time.process_time()
    for start in range(0, len(text), 4):
        watching.feed(text[start : start + 4])
        if start % 16_000 == 0:
            watching.so_far()
    spent = time.process_time() - started
    print(f"\nstructured: {len(text)} characters watched in {spent:.2f} s, drawn {len(text) // 16_000} times")
    assert spent < 6
    assert len(text) > LONGEST
