"""Run as a program: open a bare window or ours, and print what stands at the first paint as JSON."""

import enum
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

WATCHED = (
    "ollama",
    "openai",
    "httpx",
    "pydantic",
    "pygments",
    "markdown_it",
    "pyqtgraph",
    "xllamacpp",
    "keyring",
)
IDLE_S = 3.0

enumerations: list[str] = []
_make_enum = enum.EnumType.__new__


def _noted(meta: Any, name: str, *arguments: Any, **more: Any) -> Any:
    """PySide makes the enumerations of a class when it is first touched; they cost the most of it."""
    enumerations.append(name)
    return _make_enum(meta, name, *arguments, **more)


enum.EnumType.__new__ = _noted  # type: ignore[method-assign]  # to count them


def standing() -> dict[str, object]:
    from PySide6.QtWidgets import QApplication

    times = os.times()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return {
        "cpu_s": times.user + times.system,
        "cpu_ns": time.process_time_ns(),
        "rss_bytes": pages * os.sysconf("SC_PAGE_SIZE"),
        "modules": [name for name in WATCHED if name in sys.modules],
        "own_modules": sum(name.startswith("slmdesk") for name in sys.modules),
        "enumerations": len(enumerations),
        "widgets": len(QApplication.allWidgets()),
    }


def bare() -> None:
    from PySide6.QtCore import QEvent, QTimer
    from PySide6.QtWidgets import QApplication, QMainWindow

    class Window(QMainWindow):
        def event(self, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint:
                QTimer.singleShot(0, tell)
            return super().event(event)

    def tell() -> None:
        first = standing()
        QTimer.singleShot(int(IDLE_S * 1000), lambda: (print(json.dumps([first, standing()])), app.quit()))

    app = QApplication(sys.argv[:1])
    window = Window()
    window.resize(1440, 900)
    window.show()
    app.exec()


def ours(data_dir: Path) -> None:
    from PySide6.QtCore import QTimer

    from slmdesk import app
    from slmdesk.ui import desk
    from slmdesk.ui.main_window import MainWindow

    shown: list[dict[str, object]] = []

    class Window(MainWindow):
        def attach(self, *services: object) -> None:
            super().attach(*services)
            QTimer.singleShot(int(IDLE_S * 1000), self.close)

        def open_pane(self, pane_id: str):
            pane = super().open_pane(pane_id)
            QTimer.singleShot(0, lambda: shown.append(standing()))
            return pane

    def tell_first(*arguments: object):
        shown.append(standing())  # the frame has just been painted
        return opened(*arguments)

    opened = app._open_services
    app._open_services = tell_first
    desk.MainWindow = Window
    app.run(data_dir)
    print(json.dumps([shown[0], standing(), shown[1]]))


if __name__ == "__main__":
    bare() if sys.argv[1] == "bare" else ours(Path(sys.argv[2]))
