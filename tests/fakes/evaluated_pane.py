"""The evaluate pane with a small pack that was answered, open at its results or its verdict."""

from typing import Any

from slmdesk.engines.base import Timings
from slmdesk.features.evaluate.cell import CellKey
from slmdesk.features.evaluate.setup import Setup
from slmdesk.ui.desk import Desk
from slmdesk.ui.panes.evaluate_pane import EvaluatePane
from slmdesk.ui.widgets.evaluate.evaluate_face import Tab
from tests.fakes.evaluated import answered
from tests.fakes.made_evaluation import pack_of
from tests.fakes.until import until

TIMINGS = Timings(
    prompt_tokens=100, prompt_tokens_cached=80, prompt_s=0.5, output_tokens=8, output_s=0.4, total_s=1.0
)


async def show_answered(desk: Desk, pane: EvaluatePane, tab: Tab, documents: int = 4) -> None:
    """Two models, of which the first is wrong about one document, and their vote; shown once all is known."""
    jobs = desk.services.jobs
    refs = tuple(info.ref for info in desk.services.registry.models())[:2]
    pack = pack_of(documents)
    await pane.book.add(pack, Setup(model_refs=refs, votes=(refs,)))
    await until(lambda: pane.evaluation.pack is pane.book.pack and not jobs.is_running("evaluate:use"))
    wrong = (refs[0], "r2")
    replies = {
        CellKey(ref, document.name, question.id): (
            "No" if (ref, document.name) == wrong else pack.expected[document.name, question.id]
        )
        for ref in refs
        for document in pack.documents
        for question in pack.questions
    }
    await answered(pane.evaluation, replies, TIMINGS)
    view: Any = pane.open_tab(tab)
    await until(lambda: view.keeper.conclusion is not None and view.keeper.conclusion.verdict is not None)
    await until(lambda: not view.keeper.is_busy)
