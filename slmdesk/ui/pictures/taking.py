"""Takes the pictures: the README's with real answers, every state with prepared ones, light and dark."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.config.settings import Settings
from slmdesk.engines.base import Options
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.services import STARTER_MODEL, Services
from slmdesk.ui import theme
from slmdesk.ui.desk import Desk
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.pictures.set import Set, until
from slmdesk.ui.pictures.shots import SHOTS, SIZE, Shot
from slmdesk.ui.pictures.stage import CATALOGUED, StageEngine

Shade: TypeAlias = Literal["light", "dark"]
SHADES: tuple[Shade, ...] = ("light", "dark")
STATES = "states"  # the folder of all that is not for the README
CHAT_PROMPT = "Write a short Python function that reverses a string, and explain how it works."
COMPARE_PROMPT = "Explain what a REST API is in simple terms."
SETTLE_S = 0.4  # what was drawn last is on the picture
MEASURE_S = 2.5  # two looks at the machine: a load is a difference
SURE = Options(temperature=0.0, max_tokens=220, seed=7)
FREE = Options(temperature=0.9, max_tokens=220, seed=7)


async def take_screenshots(app: QApplication, directory: Path) -> Sequence[Path]:
    """Those of the README into `directory`, every state into a folder below it."""
    return [*await take_readme(app, directory), *await take_states(app, directory / STATES)]


async def take_readme(app: QApplication, directory: Path) -> Sequence[Path]:
    """Ask the starter model, then photograph chat, compare and models."""
    async with _services() as services, _desk(services) as desk:
        desk.start()
        theme.choose(app, "light")
        await until(lambda: services.registry.info(STARTER_MODEL) is not None)
        run_id = await _fill(services)
        saved: list[Path] = []
        for pane in ("chat", "compare"):
            desk.window.open_pane(pane)
            if pane == "compare":
                await _show_run(desk, run_id)
            saved += await _each_shade(app, Set(desk, StageEngine()), pane, directory, SHADES)
        (await Set(desk, StageEngine()).models()).table.choose(CATALOGUED)
        saved += await _each_shade(app, Set(desk, StageEngine()), "models", directory, SHADES)
        return saved


async def take_states(
    app: QApplication, directory: Path, shots: Sequence[Shot] = SHOTS, shades: Sequence[Shade] = SHADES
) -> Sequence[Path]:
    """Every pane in every state, from the list."""
    async with _services() as services, _desk(services) as desk:
        engine = StageEngine()
        services.registry.replace([engine])
        services.jobs.start("sampler", services.sampler.run)
        await services.refresh_engines()
        stage = Set(desk, engine)
        theme.choose(app, "light")
        saved: list[Path] = []
        for shot in shots:
            desk.window.resize(*shot.size)
            await shot.prepare(stage)
            saved += await _each_shade(app, stage, shot.name, directory, shades)
            await stage.clear()
        return saved


async def take_comparison(services: Services, run_id: str, path: Path) -> None:
    """The compare pane with a stored run."""
    async with _desk(services) as desk:
        services.jobs.start("sampler", services.sampler.run)
        await _show_run(desk, run_id)
        await asyncio.sleep(MEASURE_S)
        save(desk.window.grab(), path)


@contextlib.asynccontextmanager
async def _services() -> AsyncIterator[Services]:
    """In a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="slmdesk-pictures-") as folder:
        services = Services.open(Path(folder), has_window=False)
        try:
            yield services
        finally:
            await services.aclose()


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


async def _each_shade(
    app: QApplication, stage: Set, name: str, directory: Path, shades: Sequence[Shade]
) -> Sequence[Path]:
    saved: list[Path] = []
    for shade in shades:
        if theme.current().is_dark != (shade == "dark"):  # to dress the window anew takes its time
            theme.choose(app, shade)
        await asyncio.sleep(SETTLE_S)
        path = directory / (f"{name}.png" if shade == "light" else f"{name}-{shade}.png")
        save(stage.picture(), path)
        saved.append(path)
    return saved


async def _show_run(desk: Desk, run_id: str) -> None:
    pane = desk.window.open_pane("compare")
    if not isinstance(pane, ComparePane):
        raise TypeError(f"the compare pane is a {type(pane).__name__}")
    pane.runs.chosen.emit(run_id)
    await until(lambda: all(column.lane is not None for column in pane.columns.columns))


def save(picture: QPixmap, path: Path) -> None:
    """Raises DataFolderUnusable where it cannot be written."""
    with contextlib.suppress(OSError):  # then the picture cannot be saved, which is said
        path.parent.mkdir(parents=True, exist_ok=True)
    if not picture.save(str(path)):
        raise DataFolderUnusable(f"The picture {path} could not be written.")
