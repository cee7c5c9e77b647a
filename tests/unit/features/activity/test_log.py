"""The log of activity: found again at the next start, bounded, and never a reason to fail."""

import threading
from pathlib import Path

import pytest

from slmdesk.features.activity.log import MOST_ENTRIES, Activity, ActivityLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "activity.jsonl"


def sentences(log: ActivityLog) -> list[str]:
    return [entry.sentence for entry in log.entries()]


def test_what_happened_is_found_at_the_next_start(path: Path) -> None:
    log = ActivityLog(path)
    heard: list[Activity] = []
    log.added.subscribe(heard.append)
    log.add("model", "qwen3:4b was loaded.")
    log.add("message", "The chat\nwas  deleted.\0 \udce9")
    assert [entry.kind for entry in heard] == ["model", "message"]
    assert sentences(log) == ["The chat was deleted. ?", "qwen3:4b was loaded."]
    assert ActivityLog(path).entries() == log.entries()


def test_the_same_at_once_is_noted_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ActivityLog(path)
    now = [100.0]
    monkeypatch.setattr("slmdesk.features.activity.log.time.time", lambda: now[0])
    log.add("notice", "Copied.")
    log.add("notice", "Copied.")
    now[0] += 2
    log.add("notice", "Copied.")
    assert len(log.entries()) == 2


def test_the_oldest_go_and_the_file_stays_small(path: Path) -> None:
    log = ActivityLog(path)
    for number in range(3 * MOST_ENTRIES):
        log.add("chat", f"{number} " + "x" * 2_000)
    assert len(log.entries()) == MOST_ENTRIES
    assert sentences(log)[0].startswith(f"{3 * MOST_ENTRIES - 1} ")
    assert len(path.read_bytes().splitlines()) <= 2 * MOST_ENTRIES
    assert ActivityLog(path).entries() == log.entries()
    log.clear()
    assert ActivityLog(path).entries() == ()


def test_damaged_lines_cost_themselves_alone(path: Path) -> None:
    log = ActivityLog(path)
    log.add("error", "first")
    with path.open("ab") as file:
        file.write(
            b'{"at": "x"}\n[]\n\xff\n{"at": 1, "kind": "spell", "sentence": "x"}\n' + b"[" * 90_000 + b"\n"
        )
        file.write(b'{"at": 2, "kind": "error", "sentence": "second"}\n{"at": 3, "kind": "err')
    assert sentences(ActivityLog(path)) == ["second", "first"]


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    log = ActivityLog(tmp_path / "missing" / "activity.jsonl")
    for number in range(2 * MOST_ENTRIES + 2):
        log.add("notice", str(number))
    assert len(log.entries()) == MOST_ENTRIES
    memory_alone = ActivityLog(None)
    memory_alone.add("notice", "here")
    memory_alone.clear()
    assert memory_alone.entries() == ()


def test_threads_may_all_speak(path: Path) -> None:
    log = ActivityLog(path)
    threads = [
        threading.Thread(target=lambda name=name: [log.add("engine", f"{name} {n}") for n in range(20)])
        for name in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sentences(ActivityLog(path))) == sorted(f"{name} {n}" for name in "abcd" for n in range(20))
