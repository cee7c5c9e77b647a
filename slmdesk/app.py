"""The window program: Qt, its loop, the panes, and an end in order."""

import asyncio
import contextlib
import faulthandler
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from PySide6.QtWidgets import QApplication, QWidget

from slmdesk.base.errors import AlreadyRunning, SlmdeskError, StoreError
from slmdesk.config.settings import Settings, save_settings
from slmdesk.services import Services
from slmdesk.ui import notify, qt_loop, theme
from slmdesk.ui.actions import Actions
from slmdesk.ui.bug_report import BugReports
from slmdesk.ui.main_window import MainWindow, PaneSpec
from slmdesk.ui.widgets.machine_panel import MachinePanel

CLOSE_WITHIN_S = 4.5  # the services take three; what is left then is named in the log and dropped
LOG_BYTES = 1_000_000

log = logging.getLogger(__name__)


def run(data_dir: Path | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    try:
        services = Services.open(data_dir)
    except AlreadyRunning as error:
        print(error.sentence())
        return 0
    except SlmdeskError as error:
        print(error.sentence(), file=sys.stderr)
        refusal = error
    else:
        app = application(services.settings)
        with _crash_log(services.paths.log):
            return qt_loop.run(app, lambda: _main(app, services))
    app = application(Settings())
    return qt_loop.run(app, lambda: _tell_and_end(refusal))


def application(settings: Settings) -> QApplication:
    """The one QApplication, dressed as the settings say."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise TypeError("a Qt program without windows runs in this process already")
    app.setApplicationName("SLM Desk")
    app.setDesktopFileName("slmdesk")
    theme.choose(app, _theme_choice(settings))
    return app


class Desk:
    """The window over its services: what one tells the other."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._scheduler: Any = None
        panel = MachinePanel(services.sampler, services.registry, services.room, services.jobs)
        self.window = MainWindow(services.registry, panel, self._specs())
        self.window.restore(services.settings.window_geometry)
        self.window.fold_panel(services.settings.is_machine_panel_open)
        for notice in services.notices:
            self.window.show_notice(notice)
        services.noticed.subscribe(self.window.show_notice)

    def start(self) -> None:
        """What need not wait for the first picture, but comes after it."""
        jobs = self.services.jobs
        jobs.start("engines", self.services.start)
        jobs.start("sampler", self.services.sampler.run)

    def remember(self) -> None:
        """Keep where the window was."""
        settings = self.services.settings
        settings = settings.with_value("window_geometry", self.window.place())
        settings = settings.with_value("is_machine_panel_open", self.window.is_panel_open)
        try:
            save_settings(self.services.paths, settings)
        except StoreError as error:
            log.warning("the place of the window was not kept: %s", error)

    def _specs(self) -> tuple[PaneSpec, ...]:
        tr = QApplication.translate
        return (
            PaneSpec("chat", tr("Desk", "Chat"), "chat", "Ctrl+1", self._chat),
            PaneSpec("compare", tr("Desk", "Compare"), "compare", "Ctrl+2", self._compare),
            PaneSpec(
                "settings", tr("Desk", "Settings"), "settings", "Ctrl+,", self._settings, is_at_foot=True
            ),
        )

    def _chat(self, actions: Actions) -> QWidget:
        from slmdesk.ui.panes.chat_pane import ChatPane

        pane = ChatPane(self.services, actions, self._paint_scheduler())
        pane.add_file_requested.connect(lambda: self._add_file(None))
        pane.model_file_offered.connect(lambda path: self._add_file(Path(path)))
        pane.compare_requested.connect(self._on_compare_requested)
        return pane

    def _compare(self, actions: Actions) -> QWidget:
        from slmdesk.ui.panes.compare_pane import ComparePane

        pane = ComparePane(self.services, actions, self._paint_scheduler())
        pane.add_file_requested.connect(lambda: self._add_file(None))
        return pane

    def _settings(self, actions: Actions) -> QWidget:
        from slmdesk.ui.panes.settings_pane import SettingsPane

        return SettingsPane(self.services, actions)

    def _paint_scheduler(self) -> Any:
        """One for the window, however many panes draw."""
        if self._scheduler is None:
            from slmdesk.ui.widgets.paint_scheduler import PaintScheduler

            self._scheduler = PaintScheduler(self.window)
        return self._scheduler

    def _on_compare_requested(self, prompt: str, model_ref: str) -> None:
        pane: Any = self.window.open_pane("compare")
        pane.take_prompt(prompt, model_ref)

    def _add_file(self, path: Path | None) -> None:
        if not self.services.jobs.is_running("add-model-file"):
            self.services.jobs.start("add-model-file", lambda: self._take_file(path))

    async def _take_file(self, path: Path | None) -> None:
        from slmdesk.ui.model_files import add_model_file, choose_model_file

        path = path or await choose_model_file(self.window)
        if path is None:
            return
        try:
            await add_model_file(self.services, path)
        except SlmdeskError as error:
            notify.tell(
                self.window, QApplication.translate("Desk", "This file was not added"), error.sentence()
            )
        else:
            words = QApplication.translate("Desk", "{0} is in the model list now.").format(path.name)
            notify.toast(self.window, words)


async def _main(app: QApplication, services: Services) -> int:
    loop = asyncio.get_running_loop()
    quit_asked = asyncio.Event()
    reports = BugReports(app)
    services.on_error = reports.show
    sys.excepthook = reports.hook
    loop.set_exception_handler(lambda _loop, context: _on_loop_exception(reports, context))
    qt_loop.on_end_signals(quit_asked.set)
    desk = Desk(services)
    window = desk.window
    reports.attach(window)
    window.close_asked.connect(quit_asked.set)
    if services.lock is not None:  # asked in a thread of the lock's own
        services.lock.focus_requested.subscribe(lambda _none: _call_in(loop, window.come_to_front))
    await _show(window)
    desk.start()
    try:
        await quit_asked.wait()
    finally:
        reports.attach(None)
        desk.remember()
        window.hide()
        await close(services)
        sys.excepthook = sys.__excepthook__
        window.deleteLater()
    return 0


async def _show(window: MainWindow) -> None:
    """Until the frame is on the screen; the first pane is made after that."""
    is_painted = asyncio.Event()
    window.painted.connect(is_painted.set)
    window.show()
    with contextlib.suppress(TimeoutError):  # a window that starts minimised is not painted
        async with asyncio.timeout(2):
            await is_painted.wait()
    window.painted.disconnect(is_painted.set)
    window.open_pane("chat")


async def close(services: Services) -> None:
    """Jobs, engines and store, in that order; never longer than the reader would wait."""
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await services.aclose()
    except TimeoutError:
        log.warning("closing took too long and was given up")


async def _tell_and_end(error: SlmdeskError) -> int:
    """The data folder cannot be used: say what to do, then end."""
    title = QApplication.translate("Desk", "SLM Desk cannot start")
    dialog = notify.Dialog(None, title, error.message, error.next_step)
    dialog.add_close_button()
    await dialog.answer()
    return 1


def _on_loop_exception(reports: BugReports, context: dict[str, Any]) -> None:
    error = context.get("exception") or RuntimeError(context.get("message", "unknown"))
    reports.show("loop", error)


def _call_in(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(callback)


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
