"""What is wrong with a pack, in words, each with what to do: for the window, and before a run."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.evaluate import rules, scorers
from slmdesk.features.evaluate.normal_text import shown
from slmdesk.features.evaluate.pack import BY_A_MODEL, NOT_STATED, Kind, Pack, Question, Scorer
from slmdesk.features.evaluate.scorers.texts import alternatives_in
from slmdesk.features.evaluate.unstated import says_unstated

_LONGEST_REASON = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """`document` and `question_id` say where to look, "" where it is about neither.

    One that `is_blocking` keeps the pack from being run; the others make a score less worth.
    """

    words: str
    next_step: str
    document: str = ""
    question_id: str = ""
    is_blocking: bool = False


def problems(pack: Pack) -> list[Problem]:
    """All of them, the blocking ones first. Takes a while for thousands of answers: use a thread."""
    found = [*_of_documents(pack), *_of_questions(pack), *_of_expected(pack), *_of_rules(pack)]
    return sorted(found, key=lambda problem: not problem.is_blocking)


def _of_documents(pack: Pack) -> Iterator[Problem]:
    if not pack.documents:
        yield Problem(
            say("This pack has no documents."),
            say("Add at least one: import files, or write a text."),
            is_blocking=True,
        )
    for name in _twice(document.name for document in pack.documents):
        yield Problem(
            say("Two documents have the name “{name}”.", name=name),
            say("Give each document a name of its own."),
            document=name,
            is_blocking=True,
        )
    first_of_text: dict[str, str] = {}
    for document in pack.documents:
        if not document.text.strip():
            yield Problem(
                say("The document “{name}” is empty.", name=document.name),
                say("Add its text, or take it out: there is nothing to answer from."),
                document=document.name,
            )
            continue
        first = first_of_text.setdefault(document.text, document.name)
        if first != document.name:
            yield Problem(
                say(
                    "The documents “{first}” and “{name}” have the same text.",
                    first=first,
                    name=document.name,
                ),
                say("Take one of them out: it would count twice, and the verdict would look too certain."),
                document=document.name,
            )


def _of_questions(pack: Pack) -> Iterator[Problem]:
    if not pack.questions:
        yield Problem(
            say("This pack has no questions yet."),
            say("Add at least one question that is asked about every document."),
            is_blocking=True,
        )
    for question_id in _twice(question.id for question in pack.questions):
        yield Problem(
            say("Two questions have the id “{name}”.", name=question_id),
            say("Give each question an id of its own: it is the key of the answer."),
            question_id=question_id,
            is_blocking=True,
        )
    for question in pack.questions:
        yield from _of_question(question)


def _of_question(question: Question) -> Iterator[Problem]:
    if not question.text.strip():
        yield Problem(
            say("The question “{name}” has no text.", name=question.id),
            say("Write what is asked, or take the question out."),
            question_id=question.id,
            is_blocking=True,
        )
    if question.kind is Kind.CHOICE:
        yield from _of_choices(question)
    if question.scoring.scorer in BY_A_MODEL and not question.scoring.model_ref:
        yield Problem(
            say("The question “{name}” is scored by a model, but none is chosen.", name=question.id),
            say("Choose the model, or another scorer."),
            question_id=question.id,
        )
    if question.scoring.scorer is Scorer.JUDGE and not question.scoring.rubric.strip():
        yield Problem(
            say("The judge of the question “{name}” is not told what to look at.", name=question.id),
            say("Write a rubric: what makes an answer good, and what makes it bad."),
            question_id=question.id,
        )
    if question.json_schema is not None and (reason := _fault_of_schema(question)):
        yield Problem(
            say("The schema of the question “{name}” is none: {reason}.", name=question.id, reason=reason),
            say("Mend the schema, or take it out."),
            question_id=question.id,
            is_blocking=True,
        )


def _of_choices(question: Question) -> Iterator[Problem]:
    named = [choice for choice in question.choices if choice.strip()]
    if len(named) < 2:
        yield Problem(
            say("The question “{name}” leaves no choice.", name=question.id),
            say("Give it at least two choices."),
            question_id=question.id,
            is_blocking=True,
        )
    for choice in _twice(choice.strip().casefold() for choice in named):
        yield Problem(
            say("The question “{name}” has the choice “{choice}” twice.", name=question.id, choice=choice),
            say("Take one of them out."),
            question_id=question.id,
        )


def _fault_of_schema(question: Question) -> str:
    from jsonschema import Draft202012Validator  # 0.1 s
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(dict(question.json_schema or {}))
    except SchemaError as error:
        return error.message[:_LONGEST_REASON]
    return ""


def _of_expected(pack: Pack) -> Iterator[Problem]:
    documents = {document.name for document in pack.documents}
    questions = {question.id: question for question in pack.questions}
    faults: dict[tuple[str, str], tuple[str, str]] = {}  # the same answers come again and again
    for (document, question_id), expected in pack.expected.items():
        if document not in documents or question_id not in questions:
            yield _astray(document, question_id, has_document=document in documents)
            continue
        if (question_id, expected) not in faults:
            faults[question_id, expected] = _fault_of_answer(questions[question_id], expected)
        reason, next_step = faults[question_id, expected]
        if reason:
            yield Problem(
                say("“{document}”, “{name}”: {reason}", document=document, name=question_id, reason=reason),
                next_step,
                document=document,
                question_id=question_id,
            )


def _astray(document: str, question_id: str, *, has_document: bool) -> Problem:
    if has_document:
        return Problem(
            say(
                "“{document}” has an expected answer to “{name}”, a question that is not in the pack.",
                document=document,
                name=question_id,
            ),
            say("Add the question, or take the answer out."),
            document=document,
        )
    return Problem(
        say("An answer to “{name}” is expected for “{document}”, which is not in the pack.",
            document=document, name=question_id),
        say("Add the document, or take the answer out."),
        question_id=question_id,
    )  # fmt: skip


def _fault_of_answer(question: Question, expected: str) -> tuple[str, str]:
    """Why no answer could be right beside this one, and what to do; two empty texts if one can."""
    is_list = question.kind is Kind.LIST
    can_be_empty = is_list or question.scoring.scorer is Scorer.JUDGE
    if not expected.strip() and not can_be_empty:
        return (
            say("the expected answer is empty."),
            say("Type an answer, or “{unstated}” if the document does not say it.", unstated=NOT_STATED),
        )
    if says_unstated(expected) and not question.can_be_unstated and not is_list:
        return (
            say("“{expected}” is expected, but the question does not allow it.", expected=shown(expected)),
            say("Allow it in the question, or correct the expected answer."),
        )
    if question.scoring.scorer in BY_A_MODEL:
        return "", ""
    try:
        scorers.require_expected(question, expected)
    except BadInput as error:
        return error.message, error.next_step
    return _fault_against_itself(question, expected)


def _fault_against_itself(question: Question, expected: str) -> tuple[str, str]:
    """Each expected text that is given as it stands has to be right."""
    if question.scoring.scorer is Scorer.REGEX or not expected.strip():
        return "", ""
    _whole, *parts = alternatives_in(expected)
    for answer in parts if parts and question.kind is Kind.TEXT else (expected,):
        score = scorers.score(question, answer, expected)
        if not score.is_right:
            return score.why, say("Correct the expected answer, or choose another scorer.")
    return "", ""


def _of_rules(pack: Pack) -> Iterator[Problem]:
    answers: dict[str, dict[str, str]] = {}
    for (document, question_id), expected in pack.expected.items():
        answers.setdefault(document, {})[question_id] = expected
    for rule in pack.rules:
        if reason := rules.problem(rule, pack.questions):
            yield Problem(reason, say("Change the rule, or take it out."), question_id=rule.when.question_id)
            continue
        for document, given in answers.items():
            if rules.violated(rule, given):
                yield Problem(
                    say(
                        "The expected answers for “{document}” break the rule “{rule}”.",
                        document=document,
                        rule=rules.in_words(rule, pack.questions),
                    ),
                    say("Correct one of the answers, or change the rule."),
                    document=document,
                    question_id=rule.then.question_id,
                )


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
