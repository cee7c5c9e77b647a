"""Schemas from outside: valid ones are taken with honest notes, all others end in a sentence."""

import asyncio
import json
import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slmdesk.base.errors import BadInput
from slmdesk.features.structured.answer import check_answer
from slmdesk.features.structured.examples import schema_examples
from slmdesk.features.structured.patterns import LONGEST_SUBJECT, is_safe
from slmdesk.features.structured.schema import check_schema
from slmdesk.features.structured.validating import errors_in
from tests.fakes.http_server import Call, HttpServer


def check(schema: Any) -> Any:
    return check_schema(json.dumps(schema))


def nested(depth: int) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(depth):
        schema = {"items": schema}
    return schema


def test_every_example_can_be_used_with_every_engine() -> None:
    examples = schema_examples()
    assert len(examples) >= 6
    for example in examples:
        checked = check_schema(example.text)
        assert checked.notes == (), example.name
        assert example.purpose.endswith(".")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("{", "line 1, column 2"),
        ('{\n "type": string}', "line 2, column 10"),
        ("[]", "begins with {"),
        ("true", "begins with {"),
        ('{"type": "strnig"}', "at “type”"),
        ('{"properties": {"a": {"minimum": "1"}}}', "at “properties → a → minimum”"),
        ('{"required": "a"}', "required"),
        ("{" * 70_000, "longer than"),
        ('{"a":' * 9_000, "deeply"),
        (json.dumps(nested(40)), "too large"),
        (json.dumps({"anyOf": [{}] * 2_001}), "parts"),
        (json.dumps({"enum": ["1"] * 12_000}), "too large"),
        ('{"$ref": "#/$defs/none"}', "not in the schema"),
        ('{"$ref": "#/$defs/a/9", "$defs": {"a": []}}', "not in the schema"),
        ('{"properties": {"a": {"$ref": "other.json"}}}', "not fetched"),
        ('{"$dynamicRef": "#x"}', "not fetched"),
        ('{"$ref": "#"}', "not fetched"),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_no_usable_schema_is_said(text: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_schema(text)
    assert words in caught.value.sentence()
    assert len(caught.value.sentence()) < 500


def test_a_property_may_be_named_like_a_keyword() -> None:
    schema = {
        "properties": {"$ref": {"type": "string"}, "pattern": {"const": {"$ref": "http://x/"}}},
        "type": "object",
    }
    checked = check(schema)
    assert checked.schema == schema
    assert check_answer('{"$ref": "a", "pattern": {"$ref": "http://x/"}}', checked).fit == "fits"


def test_local_references_are_followed() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "additionalProperties": False}
    checked = check({"$ref": "#/$defs/node", "$defs": {"node": node}, "$id": "http://127.0.0.1:9/x"})
    assert check_answer('{"next": {"next": {}}}', checked).fit == "fits"
    broken = check_answer('{"next": {"next": {"x": 1}}}', checked)
    assert [(problem.path, problem.sentence) for problem in broken.problems] == [
        ("next.next.x", "is not asked for")
    ]


async def test_nothing_is_ever_fetched() -> None:
    asked: list[str] = []

    async def answer(call: Call) -> None:
        asked.append(call.path)
        await call.respond(200, {"type": "null"})

    async with HttpServer(answer) as server:
        address = f"{server.address}/schema.json"
        for key in ("$ref", "$dynamicRef", "$recursiveRef"):
            with pytest.raises(BadInput, match="not fetched"):
                check({"properties": {"a": {key: address}}})
        named = check(
            {"$schema": address, "$id": address, "properties": {"a": {"$id": address, "type": "null"}}}
        )
        assert check_answer('{"a": 1}', named).fit == "breaks"
        # Even a reference that the check had let through would not be followed.
        with pytest.raises(BadInput):
            await asyncio.to_thread(errors_in, 1, {"$ref": address})
    assert asked == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "array", "items": {}, "uniqueItems": True}, "“uniqueItems” is not forced"),
        ({"not": {"type": "null"}}, "“not” is not forced"),
        ({"if": {}, "then": {}}, "“if” is not forced"),
        ({"type": "number", "minimum": 1}, "whole numbers alone"),
        ({"type": "string", "pattern": "a"}, "It would be if it began with ^"),
        ({"type": "string", "pattern": "^\\d+$"}, "had [0-9]"),
        ({"type": "string", "pattern": "^(?=a)a$"}, "had [0-9]"),
        ({"type": "string", "format": "email"}, "“email”"),
        ({"properties": {"a": {}}, "anyOf": [{"required": ["a"]}]}, "put them into each"),
        ({"type": "string", "maxLength": 5_000}, "slow"),
        ({"type": "object", "properties": {"a": {}}}, "OpenAI"),
        ({"type": "string", "pattern": "^(a+)+$"}, "too involved"),
        ({"type": "string", "pattern": r"^\p{L}$"}, "too involved"),
    ],
)
def test_what_is_not_forced_is_said(schema: Any, words: str) -> None:
    notes = check(schema).notes
    assert any(words in note for note in notes), notes


