"""At 100 to 200 per cent, and in a small window, no word is cut off, in any pane and popup."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from tests.fakes.scaled_window import clipped

ROOT = Path(__file__).parents[2]
# A screen of 1440x900 less the system's bars, at this scale; the first is the small window.
WINDOWS = [("1", 1024, 700), ("1.25", 1152, 688), ("1.5", 960, 560), ("2", 720, 410)]


@pytest.mark.parametrize(("factor", "width", "height"), WINDOWS, ids=[each[0] for each in WINDOWS])
def test_no_word_is_cut_off(factor: str, width: int, height: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fakes.scaled_window", str(width), str(height)],
        env={**os.environ, "QT_SCALE_FACTOR": factor},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == 8
    assert {state: cut for state, cut in found.items() if cut} == {}


def test_what_is_cut_is_found(qtbot: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    label, button, wrapped = QLabel("A long label"), QPushButton("Long button"), QLabel("many words " * 9)
    wrapped.setWordWrap(True)
    for widget in (label, button, wrapped):
        row.addWidget(widget)
    window.show()
    assert clipped(window) == []
    label.setMaximumWidth(20)
    button.setMaximumWidth(20)
    wrapped.setMaximumHeight(10)
    qtbot.waitUntil(lambda: len(clipped(window)) == 3)
