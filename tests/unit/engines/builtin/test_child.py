"""The child process as its parent sees it: one line in, one line out, gone with its stdin or its parent."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from slmdesk.engines.builtin.child import ENVIRONMENT, PROGRESS_PREFIX, Parameters
from tests import models

pytestmark = pytest.mark.engine

COMMAND = [sys.executable, "-P", "-m", "slmdesk.engines.builtin.child"]
KEY = "test-key"


def _parameters(path: Path, **changes: Any) -> Parameters:
    values: dict[str, Any] = {"model_path": str(path), "context_tokens": 512, "slots": 2, "threads": 1}
    return Parameters(**values | {"api_key": KEY, "parent_pid": os.getpid()} | changes)


def _start(parameters: Parameters) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | ENVIRONMENT,
    )
    assert process.stdin is not None
    process.stdin.write(parameters.to_line())
    process.stdin.flush()
    return process


def _lines(process: subprocess.Popen[bytes]) -> tuple[str, list[bytes]]:
    """The address, and what came before it."""
    assert process.stdout is not None
    before = []
    for line in process.stdout:
        if line.startswith(PROGRESS_PREFIX):
            before.append(line)
        else:
            return json.loads(line)["address"], before
    raise AssertionError("no address")


@pytest.fixture(scope="module")
def child() -> Iterator[tuple[subprocess.Popen[bytes], str, list[bytes]]]:
    with _start(_parameters(models.starter())) as process:
        yield process, *_lines(process)
        process.kill()


@pytest.fixture
def client(child: tuple[subprocess.Popen[bytes], str, list[bytes]]) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=child[1], trust_env=False, headers={"Authorization": f"Bearer {KEY}"}
    ) as client:
        yield client


def test_it_listens_on_this_machine_alone_and_wants_its_key(client: httpx.Client) -> None:
    assert client.base_url.host == "127.0.0.1"
    props = client.get("/props").json()
    assert props["model_path"] == str(models.starter())
    assert props["total_slots"] == 2
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        for path in ("/props", "/slots", "/metrics", "/v1/models"):
            with httpx.Client(base_url=client.base_url, trust_env=False, headers=headers) as stranger:
                assert stranger.get(path).status_code == 401, path


def test_every_answer_has_a_context_of_its_own(client: httpx.Client) -> None:
    assert [slot["n_ctx"] for slot in client.get("/slots").json()] == [512, 512]


def test_no_foreign_page_may_ask(client: httpx.Client) -> None:
    for origin in ("https://evil.example", "http://localhost.evil.example", "null"):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for response in (
            client.options("/v1/chat/completions", headers=headers),
            client.get("/health", headers=headers),
        ):
            assert "access-control-allow-origin" not in response.headers


def test_there_is_no_page_and_no_file_to_fetch(client: httpx.Client) -> None:
    assert client.get("/").status_code == 404
    assert client.get("/tools").status_code == 403
    assert client.get("/cors-proxy?url=http://127.0.0.1").status_code in (403, 405)


def test_loading_is_told_by_llama_cpp_itself(child: tuple[Any, str, list[bytes]]) -> None:
    reports = [json.loads(line.removeprefix(PROGRESS_PREFIX)) for line in child[2]]
    values = [report["payload"]["value"] for report in reports if report["state"] == "loading"]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (0.0, 1.0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_nothing_but_its_own_pipes_is_inherited(
    child: tuple[subprocess.Popen[bytes], str, list[bytes]],
) -> None:
    opened = [str(link.readlink()) for link in Path(f"/proc/{child[0].pid}/fd").iterdir()]
    assert {name.partition(":")[0] for name in opened} <= {"pipe", "socket", "anon_inode"}
    assert len([name for name in opened if name.startswith("socket")]) == 1  # the one that listens
    assert KEY not in Path(f"/proc/{child[0].pid}/cmdline").read_text()
    assert KEY not in Path(f"/proc/{child[0].pid}/environ").read_text()
    assert int(Path(f"/proc/{child[0].pid}/oom_score_adj").read_text()) == 500


def test_it_is_gone_at_once_when_its_stdin_ends() -> None:
    with _start(_parameters(models.starter())) as process:
        _lines(process)
        started = time.monotonic()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) == 0
    assert time.monotonic() - started < 0.5


def test_a_failed_load_says_why_on_stderr(tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(models.starter().read_bytes()[:10_000_000])
    with _start(_parameters(path)) as process:
        assert process.stderr is not None
        assert b"model is corrupted or incomplete" in process.stderr.read()
        assert process.wait(5) == 1


def test_it_goes_when_its_parent_went_while_it_loaded_and_no_kernel_told_it() -> None:
    with _start(_parameters(models.starter())) as process:
        assert process.stdin is not None
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()
        _wait_until_loaded(process.pid)
        process.stdin.close()
        assert process.wait(5) == 0


def _wait_until_loaded(pid: int) -> None:
    """Its address goes nowhere in this test: find the port and ask."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError, IndexError):
            port = psutil.Process(pid).net_connections()[0].laddr.port
            if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False, timeout=10).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError("it never listened")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells the child on Linux alone")
def test_it_goes_with_a_parent_that_was_killed_even_while_it_loads(tmp_path: Path) -> None:
    """The parent holds the write end of stdin in a second process, so only the kernel can tell."""
    for has_loaded in (False, True):
        child_pid, keeper_pid = _orphan(tmp_path, has_loaded=has_loaded)
        deadline = time.monotonic() + 5
        while _is_alive(child_pid):
            assert time.monotonic() < deadline, "the child outlived its parent"
            time.sleep(0.01)
        os.kill(keeper_pid, signal.SIGKILL)  # only now: it kept the child's stdin open


def _is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _orphan(tmp_path: Path, *, has_loaded: bool) -> tuple[int, int]:
    """Start a parent that starts a child; kill the parent; the pids of the child and of stdin's keeper."""
    script = tmp_path / "parent.py"
    script.write_text(
        f"""
import os, subprocess, sys, time
from tests.unit.engines.builtin.test_child import _lines, _parameters, _start
from tests import models
child = _start(_parameters(models.starter()))
keeper = subprocess.Popen(["sleep", "60"], pass_fds=[child.stdin.fileno()])
{"_lines(child)" if has_loaded else "time.sleep(0.15)"}
print(child.pid, keeper.pid, flush=True)
time.sleep(60)
"""
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[4])}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child_pid, keeper_pid = map(int, parent.stdout.readline().split())
        assert Path(f"/proc/{child_pid}").exists()
        parent.kill()
    return child_pid, keeper_pid
