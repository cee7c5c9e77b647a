"""Run as a program: the real window without a display, taken to one point; see e2e/test_window_ends.py."""

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPushButton

from slmdesk import app
from slmdesk.base.errors import DataFolderUnusable
from slmdesk.ui.desk import Desk

LOOK_MS = 20


def when(is_reached: Callable[[], object], then: Callable[[], object]) -> None:
    """Look again and again; the test's own time-out ends what never comes."""

    def look() -> None:
        if is_reached():
            timer.stop()
            then()

    timer = QTimer(QApplication.instance())
    timer.timeout.connect(look)
    timer.start(LOOK_MS)


def say(word: str) -> None:
    print(word, flush=True)


def drive(desk: Desk, step: str) -> None:
    pane = desk.window.open_pane("chat")
    services = desk.services
    is_ready = lambda: services.registry.states.get("builtin") is not None  # noqa: E731

    def ask() -> None:
        pane.prompt.set_text("Count from one to two hundred, in words.")
        pane.prompt.send_button.click()

    match step:
        case "idle":
            when(is_ready, lambda: say("ready"))
        case "notices":
            when(is_ready, lambda: (say("\n".join(services.notices.current)), desk.window.close()))
        case "quit by the desktop":
            QApplication.quit()
        case "close at once":
            desk.window.close()
        case "close while loading":
            when(is_ready, ask)
            when(lambda: "Stop" in pane.prompt.send_button.text(), desk.window.close)
        case "close on a full disk":
            close_on_a_full_disk(desk)
        case "bug":

            def boom() -> None:
                raise ZeroDivisionError("a bug in a slot")

            button = QPushButton(desk.window)
            button.clicked.connect(boom)
            button.click()
            from slmdesk.ui.notify import Dialog

            when(lambda: desk.window.findChildren(Dialog), lambda: (say("dialog"), desk.window.close()))


def close_on_a_full_disk(desk: Desk) -> None:
    """The question is answered with Cancel, the window stays; then with the other button."""
    from slmdesk.ui.notify import Dialog

    desk.services.database.refusal.report(DataFolderUnusable("The disk is full."))
    asked = lambda: [each for each in desk.window.findChildren(Dialog) if each.isVisible()]  # noqa: E731

    def cancel() -> None:
        say(asked()[0].windowTitle())
        asked()[0].reject()
        when(lambda: not asked(), lambda: (say(f"open: {desk.window.isVisible()}"), close_for_good()))

    def close_for_good() -> None:
        desk.window.close()
        when(asked, lambda: asked()[0].accept())

    desk.window.close()
    when(asked, cancel)


def main() -> int:
    start = Desk.start

    def start_and_drive(desk: Desk) -> None:
        start(desk)
        QTimer.singleShot(0, lambda: drive(desk, sys.argv[2]))

    Desk.start = start_and_drive
    return app.run(Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
