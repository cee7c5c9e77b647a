"""`slmdesk compare --prompts FILE`: a list of prompts through the columns, as blocks of text or as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.engines.answer import Answer
from slmdesk.engines.answer_words import answer_figures
from slmdesk.engines.plain import timings_to_report
from slmdesk.features.compare.batch import Batch
from slmdesk.features.compare.lane import Lane
from slmdesk.features.compare.plan import LaneSpec, RunPlan
from slmdesk.features.compare.prompts import read_prompts
from slmdesk.services import Services


async def run_list(
    path: Path,
    chosen: Arguments,
    services: Services,
    terminal: Terminal,
    specs: Sequence[LaneSpec],
    plan: RunPlan,
) -> Batch:
    """Run the whole list and print it, what was answered until Ctrl+C included."""
    found = read_prompts(path)
    terminal.say(f"{found.words}. {plan.words}")
    batch = services.batch()
    await batch.create(path.stem, found.prompts, specs, plan)
    batch.cell_changed.subscribe(lambda _place: terminal.status(batch.words))
    try:
        await batch.run(plan, is_oversized_allowed=chosen.load_anyway)
    finally:
        terminal.clear_status()
        if not chosen.json:
            _print(batch, terminal)
    if chosen.json:
        terminal.write_json(_to_json(batch))
    terminal.say(f"{batch.words}.")
    return batch


def lane_json(lane: Lane) -> dict[str, Any]:
    """One lane in `--json`: null where a figure is not known."""
    answer = lane.answer or Answer()
    return {
        "model": lane.spec.model_ref,
        "text": answer.text,
        "thinking": answer.thinking,
        "stop_reason": answer.stop_reason,
        "error": answer.error.sentence() if answer.error else None,
        "timings": timings_to_report(answer.timings),
    }


def _to_json(batch: Batch) -> dict[str, Any]:
    rows = [
        {"prompt": prompt, "lanes": [lane_json(lane) for lane in batch.row(number)]}
        for number, prompt in enumerate(batch.prompts)
    ]
    return {"prompts": rows}


def _print(batch: Batch, terminal: Terminal) -> None:
    for number, prompt in enumerate(batch.prompts):
        terminal.write(f"══ {number + 1} · {' '.join(prompt.split())[:100]} ══\n")
        for lane in batch.row(number):
            _print_lane(lane, terminal)


def _print_lane(lane: Lane, terminal: Terminal) -> None:
    terminal.write(f"── {lane.name} · {lane.spec.model_ref} ──\n")
    if lane.answer is None:
        terminal.write("[waiting]\n\n")
        return
    text = lane.answer.text
    terminal.write(text if text.endswith("\n") or not text else f"{text}\n")
    if lane.answer.error:
        terminal.write(f"{lane.answer.error.sentence()}\n")
    terminal.write(f"[{answer_figures(lane.answer) or lane.state_word}]\n\n")
