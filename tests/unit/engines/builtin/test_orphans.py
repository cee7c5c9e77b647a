"""Children of an earlier run are ended; nobody else is, even under a pid that was used again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slmdesk.engines.builtin.orphans import TOKEN_NAME, ChildRecords
from slmdesk.engines.builtin.proc_files import has_in_environment, resident_bytes, start_time

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

TOKEN = "0123456789abcdef"
SLEEP = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(SLEEP, env=os.environ | {TOKEN_NAME: TOKEN}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    with process:
        yield process
        process.kill()


def _forget_the_parent(folder: Path, pid: int) -> None:
    """As if the program that recorded the child were gone."""
    path = folder / f"{pid}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"parent_started": 1}))


def test_a_child_whose_parent_is_gone_is_ended(tmp_path: Path, child: subprocess.Popen[bytes]) -> None:
    records = ChildRecords(tmp_path / "running")
    records.add(child.pid, TOKEN)
    _forget_the_parent(tmp_path / "running", child.pid)

    assert records.sweep() == [child.pid]
    assert child.wait(5) == -9
    assert list((tmp_path / "running").iterdir()) == []


def test_a_child_of_a_running_program_is_left_alone(tmp_path: Path, child: subprocess.Popen[bytes]) -> None:
    records = ChildRecords(tmp_path)
    records.add(child.pid, TOKEN)

    assert records.sweep() == []
    assert child.poll() is None
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("change", [{"started": 1}, {"token": "another"}, {"pid": "text"}, {"pid": None}])
def test_nobody_else_is_ended(
    tmp_path: Path, child: subprocess.Popen[bytes], change: dict[str, object]
) -> None:
    records = ChildRecords(tmp_path)
    records.add(child.pid, TOKEN)
    _forget_the_parent(tmp_path, child.pid)
    path = tmp_path / f"{child.pid}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    assert records.sweep() == []
    assert child.poll() is None
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"pid": 1}', "\x00" * 100])
def test_a_damaged_record_is_thrown_away(tmp_path: Path, content: str) -> None:
    (tmp_path / "1.json").write_text(content)

    assert ChildRecords(tmp_path).sweep() == []
    assert list(tmp_path.iterdir()) == []


def test_a_record_goes_with_its_child(tmp_path: Path) -> None:
    records = ChildRecords(tmp_path)
    records.add(os.getpid(), TOKEN)
    records.remove(os.getpid())
    records.remove(os.getpid())

    assert list(tmp_path.iterdir()) == []
    assert ChildRecords(tmp_path / "not there").sweep() == []


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "running").write_text("a file in its place")

    records = ChildRecords(tmp_path / "running")
    records.add(os.getpid(), TOKEN)
    assert records.sweep() == []
    assert (tmp_path / "running").read_text() == "a file in its place"


def test_processes_are_known_by_their_start(child: subprocess.Popen[bytes]) -> None:
    assert start_time(child.pid) == start_time(child.pid) != start_time(os.getpid())
    assert has_in_environment(child.pid, f"{TOKEN_NAME}={TOKEN}")
    assert not has_in_environment(child.pid, TOKEN_NAME)
    assert resident_bytes(child.pid, Path("/no/such/file")) is None
    child.kill()
    child.wait()
    assert start_time(child.pid) is None
    assert not has_in_environment(child.pid, TOKEN_NAME)
    assert resident_bytes(child.pid, Path(sys.executable)) is None


def test_the_mapped_part_of_a_file_is_measured() -> None:
    resident = resident_bytes(os.getpid(), Path(sys.executable).resolve())

    assert resident is None or 0 < resident <= Path(sys.executable).stat().st_size + (1 << 20)
