"""The window program: Qt, its loop, the panes, and an end in order."""

import asyncio
import atexit
import contextlib
import gc
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from PySide6.QtWidgets import QApplication

from slmdesk.base.errors import AlreadyRunning, DataFolderAway, SlmdeskError
from slmdesk.base.jobs import call_in
from slmdesk.config.instance import InstanceLock
from slmdesk.config.paths import Paths, default_data_dir
from slmdesk.config.settings import Settings, load_settings
from slmdesk.ui import language, qt_loop, qt_messages, theme
from slmdesk.ui.bug_report import BugReports
from slmdesk.ui.crash_log import CrashLog
from slmdesk.ui.desk import Desk
from slmdesk.ui.main_window import MainWindow

if TYPE_CHECKING:
    from slmdesk.features.compare.comparison import Comparison
    from slmdesk.services import Services
    from slmdesk.ui.relocating import Outcome, Relocation, Seat

# The platform styles ignore half of a style sheet. Chosen when Qt starts: to set a style later makes Python
# build all the enumerations of QStyle.
STYLE = "Fusion"
CLOSE_WITHIN_S = 4.5  # the services take three; what is left then is named in the log and dropped

log = logging.getLogger(__name__)


class DataFolder:
    """A data folder that this program alone uses, and the settings in it."""

    def __init__(self, paths: Paths, lock: InstanceLock, settings: Settings) -> None:
        self.paths = paths
        self.lock = lock
        self.settings = settings

    @classmethod
    def take(cls, data_dir: Path | None = None) -> Self:
        """Lock this folder, else the user's; raises AlreadyRunning, DataFolderAway, DataFolderUnusable."""
        paths = Paths(data_dir or default_data_dir())
        paths.create()
        lock = InstanceLock(paths)
        lock.acquire()
        try:
            return cls(paths, lock, load_settings(paths))
        except SlmdeskError:
            lock.release()
            raise


