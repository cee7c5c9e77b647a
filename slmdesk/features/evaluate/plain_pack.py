"""A pack out of its plain form: everything is checked on the way, and refused with its place."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.evaluate.pack import (
    DEFAULT_SCORERS,
    LIST_SEPARATOR,
    Condition,
    Document,
    ExpectedKey,
    Kind,
    Pack,
    Question,
    Relation,
    Rule,
    Scorer,
    Scoring,
)
from slmdesk.features.evaluate.plain_fields import Fields, misplaced

FILE_KIND = "slmdesk-pack"
VERSION = 1
MOST_DOCUMENTS = 100_000
MOST_QUESTIONS = 2_000
MOST_RULES = 5_000
MOST_CHOICES = 1_000
LONGEST_DOCUMENT = 5_000_000
LONGEST_TEXT = 100_000
LONGEST_NAME = 1_000
LONGEST_ID = 200
MOST_WORDS = 10_000
MOST_WEIGHT = 1_000.0
MOST_TOLERANCE = 100_000.0

_USUAL = Scoring(Scorer.EXACT)

# "$schema" is what editors look at; "kind" and "version" say what the file is.
_PACK = frozenset(
    {
        "$schema",
        "kind",
        "version",
        "title",
        "description",
        "instructions",
        "language",
        "licence",
        "questions",
        "rules",
        "documents",
    }
)
_QUESTION = frozenset(
    {
        "id",
        "text",
        "kind",
        "choices",
        "unit",
        "max_words",
        "json_schema",
        "weight",
        "can_be_unstated",
        "scorer",
        "tolerance",
        "threshold",
        "scorer_model",
        "rubric",
    }
)
_DOCUMENT = frozenset({"name", "text", "source", "expected"})
_RULE = frozenset({"when", "then"})
_CONDITION = frozenset({"question", "relation", "value"})


def pack_from_plain(value: Any) -> Pack:
    """The pack; raises BadInput with the place of what is wrong and what to do."""
    _require_kind(value)
    plain = Fields(value, say("The pack"), _PACK)
    questions = tuple(_questions(plain))
    kinds = {question.id: question.kind for question in questions}
    documents: dict[str, Document] = {}
    expected: dict[ExpectedKey, str] = {}
    for number, item in plain.items("documents", MOST_DOCUMENTS):
        document, answers = _document(number, item, kinds)
        if document.name in documents:
            raise misplaced(
                say("Document {number}", number=number),
                say("another document has the name “{name}”, too", name=document.name),
            )
        documents[document.name] = document
        expected |= {(document.name, question_id): text for question_id, text in answers.items()}
    return Pack(
        title=plain.name("title", LONGEST_NAME),
        documents=tuple(documents.values()),
        questions=questions,
        expected=expected,
        rules=tuple(_rule(number, item) for number, item in plain.items("rules", MOST_RULES)),
        description=plain.text("description", LONGEST_TEXT),
        instructions=plain.text("instructions", LONGEST_TEXT),
        language=plain.text("language", LONGEST_ID, "en"),
        licence=plain.text("licence", LONGEST_NAME),
    )


def expected_text(value: Any, kind: Kind | None) -> str | None:
    """An expected answer as a person would type it; None where the value cannot be one."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "")
    if kind is Kind.JSON:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        items = [expected_text(item, None) for item in value if not isinstance(item, list)]
        if len(items) < len(value) or any(item is None or LIST_SEPARATOR in item for item in items):
            return None
        return f"{LIST_SEPARATOR} ".join(filter(None, items))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return format(Decimal(repr(value)), "f") if isinstance(value, int | float) else None


def _require_kind(value: Any) -> None:
    if not isinstance(value, Mapping) or value.get("kind") != FILE_KIND:
        raise BadInput(
            say("This is no pack of SLM Desk: “kind” is not “{kind}”.", kind=FILE_KIND),
            next_step=say("Tables of questions and folders of documents are imported, not opened."),
        )
    version = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise BadInput(
            say("This pack is made for a newer version of SLM Desk."), next_step=say("Update SLM Desk.")
        )
    if version is True or version != VERSION:
        raise misplaced(say("The pack"), say("“version” must be {version}", version=VERSION))


def _questions(plain: Fields) -> Iterator[Question]:
    seen: set[str] = set()
    for number, item in plain.items("questions", MOST_QUESTIONS):
        question = _question(number, item)
        if question.id in seen:
            raise misplaced(
                say("Question {number}", number=number),
                say("another question has the id “{name}”, too", name=question.id),
            )
        seen.add(question.id)
        yield question


def _question(number: int, item: Any) -> Question:
    plain = Fields(item, say("Question {number}", number=number), _QUESTION)
    kind = plain.word("kind", Kind)
    return Question(
        id=plain.name("id", LONGEST_ID),
        text=plain.text("text", LONGEST_TEXT),
        kind=kind,
        scoring=Scoring(
            scorer=plain.word("scorer", Scorer, DEFAULT_SCORERS[kind]),
            tolerance=plain.number("tolerance", 0, MOST_TOLERANCE, _USUAL.tolerance),
            threshold=plain.number("threshold", 0, 1, _USUAL.threshold),
            model_ref=plain.text("scorer_model", LONGEST_NAME),
            rubric=plain.text("rubric", LONGEST_TEXT),
        ),
        choices=plain.texts("choices", MOST_CHOICES, LONGEST_NAME),
        weight=plain.number("weight", 0, MOST_WEIGHT, 1),
        can_be_unstated=plain.flag("can_be_unstated", True),
        unit=plain.text("unit", LONGEST_ID),
        max_words=plain.whole("max_words", 0, MOST_WORDS, 0),
        json_schema=plain.mapping("json_schema"),
    )


def _document(number: int, item: Any, kinds: Mapping[str, Kind]) -> tuple[Document, dict[str, str]]:
    plain = Fields(item, say("Document {number}", number=number), _DOCUMENT)
    document = Document(
        name=plain.name("name", LONGEST_NAME),
        text=plain.text("text", LONGEST_DOCUMENT),
        source=plain.text("source", LONGEST_TEXT),
    )
    answers: dict[str, str] = {}
    for question_id, value in (plain.mapping("expected") or {}).items():
        text = expected_text(value, kinds.get(question_id))
        if text is None or len(text) > LONGEST_TEXT:
            raise plain.wrong(
                say(
                    "the answer expected to “{question}” must be a text, a number, true, false or a list of "
                    "these without “{separator}”, of at most {longest:,} characters",
                    question=question_id,
                    separator=LIST_SEPARATOR,
                    longest=LONGEST_TEXT,
                )
            )
        answers[question_id] = text
    return document, answers


def _rule(number: int, item: Any) -> Rule:
    place = say("Rule {number}", number=number)
    plain = Fields(item, place, _RULE)
    return Rule(_condition(plain.raw("when"), place), _condition(plain.raw("then"), place))


def _condition(value: Any, place: str) -> Condition:
    plain = Fields(value, place, _CONDITION)
    return Condition(
        question_id=plain.name("question", LONGEST_ID),
        relation=plain.word("relation", Relation),
        value=plain.text("value", LONGEST_TEXT),
    )
