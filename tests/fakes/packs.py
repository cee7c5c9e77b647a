"""A small pack of reports with three questions each, and an evaluation of it with engines of a test."""

from collections.abc import Sequence

from slmdesk.engines.base import Engine
from slmdesk.engines.registry import Registry
from slmdesk.features.documents.prompt import without_marks
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.features.evaluate.evaluation import Evaluation, Surroundings
from slmdesk.features.evaluate.pack import Document, Kind, Pack, Question, Scorer, Scoring
from slmdesk.features.evaluate.setup import Setup
from slmdesk.store.answers import Answers
from slmdesk.store.db import Database
from slmdesk.store.speeds import WritingSpeed

QUESTIONS = (
    Question("breach", "Is this a data breach?", Kind.YES_NO, Scoring(Scorer.LABEL)),
    Question("records", "How many records are concerned?", Kind.NUMBER, Scoring(Scorer.NUMBER)),
    Question("firm", "Which firm is it about?", Kind.TEXT, Scoring(Scorer.EXACT)),
)


def reports(count: int = 3) -> Pack:
    """Documents doc-1 to doc-n; all of them are breaches."""
    names = [f"doc-{number}" for number in range(1, count + 1)]
    documents = tuple(Document(name, f"Firm {name} lost 1,200 records on 5 March 2024.") for name in names)
    expected = {(name, "breach"): "Yes" for name in names} | {(name, "records"): "1200" for name in names}
    return Pack("Reports", documents, QUESTIONS, expected)


async def evaluation_of(
    database: Database, engines: Sequence[Engine], pack: Pack, setup: Setup
) -> Evaluation:
    """Looked up and ready."""

    async def speeds() -> dict[str, WritingSpeed]:
        return {}

    registry = Registry(engines)
    await registry.refresh()
    around = Surroundings(without_marks, estimate_tokens, speeds, lambda _ref, _context: None)
    evaluation = Evaluation(Answers(database), registry, around, pack, setup)
    await evaluation.use(pack, setup)
    return evaluation
