"""A pane in a window over real services, with scripted engines in the place of real ones."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from slmdesk.services import Services
from slmdesk.ui.actions import Actions
from slmdesk.ui.desk import Desk
from slmdesk.ui.panes.evaluate_pane import EvaluatePane
from slmdesk.ui.widgets.evaluate.evaluate_face import Tab
from slmdesk.ui.widgets.paint_scheduler import PaintScheduler
from tests.fakes.until import until

P = TypeVar("P", bound=QWidget)


@contextlib.asynccontextmanager
async def pane_over(
    make: Callable[[Services, Actions, PaintScheduler], P], data_dir: Path, *engines: Any, default: str = ""
) -> AsyncIterator[tuple[P, Services]]:
    """The pane, shown, until the block ends; then everything is closed in the program's order."""
    async with _services_over(data_dir, engines, default) as services:
        window = QMainWindow()
        window.resize(1100, 800)
        pane = make(services, Actions(window), PaintScheduler(window))
        window.setCentralWidget(pane)
        window.show()
        try:
            yield pane, services
        finally:
            window.hide()
            await services.aclose()
            window.deleteLater()


@contextlib.asynccontextmanager
async def desk_over(data_dir: Path, *engines: Any) -> AsyncIterator[Desk]:
    """The whole window, shown, until the block ends."""
    async with _services_over(data_dir, engines) as services:
        desk = Desk(services.settings)
        desk.attach(services)
        desk.window.show()
        try:
            yield desk
        finally:
            desk.window.hide()
            await services.aclose()
            desk.window.deleteLater()


@contextlib.asynccontextmanager
async def _services_over(
    data_dir: Path, engines: Sequence[Any], default: str = ""
) -> AsyncIterator[Services]:
    """A bug in a job fails the test at the end of the block."""
    services = Services.open(data_dir)
    bugs: list[Exception] = []
    services.on_error = lambda _key, error: bugs.append(error)
    services.registry.replace(engines)
    await services.refresh_engines()
    services.kept.now = services.settings.with_value(
        "default_model", default or services.registry.models()[0].ref
    )
    yield services
    if bugs:
        raise bugs[0]


async def show_example(pane: EvaluatePane, tab: Tab) -> None:
    """The starter pack of press reports, at one of its tabs."""
    if not pane.book.is_open:
        pane.start_page.example_button.click()
    await until(lambda: pane.book.is_open)
    page = pane.open_tab(tab)
    await until(page.isVisible)


async def tabbed(pane: QWidget) -> set[Any]:
    """Every widget that Tab goes to, once around from the one that has the focus."""
    reached: set[Any] = set()
    await until(lambda: QApplication.focusWidget() is not None)
    while (now := QApplication.focusWidget()) not in reached:
        reached.add(now)
        pane.window().focusNextChild()
    return reached
