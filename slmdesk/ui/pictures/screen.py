"""A screen that nobody sees, large enough for the window and its menus."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

WIDTH, HEIGHT = 1600, 1000


@contextlib.contextmanager
def offscreen() -> Iterator[None]:
    """For the QApplication that is made inside."""
    screen = {"name": "pictures", "x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "dpr": 1}
    dpi = {"logicalDpi": 96, "logicalBaseDpi": 96}
    with tempfile.TemporaryDirectory(prefix="slmdesk-screen-") as folder:
        path = Path(folder) / "screen.json"
        path.write_text(json.dumps({"screens": [screen | dpi]}), "utf-8")
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={path}"
        yield
