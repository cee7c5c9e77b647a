"""`slmdesk models fit`: does a model run here, with the sum, the speed to expect and what is missing."""

from collections.abc import Sequence
from dataclasses import asdict

from slmdesk.base.errors import BadInput
from slmdesk.base.machine import Machine
from slmdesk.base.memory import size_words
from slmdesk.cli.models.choosing import context_of, estimate_json, measured_here
from slmdesk.cli.parser import Arguments
from slmdesk.cli.table import table
from slmdesk.cli.terminal import Terminal
from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.cards import Card, card_of
from slmdesk.features.catalog.entry import Quantization
from slmdesk.features.catalog.estimate import Estimate, estimate
from slmdesk.features.catalog.measured import Measured
from slmdesk.features.catalog.requirements import Requirement, are_met, requirements
from slmdesk.services import Services

_MARKS = {True: "✓", False: "✕", None: "?"}


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when it can run now, 1 when something is missing; an unknown name raises BadInput."""
    if chosen.measure:
        await services.machine.bandwidth(is_fresh=True)
    catalogue, machine = services.catalogue.current, await services.machine.ask()
    own = services.registry.info(chosen.model)
    entry = catalogue.entry_of(own) if own else catalogue.named(chosen.model)
    if entry is None:
        return _fit_of_unknown(chosen, services, terminal)
    card = card_of(catalogue, entry, machine, context_of(chosen, services), chosen.cache)
    if own and not chosen.quantization:
        choice = estimate(entry, _form_of(own), machine, context_of(chosen, services), chosen.cache)
    else:
        choice = _choice(card, chosen.quantization)
    needs = requirements(card, choice, machine)
    measured = await measured_here(entry, services)
    if chosen.json:
        terminal.write_json(_json(card, choice, needs, measured))
    else:
        terminal.write(_words(card, choice, machine, needs, measured))
    return 0 if are_met(needs) else 1


def _fit_of_unknown(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """A model that an engine offers and the catalogue does not know: by what the engine says."""
    model = services.registry.info(chosen.model)
    fit = services.fit(chosen.model, context_of(chosen, services))
    if model is None or fit is None:
        raise BadInput(f"{chosen.model} runs elsewhere: this machine is not asked for memory.")
    if chosen.json:
        terminal.write_json({"model": model.ref, "verdict": fit.kind, "needed_bytes": fit.needed_bytes})
    else:
        terminal.write(f"{model.ref}: {fit.words}\n{fit.explanation}\n")
        terminal.say("The catalogue does not know this model; the estimate is by what the engine says.")
    return 1 if fit.kind == "too large" else 0


def _choice(card: Card, name: str) -> Estimate:
    """The quantization that was asked for, else the recommended one; raises BadInput."""
    if not name:
        return card.best
    for choice in card.choices:
        if choice.quantization.name.casefold() == name.casefold():
            return choice
    known = ", ".join(choice.quantization.name for choice in card.choices)
    raise BadInput(
        f"{card.entry.name} has no quantization “{name}” in the catalogue.", next_step=f"Known: {known}."
    )


def _form_of(model: ModelInfo) -> Quantization:
    """A model that is here, as it is: its size is that of its file."""
    return Quantization(model.quantization or "as it is", model.size_bytes, None, is_on_hugging_face=False)


def _words(
    card: Card,
    choice: Estimate,
    machine: Machine,
    needs: Sequence[Requirement],
    measured: Sequence[Measured],
) -> str:
    verdict = (
        f"{card.entry.name} {choice.quantization.name} at {choice.context_tokens:,} tokens: {choice.words}"
    )
    total = ("= needed", size_words(choice.fit.needed_bytes or 0), f"runs on: {choice.place}")
    sums = [(line.name, size_words(line.size_bytes), line.reason) for line in choice.lines]
    others = [
        (other.quantization.name, other.words, other.speed.words if other.speed else "")
        for other in card.choices
        if other.quantization.name != choice.quantization.name
    ]
    checks = [
        (_MARKS[need.is_met], need.name, " ".join(filter(None, (f"{need.reason}.", need.next_step))))
        for need in needs
    ]
    blocks = [f"{verdict}\n", table([*sums, total]), *_speed(choice, machine, measured), table(checks)]
    return "\n".join([*blocks, *([table(others)] if others else [])])


def _speed(choice: Estimate, machine: Machine, measured: Sequence[Measured]) -> Sequence[str]:
    """What was measured goes before what is expected."""
    if measured:
        return ["".join(f"measured here: {one.words}\n" for one in measured)]
    if choice.speed is None or machine.bandwidth is None:
        return []
    rate = machine.bandwidth.bytes_per_s / 1e9
    return [f"speed to expect: {choice.speed.words}, from {rate:.0f} GB/s of memory measured here\n"]


def _json(
    card: Card, choice: Estimate, needs: Sequence[Requirement], measured: Sequence[Measured]
) -> dict[str, object]:
    return {
        "model": card.entry.id,
        "chosen": estimate_json(choice),
        "estimates": [estimate_json(other) for other in card.choices],
        "requirements": [asdict(need) for need in needs],
        "measured": [asdict(one) for one in measured],
    }
