"""`slmdesk models`: what every engine offers, and what fits this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from slmdesk.base.memory import gigabytes
from slmdesk.cli.models.choosing import context_of, wanted_of
from slmdesk.cli.parser import Arguments
from slmdesk.cli.table import table
from slmdesk.cli.terminal import Terminal
from slmdesk.engines.base import EngineState, ModelInfo
from slmdesk.features.catalog.cards import Card, Wanted, card_of, matching, sort_value
from slmdesk.services import Services

_HEADINGS = ("MODEL", "SIZE", "QUANTIZATION", "CONTEXT", "FIT")


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when at least one model was found."""
    states = services.registry.states
    models = services.registry.models()
    if chosen.action == "list":
        models = await _chosen_of(models, chosen, services)
    if chosen.json:
        terminal.write_json(
            {
                "engines": [_engine_json(state) for state in states.values()],
                "models": [_model_json(model, services) for model in models],
            }
        )
    elif models:
        terminal.write(table([_HEADINGS, *(_row(model, services) for model in models)]))
    elif services.registry.models():
        terminal.say("None of the models here is such; “--catalogue” lists what can be had.")
    else:
        terminal.say("No engine offers a model.")
    _say_problems(states, terminal)
    return 0 if models else 1


async def _chosen_of(models: Sequence[ModelInfo], chosen: Arguments, services: Services) -> list[ModelInfo]:
    """Those that are wanted, sorted. What is not in the catalogue can be found by its name alone."""
    wanted = wanted_of(chosen)
    if wanted == Wanted() and chosen.sort == "name":
        return list(models)[:: -1 if chosen.reverse else 1]
    catalogue, machine = services.catalogue.current, await services.machine.ask()
    context_tokens = context_of(chosen, services)
    found: list[tuple[ModelInfo, Card | None]] = []
    for model in models:
        entry = catalogue.entry_of(model)
        card = card_of(catalogue, entry, machine, context_tokens) if entry else None
        if _is_wanted(model, card, wanted, services):
            found.append((model, card))
    return [model for model, _card in sorted(found, key=partial(_place, chosen=chosen))]


def _is_wanted(model: ModelInfo, card: Card | None, wanted: Wanted, services: Services) -> bool:
    fit = services.fit(model.ref)
    if wanted.is_possible and (fit is None or fit.kind not in ("fits", "tight")):
        return False
    searched = f"{model.ref.casefold()}\n{card.searched if card else ''}"
    if not all(word in searched for word in wanted.words.casefold().split()):
        return False
    facts = replace(wanted, words="", is_possible=False)
    return facts == Wanted() if card is None else bool(matching([card], facts))


def _place(found: tuple[ModelInfo, Card | None], *, chosen: Arguments) -> tuple[bool, float]:
    """By what the engine says, else by the catalogue; unknown last. The list is sorted by name already."""
    model, card = found
    own: dict[str, float | None] = {
        "parameters": model.parameters,
        "memory": model.size_bytes,
        "context": model.context_tokens,
    }
    value = own.get(chosen.sort) or (sort_value(card, chosen.sort) if card else None)
    return value is None, -(value or 0) if chosen.reverse else (value or 0)


def _say_problems(states: Mapping[str, EngineState], terminal: Terminal) -> None:
    for state in states.values():
        if not state.is_online:
            terminal.say(f"{state.engine.label}: {state.problem} {state.next_step}".rstrip())


def _row(model: ModelInfo, services: Services) -> tuple[str, ...]:
    return (
        model.ref,
        "" if model.size_bytes is None else f"{gigabytes(model.size_bytes)} GB",
        model.quantization or "",
        "" if model.context_tokens is None else f"{model.context_tokens:,}",
        _state(model, services),
    )


def _state(model: ModelInfo, services: Services) -> str:
    if model.problem:
        return f"not usable: {model.problem}"
    fit = services.fit(model.ref)
    return fit.words if fit else "runs elsewhere"


def _engine_json(state: EngineState) -> dict[str, Any]:
    return {
        "id": state.engine.id,
        "label": state.engine.label,
        "address": state.engine.address,
        "is_local": state.engine.is_local,
        "problem": state.problem or None,
    }


def _model_json(model: ModelInfo, services: Services) -> dict[str, Any]:
    fit = services.fit(model.ref)
    return {
        "model": model.ref,
        "engine": model.engine_id,
        "name": model.name,
        "size_bytes": model.size_bytes,
        "parameters": model.parameters,
        "quantization": model.quantization,
        "context_tokens": model.context_tokens,
        "problem": model.problem or None,
        "fit": fit.kind if fit else None,
        "needed_bytes": fit.needed_bytes if fit else None,
    }
