"""The real window moves its data folder: cancelled, done, and back; killed at any step nothing is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slmdesk.config.paths import Paths
from slmdesk.config.relocation import DataPlace, data_place

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sets the folder by a variable")


def run(*command: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "OLLAMA_HOST": "http://127.0.0.1:9",
        "SLMDESK_THREADS": "1",
        "XDG_DATA_HOME": str(home),
    }
    return subprocess.run(
        [sys.executable, "-m", *command],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
    )


def test_the_window_moves_and_comes_back_with_chat_and_draft(tmp_path: Path) -> None:
    target, home = tmp_path / "disk" / "data", tmp_path / "slmdesk"
    done = run("tests.fakes.moving_window", str(target), home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    cancelled, moved, back = map(json.loads, done.stdout.splitlines())
    assert not cancelled.pop("is_target_there")
    assert [seen.pop("folder") for seen in (cancelled, moved, back)] == [str(home), str(target), str(home)]
    assert cancelled == moved == back
    assert (moved["draft"], moved["chats"], bool(moved["chat"])) == ("a draft that stays", 2, True)
    for folder in (home, target):
        assert "ERROR" not in Paths(folder).log.read_text("utf-8")


def test_the_end_of_the_program_stops_a_move(tmp_path: Path) -> None:
    target = tmp_path / "disk"
    done = run("tests.fakes.moving_window", str(target), "terminated", home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not target.exists()
    assert data_place(tmp_path / "slmdesk") == DataPlace(tmp_path / "slmdesk")
    assert Paths(tmp_path / "slmdesk").database.is_file()


def test_killed_at_any_step_of_the_move_all_chats_are_there(tmp_path: Path) -> None:
    done = run("tests.fakes.killed_move_of_chats", str(tmp_path), home=tmp_path)
    assert done.returncode == 0, done.stderr
    steps = int(done.stdout)
    print(f"\nmove of a real store killed at each of {steps} steps")
    assert steps > 30
