"""Edits of a pack: each makes another pack, and what hangs on a name follows it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.evaluate.pack import (
    DEFAULT_SCORERS,
    Condition,
    Document,
    ExpectedKey,
    Kind,
    Pack,
    Question,
    Rule,
    Scoring,
)

T = TypeVar("T")


def free_name(wanted: str, taken: Collection[str], between: str = " ") -> str:
    """The name itself, or with the first number from 2 on that makes it unique."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}{between}{number}", number + 1
    return name


def with_documents(pack: Pack, documents: Iterable[Document]) -> Pack:
    """More documents at the end; a name that is taken gets a number."""
    all_documents = list(pack.documents)
    taken = {document.name for document in all_documents}
    for document in documents:
        name = free_name(document.name, taken)
        taken.add(name)
        all_documents.append(replace(document, name=name))
    return replace(pack, documents=tuple(all_documents))


def without_documents(pack: Pack, names: Collection[str]) -> Pack:
    """Without these and what is expected of them."""
    kept = tuple(document for document in pack.documents if document.name not in names)
    expected = {key: answer for key, answer in pack.expected.items() if key[0] not in names}
    return replace(pack, documents=kept, expected=expected)


def with_documents_back(pack: Pack, before: Pack, names: Collection[str]) -> Pack:
    """Those that were deleted since `before`, in their places and with their answers."""
    back = [each for each in before.documents if each.name in names]
    documents = list(pack.documents)
    for document in back:
        place = min(before.documents.index(document), len(documents))
        documents.insert(place, replace(document, name=free_name(document.name, _names(documents))))
    expected = {key: answer for key, answer in before.expected.items() if key[0] in names}
    return replace(pack, documents=tuple(documents), expected={**expected, **pack.expected})


def with_document(pack: Pack, name: str, document: Document) -> Pack:
    """Another document in the place of `name`; raises BadInput for a name that is empty or taken."""
    others = {each.name for each in pack.documents} - {name}
    if not document.name.strip():
        raise BadInput(say("A document needs a name."))
    if document.name in others:
        raise BadInput(
            say("There is a document “{name}” already.", name=document.name),
            next_step=say("Choose another name."),
        )
    documents = tuple(document if each.name == name else each for each in pack.documents)
    changed = replace(pack, documents=documents)
    if document.name == name:
        return changed
    expected = {
        (document.name if key[0] == name else key[0], key[1]): answer for key, answer in pack.expected.items()
    }
    return replace(changed, expected=expected)


def with_moved_document(pack: Pack, name: str, by: int) -> Pack:
    """The document that many places further down, up where `by` is negative."""
    place = [each.name for each in pack.documents].index(name)
    return replace(pack, documents=_moved(pack.documents, place, by))


def new_question(pack: Pack, text: str = "", kind: Kind = Kind.YES_NO) -> Question:
    """A question with an id that is free."""
    taken = {question.id for question in pack.questions}
    number = len(taken) + 1
    while f"q{number}" in taken:
        number += 1
    return Question(f"q{number}", text, kind, Scoring(DEFAULT_SCORERS[kind]))


def with_questions(pack: Pack, questions: Iterable[Question]) -> Pack:
    """More questions at the end; an id that is taken gets a number."""
    all_questions = list(pack.questions)
    taken = {question.id for question in all_questions}
    for question in questions:
        name = free_name(question.id, taken, "_")
        taken.add(name)
        all_questions.append(replace(question, id=name))
    return replace(pack, questions=tuple(all_questions))


def without_question(pack: Pack, question_id: str) -> Pack:
    """Without it, what is expected of it, and the rules that look at it."""
    return replace(
        pack,
        questions=tuple(each for each in pack.questions if each.id != question_id),
        expected={key: answer for key, answer in pack.expected.items() if key[1] != question_id},
        rules=tuple(
            rule for rule in pack.rules if question_id not in (rule.when.question_id, rule.then.question_id)
        ),
    )


def with_question_back(pack: Pack, before: Pack, question_id: str) -> Pack:
    """The one that was deleted since `before`, in its place, with its answers and rules."""
    place = _ids(before.questions).index(question_id)
    if question_id in _ids(pack.questions):
        return pack
    questions = list(pack.questions)
    questions.insert(min(place, len(questions)), before.questions[place])
    expected = {key: answer for key, answer in before.expected.items() if key[1] == question_id}
    known = {*_ids(questions)}
    rules = tuple(
        rule
        for rule in before.rules
        if question_id in (rule.when.question_id, rule.then.question_id)
        and {rule.when.question_id, rule.then.question_id} <= known
    )
    return replace(
        pack,
        questions=tuple(questions),
        expected={**expected, **pack.expected},
        rules=(*pack.rules, *rules),
    )


def with_question(pack: Pack, question_id: str, question: Question) -> Pack:
    """Another question in its place; raises BadInput for an id that is empty or taken."""
    if not question.id.strip():
        raise BadInput(say("A question needs a short name."))
    if question.id in {each.id for each in pack.questions} - {question_id}:
        raise BadInput(
            say("There is a question “{name}” already.", name=question.id),
            next_step=say("Choose another name."),
        )
    questions = tuple(question if each.id == question_id else each for each in pack.questions)
    changed = replace(pack, questions=questions)
    if question.id == question_id:
        return changed
    return replace(
        changed,
        expected={
            (key[0], question.id if key[1] == question_id else key[1]): answer
            for key, answer in pack.expected.items()
        },
        rules=tuple(
            Rule(
                _followed(rule.when, question_id, question.id), _followed(rule.then, question_id, question.id)
            )
            for rule in pack.rules
        ),
    )


def with_moved_question(pack: Pack, question_id: str, by: int) -> Pack:
    """The question that many places further down, up where `by` is negative."""
    place = [each.id for each in pack.questions].index(question_id)
    return replace(pack, questions=_moved(pack.questions, place, by))


def with_expected(pack: Pack, answers: Mapping[ExpectedKey, str]) -> Pack:
    """These answers are expected from now on; an empty one takes away what was."""
    expected = {**pack.expected, **{key: answer.strip() for key, answer in answers.items()}}
    return replace(pack, expected={key: answer for key, answer in expected.items() if answer})


def _names(documents: Iterable[Document]) -> list[str]:
    return [document.name for document in documents]


def _ids(questions: Iterable[Question]) -> list[str]:
    return [question.id for question in questions]


def _followed(condition: Condition, before: str, after: str) -> Condition:
    return replace(condition, question_id=after) if condition.question_id == before else condition


def _moved(items: Sequence[T], place: int, by: int) -> tuple[T, ...]:
    others = [*items[:place], *items[place + 1 :]]
    target = min(max(place + by, 0), len(others))
    return (*others[:target], items[place], *others[target:])