@pytest.mark.parametrize("pattern", ["^[A-Z]{2}-[0-9]+$", "^a\\.b$", "^(?:a|b)c?$", "^(EUR|USD)$"])
def test_a_pattern_that_is_forced_needs_no_note(pattern: str) -> None:
    assert check({"type": "string", "pattern": pattern}).notes == ()


def test_true_is_spelled_out_for_the_engines() -> None:
    checked = check({"type": "array", "items": True, "anyOf": [True], "properties": {"a": True}})
    assert checked.schema == {"type": "array", "items": {}, "anyOf": [{}], "properties": {"a": {}}}
    assert check({"additionalProperties": True}).schema == {"additionalProperties": True}


def test_one_note_for_many_places() -> None:
    places = {f"p{number}": {"type": "object", "properties": {"a": {}}} for number in range(50)}
    assert len(check({"properties": places}).notes) == 1


@pytest.mark.parametrize(
    "pattern",
    [
        "^a$",
        "^[A-Z]{2}-\\d+$",
        "^\\d{4}-\\d{2}-\\d{2}$",
        "^(EUR|USD)$",
        "^[^@]+@[^@]+\\.[a-z]+$",
        "^(\\d{3}-){2}$",
        "a",
    ],
)
def test_ordinary_patterns_are_checked(pattern: str) -> None:
    assert is_safe(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a+)+$",
        "^(a|a)*$",
        "^(a?){50}$",
        "^(.*a){20}$",
        "^" + "a?" * 30 + "a" * 30 + "$",
        "(.*)(.*)(.*)",
        "^(a)\\1$",
        "^(?=a+$)",
        "(",
        "(" * 600,
        "[",
    ],
)
def test_patterns_that_may_run_away_are_not_tried(pattern: str) -> None:
    assert not is_safe(pattern)


PATTERNS = st.lists(
    st.sampled_from(
        ["a", "b", ".", "[ab]", "(a)", "(a|b)", "*", "+", "?", "{2}", "{1,3}", "^", "$", "|", "(", ")"]
    ),
    max_size=10,
).map("".join)


@settings(deadline=None, max_examples=150)
@given(PATTERNS)
def test_a_pattern_called_safe_ends_soon(pattern: str) -> None:
    if is_safe(pattern):
        started = time.process_time()
        re.search(pattern, "a" * LONGEST_SUBJECT)
        re.search(pattern, "ab" * (LONGEST_SUBJECT // 2) + "c")
        assert time.process_time() - started < 2


KEYS = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "items",
        "anyOf",
        "allOf",
        "enum",
        "const",
        "$ref",
        "$defs",
        "pattern",
        "not",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
LEAVES |= st.sampled_from(["string", "object", "#/$defs/a", "#", "http://127.0.0.1:9/", "^(a+)+$"])
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.just("a"), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(SCHEMAS, SCHEMAS)
def test_no_schema_can_break_the_check(schema: Any, value: Any) -> None:
    try:
        checked = check(schema)
    except BadInput:
        return
    answer = check_answer(json.dumps(value), checked)
    assert answer.fit in ("fits", "breaks", "no json")
    assert (answer.fit == "fits") == (not answer.problems and answer.words == "The answer fits the schema.")
