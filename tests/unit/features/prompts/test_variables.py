"""Variables in prompts: a small grammar, values taken as they are, nothing ever raised or evaluated."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.features.prompts.variables import MOST_FIELDS, PromptField, fields_of, fill, missing

PIECES = st.sampled_from(
    ["{{", "}}", "{", "}", "|", ":", "...", "…", "name", "a b", "1", "\n", "\0", "{{x}}", "{{y:1}}", "é", " "]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join))
VALUES = st.dictionaries(st.one_of(st.sampled_from(["name", "x", "y", "a b"]), st.text()), TEXTS, max_size=5)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{{name}}", PromptField("name")),
        ("{{ name }}", PromptField("name")),
        ("{{die Größe}}", PromptField("die Größe")),
        ("{{name:Ada}}", PromptField("name", "Ada")),
        ("{{name: 9:40, a|b }}", PromptField("name", "9:40, a|b")),
        ("{{tone|warm|cold}}", PromptField("tone", "warm", ("warm", "cold"))),
        ("{{tone| warm | warm ||cold}}", PromptField("tone", "warm", ("warm", "cold"))),
        ("{{text...}}", PromptField("text", has_lines=True)),
        ("{{text…}}", PromptField("text", has_lines=True)),
        ("{{text...:one\ntwo}}", PromptField("text", "one\ntwo", has_lines=True)),
        ("{{text:one\ntwo}}", PromptField("text", "one\ntwo", has_lines=True)),
    ],
)
def test_what_a_field_can_be(text: str, field: PromptField) -> None:
    assert list(fields_of(f"before {text} after")) == [field]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{{}}",
        "{{ }}",
        "{name}",
        "{{1st}}",
        "{{#each rows}}",
        "{{a.b}}",
        "{{a|}}",
        "{{text...|a|b}}",
        "{{x + 1}}",
        "{{name",
        "name}}",
        "{{a{b}}",
        '{{json:{"a": 1}}}',
        "{{" + "x" * 41 + "}}",
        "{% if x %}",
        "${name}",
    ],
)
def test_braces_that_are_no_field_stay_text(text: str) -> None:
    assert fields_of(text) == []
    assert fill(text, {"name": "X", "a": "X", "x": "X", "text": "X"}) == text


def test_a_name_is_asked_for_once_and_filled_everywhere() -> None:
    text = "{{who}} and {{who:Ada}} and {{who:Bob}}, {{n|1|2}}"
    assert list(fields_of(text)) == [PromptField("who", "Ada"), PromptField("n", "1", ("1", "2"))]
    assert fill(text, {}) == "Ada and Ada and Ada, 1"
    assert fill(text, {"who": "Eve", "n": "7"}) == "Eve and Eve and Eve, 7"


def test_a_gap_can_be_seen_and_is_named() -> None:
    text = "{{a}} {{b:x}} {{c...}}"
    assert fill(text, {}) == "{{a}} x {{c...}}"
    assert list(missing(text, {})) == ["a", "c"]
    assert list(missing(text, {"a": "1", "c": "2"})) == []


def test_a_value_is_text_and_never_a_variable() -> None:
    assert fill("{{a}}{{b}}", {"a": "{{b}}", "b": r"\1 {{a}} {0}"}) == r"{{b}}\1 {{a}} {0}"


@given(TEXTS, VALUES)
def test_no_text_can_break_it(text: str, values: dict[str, str]) -> None:
    names = [field.name for field in fields_of(text)]
    filled = fill(text, values)
    assert len(set(names)) == len(names)
    assert set(missing(text, values)) <= set(names)
    if not names:
        assert filled == text


@given(TEXTS, st.dictionaries(st.text(), st.text(), max_size=4))
def test_with_all_values_no_field_is_left(text: str, values: dict[str, str]) -> None:
    fields = fields_of(text)
    given_values = {field.name: "value" for field in fields} | {
        k: v for k, v in values.items() if "{" not in v
    }
    for field in fields:
        given_values[field.name] = "value"
    assert missing(text, given_values) == []


def test_the_number_of_fields_is_bounded() -> None:
    text = " ".join(f"{{{{f{number}}}}}" for number in range(MOST_FIELDS + 9))
    assert len(fields_of(text)) == MOST_FIELDS
    assert fill(text, {f"f{number}": "v" for number in range(MOST_FIELDS + 9)}).count("v") == MOST_FIELDS


@pytest.mark.parametrize("piece", ["{", "}", "{{", "{{a", "{{a ", "{{a|", "{{a:b}}", "{{a" + " " * 50])
def test_hostile_braces_cost_little(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    started = time.process_time()
    fields_of(text)
    fill(text, {"a": "x"})
    assert time.process_time() - started < 2
