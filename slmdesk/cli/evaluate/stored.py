"""Packs and their stored answers by what was typed."""

from collections.abc import Sequence
from dataclasses import replace

from slmdesk.base.errors import BadInput, ModelMissing
from slmdesk.cli.evaluate.setup_arguments import setup_of
from slmdesk.cli.parser import Arguments
from slmdesk.features.evaluate.cell import CellKey, CellState
from slmdesk.features.evaluate.evaluation import Evaluation
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.setup import Asking, Setup
from slmdesk.features.evaluate.starters import named_pack
from slmdesk.features.evaluate.stored_pack import from_stored
from slmdesk.services import Services


async def pack_and_setup(typed: str, services: Services) -> tuple[Pack, Setup]:
    """A pack of the user's own with its last setup, else a file or a starter; raises BadInput."""
    own = [summary for summary in await services.packs.list() if summary.title.casefold() == typed.casefold()]
    if own:
        return from_stored(await services.packs.load(own[0].id))
    return named_pack(typed), Setup()


async def stored_evaluation(chosen: Arguments, services: Services) -> Evaluation:
    """With its stored answers; raises BadInput where there are none."""
    pack, base = await pack_and_setup(chosen.pack, services)
    refs = [_full_name(services, model) for model in chosen.model] or list(base.model_refs)
    setup = setup_of(chosen, refs or await services.answers.model_refs(), base)
    evaluation = services.evaluation(pack, setup)
    await _use_best(evaluation, pack, setup, _askings(chosen, refs, setup))
    if not refs:
        refs = _answering(evaluation)
        await evaluation.use(pack, replace(evaluation.setup, model_refs=tuple(refs)))
    if not evaluation.progress.done:
        raise BadInput(
            f"There are no stored answers to “{pack.title}” with these settings.",
            next_step="Give the settings of the run, or run it first with “slmdesk eval run”.",
        )
    await evaluation.read_all()
    return evaluation


def _askings(chosen: Arguments, refs: Sequence[str], setup: Setup) -> Sequence[Asking]:
    """Both ways where neither was typed nor is known."""
    is_known = chosen.asking or (refs and not chosen.model)
    return (
        [setup.asking] if is_known else [setup.asking, *(each for each in Asking if each is not setup.asking)]
    )


async def _use_best(evaluation: Evaluation, pack: Pack, setup: Setup, askings: Sequence[Asking]) -> None:
    """The way of asking that has the most answers."""
    counts = {}
    for asking in askings:
        await evaluation.use(pack, replace(setup, asking=asking))
        counts[asking] = evaluation.progress.done
    best = max(askings, key=lambda asking: counts[asking])
    await evaluation.use(pack, replace(setup, asking=best))


def _answering(evaluation: Evaluation) -> list[str]:
    """The models that have at least one answer."""
    pack = evaluation.pack
    return [
        ref
        for ref in evaluation.setup.model_refs
        if any(
            evaluation.cell(CellKey(ref, document.name, question.id)).state is CellState.DONE
            for document in pack.documents
            for question in pack.questions
        )
    ]


def _full_name(services: Services, model: str) -> str:
    """`engine/model`, also for a bare name; one that is gone may have answers all the same."""
    try:
        engine, name = services.registry.resolve(model)
    except ModelMissing:
        return model
    return f"{engine.id}/{name}"
