"""An evaluation as JSON: the object of `slmdesk eval run --json`, whose keys are promised."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from slmdesk.engines.plain import options_to_plain, timings_to_report
from slmdesk.features.evaluate.cell import Cell
from slmdesk.features.evaluate.pack import Document, Question
from slmdesk.features.evaluate.report.report import ModelRow, Report
from slmdesk.features.evaluate.score import Score

FORMAT = "slmdesk-evaluation"
VERSION = 1
"""Goes up when a key changes its meaning or goes; a new key alone does not change it."""


def to_plain(report: Report) -> dict[str, Any]:
    """The whole report as one object: null where a figure is not known, shares from 0 to 1."""
    models = [_model(report, model) | {"cells": list(_cells(report, model))} for model in report.models]
    return _opening(report) | {"models": models}


def json_pieces(report: Report) -> Iterator[str]:
    """The same object as text, piece by piece; escaped to ASCII."""
    yield "{"
    for key, value in _opening(report).items():
        yield f"\n {json.dumps(key)}: {json.dumps(value)},"
    yield '\n "models": ['
    for place, model in enumerate(report.models):
        begun = json.dumps(_model(report, model))
        yield f'{"," if place else ""}\n  {begun[:-1]}, "cells": ['
        for number, cell in enumerate(_cells(report, model)):
            yield f"{',' if number else ''}\n   {json.dumps(cell)}"
        yield "]}"
    yield "]\n}\n"


def _opening(report: Report) -> dict[str, Any]:
    setup, facts = report.setup, report.facts
    questions = [
        {"id": question.id, "text": question.text, "kind": question.kind.value,
         "scorer": question.scoring.scorer.value, "weight": question.weight,
         "scores": dict(scores)}
        for question, scores in zip(report.pack.questions, report.question_scores, strict=True)
    ]  # fmt: skip
    documents = [
        {"name": document.name, "source": document.source, "scores": dict(scores)}
        for document, scores in zip(report.pack.documents, report.document_scores, strict=True)
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "pack": report.title,
        "made_at": datetime.fromtimestamp(facts.made_at, UTC).isoformat(timespec="seconds"),
        "program": facts.program,
        "verdict": _verdict(report),
        "target": {
            "kind": setup.target.kind.value,
            "value": setup.target.value,
            "score": report.target_share,
        },
        "asking": setup.asking.value,
        "seeds": list(setup.seeds),
        "is_thinking": setup.is_thinking,
        "options": options_to_plain(setup.options),
        "machine": dict(facts.machine),
        "questions": questions,
        "documents": documents,
    }


def _verdict(report: Report) -> dict[str, Any]:
    """`model` is also one that only looks good enough, where the kind is "undecided"."""
    verdict = report.verdict
    return {
        "kind": verdict.kind.value if verdict else "undecided",
        "model": (verdict.model or None) if verdict else None,
        "words": " ".join(report.verdict_words),
        "documents_needed": verdict.documents_needed if verdict else None,
    }


def _model(report: Report, model: ModelRow) -> dict[str, Any]:
    facts = report.facts_of(model.ref)
    return {
        "model": model.ref,
        "is_vote": model.is_vote,
        "score": model.score,
        "interval": None if model.low is None or model.high is None else [model.low, model.high],
        "answers": model.done,
        "scored": model.scored,
        "failed": model.failed,
        "invalid": model.invalid,
        "corrected": model.corrected,
        "broken_rules": model.violations,
        "seconds": model.seconds,
        "seconds_per_answer": model.answer_s,
        "prompt_tokens": model.prompt_tokens,
        "prompt_tokens_cached": model.cached_tokens,
        "output_tokens": model.output_tokens,
        "stability": model.stability,
        "digest": facts.digest or None,
        "quantization": facts.quantization or None,
        "size_bytes": facts.size_bytes,
        "memory_bytes": facts.memory_bytes,
        "engine": facts.engine or None,
    }


def _cells(report: Report, model: ModelRow) -> Iterator[dict[str, Any]]:
    for document, question, cell in report.cells_of(model.ref):
        yield _cell(report, document, question, cell)


def _cell(report: Report, document: Document, question: Question, cell: Cell) -> dict[str, Any]:
    counted = cell.counted
    return {
        "document": document.name,
        "question": question.id,
        "state": cell.state.value,
        "answer": cell.answer,
        "expected": report.pack.expected.get((document.name, question.id)),
        "is_valid": cell.is_valid,
        "problem": cell.problem or None,
        "score": counted.value if counted else None,
        "why": cell.score.why if cell.score else None,
        "correction": _correction(cell.correction),
        "is_from_cache": cell.is_from_cache,
        "stability": cell.stability,
        "error": cell.error or None,
        "reply": cell.reply,
        "timings": timings_to_report(cell.timings) if cell.timings else None,
    }


def _correction(score: Score | None) -> dict[str, Any] | None:
    return None if score is None else {"score": score.value, "note": score.why}
