"""Consistency rules: suggested, said, checked."""

from dataclasses import replace

import pytest

from slmdesk.features.evaluate.pack import NOT_STATED, Condition, Kind, Relation, Rule
from slmdesk.features.evaluate.rules import in_words, problem, suggested_rules, violated
from tests.unit.features.evaluate.questions import CAUSES, asked

INVOLVED = asked(Kind.YES_NO, id="third_parties", text="Were third parties involved?")
NAMES = asked(Kind.LIST, id="names", text="What are the names of the third parties?")
KNOWN = asked(Kind.YES_NO, id="cause_known", text="Is the cause of the breach known?")
CAUSE = asked(Kind.TEXT, id="cause", text="What caused the breach?")
IS_BREACH = asked(Kind.YES_NO, id="is_breach", text="Is it a breach?")
WHEN = asked(Kind.DATE, id="date", text="When did the breach happen?")
RECORDS = asked(Kind.NUMBER, id="records", text="How many records were affected by the breach?")
ENTITY = asked(Kind.TEXT, id="entity", text="Which firm suffered the breach?")
PACK = (IS_BREACH, ENTITY, RECORDS, WHEN, KNOWN, CAUSE, INVOLVED, NAMES)

NO_NAMES = Rule(Condition("third_parties", Relation.IS, "No"), Condition("names", Relation.IS_EMPTY))
NO_CAUSE = Rule(Condition("cause_known", Relation.IS, "No"), Condition("cause", Relation.IS_EMPTY))
A_CAUSE = Rule(Condition("cause_known", Relation.IS, "Yes"), Condition("cause", Relation.IS_NOT_EMPTY))


def test_the_rules_of_a_pack_are_suggested_and_no_others() -> None:
    """The breach is what all the questions are about: it is no condition of the others."""
    assert set(suggested_rules(PACK)) == {NO_NAMES, NO_CAUSE, A_CAUSE}


def test_a_choice_that_means_nothing_is_asked_for() -> None:
    cause = asked(Kind.CHOICE, id="cause", text="What caused it?", choices=CAUSES)
    (first, _) = suggested_rules((KNOWN, cause))
    assert first.then == Condition("cause", Relation.IS, "Unknown")


def test_german_questions() -> None:
    involved = asked(Kind.YES_NO, id="q1", text="Waren Dienstleister beteiligt?")
    names = asked(Kind.LIST, id="q2", text="Wie heißen die Dienstleister?")
    assert suggested_rules((involved, names)) == (
        Rule(Condition("q1", Relation.IS, "No"), Condition("q2", Relation.IS_EMPTY)),
    )


def test_nothing_is_suggested_where_kinds_or_words_do_not_allow_it() -> None:
    assert suggested_rules(()) == ()
    assert suggested_rules((INVOLVED, WHEN)) == ()
    assert suggested_rules((INVOLVED, replace(NAMES, kind=Kind.YES_NO))) == ()
    assert suggested_rules((KNOWN, replace(CAUSE, can_be_unstated=False))) == ()


@pytest.mark.parametrize(
    ("rule", "answers", "is_violated"),
    [
        (NO_NAMES, {"third_parties": "No", "names": "Kestrel"}, True),
        (NO_NAMES, {"third_parties": "No", "names": NOT_STATED}, False),
        (NO_NAMES, {"third_parties": "Yes", "names": "Kestrel"}, False),
        (NO_NAMES, {"third_parties": "nein", "names": "Kestrel"}, True),
        (NO_NAMES, {"third_parties": NOT_STATED, "names": "Kestrel"}, False),
        (NO_NAMES, {"third_parties": "No", "names": ""}, False),
        (NO_NAMES, {"third_parties": "No"}, False), (NO_NAMES, {"names": "Kestrel"}, False),
        (NO_NAMES, {}, False),
        (A_CAUSE, {"cause_known": "Yes", "cause": "Unknown"}, True),
        (A_CAUSE, {"cause_known": "Yes", "cause": "theft"}, False),
        (NO_CAUSE, {"cause_known": "No", "cause": "keine Angabe"}, False),
        (NO_CAUSE, {"cause_known": "No.", "cause": "theft"}, True),
        (Rule(Condition("a", Relation.IS_EMPTY), Condition("b", Relation.IS, "Unknown")),
        {"a": "", "b": "not stated"}, False),
        (Rule(Condition("a", Relation.IS_EMPTY), Condition("b", Relation.IS, "Unknown")),
        {"a": "", "b": "theft"}, True),
        (Rule(Condition("a", Relation.IS_NOT, "x"), Condition("b", Relation.IS_NOT, "y")),
        {"a": "z", "b": "Y."}, True),
        (Rule(Condition("a", Relation.IS_NOT, "x"), Condition("b", Relation.IS_NOT, "y")),
        {"a": "X", "b": "y"}, False),
        (Rule(Condition("a", Relation.IS, "Phishing"), Condition("b", Relation.IS_NOT_EMPTY)),
        {"a": "phishing", "b": "-"}, True),
        (Rule(Condition("a", Relation.IS, "0"), Condition("b", Relation.IS_EMPTY)),
        {"a": "0", "b": "A"}, True),
        (Rule(Condition("a", Relation.IS, "Yes"), Condition("b", Relation.IS, "No")),
        {"a": "true", "b": "no breach"}, False),
    ],
)  # fmt: skip
def test_a_rule_is_violated_where_the_second_part_does_not_hold(
    rule: Rule, answers: dict[str, str], is_violated: bool
) -> None:
    assert violated(rule, answers) == is_violated


def test_rules_in_words() -> None:
    assert in_words(NO_NAMES, PACK) == (
        "If “Were third parties involved?” is No, “What are the names of the third parties?” must be empty."
    )
    assert in_words(A_CAUSE, PACK).endswith("is Yes, “What caused the breach?” must not be empty.")
    other = Rule(Condition("cause", Relation.IS_NOT, "theft"), Condition("gone", Relation.IS_NOT, "x"))
    assert in_words(other, PACK) == "If “What caused the breach?” is not “theft”, “gone” must not be “x”."
    long = replace(CAUSE, text="What caused it? " * 10)
    assert "“cause” must be empty" in in_words(NO_CAUSE, (long,))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (NO_NAMES, ""), (A_CAUSE, ""), (Rule(NO_NAMES.when, Condition("gone", Relation.IS_EMPTY)),
        "There is no question “gone”"),
        (Rule(Condition("names", Relation.IS_EMPTY), NO_NAMES.then), "two different questions"),
        (Rule(Condition("cause", Relation.IS), NO_NAMES.then), "needs a value"),
        (Rule(Condition("cause_known", Relation.IS, "perhaps"), NO_CAUSE.then), "is no answer to"),
        (Rule(Condition("cause_known", Relation.IS, "not stated"), NO_CAUSE.then), ""),
        (Rule(Condition("cause", Relation.IS, "anything"), NO_NAMES.then), ""),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule(rule: Rule, words: str) -> None:
    found = problem(rule, PACK)
    assert words in found
    assert bool(found) == bool(words)


def test_every_suggested_rule_can_be_used() -> None:
    assert [problem(rule, PACK) for rule in suggested_rules(PACK)] == [""] * 3
