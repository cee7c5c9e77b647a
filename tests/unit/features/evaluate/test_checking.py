"""What is wrong with a pack is found and said, with what to do; what is right is left alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from slmdesk.features.evaluate.checking import Problem, problems
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

BREACH = Question("breach", "Is it a breach?", Kind.YES_NO, Scoring(Scorer.LABEL), can_be_unstated=False)
LABEL = Question("label", "Which?", Kind.CHOICE, Scoring(Scorer.LABEL), choices=("red", "green"))
COUNT = Question("count", "How many?", Kind.NUMBER, Scoring(Scorer.NUMBER))
DAY = Question("day", "When?", Kind.DATE, Scoring(Scorer.DATE))
CAUSE = Question("cause", "Why?", Kind.TEXT, Scoring(Scorer.FUZZY), max_words=4)
NAMES = Question("names", "Who?", Kind.LIST, Scoring(Scorer.SET_F1))
WHOLE = Question("whole", "What?", Kind.JSON, Scoring(Scorer.JSON_FIELDS))
CODE = Question("code", "Write it", Kind.TEXT, Scoring(Scorer.REGEX))
GOOD = Question("good", "Is it good?", Kind.TEXT, Scoring(Scorer.JUDGE, model_ref="a/b", rubric="Polite?"))
RULE = Rule(Condition("breach", Relation.IS, "No"), Condition("cause", Relation.IS_EMPTY))
PACK = Pack(
    "Test",
    (Document("a", "One"), Document("b", "Two")),
    (BREACH, LABEL, COUNT, DAY, CAUSE, NAMES, WHOLE, CODE, GOOD),
    {
        ("a", "breach"): "Yes",
        ("a", "label"): "Red",
        ("a", "count"): "2.6 million",
        ("a", "day"): "11 to 19 August 2024",
        ("a", "cause"): "a stolen laptop; theft | loss",
        ("a", "names"): "",
        ("a", "whole"): '{"total": 12.5}',
        ("a", "code"): r"def is_prime\(",
        ("a", "good"): "",
        ("b", "breach"): "no",
        ("b", "count"): NOT_STATED,
        ("b", "day"): "unknown",
        ("b", "cause"): NOT_STATED,
        ("b", "names"): NOT_STATED,
    },
    (RULE,),
)


def with_question(question: Question) -> Pack:
    others = [each for each in PACK.questions if each.id != question.id]
    return replace(PACK, questions=(*others, question))


def expecting(document: str, question_id: str, answer: str) -> Pack:
    return replace(PACK, expected={**PACK.expected, (document, question_id): answer})


def test_a_good_pack_has_no_problems() -> None:
    assert (
        problems(replace(PACK, expected={k: v for k, v in PACK.expected.items() if k != ("a", "good")})) == []
    )


WRONG: dict[str, tuple[Callable[[], Pack], str, str, str]] = {
    "no documents": (lambda: Pack("T", questions=(BREACH,)), "This pack has no documents.", "", ""),
    "no questions": (lambda: Pack("T", PACK.documents), "This pack has no questions yet.", "", ""),
    "two names": (
        lambda: replace(PACK, documents=(*PACK.documents, Document("b", "Three"))),
        "Two documents have the name “b”.",
        "b",
        "",
    ),
    "two ids": (
        lambda: replace(PACK, questions=(*PACK.questions, COUNT)),
        "Two questions have the id “count”.",
        "",
        "count",
    ),
    "an empty document": (
        lambda: replace(PACK, documents=(*PACK.documents, Document("c", " \n"))),
        "The document “c” is empty.",
        "c",
        "",
    ),
    "the same text": (
        lambda: replace(PACK, documents=(*PACK.documents, Document("c", "One"))),
        "“a” and “c” have the same text.",
        "c",
        "",
    ),
    "no text": (lambda: with_question(replace(DAY, text=" ")), "“day” has no text", "", "day"),
    "no choice": (
        lambda: with_question(replace(LABEL, choices=("red", " "))),
        "leaves no choice",
        "",
        "label",
    ),
    "a choice twice": (
        lambda: with_question(replace(LABEL, choices=("red", "green", "Red "))),
        "has the choice “red” twice",
        "",
        "label",
    ),
    "no model": (
        lambda: with_question(replace(GOOD, scoring=Scoring(Scorer.JUDGE, rubric="Polite?"))),
        "scored by a model, but none is chosen",
        "",
        "good",
    ),
    "no rubric": (
        lambda: with_question(replace(GOOD, scoring=Scoring(Scorer.JUDGE, model_ref="a/b"))),
        "not told what to look at",
        "",
        "good",
    ),
    "a wrong schema": (
        lambda: with_question(replace(WHOLE, json_schema={"type": "thing"})),
        "The schema of the question “whole” is none",
        "",
        "whole",
    ),
    "an unknown document": (lambda: expecting("c", "day", "1 May 2024"), "expected for “c”", "", "day"),
    "an unknown question": (lambda: expecting("a", "gone", "x"), "“gone”, a question that is not", "a", ""),
    "no yes or no": (lambda: expecting("a", "breach", "perhaps"), "“perhaps” cannot be read", "a", "breach"),
    "none of the choices": (lambda: expecting("a", "label", "blue"), "“blue” cannot be read", "a", "label"),
    "no number": (lambda: expecting("a", "count", "a lot"), "“a lot” cannot be read", "a", "count"),
    "no date": (lambda: expecting("a", "day", "soon"), "“soon” cannot be read", "a", "day"),
    "no JSON": (lambda: expecting("a", "whole", '{"total": '), "cannot be read", "a", "whole"),
    "no pattern": (lambda: expecting("a", "code", "def is_prime("), "no valid pattern", "a", "code"),
    "too many words": (
        lambda: expecting("a", "cause", "a laptop that somebody had stolen"),
        "6 words where 4 are allowed",
        "a",
        "cause",
    ),
    "too many words in one of several": (
        lambda: expecting("a", "cause", "theft; a laptop that somebody had stolen"),
        "6 words where 4 are allowed",
        "a",
        "cause",
    ),
    "empty": (lambda: expecting("a", "cause", " "), "the expected answer is empty", "a", "cause"),
    "not allowed": (
        lambda: with_question(replace(DAY, can_be_unstated=False)),
        "“unknown” is expected, but the question does not allow it",
        "b",
        "day",
    ),
    "a rule about nothing": (
        lambda: replace(PACK, rules=(replace(RULE, then=Condition("gone", Relation.IS_EMPTY)),)),
        "There is no question “gone”",
        "",
        "breach",
    ),
    "a broken rule": (
        lambda: expecting("b", "cause", "theft"),
        "The expected answers for “b” break the rule “If “Is it a breach?” is No, “Why?” must be empty.”",
        "b",
        "cause",
    ),
}
BLOCKING = {"no documents", "no questions", "two names", "two ids", "no text", "no choice", "a wrong schema"}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str) -> None:
    made, words, document, question_id = WRONG[name]
    found = [problem for problem in problems(made()) if words in problem.words]
    assert len(found) == 1, problems(made())
    assert (found[0].document, found[0].question_id) == (document, question_id)
    assert found[0].is_blocking == (name in BLOCKING)
    assert found[0].next_step.endswith(".")


def test_nothing_else_is_said() -> None:
    extra = {name: [problem.words for problem in problems(made())] for name, (made, *_) in WRONG.items()}
    assert {name: said for name, said in extra.items() if len(said) != 1} == {}


def test_what_keeps_it_from_running_comes_first() -> None:
    found = problems(replace(PACK, documents=(Document("a", ""), Document("a", "x"))))
    assert found[0] == Problem(
        "Two documents have the name “a”.",
        "Give each document a name of its own.",
        document="a",
        is_blocking=True,
    )
    assert len(found) > 2
    assert [problem.is_blocking for problem in found] == sorted(
        (problem.is_blocking for problem in found), reverse=True
    )
