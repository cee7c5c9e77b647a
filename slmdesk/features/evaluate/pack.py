"""A pack: documents, questions about each of them, and the answers that are expected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

NOT_STATED = "Not stated"
"""The answer, expected or given, that the document does not say it."""
YES, NO = "Yes", "No"
LIST_SEPARATOR = ";"
"""Between the items of a list as it stands in a table: expected answers are plain text everywhere."""


class Kind(StrEnum):
    """What an answer to a question is; the word in the pack's file, too."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    LIST = "list"
    JSON = "json"


class Scorer(StrEnum):
    """How an answer is compared with the expected one; the word in the pack's file, too."""

    LABEL = "label"
    NUMBER = "number"
    DATE = "date"
    SET_F1 = "set_f1"
    JSON_FIELDS = "json_fields"
    EXACT = "exact"
    CONTAINS = "contains"
    ANY_OF = "any_of"
    FUZZY = "fuzzy"
    TOKEN_F1 = "token_f1"  # noqa: S105 (a measure of likeness)
    REGEX = "regex"
    ROUGE_L = "rouge_l"
    EMBEDDING = "embedding"
    JUDGE = "judge"


BY_A_MODEL = (Scorer.EMBEDDING, Scorer.JUDGE)
"""Scorers that ask a model."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """The scorer of a question and what it needs.

    `tolerance` is relative for numbers (0.01 is one per cent) and in days for dates. `threshold` (0 to 1)
    is the likeness from which a fuzzy, ROUGE-L or embedding score counts as right. `model_ref` names the
    judge or the embedding model, `rubric` what the judge looks at.
    """

    scorer: Scorer
    tolerance: float = 0.0
    threshold: float = 0.8
    model_ref: str = ""
    rubric: str = ""


DEFAULT_SCORERS: Mapping[Kind, Scorer] = {
    Kind.YES_NO: Scorer.LABEL,
    Kind.CHOICE: Scorer.LABEL,
    Kind.NUMBER: Scorer.NUMBER,
    Kind.DATE: Scorer.DATE,
    Kind.TEXT: Scorer.FUZZY,
    Kind.LIST: Scorer.SET_F1,
    Kind.JSON: Scorer.JSON_FIELDS,
}


@dataclass(frozen=True, slots=True)
class Document:
    """`name` is unique in its pack. `source` says where the text came from, a file name or an address."""

    name: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """`id` is short, unique in its pack, and the key in the JSON of an answer.

    `choices` for `Kind.CHOICE` alone. `unit` is what a number is counted in ("EUR"). `json_schema` for
    `Kind.JSON` alone. `can_be_unstated` makes "not stated" an answer; `max_words` limits a text, 0 does not.
    """

    id: str
    text: str
    kind: Kind
    scoring: Scoring
    choices: tuple[str, ...] = ()
    weight: float = 1.0
    can_be_unstated: bool = True
    unit: str = ""
    max_words: int = 0
    json_schema: Mapping[str, Any] | None = None


class Relation(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"


@dataclass(frozen=True, slots=True)
class Condition:
    """`value` is not looked at where the relation is about emptiness; "not stated" is empty, too."""

    question_id: str
    relation: Relation
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """If `when` holds for the answers on one document, `then` must hold as well."""

    when: Condition
    then: Condition


ExpectedKey = tuple[str, str]
"""(document name, question id)"""


@dataclass(frozen=True, slots=True)
class Pack:
    """Immutable: an edit makes another pack. Cells without an entry in `expected` are not scored.

    An expected answer is text as a person types it: "Yes", "2.6 million", "11 to 19 August 2024",
    items of a list between semicolons. `instructions` come before the questions in every request.
    """

    title: str
    documents: tuple[Document, ...] = ()
    questions: tuple[Question, ...] = ()
    expected: Mapping[ExpectedKey, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    description: str = ""
    instructions: str = ""
    language: str = "en"
    licence: str = ""
