"""`slmdesk compare`: one question to several models, as blocks of text or as one JSON object."""

from collections.abc import Sequence
from typing import Any

from slmdesk.base.errors import ModelMissing
from slmdesk.base.prompt_text import checked_prompt
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.cli.watching import Follower, status_line
from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.answer_words import answer_figures
from slmdesk.engines.base import Options
from slmdesk.engines.plain import timings_to_plain
from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.lane import Lane
from slmdesk.features.compare.plan import LaneSpec, RunPlan
from slmdesk.services import Services


async def run(chosen: Arguments, services: Services, terminal: Terminal) -> int:
    """0 when every lane is done, 1 when one is not."""
    prompt = checked_prompt(chosen.prompt or "")
    options = chosen.options(Options(context_tokens=services.settings.default_context_tokens))
    specs = [
        LaneSpec(_full_name(services, model), options, chosen.system, chosen.think) for model in chosen.model
    ]
    comparison = services.comparison()
    plan = services.plan(specs, is_sequential=chosen.is_sequential)
    await compare(
        comparison,
        prompt,
        specs,
        plan,
        services,
        terminal,
        is_oversized_allowed=chosen.load_anyway,
        is_quiet=chosen.json,
    )
    if chosen.json:
        terminal.write_json(to_json(comparison))
    return 0 if all(_is_done(lane) for lane in comparison.lanes) else 1


async def compare(
    comparison: Comparison,
    prompt: str,
    specs: Sequence[LaneSpec],
    plan: RunPlan,
    services: Services,
    terminal: Terminal,
    *,
    is_oversized_allowed: bool = False,
    is_quiet: bool = False,
) -> None:
    """Say the plan, run it, and print each lane as a block unless `is_quiet`."""
    terminal.say(plan.words)
    order = [index for group in plan.groups for index in group]
    blocks = None if is_quiet else _Blocks(comparison, order, terminal)
    try:
        async with status_line(services.jobs, terminal, lambda: _running(comparison)):
            await comparison.run(prompt, specs, plan, is_oversized_allowed=is_oversized_allowed)
    finally:
        if blocks:
            blocks.finish()
    for lane in comparison.lanes:
        if lane.answer and lane.answer.error:
            terminal.say(f"{lane.name}: {lane.answer.error.sentence()}")


class _Blocks:
    """One lane after the other on stdout: the first that has not ended live, the others in their turn."""

    def __init__(self, comparison: Comparison, order: Sequence[int], terminal: Terminal) -> None:
        self._comparison = comparison
        self._waiting = list(order)
        self._terminal = terminal
        self._follower: Follower | None = None
        self._leave = comparison.lane_changed.subscribe(lambda _index: self._move_on())

    def finish(self) -> None:
        self._leave()
        while self._waiting and self._comparison.lanes:
            lane = self._comparison.lanes[self._waiting[0]]
            self._show(lane)
            self._close(lane)

    def _move_on(self) -> None:
        while self._waiting:
            lane = self._comparison.lanes[self._waiting[0]]
            if lane.answer is None:
                return
            self._show(lane)
            if lane.is_running:
                return
            self._close(lane)

    def _show(self, lane: Lane) -> None:
        if self._follower is None and lane.answer is not None:
            self._terminal.write(f"── {lane.name} · {lane.spec.model_ref} ──\n")
            self._follower = Follower(lane.answer, self._terminal, shows_thinking=lane.spec.is_thinking)

    def _close(self, lane: Lane) -> None:
        if self._follower is not None and lane.answer is not None:
            self._follower.finish()
            self._terminal.write(f"[{answer_figures(lane.answer) or lane.state_word}]\n\n")
        self._follower = None
        self._waiting.pop(0)


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The object of `--json`: null where a figure is not known."""
    return {"prompt": comparison.prompt, "lanes": [_lane_json(lane) for lane in comparison.lanes]}


def _lane_json(lane: Lane) -> dict[str, Any]:
    answer = lane.answer or Answer()
    return {
        "model": lane.spec.model_ref,
        "text": answer.text,
        "thinking": answer.thinking,
        "stop_reason": answer.stop_reason,
        "error": answer.error.sentence() if answer.error else None,
        "timings": timings_to_plain(answer.timings),
    }


def _is_done(lane: Lane) -> bool:
    return lane.answer is not None and lane.answer.state is AnswerState.DONE


def _running(comparison: Comparison) -> list[tuple[str, Answer]]:
    return [(lane.name, lane.answer) for lane in comparison.lanes if lane.answer]


def _full_name(services: Services, model: str) -> str:
    """`engine/model`, also for a bare name; a model that is missing fails in its lane."""
    try:
        engine, name = services.registry.resolve(model)
    except ModelMissing:
        return model
    return f"{engine.id}/{name}"
