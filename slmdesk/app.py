"""The window program: Qt, its loop, the panes, and an end in order."""

import asyncio
import contextlib
import faulthandler
import logging
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication

from slmdesk.base.errors import AlreadyRunning, SlmdeskError
from slmdesk.base.jobs import call_in
from slmdesk.config.instance import InstanceLock
from slmdesk.config.paths import Paths, default_data_dir
from slmdesk.config.settings import Settings, load_settings
from slmdesk.ui import language, qt_loop, qt_messages, theme
from slmdesk.ui.bug_report import BugReports
from slmdesk.ui.desk import Desk
from slmdesk.ui.main_window import MainWindow

if TYPE_CHECKING:
    from slmdesk.features.compare.comparison import Comparison
    from slmdesk.services import Services

CLOSE_WITHIN_S = 4.5  # the services take three; what is left then is named in the log and dropped
LOG_BYTES = 1_000_000

log = logging.getLogger(__name__)


def run(data_dir: Path | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    language.say_as("system")  # until the settings are known, which may be what cannot be read
    try:
        paths = Paths(data_dir or default_data_dir())
        lock = InstanceLock(paths)
        paths.create()
        lock.acquire()
        settings = load_settings(paths)
    except AlreadyRunning as error:
        print(error.sentence())
        return 0
    except SlmdeskError as error:
        print(error.sentence(), file=sys.stderr)
        refusal = error
    else:
        app = application(settings)
        with _crash_log(paths.log):
            return qt_loop.run(app, lambda: _main(app, paths, lock, settings))
    app = application(Settings())
    return qt_loop.run(app, lambda: _tell_and_end(refusal))


def save_screenshots(directory: Path) -> Sequence[Path]:
    """Pictures of the real program with real answers, light and dark, for the README."""
    from slmdesk.ui.pictures import offscreen, take_screenshots

    saved: list[Path] = []

    async def take() -> int:
        saved.extend(await take_screenshots(app, directory))
        return 0

    with offscreen():
        app = application(Settings(theme="light", language="english"))
        qt_loop.run(app, take)
    return saved


def save_demo_picture(services: "Services", comparison: "Comparison", path: Path) -> None:
    """The compare pane with a comparison that has just run, without a display."""
    from slmdesk.ui.pictures import offscreen, take_comparison

    async def take() -> int:
        await take_comparison(services, comparison.run_id, path)
        return 0

    with offscreen():
        qt_loop.run(application(services.settings), take)


def application(settings: Settings) -> QApplication:
    """The one QApplication, dressed as the settings say."""
    qt_messages.log_messages()
    app = QApplication.instance() or qt_loop.Application(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise TypeError("a Qt program without windows runs in this process already")
    app.setApplicationName("SLM Desk")
    app.setDesktopFileName("slmdesk")
    language.choose(app, settings.language)
    theme.set_sizes(settings.text_percent, is_compact=settings.density == "compact")
    theme.choose(app, _theme_choice(settings))
    return app


async def _main(app: QApplication, paths: Paths, lock: InstanceLock, settings: Settings) -> int:
    loop = asyncio.get_running_loop()
    quit_asked = asyncio.Event()
    reports = BugReports(app)
    sys.excepthook = reports.hook
    loop.set_exception_handler(lambda _loop, context: _on_loop_exception(reports, context))
    qt_loop.on_end_signals(quit_asked.set)
    desk = Desk(settings)
    window = desk.window
    window.close_asked.connect(quit_asked.set)
    if isinstance(app, qt_loop.Application):
        app.quit_asked.connect(quit_asked.set)
    # Asked in a thread of the lock's own.
    lock.focus_requested.subscribe(lambda _none: call_in(loop, window.come_to_front))
    await _paint(window)
    try:
        services = _open_services(paths, lock)
    except SlmdeskError as error:
        window.hide()
        return await _tell_and_end(error)
    services.on_error = reports.show
    reports.attach(window)
    desk.attach(services)
    window.open_pane("chat")
    desk.start()
    try:
        is_ending = False
        while not is_ending:
            await quit_asked.wait()
            is_ending = await desk.may_end()
            quit_asked.clear()  # what was asked while the question was open is answered with it
    finally:
        reports.attach(None)
        desk.remember()
        window.hide()
        await close(services)
        sys.excepthook = sys.__excepthook__
        window.deleteLater()
    return 0


async def _paint(window: MainWindow) -> None:
    """Until the frame is on the screen; what takes longer to import comes after it."""
    is_painted = asyncio.Event()
    window.painted.connect(is_painted.set)
    window.show()
    with contextlib.suppress(TimeoutError):  # a window that starts minimised is not painted
        async with asyncio.timeout(2):
            await is_painted.wait()
    window.painted.disconnect(is_painted.set)


def _open_services(paths: Paths, lock: InstanceLock) -> "Services":
    """Raises StoreError; the lock is free again then."""
    from slmdesk.services import Services

    return Services.open(paths.data_dir, held=lock)


async def close(services: "Services") -> None:
    """Jobs, engines and store, in that order; never longer than the reader would wait."""
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await services.aclose()
    except TimeoutError:
        log.warning("closing took too long and was given up")


async def _tell_and_end(error: SlmdeskError) -> int:
    """The data folder cannot be used: say what to do, then end."""
    from slmdesk.ui import notify

    title = QApplication.translate("Desk", "SLM Desk cannot start")
    dialog = notify.Dialog(None, title, error.message, error.next_step)
    dialog.add_close_button()
    await dialog.answer()
    return 1


def _on_loop_exception(reports: BugReports, context: dict[str, Any]) -> None:
    error = context.get("exception") or RuntimeError(context.get("message", "unknown"))
    reports.show("loop", error)


def _theme_choice(settings: Settings) -> theme.ThemeChoice:
    match settings.theme:
        case "light" | "dark" as choice:
            return choice
    return "system"


@contextlib.contextmanager
def _crash_log(path: Path) -> Iterator[None]:
    """Warnings, bugs and crashes of the interpreter go to one file that stays small."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".old.log"))
    file: IO[str]
    with path.open("a", encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root = logging.getLogger()
        root.addHandler(handler)
        faulthandler.enable(file)
        try:
            yield
        finally:
            faulthandler.disable()
            root.removeHandler(handler)
