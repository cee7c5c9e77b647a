"""asyncio on Qt's event loop: the only place that knows qasync."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import qasync
from PySide6.QtWidgets import QApplication


def run(app: QApplication, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run `main()` to its end on Qt's loop. The loop ends with it, not with the last window."""
    app.setQuitOnLastWindowClosed(False)
    # asyncio.Runner and not `with loop:`, which would skip the `finally` blocks of what still runs.
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        return runner.run(main())


def on_end_signals(callback: Callable[[], None]) -> None:
    """Call `callback` in the loop when the system or Ctrl+C asks the program to end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, callback)
        except NotImplementedError:  # Windows: taken at the next turn of the interpreter, within a second
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(callback))
