"""Reports of evaluations that were never run: a pack, its cells by a rule, and figures beside them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from slmdesk.engines.base import Timings
from slmdesk.features.evaluate.cell import Cell, CellKey, CellState
from slmdesk.features.evaluate.pack import Document, Kind, Pack, Question, Scorer, Scoring
from slmdesk.features.evaluate.report.report import (
    ModelFacts,
    ModelRow,
    Report,
    ReportFacts,
)
from slmdesk.features.evaluate.score import Score
from slmdesk.features.evaluate.setup import Setup, Target
from slmdesk.features.evaluate.verdict import Verdict, VerdictKind

MODELS = ("builtin/smollm2-135m-instruct", "ollama/qwen3:4b")
TIMINGS = Timings(prompt_tokens=420, prompt_tokens_cached=390, output_tokens=3, ttft_s=0.1, total_s=0.4)


def pack(documents: int = 2, text: str = "Acme lost 11,000 records.") -> Pack:
    """Two questions about each document, the first with an expected answer."""
    named = tuple(
        Document(f"report {number}", f"{text} ({number})" if number else text, f"r{number}.txt")
        for number in range(documents)
    )
    questions = (
        Question("breach", "Was it a breach?", Kind.YES_NO, Scoring(Scorer.LABEL)),
        Question(
            "records", "How many records?", Kind.NUMBER, Scoring(Scorer.NUMBER, tolerance=0.01), weight=2
        ),
    )
    expected = {(document.name, "breach"): "Yes" for document in named}
    return Pack("Breaches", named, questions, expected, description="Press reports", licence="CC0-1.0")


def answered(answer: str, value: float | None = None, why: str = "") -> Cell:
    """A whole answer, scored where a value is given."""
    score = None if value is None else Score(value, why or f"worth {value:g}")
    return Cell(CellState.DONE, answer, reply=answer, score=score, timings=TIMINGS)


def usual(key: CellKey) -> Cell:
    """The first model is wrong about the first document, all else is right."""
    if key.question == "records":
        return answered("11,000")
    if key.model == MODELS[0] and key.document == "report 0":
        return answered("No", 0.0, "“No” instead of “Yes”.")
    return answered("Yes", 1.0)


def report(
    of: Pack | None = None, cell: Callable[[CellKey], Cell] = usual, models: Sequence[str] = MODELS
) -> Report:
    """Half right and all right."""
    of = of or pack()
    rows = [
        ModelRow(
            ref, ref.partition("/")[2], score, low, 1.0, scored=2, done=4, seconds=1.6 + place,
            prompt_tokens=1680, cached_tokens=1560, output_tokens=12,
        )
        for place, (ref, (score, low)) in enumerate(zip(models, [(0.5, 0.1), (1.0, 0.7)] * 9, strict=False))
    ]  # fmt: skip
    scores = {row.ref: row.score for row in rows}
    facts = ReportFacts(
        "SLM Desk 0.4",
        1_790_000_000.0,
        (("Processor", "2 threads"), ("Memory", "16 GB")),
        {
            models[0]: ModelFacts("sha256:1234", "Q4_1", 98_000_000, 210_000_000, "Built-in engine 0.2"),
            models[-1]: ModelFacts("sha256:abcd", "Q4_K_M", 2_500_000_000, 3_400_000_000, "Ollama 0.12"),
        },
    )
    words = ("qwen3:4b is good enough.",)
    verdict = Verdict(VerdictKind.FOUND, models[-1], words, 0, Target())
    setup = Setup(model_refs=tuple(models), seeds=(1, 2))
    first = dict.fromkeys(scores, None)
    return Report(
        of, setup, facts, verdict, rows,
        [scores, first, *[first] * (len(of.questions) - 2)][: len(of.questions)],
        [scores] * len(of.documents), cell,
    )  # fmt: skip


def corrected(cell: Cell, value: float, note: str) -> Cell:
    """The same, with a score by hand."""
    return replace(cell, correction=Score(value, note))
