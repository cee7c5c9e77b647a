"""Votes of several models, the best at each question, and how far seeds agree."""

import pytest

from slmdesk.features.evaluate.pack import Kind
from slmdesk.features.evaluate.per_question import best_per_question
from slmdesk.features.evaluate.same_answer import is_same_answer, stability
from slmdesk.features.evaluate.votes import OtherDocuments, tally, vote
from tests.unit.features.evaluate.tables import question, table

WEIGHTS = {"e/a": 0.9, "e/b": 0.5, "e/c": 0.6}


def test_the_majority_wins_whatever_the_weights() -> None:
    heavy = WEIGHTS | {"e/a": 5.0}
    assert vote({"e/a": "Yes", "e/b": "No", "e/c": "No"}, question(), heavy) == "No"
    counted = tally({"e/a": "Yes", "e/b": "No", "e/c": "No"}, question(), WEIGHTS)
    assert (counted.models, counted.voters, counted.is_tie) == (("e/b", "e/c"), 3, False)
    assert counted.words == "2 of 3 models: b and c."


def test_a_tie_goes_to_the_weightier_side_and_is_told() -> None:
    counted = tally({"e/b": "No", "e/c": "Perhaps", "e/a": "Yes"}, question(), WEIGHTS)
    assert (counted.answer, counted.is_tie) == ("Yes", True)
    assert counted.words == "1 of 3 models: a. It is a tie, which the better models decided."
    two_each = {"e/a": "Yes", "e/b": "No", "e/c": "No", "e/d": "Yes"}
    assert vote(two_each, question(), WEIGHTS | {"e/d": 0.3}) == "Yes"
    assert vote(two_each, question(), WEIGHTS | {"e/d": 0.1}) == "No"


def test_a_tie_of_equal_weights_goes_to_the_first() -> None:
    assert vote({"e/b": "No", "e/a": "Yes"}, question(), {}) == "No"
    assert vote({"e/a": "Yes"}, question(), {}) == "Yes"


def test_answers_that_say_the_same_are_counted_together() -> None:
    counted = tally({"e/b": "acme  corp", "e/a": "Acme Corp", "e/c": "Beta"}, question(), WEIGHTS)
    assert counted.models == ("e/b", "e/a")
    assert counted.answer == "Acme Corp", "as the better of the two wrote it"


@pytest.mark.parametrize(
    ("kind", "one", "same", "other"),
    [
        (Kind.YES_NO, "Yes.", "yes, it is", "No"),
        (Kind.NUMBER, "2,600,000", "2.6 million", "2.6"),
        (Kind.DATE, "11 August 2024", "2024-08-11", "12 August 2024"),
        (Kind.LIST, "Acme; Beta", "beta; acme", "Acme"),
        (Kind.TEXT, "Not stated", "The text does not mention it.", "Acme"),
    ],
)
def test_what_is_the_same_depends_on_the_kind(kind: Kind, one: str, same: str, other: str) -> None:
    assert is_same_answer(question(kind), one, same)
    assert not is_same_answer(question(kind), one, other)
    counted = tally({"e/c": other, "e/a": one, "e/b": same}, question(kind), WEIGHTS)
    assert (counted.answer, counted.models) == (one, ("e/a", "e/b"))


def test_a_vote_does_not_peek_at_the_document_it_votes_on() -> None:
    scores = table(a=["11", "11", "00"], b=["00", "10", "11"], c=["..", "..", "11"])
    others = OtherDocuments(scores)
    assert others.weights(0) == pytest.approx({"engine/a": 0.5, "engine/b": 0.75, "engine/c": 1.0})
    assert others.weights(2) == pytest.approx({"engine/a": 1.0, "engine/b": 0.25, "engine/c": 0.5})


def test_the_best_model_at_each_question() -> None:
    scores = table(a=["10."] * 12, b=["01."] * 12, c=["10."] * 11 + ["00."])
    first, second = best_per_question(scores)
    assert (first.question, first.best.model, first.equals) == ("question 0", "engine/a", ("engine/c",))
    assert first.words == "question 0: a is ahead with 100 %; c may be as good."
    assert (second.best.model, second.equals) == ("engine/b", ())
    assert second.words == "question 1: b is the best with 100 %."
    assert (second.best.low, second.best.documents) == (pytest.approx(0.757, abs=1e-3), 12)


def test_few_documents_leave_the_best_open() -> None:
    (best,) = best_per_question(table(a=["1", "1", "1"], b=["0", "1", "1"]))
    assert (best.best.model, best.equals) == ("engine/a", ("engine/b",))


def test_what_is_better_by_other_documents_alone_is_not_proved_to_be() -> None:
    """a leads by documents that b was never asked about; where both were, b is clearly the better."""
    scores = table(a=["0"] * 20 + ["1"] * 180, b=["1"] * 20 + ["0"] * 3 + ["."] * 177)
    (best,) = best_per_question(scores)
    assert (best.best.model, best.equals) == ("engine/a", ("engine/b",))


def test_seeds_agree_with_the_first() -> None:
    assert stability(question(), ["Acme"]) is None
    assert stability(question(), ["Acme", "acme", "Beta"]) == pytest.approx(2 / 3)
    assert stability(question(), ["Beta", "Acme", "Acme"]) == pytest.approx(1 / 3)
