"""The window in a process of its own, at the scale of QT_SCALE_FACTOR: prints what of its text is cut off."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QCheckBox,
    QLabel,
    QMenu,
    QWidget,
)

from slmdesk.app import application
from slmdesk.config.settings import Settings
from slmdesk.features.monitor.conditions import Conditions
from slmdesk.features.monitor.disks import DiskSample
from slmdesk.features.monitor.gpus import GpuSample
from slmdesk.features.monitor.processes import ProcessShare
from slmdesk.features.monitor.sampler import Sample
from slmdesk.ui import qt_loop
from slmdesk.ui.widgets.elided_button import ElidedButton
from slmdesk.ui.widgets.elided_label import ElidedLabel
from tests.fakes.panes import desk_over
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.fakes.until import until

GB = 1_000_000_000
LONG = "hf.co/maker/A-Very-Long-Name-Of-A-Model-That-Goes-On-And-On-13B-Instruct-GGUF:Q5_K_M"
BUSY = Sample(
    100.0,
    int(123.4 * GB),
    128 * GB,
    4 * GB,
    (GpuSample("RTX 6000 Ada Generation", 100.0, 47 * GB, 48 * GB, False, 88.0, 299.0, True),),
    (ProcessShare(LONG, (1,), 100.0, int(123.4 * GB)), ProcessShare("SLM Desk", (2,), 1.0, GB)),
    (DiskSample(("Chats",), 2 * GB, 4000 * GB), DiskSample(("Models in a folder",), 2000 * GB, 4000 * GB)),
    Conditions(99.0, True, 125.0, 14.0, False, 45.5),
)
ELIDING = (ElidedLabel, ElidedButton)


def clipped(root: QWidget) -> list[str]:
    """Labels and buttons whose words have less room than they need, or are cut by what is around them."""
    return [f"{type(each).__name__} {words(each)!r}" for each in root.findChildren(QWidget) if is_cut(each)]


def words(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""


def is_cut(widget: QWidget) -> bool:
    if not widget.isVisible() or not words(widget).strip() or isinstance(widget, ELIDING):
        return False
    if isinstance(widget, QLabel) and widget.wordWrap():
        return widget.height() < widget.heightForWidth(widget.width()) or not is_seen(widget)
    least = widget.sizeHint() if isinstance(widget, QLabel | QCheckBox) else widget.minimumSizeHint()
    if widget.minimumSize() == widget.maximumSize():  # drawn to a size of the design
        least = least.boundedTo(widget.size())
    return widget.width() < least.width() or widget.height() < least.height() or not is_seen(widget)


def is_seen(widget: QWidget) -> bool:
    """Whole, or to be scrolled to."""
    area = scroll_area_of(widget)
    if area is None:
        return widget.visibleRegion().boundingRect() == widget.rect()
    left = widget.mapTo(area.viewport(), QPoint(0, 0)).x()
    is_within = left >= 0 and left + widget.width() <= area.viewport().width()
    return is_within or area.horizontalScrollBar().maximum() > 0


def scroll_area_of(widget: QWidget) -> QAbstractScrollArea | None:
    around = widget.parentWidget()
    while around is not None and not isinstance(around, QAbstractScrollArea):
        around = around.parentWidget()
    return around


def open_panel(desk: Any) -> None:
    desk.window.fold_panel(True)
    desk.services.sampler.sampled.emit(BUSY)


STATES: dict[str, Any] = {
    "chat": lambda desk: None,
    "compare": lambda desk: None,
    "settings": lambda desk: None,
    "panel": open_panel,
    "activity": lambda desk: desk.window.commands.get("activity").trigger(),
    "palette": lambda desk: desk.window.commands.get("palette").trigger(),
    "help": lambda desk: desk.window.commands.get("help").trigger(),
    "choose_model": lambda desk: desk.window.commands.get("choose_model").trigger(),
}


async def look(width: int, height: int) -> dict[str, list[str]]:
    """What is cut in each state."""
    engine = ScriptedEngine({LONG: says("Text."), "b": says("Other.")}, sizes={LONG: 9 * GB, "b": 9})
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with desk_over(Path(folder), engine) as desk:
            window = desk.window
            window.setMinimumSize(0, 0)
            window.resize(width, height)
            for state, prepare in STATES.items():
                pane: Any = window.open_pane(state if state in ("compare", "settings") else "chat")
                if state in ("chat", "compare"):
                    pane.prompt.set_text("Hi?")
                    pane.prompt.send_button.click()
                    await until(lambda: pane.prompt.is_running)  # noqa: B023 - awaited in this turn
                    await until(lambda: not pane.prompt.is_running)  # noqa: B023 - as above
                prepare(desk)
                found[state] = await settled()
                for popup in shown_over(window):
                    popup.close()
    return found


async def settled() -> list[str]:
    """What stays cut when the layout has had its turns of the loop."""
    left: list[str] = []
    for _ in range(20):
        await asyncio.sleep(0.02)
        left = [
            text
            for window in QApplication.topLevelWidgets()
            if window.isVisible()
            for text in clipped(window)
        ]
        if not left:
            break
    return left


def shown_over(window: QWidget) -> Iterator[QWidget]:
    for widget in QApplication.topLevelWidgets():
        if widget is not window and widget.isVisible() and not isinstance(widget, QMenu):
            yield widget


def main() -> None:
    app = application(Settings(theme="light"))
    width, height = map(int, sys.argv[1:3])

    async def run() -> int:
        print(json.dumps(await look(width, height)))
        return 0

    qt_loop.run(app, run)


if __name__ == "__main__":
    main()
