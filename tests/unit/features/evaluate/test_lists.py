"""Lists, however their items are separated."""

import pytest

from slmdesk.features.evaluate.pack import NOT_STATED, Kind
from slmdesk.features.evaluate.scorers import plain_answer, score
from slmdesk.features.evaluate.scorers.lists import is_alike, readings_of
from tests.unit.features.evaluate.questions import asked

LIST = asked(Kind.LIST)
FIRMS = "Nordwind GmbH; Kestrel Systems; Blue Harbour"


@pytest.mark.parametrize(
    "answer",
    [
        "Nordwind GmbH; Kestrel Systems; Blue Harbour", "Blue Harbour; Nordwind GmbH; Kestrel Systems",
        "Nordwind GmbH, Kestrel Systems and Blue Harbour", "Nordwind GmbH, Kestrel Systems, and Blue Harbour",
        "Nordwind GmbH, Kestrel Systems und Blue Harbour",
        '["Nordwind GmbH", "Kestrel Systems", "Blue Harbour"]',
        "- Nordwind GmbH\n- Kestrel Systems\n- Blue Harbour",
        "* Nordwind GmbH\n* Kestrel Systems\n* Blue Harbour",
        "1. Nordwind GmbH\n2. Kestrel Systems\n3. Blue Harbour",
        "• Nordwind GmbH\n• Kestrel Systems\n• Blue Harbour",
        "Nordwind GmbH\nKestrel Systems\nBlue Harbour",
        "The third parties are Nordwind GmbH, Kestrel Systems and Blue Harbour.",
        "Here are the names:\n- Nordwind GmbH\n- Kestrel Systems\n- Blue Harbour",
        "Names: Nordwind; Kestrel Systems; Blue Harbour",
        "nordwind gmbh, kestrel systems, blue harbour", "Nordwind, Kestrel Systems, Blue Harbour",
        "“Nordwind GmbH”, “Kestrel Systems”, “Blue Harbour”",
        "**Nordwind GmbH**; **Kestrel Systems**; **Blue Harbour**",
        '[{"name": "Nordwind GmbH"}, {"name": "Kestrel Systems"}, {"name": "Blue Harbour"}]',
        "Nordwind GmbH & Kestrel Systems & Blue Harbour", "Nordwind GmbH, Kestrel System, the Blue Harbour",
        "Nordwind GmbH; Nordwind GmbH; Kestrel Systems; Blue Harbour",
        "(a) Nordwind GmbH\n(b) Kestrel Systems\n(c) Blue Harbour",
    ],
)  # fmt: skip
def test_the_same_items(answer: str) -> None:
    assert score(LIST, answer, FIRMS).value == 1.0


@pytest.mark.parametrize(
    ("answer", "expected", "value"),
    [
        ("A; C", "A; B", 2 * 1 / 4), ("A", "A; B", 2 * 1 / 3), ("A; B; C", "A", 2 * 1 / 4),
        ("X; Y", "A; B", 0),
        ("Johnson and Johnson", "Johnson and Johnson", 1),
        ("Johnson and Johnson, Acme", "Johnson and Johnson; Acme", 1),
        ("Acme, Inc., Kestrel, Ltd.", "Acme Inc.; Kestrel Ltd.", 1), ("clause 9", "clause 8", 0),
        ("not insured", "insured", 0),
        ("none", "", 1),
        ("no third parties were involved", NOT_STATED, 1), ("[]", NOT_STATED, 1), ("keine", NOT_STATED, 1),
        ("Not stated", "A; B", 0), ("A", NOT_STATED, 0), ("There were no third parties.", "none", 1),
        ("Copy paper A4, 500 sheets; Ink", "Copy paper A4, 500 sheets; Ink", 1),
        ("4,800 words, 2 pages", "4,800 words; 2 pages", 1),
        ("a; a; a; b", "A; B", 1), ("Nordwnd", "Nordwind", 1), ("A or B", "A; B", 1), ("B and A", "A; B", 1),
        ("Smith and Sons; Acme", "Smith and Sons; Acme", 1), ("1. A\n2. B\n3. C", "A; B", 2 * 2 / 5),
        ("Wind Nord", "Nord Wind", 1),
    ],
)  # fmt: skip
def test_the_f1_of_the_items(answer: str, expected: str, value: float) -> None:
    assert score(LIST, answer, expected).value == pytest.approx(value)


def test_each_item_is_matched_once_and_as_many_as_possible() -> None:
    """ "aaaa" is like both, "aaab" like the first alone: the greedy pair would leave one out."""
    loose = asked(Kind.LIST, threshold=0.6)
    assert is_alike("bcde", "bcdx", 0.6)
    assert not is_alike("bcde", "wxyz", 0.6)
    assert score(loose, "abcd; abxy", "abcx; abcd").value == 1.0


def test_the_reason_names_what_is_missing_and_what_is_too_many() -> None:
    assert score(LIST, "A; C", "A; B").why == "1 of 2 items are named; missing: “B”; not expected: “C”."
    assert score(LIST, "A", "A; B").why == "1 of 2 items are named; missing: “B”."
    assert score(LIST, "A; B; C", "A; B").why == "All 2 items are named; not expected: “C”."
    assert score(LIST, "a;b", "A; B").why == "All 2 items are named, and no others."
    assert score(LIST, "A", NOT_STATED).why == "No items are expected, but the answer names “A”."
    assert score(LIST, "", "A").why == "There is no answer."
    assert score(LIST, "x1; x2; x3; x4", "A").why.endswith("not expected: “x1”, “x2”, “x3” ….")


def test_a_word_between_two_names_leaves_it_open_whether_they_are_two() -> None:
    assert set(readings_of("Smith and Sons")) == {("Smith and Sons",), ("Smith", "Sons")}
    assert readings_of("A; B and C") == (("A", "B and C"),)


def test_one_spelling_for_the_same_items() -> None:
    spelt = {plain_answer(LIST, text) for text in ("B; A", "a, b", '["A", "B"]', "- b\n- a")}
    assert spelt == {"a; b"}
    assert plain_answer(LIST, "none") == plain_answer(LIST, "[]") == NOT_STATED
