"""`slmdesk models`: what every engine offers, and what fits this machine."""

from collections.abc import Mapping
from typing import Any

from slmdesk.base.memory import gigabytes
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.engines.base import EngineState, ModelInfo
from slmdesk.services import Services

_HEADINGS = ("MODEL", "SIZE", "QUANTIZATION", "CONTEXT", "FIT")


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when at least one model was found."""
    states = services.registry.states
    models = services.registry.models()
    if chosen.json:
        terminal.write_json(
            {
                "engines": [_engine_json(state) for state in states.values()],
                "models": [_model_json(model, services) for model in models],
            }
        )
    elif models:
        terminal.write(_table([_HEADINGS, *(_row(model, services) for model in models)]))
    else:
        terminal.say("No engine offers a model.")
    _say_problems(states, terminal)
    return 0 if models else 1


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


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


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
