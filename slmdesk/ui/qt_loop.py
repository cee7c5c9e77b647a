"""asyncio on Qt's event loop: the only place that knows qasync."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import qasync
from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtWidgets import QApplication

GARBAGE_EVERY_MS = 2_000


class Application(QApplication):
    """Tells when the desktop wants the program to end, instead of stopping the loop under its feet."""

    quit_asked = Signal()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Quit:
            event.ignore()
            self.quit_asked.emit()
            return True
        return super().event(event)


def run(app: QApplication, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run `main()` to its end on Qt's loop. The loop ends with it, not with the last window."""
    app.setQuitOnLastWindowClosed(False)
    with _garbage_in_this_thread(app), _runner(app) as runner:
        return runner.run(main())


def _runner(app: QApplication) -> asyncio.Runner:
    # asyncio.Runner and not `with loop:`, which would skip the `finally` blocks of what still runs.
    return asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app))


@contextlib.contextmanager
def _garbage_in_this_thread(app: QApplication) -> Iterator[None]:
    """Collect garbage in Qt's thread alone.

    Left to itself Python collects in whichever thread allocates; a forgotten widget that
    is destroyed in a worker thread ends the program with a segmentation fault.
    """
    timer = QTimer(app)
    timer.timeout.connect(_collect_what_is_due)
    timer.start(GARBAGE_EVERY_MS)
    gc.disable()
    try:
        yield
    finally:
        timer.stop()
        gc.enable()


def _collect_what_is_due() -> None:
    """What the thresholds of the interpreter ask for, oldest generation first."""
    for generation, (count, threshold) in reversed(
        list(enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)))
    ):
        if count > threshold > 0:
            gc.collect(generation)
            return


def on_end_signals(callback: Callable[[], None]) -> None:
    """Call `callback` in the loop when the system or Ctrl+C asks the program to end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":  # taken when the interpreter runs next: the timer above sees to that
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(callback))
        else:
            loop.add_signal_handler(number, callback)
