"""The real window in a process of its own: it ends in order whenever it is told to, and never silently."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DRIVER = ROOT / "tests" / "fakes" / "window_steps.py"
GONE_WITHIN_S = 5.0


def start(*command: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        env={
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": str(ROOT),
            "OLLAMA_HOST": "http://127.0.0.1:9",
            "SLMDESK_THREADS": "1",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def drive(tmp_path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def run(step: str) -> subprocess.Popen[str]:
        started.append(start(str(DRIVER), str(tmp_path), step))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def check_clean(process: subprocess.Popen[str]) -> str:
    """Exit code 0, and nothing said about tasks, threads or objects left behind."""
    out, errors = process.communicate(timeout=90)
    said = errors.splitlines()
    assert (process.returncode, said) == (0, [])
    return out


def check_no_bug_in(data_dir: Path) -> None:
    assert "ERROR" not in (data_dir / "slmdesk.log").read_text("utf-8")


@pytest.mark.parametrize("step", ["close at once", "quit by the desktop"])
def test_a_window_closed_at_once_ends_in_order(drive, tmp_path, step: str) -> None:
    check_clean(drive(step))
    check_no_bug_in(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_systems_wish_to_end_is_followed_in_order(drive, tmp_path, number: signal.Signals) -> None:
    process = drive("idle")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    asked = time.monotonic()
    process.send_signal(number)
    check_clean(process)
    assert time.monotonic() - asked < GONE_WITHIN_S
    check_no_bug_in(tmp_path)


@pytest.mark.engine
def test_closing_while_the_model_loads_leaves_nothing_behind(drive, tmp_path) -> None:
    check_clean(drive("close while loading"))
    check_no_bug_in(tmp_path)


def test_text_that_is_not_stored_is_not_dropped_without_a_question(drive, tmp_path) -> None:
    out = check_clean(drive("close on a full disk"))
    assert out.splitlines() == ["Not everything is stored", "open: True"]
    check_no_bug_in(tmp_path)


@pytest.mark.parametrize(
    "content", ['{"theme": "dark", "model_files": [', '{"theme": "dark", "threads": 99999}']
)
def test_settings_damaged_by_hand_are_kept_aside_and_said_so(drive, tmp_path, content: str) -> None:
    (tmp_path / "settings.json").write_text(content)
    said = check_clean(drive("notices"))
    (kept,) = tmp_path.glob("settings-damaged-*.json")
    assert kept.read_text() == content
    assert kept.name in said
    assert check_clean(drive("notices")).strip() == ""


def test_a_second_start_ends_with_a_sentence(drive, tmp_path) -> None:
    first = drive("idle")
    assert first.stdout is not None
    assert first.stdout.readline() == "ready\n"
    second = drive("idle")
    out = check_clean(second)
    assert "already running" in out
    assert "asked to come to the front" in out
    assert first.poll() is None
    first.terminate()
    check_clean(first)


def test_a_bug_in_a_slot_reaches_one_dialog_and_the_log(drive, tmp_path) -> None:
    out = check_clean(drive("bug"))
    assert out == "dialog\n"
    assert "ZeroDivisionError: a bug in a slot" in (tmp_path / "slmdesk.log").read_text("utf-8")


def test_an_unusable_data_folder_is_said_in_a_dialog_and_not_in_a_traceback(tmp_path) -> None:
    (tmp_path / "file").write_text("not a folder")
    script = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QTimer; from slmdesk import app;"
        "from slmdesk.ui.notify import Dialog; answer = Dialog.answer\n"
        "def close_soon(dialog):\n"
        "    print(dialog.windowTitle()); QTimer.singleShot(0, dialog.accept); return answer(dialog)\n"
        "Dialog.answer = close_soon\n"
        f"sys.exit(app.run(Path({str(tmp_path / 'file')!r})))"
    )
    process = start("-c", script)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == "SLM Desk cannot start\n"
    assert "Traceback" not in errors
    assert "Choose a folder with --data-dir" in errors
