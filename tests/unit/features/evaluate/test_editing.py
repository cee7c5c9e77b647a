"""Edits of a pack: what hangs on a name goes where the name goes."""

from dataclasses import replace

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.features.evaluate import editing
from slmdesk.features.evaluate.pack import (
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


def question(name: str) -> Question:
    return Question(name, f"{name}?", Kind.TEXT, Scoring(Scorer.EXACT))


RULE = Rule(Condition("q1", Relation.IS, "No"), Condition("q2", Relation.IS_EMPTY))
PACK = Pack(
    "Pack",
    documents=(Document("a", "A"), Document("b", "B"), Document("c", "C")),
    questions=(question("q1"), question("q2"), question("q3")),
    expected={("a", "q1"): "one", ("b", "q1"): "two", ("b", "q2"): "three"},
    rules=(RULE,),
)


def names(pack: Pack) -> list[str]:
    return [document.name for document in pack.documents]


def ids(pack: Pack) -> list[str]:
    return [each.id for each in pack.questions]


def test_a_name_that_is_taken_gets_a_number() -> None:
    more = editing.with_documents(PACK, [Document("a", "x"), Document("a", "y"), Document("d", "z")])
    assert names(more) == ["a", "b", "c", "a 2", "a 3", "d"]


def test_a_deleted_document_takes_its_answers_and_comes_back_with_them() -> None:
    without = editing.without_documents(PACK, {"b"})
    assert names(without) == ["a", "c"]
    assert without.expected == {("a", "q1"): "one"}
    edited = editing.with_documents(without, [Document("d", "D")])
    back = editing.with_documents_back(edited, PACK, {"b"})
    assert names(back) == ["a", "b", "c", "d"]
    assert back.expected == PACK.expected


def test_answers_follow_a_document_that_is_renamed() -> None:
    renamed = editing.with_document(PACK, "b", Document("z", "Z"))
    assert names(renamed) == ["a", "z", "c"]
    assert renamed.expected == {("a", "q1"): "one", ("z", "q1"): "two", ("z", "q2"): "three"}


@pytest.mark.parametrize("name", ["", "  ", "a"])
def test_a_name_that_is_empty_or_taken_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        editing.with_document(PACK, "b", Document(name, ""))
    with pytest.raises(BadInput):
        editing.with_question(PACK, "q2", question(name.replace("a", "q1")))


@pytest.mark.parametrize(
    ("by", "order"),
    [(-1, ["b", "a", "c"]), (1, ["a", "c", "b"]), (9, ["a", "c", "b"]), (-9, ["b", "a", "c"])],
)
def test_a_document_moves_and_stops_at_the_ends(by: int, order: list[str]) -> None:
    assert names(editing.with_moved_document(PACK, "b", by)) == order


def test_a_new_question_has_an_id_of_its_own() -> None:
    assert editing.new_question(PACK).id == "q4"
    assert editing.new_question(Pack("x", questions=(question("q2"),))).id == "q3"
    more = editing.with_questions(PACK, [question("q1"), question("q1")])
    assert ids(more) == ["q1", "q2", "q3", "q1_2", "q1_3"]


def test_answers_and_rules_follow_a_question_that_is_renamed() -> None:
    renamed = editing.with_question(PACK, "q1", replace(question("q1"), id="cause"))
    assert ids(renamed) == ["cause", "q2", "q3"]
    assert renamed.expected["b", "cause"] == "two"
    assert renamed.rules == (Rule(replace(RULE.when, question_id="cause"), RULE.then),)


def test_a_deleted_question_takes_answers_and_rules_and_comes_back_with_them() -> None:
    without = editing.without_question(PACK, "q1")
    assert (ids(without), without.rules) == (["q2", "q3"], ())
    assert without.expected == {("b", "q2"): "three"}
    back = editing.with_question_back(without, PACK, "q1")
    assert (ids(back), back.rules, back.expected) == (["q1", "q2", "q3"], (RULE,), PACK.expected)
    both = editing.without_question(without, "q2")
    assert editing.with_question_back(both, PACK, "q1").rules == ()
    assert ids(editing.with_question_back(back, PACK, "q1")) == ["q1", "q2", "q3"]


def test_an_empty_answer_takes_away_what_was_expected() -> None:
    changed = editing.with_expected(PACK, {("a", "q1"): "  ", ("c", "q3"): " new "})
    assert changed.expected == {("b", "q1"): "two", ("b", "q2"): "three", ("c", "q3"): "new"}
