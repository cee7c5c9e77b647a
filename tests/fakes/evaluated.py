"""An evaluation that was answered already: replies put into the store as a run would have."""

from collections.abc import Mapping

from slmdesk.engines.base import Timings
from slmdesk.engines.plain import timings_to_plain
from slmdesk.features.evaluate.cell import CellKey
from slmdesk.features.evaluate.evaluation import Evaluation
from slmdesk.store.answers import StoredAnswer

TIMINGS = Timings(prompt_tokens=100, prompt_tokens_cached=80, prompt_s=0.5, output_tokens=8, output_s=0.4)


async def answered(
    evaluation: Evaluation,
    replies: Mapping[CellKey, str],
    timings: Timings = TIMINGS,
    *,
    seed: int | None = None,
) -> None:
    """Store these replies of models that the registry knows, and show them; the first seed's by default."""
    await evaluation.use(evaluation.pack, evaluation.setup)
    sheet = evaluation._sheet
    assert sheet is not None
    book = sheet.book
    asked_seed = evaluation.setup.seeds[0] if seed is None else seed
    stored = []
    for cell, reply in replies.items():
        key = book.key(cell, asked_seed)
        assert key is not None, f"{cell} is not of this evaluation, or its model is not known"
        digest = book.identities[cell.model].digest
        stored.append(StoredAnswer(key, cell.model, digest, reply, "end", timings_to_plain(timings)))
    await evaluation._store.add(stored)
    await evaluation.use(evaluation.pack, evaluation.setup)
