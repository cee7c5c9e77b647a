"""One program per data folder, with real second processes."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from slmdesk.base.errors import AlreadyRunning, DataFolderUnusable
from slmdesk.config.instance import InstanceLock
from slmdesk.config.paths import Paths

OTHER = """
import sys
from pathlib import Path
from slmdesk.base.errors import AlreadyRunning
from slmdesk.config.instance import InstanceLock
from slmdesk.config.paths import Paths
lock = InstanceLock(Paths(Path(sys.argv[1])))
lock.focus_requested.subscribe(lambda _: print("focus", flush=True))
try:
    lock.acquire()
except AlreadyRunning as error:
    print(error.sentence(), flush=True)
    sys.exit(3)
print("acquired", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path)
    paths.create()
    return paths


@pytest.fixture
def other(paths: Paths) -> Iterator["subprocess.Popen[str]"]:
    with start(paths) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "acquired\n"
        yield process
        process.kill()


def start(paths: Paths) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", OTHER, str(paths.data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_second_start_focuses_the_first(paths: Paths, other: "subprocess.Popen[str]") -> None:
    with pytest.raises(AlreadyRunning) as caught:
        InstanceLock(paths).acquire()
    assert "front" in caught.value.message
    assert other.stdout is not None
    assert other.stdout.readline() == "focus\n"


def test_a_second_process_is_refused_and_focus_is_asked(paths: Paths) -> None:
    lock = InstanceLock(paths)
    asked = threading.Event()
    lock.focus_requested.subscribe(lambda _: asked.set())
    lock.acquire()
    try:
        with start(paths) as process:
            said, _ = process.communicate("", timeout=20)
        assert process.returncode == 3
        assert "already running" in said
        assert asked.wait(5)
    finally:
        lock.release()


def test_a_killed_program_is_no_obstacle(paths: Paths, other: "subprocess.Popen[str]") -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert paths.instance.exists()
    lock = InstanceLock(paths)
    lock.acquire()
    lock.release()


def test_a_child_that_outlives_the_program_is_no_obstacle(paths: Paths) -> None:
    lock = InstanceLock(paths)
    lock.acquire()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        lock.release()
        again = InstanceLock(paths)
        again.acquire()
        assert paths.instance.exists()
        again.release()
        child.communicate(b"\n")


def test_released_is_free_and_leaves_no_address(paths: Paths) -> None:
    lock = InstanceLock(paths)
    for _ in range(3):
        lock.acquire()
        lock.release()
    assert not paths.instance.exists()


def test_a_first_program_that_does_not_answer_still_refuses(
    paths: Paths, other: "subprocess.Popen[str]"
) -> None:
    for content in (b"", b"[]", b'{"port": 1, "token": "00"}', b'{"port": "x"}'):
        paths.instance.write_bytes(content)
        with pytest.raises(AlreadyRunning) as caught:
            InstanceLock(paths).acquire()
        assert "front" not in caught.value.message


def test_a_stranger_without_the_token_cannot_raise_the_window(paths: Paths) -> None:
    lock = InstanceLock(paths)
    asked: list[None] = []
    lock.focus_requested.subscribe(asked.append)
    lock.acquire()
    try:
        port = json.loads(paths.instance.read_bytes())["port"]
        with socket.create_connection(("127.0.0.1", port), timeout=5) as stranger:
            stranger.sendall(b"0" * 16)
            assert stranger.recv(3) == b""
        assert asked == []
    finally:
        lock.release()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_the_address_is_readable_by_the_user_alone(paths: Paths) -> None:
    lock = InstanceLock(paths)
    lock.acquire()
    try:
        assert oct(paths.instance.stat().st_mode & 0o777) == "0o600"
    finally:
        lock.release()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataFolderUnusable):
        InstanceLock(Paths(tmp_path / "missing")).acquire()
