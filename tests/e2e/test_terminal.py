"""The commands as a user types them: real processes, the real built-in engine, the starter model."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from slmdesk.services import Services

STARTER = "builtin/smollm2-135m-instruct"
TIMINGS = {"load_s", "prompt_tokens", "prompt_tokens_cached", "prompt_s", "output_tokens", "output_s"}
TIMINGS |= {"ttft_s", "total_s", "thinking_tokens"}

pytestmark = pytest.mark.engine


def command(tmp_path: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "slmdesk", *arguments, "--data-dir", str(tmp_path / "data")]


def environment() -> Mapping[str, str]:
    """One thread, no display, and no Ollama that happens to run here."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return kept | {"SLMDESK_THREADS": "1", "OLLAMA_HOST": "127.0.0.1:9", "PYTHONWARNINGS": "error"}


def run(tmp_path: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(tmp_path, *arguments),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        check=False,
    )


def stored(tmp_path: Path) -> list[tuple[str, str]]:
    """(text, state) of every answer of every chat, the newest chat first."""
    import asyncio

    async def read() -> list[tuple[str, str]]:
        services = Services.open(tmp_path / "data")
        found = []
        for summary in await services.chats.list():
            _, messages = await services.chats.load(summary.id)
            found += [(message.text, message.state) for message in messages if message.role == "assistant"]
        await services.aclose()
        return found

    return asyncio.run(read())


def children(of_pid: int) -> list[int]:
    listed = Path(f"/proc/{of_pid}/task/{of_pid}/children")
    return [int(pid) for pid in listed.read_text().split()] if listed.exists() else []


def test_chat_answers_and_the_chat_is_kept(tmp_path: Path) -> None:
    done = run(tmp_path, "chat", "Say hello.", "--max-tokens", "12", "--temperature", "0", "--seed", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "tok/s" in done.stderr
    assert "Traceback" not in done.stderr
    assert stored(tmp_path) == [(done.stdout.rstrip("\n"), "done")]


def test_chat_reads_stdin(tmp_path: Path) -> None:
    done = run(tmp_path, "chat", "-m", "smollm2-135m-instruct", "--max-tokens", "5", typed="Say hello.\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_compare_as_json(tmp_path: Path) -> None:
    done = run(
        tmp_path, "compare", "Name a colour.", "-m", STARTER, "-m", STARTER, "-m", "builtin/none", "--json",
        "--max-tokens", "8", "--temperature", "0",
    )  # fmt: skip
    assert done.returncode == 1
    content: dict[str, Any] = json.loads(done.stdout)
    assert set(content) == {"prompt", "lanes"}
    first, second, missing = content["lanes"]
    for lane in content["lanes"]:
        assert set(lane) == {"model", "text", "thinking", "stop_reason", "error", "timings"}
        assert set(lane["timings"]) == TIMINGS
    for lane in (first, second):
        assert lane["model"] == STARTER
        assert lane["error"] is None
        assert lane["stop_reason"] in ("end", "length")
        assert 0 < lane["timings"]["output_tokens"] <= 8
        assert lane["timings"]["prompt_tokens"] > 0
        assert 0 < lane["timings"]["ttft_s"] <= lane["timings"]["total_s"]
    assert first["text"] == second["text"] != ""
    assert "builtin/none" in missing["error"]
    assert missing["text"] == ""


def test_models_as_json(tmp_path: Path) -> None:
    done = run(tmp_path, "models", "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    starter = next(model for model in content["models"] if model["model"] == STARTER)
    assert starter["fit"] == "fits"
    assert starter["size_bytes"] > 50_000_000
    engines = {engine["id"]: engine["problem"] for engine in content["engines"]}
    assert engines["builtin"] is None
    assert engines["ollama"]


def test_the_demo_answers_in_two_columns_and_saves_a_picture(tmp_path: Path) -> None:
    done = run(tmp_path, "demo")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("── smollm2-135m-instruct") == 2
    assert done.stdout.count("tok/s") == 2
    picture = tmp_path / "data" / "demo.png"
    assert str(picture) in done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 30_000


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C cannot be sent to one process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_the_text_and_leaves_no_child(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        command(tmp_path, "chat", "Tell a very long story.", "--max-tokens", "2000"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    ) as process:
        assert process.stdout
        first = os.read(process.stdout.fileno(), 8)
        offspring = children(process.pid)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does: to the children, too
        else:
            process.send_signal(number)
        begun = time.monotonic()
        rest, errors = process.communicate(timeout=20)
    assert time.monotonic() - begun < 5
    assert process.returncode == 130
    assert errors.endswith(b"Stopped.\n")
    assert b"Traceback" not in errors
    if sys.platform == "linux":
        assert offspring
        assert not [pid for pid in offspring if Path(f"/proc/{pid}").exists()]
    [(text, state)] = stored(tmp_path)
    assert (text.rstrip("\n"), state) == ((first + rest).decode().rstrip("\n"), "stopped")


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "words"),
    [
        (["chat", ""], "", 2, "There is nothing to send. Type a question first."),
        (["chat"], "x" * 1_000_001, 2, "Send the part that matters"),
        (["chat"], "PK\x03\x04\x00\x00", 2, "binary file"),
        (["chat", "hi", "-m", "builtin/none"], "", 1, "No engine offers “builtin/none”."),
        (["chat", "hi", "-m", "ollama/qwen3:4b"], "", 1, "does not answer"),
        (["compare", "hi", "-m", STARTER], "", 2, "2 to 8 columns"),
        (["chat", "word " * 600, "--context", "256", "--max-tokens", "5"], "", 1, "Raise the context length"),
        ([], "", 2, "There is no display"),
    ],
)
def test_bad_input_is_a_sentence_with_a_next_step(
    tmp_path: Path, arguments: list[str], typed: str, code: int, words: str
) -> None:
    done = run(tmp_path, *arguments, typed=typed)
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (code, "")