def run(data_dir: Path | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    language.say_as("system")  # until the settings are known, which may be what cannot be read
    # The interpreter would search all that was imported for garbage: a third of a second for nothing.
    atexit.register(gc.freeze)
    while True:
        try:
            folder = DataFolder.take(data_dir)
        except AlreadyRunning as error:
            print(error.sentence())
            return 0
        except DataFolderAway as error:
            print(error.sentence(), file=sys.stderr)
            if not qt_loop.run(application(Settings()), _ask_about_away):
                return 1
        except SlmdeskError as error:
            print(error.sentence(), file=sys.stderr)
            return qt_loop.run(application(Settings()), partial(_tell_and_end, error))
        else:
            app = application(folder.settings)
            with CrashLog(folder.paths.log) as crash_log:
                return qt_loop.run(app, partial(_main, app, folder, crash_log))


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
    app = QApplication.instance() or qt_loop.Application([sys.argv[0], "-style", STYLE])
    if not isinstance(app, QApplication):
        raise TypeError("a Qt program without windows runs in this process already")
    app.setApplicationName("SLM Desk")
    app.setDesktopFileName("slmdesk")
    language.choose(app, settings.language)
    theme.set_sizes(settings.text_percent, is_compact=settings.density == "compact")
    theme.choose(app, _theme_choice(settings))
    return app


async def _main(app: QApplication, folder: DataFolder, crash_log: CrashLog) -> int:
    loop = asyncio.get_running_loop()
    reports = BugReports(app)
    sys.excepthook = reports.hook
    loop.set_exception_handler(lambda _loop, context: _on_loop_exception(reports, context))
    sittings = Sittings(folder, reports, crash_log)
    qt_loop.on_end_signals(sittings.ask_end)
    if isinstance(app, qt_loop.Application):
        app.quit_asked.connect(sittings.ask_end)
    try:
        return await sittings.run()
    finally:
        sys.excepthook = sys.__excepthook__


class Sittings:
    """One window after the other, each over the data folder of its time; mostly there is one."""

    def __init__(self, folder: DataFolder, reports: BugReports, crash_log: CrashLog) -> None:
        self._loop = asyncio.get_running_loop()
        self._folder = folder
        self._reports = reports
        self._crash_log = crash_log
        self._wishes: asyncio.Queue[Relocation | None] = asyncio.Queue()  # None: the end
        self._is_ending = threading.Event()
        self._listen()
        self._desk = self._new_desk()

    def ask_end(self) -> None:
        """The window is closed, or the system wants it so; a move that runs is stopped."""
        self._is_ending.set()
        self._wishes.put_nowait(None)

    async def run(self) -> int:
        """Until the end is asked for; the exit code."""
        greet: Callable[[], None] = lambda: None  # noqa: E731  # nothing to say at the first window
        try:
            while True:
                goal = await self._sit(greet)
                if goal is None:
                    return 0
                wanted, seat = goal
                outcome = await self._relocate(wanted)
                if not self._wishes.empty():  # the end was asked for meanwhile
                    self._desk.window.hide()
                    self._desk.window.deleteLater()
                    return 0
                greet = partial(self._greet, seat, outcome)
        except SlmdeskError as error:
            self._desk.window.hide()
            return await _tell_and_end(error)
        finally:
            self._folder.lock.release()

    async def _sit(self, greet: Callable[[], None]) -> "tuple[Relocation, Seat] | None":
        """Over the folder until the end or something else is wanted; raises StoreError when it cannot be."""
        desk = self._desk
        self._is_ending.clear()  # what stopped the last move does not stop the next one
        await _paint(desk.window)
        services = _open_services(self._folder)
        services.on_error = self._reports.show
        self._reports.attach(desk.window)
        desk.attach(services)
        desk.window.open_pane("chat")
        desk.start()
        greet()
        try:
            wanted = await self._wish()
            if wanted is None:
                return None
            seat = desk.seat()
            desk.remember()
            self._folder.settings = load_settings(self._folder.paths)
            self._desk = self._new_desk()  # its frame is there before this window goes
            await _paint(self._desk.window)
            return wanted, seat
        finally:
            self._reports.attach(None)
            desk.remember()
            desk.window.hide()
            await close(services)
            desk.window.deleteLater()

    async def _wish(self) -> "Relocation | None":
        """What is wanted, once nothing is lost by it; the end goes before a move."""
        while True:
            wanted = [await self._wishes.get()]
            may_end = await self._desk.may_end()
            while not self._wishes.empty():  # asked while the question was open: answered with it
                wanted.append(self._wishes.get_nowait())
            if may_end:
                return None if None in wanted else wanted[0]
            self._is_ending.clear()

    async def _relocate(self, wanted: "Relocation") -> "Outcome":
        """Raises SlmdeskError when the data is in another folder, and that cannot be used."""
        from slmdesk.ui.relocating import relocate

        self._crash_log.close()  # it lies in the folder
        outcome = await relocate(self._desk.window, wanted, self._is_ending)
        if outcome.place is not None:
            self._folder.lock.release()
            self._folder = DataFolder.take()
            self._listen()
            application(self._folder.settings)
        self._crash_log.open(self._folder.paths.log)
        return outcome

    def _greet(self, seat: "Seat", outcome: "Outcome") -> None:
        self._desk.sit_down(seat)
        outcome.tell(self._desk.window)

    def _new_desk(self) -> Desk:
        desk = Desk(self._folder.settings)
        desk.window.close_asked.connect(self.ask_end)
        desk.relocation_asked.subscribe(self._wishes.put_nowait)
        return desk

    def _listen(self) -> None:
        """A second start brings the window of then to the front; the lock asks in a thread of its own."""
        self._folder.lock.focus_requested.subscribe(lambda _none: call_in(self._loop, self._come_to_front))

    def _come_to_front(self) -> None:
        self._desk.window.come_to_front()


async def _paint(window: MainWindow) -> None:
    """Until the frame is on the screen; what takes longer to import comes after it."""
    is_painted = asyncio.Event()
    window.painted.connect(is_painted.set)
    window.show()
    with contextlib.suppress(TimeoutError):  # a window that starts minimised is not painted
        async with asyncio.timeout(2):
            await is_painted.wait()
    window.painted.disconnect(is_painted.set)


def _open_services(folder: DataFolder) -> "Services":
    """Raises StoreError."""
    from slmdesk.services import Services

    return Services.open(folder.paths.data_dir, held=folder.lock, settings=folder.settings)


async def close(services: "Services") -> None:
    """Jobs, engines and store, in that order; never longer than the reader would wait."""
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await services.aclose()
    except TimeoutError:
        log.warning("closing took too long and was given up")


async def _ask_about_away() -> int:
    """1 when there is a folder to start with now, 0 to end."""
    from slmdesk.ui.away_dialog import AwayDialog

    return int(await AwayDialog().answer())


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
