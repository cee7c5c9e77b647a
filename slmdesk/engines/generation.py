"""From a model's name to an ended answer: resolve, see that there is room, receive."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Protocol, TypeAlias

from slmdesk.base.errors import EngineError, OutOfMemory
from slmdesk.engines.answer import Answer, AnswerSink, AnswerState
from slmdesk.engines.base import Engine, Options, Request
from slmdesk.engines.plain import estimate_to_plain, left_out_to_plain, timings_to_plain

FitCheck: TypeAlias = Callable[[str, Options], Awaitable[OutOfMemory | None]]


class Resolver(Protocol):
    """Finds the engine of `engine/model` (see engines.registry)."""

    def resolve(self, ref: str) -> tuple[Engine, str]: ...


async def generate(
    answer: Answer,
    registry: Resolver,
    model_ref: str,
    request: Request,
    sink: AnswerSink,
    *,
    check_fit: FitCheck | None = None,
) -> None:
    """Fill `answer` and leave it ended, whatever happens; `request.model` is set here.

    Known engine errors end up in the answer. A cancel (Stop) and all else is raised after
    the answer was ended.
    """
    try:
        engine, name = registry.resolve(model_ref)
        if not request.is_oversized_allowed:
            await _require_room(model_ref, request.options, check_fit)
        await answer.receive(engine, replace(request, model=name), sink)
    except EngineError as error:
        answer.abandon(AnswerState.FAILED, error)
    except asyncio.CancelledError:
        if answer.is_running:
            answer.abandon(AnswerState.STOPPED)
        raise
    finally:
        if answer.is_running:
            answer.abandon(AnswerState.INTERRUPTED)


async def _require_room(model_ref: str, options: Options, check_fit: FitCheck | None) -> None:
    if check_fit is not None and (problem := await check_fit(model_ref, options)):
        raise problem


def ending(answer: Answer) -> dict[str, Any]:
    """How an answer ended, as the store keeps it; what was not counted is estimated."""
    estimate = estimate_to_plain(answer.estimate) if answer.estimate else {}
    return {
        "state": answer.state.value,
        "stop_reason": answer.stop_reason.value if answer.stop_reason else None,
        "error": answer.error.sentence() if answer.error else "",
        "timings": timings_to_plain(answer.timings) | estimate | left_out_to_plain(answer.left_out),
    }
