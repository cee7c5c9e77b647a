"""Score tables for the tests: one row a document, written as its marks."""

from collections.abc import Mapping, Sequence

from slmdesk.features.evaluate.pack import DEFAULT_SCORERS, Kind, Question, Scoring
from slmdesk.features.evaluate.score_table import ScoreTable

_MARKS: Mapping[str, float | None] = {"1": 1.0, "0": 0.0, "h": 0.5, ".": None}


def table(**rows: Sequence[str]) -> ScoreTable:
    """`table(a=["110", "1.h"])`: right, wrong, one half and no mark; models are called `engine/a`."""
    marks = {
        f"engine/{model}": [[_MARKS[sign] for sign in row] for row in its] for model, its in rows.items()
    }
    some = next(iter(marks.values()))
    documents = [f"document {index}" for index in range(len(some))]
    questions = [f"question {index}" for index in range(len(some[0]))]
    return ScoreTable(list(marks), documents, questions, [1.0] * len(questions), marks)


def question(kind: Kind = Kind.TEXT, choices: Sequence[str] = ()) -> Question:
    return Question("q", "What?", kind, Scoring(DEFAULT_SCORERS[kind]), choices=tuple(choices))
