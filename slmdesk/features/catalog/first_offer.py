"""The model to offer to who has but the starter: the best for a conversation that fits this machine."""

from dataclasses import dataclass, replace

from slmdesk.base.machine import Bandwidth, Machine
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.guide import Answers, advise
from slmdesk.features.catalog.listed import source_of

_USUAL_BANDWIDTH = Bandwidth(25e9, 0.0)
"""Of a plain machine: where nothing was measured yet, a model is chosen that will not be slow on one."""


@dataclass(frozen=True, slots=True)
class FirstOffer:
    """`source` is what to pull, `size_bytes` what is fetched then; None where that is not known."""

    name: str
    source: str
    size_bytes: int | None


def first_offer(catalogue: Catalogue, machine: Machine, context_tokens: int) -> FirstOffer | None:
    """None where nothing fits. It can be had for the built-in engine, so that no other program is needed."""
    usual = machine if machine.bandwidth else replace(machine, bandwidth=_USUAL_BANDWIDTH)
    for one in advise(catalogue, usual, Answers("chat", context_tokens=context_tokens)).recommendations:
        entry, best = one.card.entry, one.card.best
        if entry.hugging_face and (source := source_of(one.card, best)):
            return FirstOffer(entry.name, source, best.fit.weights_bytes or None)
    return None
