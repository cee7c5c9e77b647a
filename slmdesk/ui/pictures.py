"""Pictures of the real window, taken without a display: for the README and for `slmdesk demo`."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QApplication

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.config.settings import Settings
from slmdesk.engines.base import Options
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.services import STARTER_MODEL, Services
from slmdesk.ui import theme
from slmdesk.ui.desk import Desk
from slmdesk.ui.panes.compare_pane import ComparePane

SIZE = (1440, 900)
CHAT_PROMPT = "Write a short Python function that reverses a string, and explain how it works."
COMPARE_PROMPT = "Explain what a REST API is in simple terms."
SETTLE_S = 0.4  # what was drawn last is on the picture
WITHIN_S = 60.0
LOOK_S = 0.05
MEASURE_S = 2.5  # two looks at the machine: a load is a difference
SURE = Options(temperature=0.0, max_tokens=220, seed=7)
FREE = Options(temperature=0.9, max_tokens=220, seed=7)


async def take_screenshots(app: QApplication, directory: Path) -> Sequence[Path]:
    """Ask the starter model, then photograph chat and compare in light and dark."""
    with tempfile.TemporaryDirectory(prefix="slmdesk-pictures-") as folder:
        services = Services.open(Path(folder), has_window=False)
        try:
            async with _desk(services) as desk:
                desk.start()
                await _until(lambda: services.registry.info(STARTER_MODEL) is not None)
                run_id = await _fill(services)
                return [
                    await _take(app, desk, pane, shade, run_id, directory)
                    for shade in ("light", "dark")
                    for pane in ("chat", "compare")
                ]
        finally:
            await services.aclose()


async def take_comparison(services: Services, run_id: str, path: Path) -> None:
    """The compare pane with a stored run."""
    async with _desk(services) as desk:
        services.jobs.start("sampler", services.sampler.run)
        await _show_run(desk, run_id)
        await asyncio.sleep(MEASURE_S)
        _save(desk, path)


@contextlib.asynccontextmanager
async def _desk(services: Services) -> AsyncIterator[Desk]:
    desk = Desk(Settings())
    desk.attach(services)
    desk.window.resize(*SIZE)
    desk.window.show()
    try:
        yield desk
    finally:
        desk.window.hide()
        await services.jobs.aclose()
        desk.window.deleteLater()


async def _fill(services: Services) -> str:
    """A chat and a comparison, answered now; returns the id of the run."""
    session = await services.session()
    await session.update_options(SURE)  # a small model that may go on for ever sometimes does
    await session.send(CHAT_PROMPT)
    comparison = services.comparison()
    specs = [LaneSpec(STARTER_MODEL, SURE), LaneSpec(STARTER_MODEL, FREE)]
    await comparison.run(COMPARE_PROMPT, specs, services.plan(specs))
    return comparison.run_id


async def _take(
    app: QApplication, desk: Desk, pane: str, shade: theme.ThemeChoice, run_id: str, directory: Path
) -> Path:
    theme.choose(app, shade)
    if pane == "compare":
        await _show_run(desk, run_id)
    else:
        desk.window.open_pane(pane)
    await asyncio.sleep(SETTLE_S)
    path = directory / (f"{pane}.png" if shade == "light" else f"{pane}-{shade}.png")
    _save(desk, path)
    return path


async def _show_run(desk: Desk, run_id: str) -> None:
    pane = desk.window.open_pane("compare")
    if not isinstance(pane, ComparePane):
        raise TypeError(f"the compare pane is a {type(pane).__name__}")
    pane.runs.chosen.emit(run_id)
    await _until(lambda: all(column.lane is not None for column in pane.columns.columns))


def _save(desk: Desk, path: Path) -> None:
    with contextlib.suppress(OSError):  # then the picture cannot be saved, which is said
        path.parent.mkdir(parents=True, exist_ok=True)
    if not desk.window.grab().save(str(path)):
        raise DataFolderUnusable(f"The picture {path} could not be written.")


async def _until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not is_reached():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(LOOK_S)
