"""A pack as a JSON file that can be shared, and back: the form is resources/pack.schema.json."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.json_file import read_limited, write_export
from slmdesk.features.evaluate.pack import (
    DEFAULT_SCORERS,
    Condition,
    Document,
    Pack,
    Question,
    Rule,
    Scoring,
)
from slmdesk.features.evaluate.plain_pack import FILE_KIND, VERSION, pack_from_plain

__all__ = ["MOST_BYTES", "pack_from_plain", "pack_to_plain", "read_pack", "write_pack"]

MOST_BYTES = 100_000_000


def read_pack(path: Path) -> Pack:
    """The pack in a file; blocks for the reading of at most 100 MB.

    Raises BadInput that says the place of what is wrong: no JSON, another kind of file, a newer version,
    a field that is missing, wrong or unknown.
    """
    try:
        return pack_from_plain(_parsed(path.name, read_limited(path, MOST_BYTES)))
    except BadInput as error:
        if path.name in error.message:
            raise
        raise BadInput(f"{path.name}: {error.message}", next_step=error.next_step) from error


def write_pack(pack: Pack, path: Path) -> None:
    """Write the file at once or not at all; raises BadInput where it cannot be written or is too large."""
    write_export(path, pack_to_plain(pack), MOST_BYTES)


def pack_to_plain(pack: Pack) -> dict[str, Any]:
    """As it stands in a file; what is as usual is left out. Answers expected for a document that is not
    in the pack are, too.
    """
    expected: dict[str, dict[str, str]] = {}
    for (document, question_id), answer in pack.expected.items():
        expected.setdefault(document, {})[question_id] = answer
    content = {
        "description": pack.description,
        "instructions": pack.instructions,
        "licence": pack.licence,
        "questions": [_question_to_plain(question) for question in pack.questions],
        "rules": [_rule_to_plain(rule) for rule in pack.rules],
        "documents": [
            _document_to_plain(document, expected.get(document.name, {})) for document in pack.documents
        ],
    }
    head = {"kind": FILE_KIND, "version": VERSION, "title": pack.title, "language": pack.language}
    return head | _without(content, ("", []))


def _question_to_plain(question: Question) -> dict[str, Any]:
    scoring = question.scoring
    content = {
        "id": question.id,
        "text": question.text,
        "kind": str(question.kind),
        "choices": list(question.choices),
        "unit": question.unit,
        "max_words": question.max_words,
        "json_schema": question.json_schema,
        "weight": question.weight,
        "can_be_unstated": question.can_be_unstated,
        "scorer": str(scoring.scorer),
        "tolerance": scoring.tolerance,
        "threshold": scoring.threshold,
        "scorer_model": scoring.model_ref,
        "rubric": scoring.rubric,
    }
    usual = {
        **_defaults(Question),
        **_defaults(Scoring),
        "choices": [],
        "scorer": DEFAULT_SCORERS[question.kind],
        "scorer_model": "",
    }
    return {name: value for name, value in content.items() if name not in usual or value != usual[name]}


def _rule_to_plain(rule: Rule) -> dict[str, Any]:
    return {"when": _condition_to_plain(rule.when), "then": _condition_to_plain(rule.then)}


def _condition_to_plain(condition: Condition) -> dict[str, Any]:
    content = {
        "question": condition.question_id,
        "relation": str(condition.relation),
        "value": condition.value,
    }
    return _without(content, ("",))


def _document_to_plain(document: Document, expected: Mapping[str, str]) -> dict[str, Any]:
    content = {"name": document.name, "source": document.source, "text": document.text}
    return {**_without(content, ("",)), "text": document.text, "expected": dict(expected)}


def _without(content: Mapping[str, Any], usual: tuple[Any, ...]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value not in usual}


def _defaults(kind: type[Question | Scoring]) -> dict[str, Any]:
    return {field.name: field.default for field in fields(kind) if field.default is not MISSING}


def _parsed(name: str, content: bytes) -> Any:
    """The JSON of the file; a key that stands twice would lose an answer in silence, and is refused."""
    try:
        return json.loads(content, object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise _damaged(
            say(
                "line {line}, column {column}: {reason}",
                line=error.lineno,
                column=error.colno,
                reason=error.msg,
            ),
            name,
        ) from error
    except UnicodeDecodeError as error:
        raise _damaged(say("it is no text in UTF-8"), name) from error
    except RecursionError as error:
        raise _damaged(say("nested too deeply"), name) from error
    except ValueError as error:
        raise _damaged(str(error), name) from error


def _damaged(reason: str, name: str) -> BadInput:
    return BadInput(
        say("{name} is no whole JSON file ({reason}).", name=name, reason=reason),
        next_step=say("Mend that place in a text editor, or get the file once more."),
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(say("“{name}” stands twice in one object", name=twice[:60]))
    return content


def _no_number(word: str) -> Any:
    raise ValueError(say("{word} is no JSON number", word=word))
