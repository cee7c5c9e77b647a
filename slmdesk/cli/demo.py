"""`slmdesk demo`: one real prompt in two columns, here and as a picture of the compare pane."""

import asyncio
from pathlib import Path

from slmdesk.base.errors import ModelMissing
from slmdesk.cli.compare import compare
from slmdesk.cli.parser import Arguments
from slmdesk.cli.terminal import Terminal
from slmdesk.engines.answer import AnswerState
from slmdesk.engines.base import ModelInfo, Options
from slmdesk.features.compare.comparison import Comparison
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.services import STARTER_MODEL, Services

PROMPT = "Explain in three sentences what a REST API is."
_PICTURE = "demo.png"
_SURE = Options(temperature=0.0, max_tokens=120, seed=7)
_FREE = Options(temperature=1.0, max_tokens=120, seed=7)


def run(chosen: Arguments, services: Services, terminal: Terminal, runner: asyncio.Runner) -> int:
    """0 when every answer is whole and the pictures are saved."""
    if chosen.screenshots is not None:
        from slmdesk.app import save_screenshots

        for path in save_screenshots(chosen.screenshots):
            terminal.say(f"Saved {path}.")
        return 0
    comparison = services.comparison()
    runner.run(_compare(comparison, services, terminal))
    is_whole = all(lane.answer and lane.answer.state is AnswerState.DONE for lane in comparison.lanes)
    path = _save_picture(services, comparison)
    terminal.say(f"A picture of the compare pane was saved as {path}.")
    return 0 if is_whole else 1


async def _compare(comparison: Comparison, services: Services, terminal: Terminal) -> None:
    specs = pick_lanes(services)
    terminal.write(f"{PROMPT}\n\n")
    await compare(comparison, PROMPT, specs, services.plan(specs), services, terminal)
    await services.room.refresh()  # the picture shows what is loaded
    await services.jobs.aclose()  # it is taken on another loop, where these would never end


def pick_lanes(services: Services) -> list[LaneSpec]:
    """The starter beside the smallest other model that fits, else two settings of what there is."""
    fitting = [model for model in services.registry.models() if _is_welcome(model, services)]
    fitting.sort(key=lambda model: (model.ref != STARTER_MODEL, model.size_bytes or 0))
    if not fitting:
        raise ModelMissing("No engine offers a model that fits this machine.")
    if len(fitting) == 1:
        return [LaneSpec(fitting[0].ref, _SURE), LaneSpec(fitting[0].ref, _FREE)]
    return [LaneSpec(model.ref, _SURE) for model in fitting[:2]]


def _is_welcome(model: ModelInfo, services: Services) -> bool:
    fit = services.fit(model.ref)
    can_chat = not model.capabilities or "completion" in model.capabilities
    return can_chat and fit is not None and fit.kind in ("fits", "tight")


def _save_picture(services: Services, comparison: Comparison) -> Path:
    from slmdesk.app import save_demo_picture

    path = services.paths.data_dir / _PICTURE
    save_demo_picture(services, comparison, path)
    return path
