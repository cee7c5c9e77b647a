"""Packs as files: what is written is read again, what is wrong is refused with its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from slmdesk.base.errors import BadInput
from slmdesk.config.paths import resources
from slmdesk.features.evaluate.pack import (
    NOT_STATED,
    Condition,
    Document,
    Kind,
    Pack,
    Question,
    Relation,
    Rule,
    Scorer,
    Scoring,
)
from slmdesk.features.evaluate.pack_file import (
    MOST_BYTES,
    pack_from_plain,
    pack_to_plain,
    read_pack,
    write_pack,
)
from slmdesk.features.evaluate.plain_pack import (
    LONGEST_DOCUMENT,
    LONGEST_ID,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_CHOICES,
    MOST_DOCUMENTS,
    MOST_QUESTIONS,
    MOST_RULES,
)

SCHEMA = Draft202012Validator(json.loads((resources() / "pack.schema.json").read_bytes()))


def plain(**more: Any) -> dict[str, Any]:
    return {"kind": "slmdesk-pack", "version": 1, "title": "Test", **more}


def asked(**more: Any) -> dict[str, Any]:
    return plain(questions=[{"id": "q", "kind": "text", **more}])


def about(expected: Any, kind: str = "text") -> dict[str, Any]:
    return plain(
        questions=[{"id": "q", "kind": kind}], documents=[{"name": "a", "expected": {"q": expected}}]
    )


FULL = Pack(
    title="Everything",
    documents=(Document("a.txt", "One 😀\n“two”", "https://example.org/a"), Document("b", "")),
    questions=(
        Question("yes", "Is it?", Kind.YES_NO, Scoring(Scorer.LABEL), can_be_unstated=False),
        Question("kind", "Which?", Kind.CHOICE, Scoring(Scorer.LABEL), choices=("x", "y"), weight=2.5),
        Question("sum", "How much?", Kind.NUMBER, Scoring(Scorer.NUMBER, tolerance=0.01), unit="EUR"),
        Question("why", "Why?", Kind.TEXT, Scoring(Scorer.FUZZY, threshold=0.9), max_words=12),
        Question("good", "", Kind.TEXT, Scoring(Scorer.JUDGE, model_ref="ollama/j:1b", rubric="Polite?")),
        Question("who", "Who?", Kind.JSON, Scoring(Scorer.JSON_FIELDS), json_schema={"type": "object"}),
    ),
    expected={("a.txt", "yes"): "Yes", ("a.txt", "sum"): "2.6 million", ("b", "why"): NOT_STATED},
    rules=(Rule(Condition("yes", Relation.IS, "No"), Condition("why", Relation.IS_EMPTY)),),
    description="All fields",
    instructions="Be brief.",
    language="de",
    licence="CC0-1.0",
)


def test_a_pack_goes_out_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "pack.json"
    write_pack(FULL, path)
    assert read_pack(path) == FULL
    assert list(SCHEMA.iter_errors(json.loads(path.read_bytes()))) == []
    assert [file.name for file in tmp_path.iterdir()] == ["pack.json"]
    assert "😀" in path.read_text("utf-8"), "a person can read the file"


def test_the_least_is_a_title() -> None:
    assert pack_from_plain(plain()) == Pack("Test")
    assert pack_to_plain(Pack("Test")) == plain(language="en")


def test_a_pack_of_no_certain_language_stays_one() -> None:
    assert pack_from_plain(pack_to_plain(Pack("Test", language=""))).language == ""


def test_what_is_usual_is_left_out() -> None:
    question = Question("q", "Which?", Kind.DATE, Scoring(Scorer.DATE))
    assert pack_to_plain(Pack("Test", questions=(question,)))["questions"] == [
        {"id": "q", "text": "Which?", "kind": "date"}
    ]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("Yes", "yes_no", "Yes"),
        (True, "yes_no", "Yes"),
        (False, "yes_no", "No"),
        (2600000, "number", "2600000"),
        (1234.5, "number", "1234.5"),
        (1e21, "number", "1000000000000000000000"),
        (0.000001, "number", "0.000001"),
        (-3, "number", "-3"),
        (["Veldtline", "Fareloom"], "list", "Veldtline; Fareloom"),
        ([1, 2.5, True, ""], "list", "1; 2.5; Yes"),
        ([], "list", ""),
        ({"name": "Ünal"}, "json", '{"name": "Ünal"}'),
        (["a"], "json", '["a"]'),
        (True, "json", "true"),
        ("a \ud83d\0 b", "text", "a ? b"),
    ],
)
def test_expected_answers_become_text(value: Any, kind: str, text: str) -> None:
    assert pack_from_plain(about(value, kind)).expected == {("a", "q"): text}


def test_an_answer_to_no_question_is_kept_for_the_check() -> None:
    pack = pack_from_plain(plain(documents=[{"name": "a", "expected": {"gone": [1, 2]}}]))
    assert pack.expected == {("a", "gone"): "1; 2"}


REFUSED: dict[str, tuple[Any, str]] = {
    "a list": ([], "no pack"),
    "another kind": (plain(kind="slmdesk-prompts"), "no pack"),
    "no version": ({"kind": "slmdesk-pack", "title": "T"}, "“version” must be 1"),
    "true is no version": (plain(version=True), "“version” must be 1"),
    "a newer version": (plain(version=2), "Update SLM Desk"),
    "no title": ({"kind": "slmdesk-pack", "version": 1}, "“title” is missing or empty"),
    "a blank title": (plain(title=" \n"), "“title” is missing or empty"),
    "a title that is no text": (plain(title=7), "“title” must be a text"),
    "an unknown field": (plain(instruction="x"), "Did you mean “instructions”?"),
    "a very unknown field": (plain(zzz=1), "the fields are"),
    "documents that are no list": (plain(documents={}), "“documents” must be a list"),
    "a document that is no object": (plain(documents=["text"]), "Document 1: it must be an object"),
    "a document without a name": (plain(documents=[{"name": "a"}, {"text": "x"}]), "Document 2: “name”"),
    "two documents of one name": (plain(documents=[{"name": "a"}, {"name": "a"}]), "name “a”, too"),
    "two questions of one id": (plain(questions=[{"id": "q", "kind": "text"}] * 2), "id “q”, too"),
    "an unknown kind": (asked(kind="yesno"), "Question 1: “kind” must be one of yes_no, choice"),
    "a kind that is a list": (asked(kind=["text"]), "“kind” must be one of"),
    "no kind": (plain(questions=[{"id": "q"}]), "“kind” must be one of"),
    "an unknown scorer": (asked(scorer="magic"), "“scorer” must be one of"),
    "a threshold over 1": (asked(threshold=80), "“threshold” must be a number from 0 to 1"),
    "a weight that is true": (asked(weight=True), "“weight” must be a number"),
    "a weight below 0": (asked(weight=-1), "“weight” must be a number"),
    "half a word": (asked(max_words=2.5), "“max_words” must be a whole number"),
    "a flag in words": (asked(can_be_unstated="yes"), "“can_be_unstated” must be true or false"),
    "choices that are numbers": (asked(choices=[1]), "“choices” must be a list of texts"),
    "a schema that is a text": (asked(json_schema="{}"), "“json_schema” must be an object"),
    "a misspelt field of a question": (asked(choises=[]), "Did you mean “choices”?"),
    "nothing expected": (about(None), "the answer expected to “q”"),
    "an object where no JSON is asked for": (about({"a": 1}), "the answer expected to “q”"),
    "an item with the separator": (about(["a; b"]), "without “;”"),
    "a list in a list": (about([["a"]]), "the answer expected to “q”"),
    "an endless answer": (about("x" * 100_001), "of at most 100,000 characters"),
    "expected is a list": (plain(documents=[{"name": "a", "expected": []}]), "“expected” must be an object"),
    "a rule without an end": (
        plain(rules=[{"when": {"question": "a", "relation": "is_empty"}}]),
        "Rule 1",
    ),
    "an unknown relation": (
        plain(rules=[{"when": {"question": "a", "relation": "equals"}, "then": {}}]),
        "Rule 1: “relation” must be one of is, is_not",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_with_its_place(name: str) -> None:
    value, words = REFUSED[name]
    with pytest.raises(BadInput) as caught:
        pack_from_plain(value)
    assert words in caught.value.sentence()
    assert caught.value.next_step


# What a JSON schema cannot say.
BEYOND_SCHEMA = {
    "two documents of one name",
    "two questions of one id",
    "an item with the separator",
    "a list in a list",
    "an object where no JSON is asked for",
}


@pytest.mark.parametrize("name", sorted(REFUSED.keys() - BEYOND_SCHEMA))
def test_the_published_schema_refuses_it_too(name: str) -> None:
    assert list(SCHEMA.iter_errors(REFUSED[name][0]))


def test_the_limits_are_those_of_the_schema() -> None:
    """A pack as large as may be is read and fits; a little more is refused by both."""
    condition = {"question": "q", "relation": "is_empty"}
    most = {
        **plain(title="t" * LONGEST_NAME, language="l" * LONGEST_ID, licence="c" * LONGEST_NAME),
        "rules": [{"when": condition, "then": condition}] * MOST_RULES,
        "questions": [
            {
                "id": f"{number:0{LONGEST_ID}}",
                "kind": "choice",
                "choices": ["c" * LONGEST_NAME] * (MOST_CHOICES if not number else 1),
                "unit": "u" * LONGEST_ID,
                "scorer_model": "m" * LONGEST_NAME,
            }
            for number in range(MOST_QUESTIONS)
        ],
        "documents": [{"name": f"{number}"} for number in range(MOST_DOCUMENTS)],
    }
    assert len(pack_from_plain(most).documents) == MOST_DOCUMENTS
    small = {**most, "documents": [{"name": "n" * LONGEST_NAME, "text": "x" * LONGEST_DOCUMENT}]}
    assert list(SCHEMA.iter_errors(small)) == []
    for field, value in (
        ("title", "t" * (LONGEST_NAME + 1)),
        ("language", "l" * (LONGEST_ID + 1)),
        ("rules", [*most["rules"], most["rules"][0]]),
        ("questions", [*most["questions"], {"id": "one more", "kind": "text"}]),
        ("questions", [{"id": "q", "kind": "choice", "choices": ["c"] * (MOST_CHOICES + 1)}]),
        ("questions", [{"id": "q" * (LONGEST_ID + 1), "kind": "text"}]),
        ("questions", [{"id": "q", "kind": "text", "text": "x" * (LONGEST_TEXT + 1)}]),
        ("documents", [{"name": "a", "text": "x" * (LONGEST_DOCUMENT + 1)}]),
        ("documents", [{"name": "n" * (LONGEST_NAME + 1)}]),
    ):
        with pytest.raises(BadInput):
            pack_from_plain(plain() | {field: value})
        assert list(SCHEMA.iter_errors(plain() | {field: value})), field


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "line 1, column 1"),
    "cut": (lambda: b'{"kind": "slmdesk-pack",\n "title": ', "line 2"),
    "no text": (lambda: b"PK\x03\x04\xff\xfe\x80", "no text in UTF-8"),
    "deep": (lambda: b"[" * 200_000, "nested too deeply"),
    "no number": (lambda: b'{"version": NaN}', "NaN is no JSON number"),
    "twice": (lambda: b'{"a": {"q": "1", "q": "2"}}', "“q” stands twice"),
    "endless digits": (lambda: b'{"version": ' + b"1" * 5000 + b"}", "no whole JSON file"),
    "large": (lambda: b" " * (MOST_BYTES + 1), "larger than 100 MB"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused(name: str, tmp_path: Path) -> None:
    content, words = FILES[name]
    path = tmp_path / "pack.json"
    path.write_bytes(content())
    with pytest.raises(BadInput) as caught:
        read_pack(path)
    assert words in caught.value.message
    assert "pack.json" in caught.value.message


def test_what_is_wrong_inside_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(asked(kind="yesno")))
    with pytest.raises(BadInput, match=r"mine\.json: Question 1: “kind”"):
        read_pack(path)


def test_a_file_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_pack(tmp_path / "gone.json")
    with pytest.raises(BadInput, match="cannot be written"):
        write_pack(FULL, tmp_path / "gone" / "pack.json")


def test_no_file_is_written_that_could_not_be_read(tmp_path: Path) -> None:
    documents = tuple(Document(f"{number}", "x" * LONGEST_DOCUMENT) for number in range(21))
    with pytest.raises(BadInput, match="larger than 100 MB"):
        write_pack(Pack("Large", documents), tmp_path / "pack.json")
    assert list(tmp_path.iterdir()) == []


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "pack.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(plain()).encode())
    assert read_pack(path) == Pack("Test")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted(json.loads((resources() / "pack.schema.json").read_bytes())["properties"])
QUESTION_FIELDS = sorted(
    json.loads((resources() / "pack.schema.json").read_bytes())["$defs"]["question"]["properties"]
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, max_size=4))
def test_any_json_is_a_pack_or_refused(fields: dict[str, Any]) -> None:
    assert_reader_and_schema_agree(plain() | fields)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(QUESTION_FIELDS), ANY_JSON, max_size=4))
def test_any_question_is_one_or_refused(fields: dict[str, Any]) -> None:
    assert_reader_and_schema_agree(asked(**fields))


def assert_reader_and_schema_agree(value: Any) -> None:
    """A pack that is read fits the schema and comes back; what is refused is known."""
    try:
        pack = pack_from_plain(value)
    except BadInput:
        return
    assert list(SCHEMA.iter_errors(value)) == []
    assert pack_from_plain(pack_to_plain(pack)) == pack
