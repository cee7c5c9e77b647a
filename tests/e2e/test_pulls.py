"""`slmdesk models pull` as a real process: killed in the middle, its server killed, and gone on with."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from slmdesk.features.pulls.part_file import part_bytes
from tests.data.gguf import F32, STRING, entry, gguf, tensor
from tests.fakes.file_server import FileServer, Script
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.replay_server import recorded_body
from tests.fakes.until import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses POSIX signals")


def model(size_bytes: int, seed: int = 1) -> bytes:
    """A model file of about this size whose weights are noise."""
    elements = size_bytes // 4
    entries = [entry("general.architecture", STRING, "llama"), entry("x.y", F32, 1.0)]
    return gguf(entries, [tensor("w", (elements,))], random.Random(seed).randbytes(4 * elements))


MIB = 1 << 20
WHOLE = model(6_000_000)


class Command:
    """One run of `slmdesk models …`."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._folder = folder
        self._arguments = arguments

    async def start(self) -> asyncio.subprocess.Process:
        arguments = ("-m", "slmdesk", "models", *self._arguments, "--data-dir", str(self._folder))
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"OLLAMA_HOST": os.environ.get("OLLAMA_HOST", "127.0.0.1:1")},
        )

    async def run(self) -> tuple[int, str, str]:
        process = await self.start()
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


async def models(folder: Path, *arguments: str) -> tuple[int, str, str]:
    return await Command(folder, *arguments).run()


@pytest.fixture
async def server() -> AsyncIterator[FileServer]:
    async with FileServer(files={"/Noise.gguf": WHOLE}, piece_bytes=20_000) as running:
        yield running


def in_folder(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "models").iterdir() if not path.name.startswith("."))


async def test_pull_and_its_json(server: FileServer, tmp_path: Path) -> None:
    code, out, err = await models(tmp_path, "pull", server.url("/Noise.gguf"), "--json")
    assert code == 0, err
    (pull,) = json.loads(out)["pulls"]
    assert pull["model"] == "builtin/Noise"
    assert pull["files"][0]["size_bytes"] == len(WHOLE)
    assert "Noise.gguf:" in err
    assert in_folder(tmp_path) == ["Noise.gguf"]


async def kill_and_go_on(server: FileServer, folder: Path, kill_after: list[int], how: int) -> list[int]:
    """Killed each time after so many more bytes, of which the whole MiB are safe; the exit codes."""
    codes = []
    final = folder / "models" / "Noise.gguf"
    for after in kill_after:
        server.scripts.clear()
        server.scripts.append(Script("stall", after))
        safe = part_bytes(final) + (after // MIB) * MIB
        process = await Command(folder, "pull", server.url("/Noise.gguf")).start()
        await until(lambda: part_bytes(final) >= safe and server.calls, 20)  # noqa: B023 (awaited in this turn)
        process.send_signal(how)
        await process.communicate()
        codes.append(int(process.returncode or 0))
        assert not final.exists()
    server.scripts.clear()
    return codes


async def kill_when_sent(server: FileServer, folder: Path, after: int, delay_s: float) -> None:
    """Killed some moments after the server has sent so many bytes, whatever the program does then."""
    server.scripts.clear()
    server.scripts.append(Script("stall", after))
    wanted = server.sent_bytes + min(after, len(WHOLE) - part_bytes(folder / "models" / "Noise.gguf"))
    process = await Command(folder, "pull", server.url("/Noise.gguf")).start()
    await until(lambda: server.sent_bytes >= wanted or process.returncode is not None, 20)
    await asyncio.sleep(delay_s)  # the instant is the point of it
    if process.returncode is None:
        process.kill()
    await process.communicate()
    server.scripts.clear()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
async def test_a_pull_is_gone_on_with(server: FileServer, tmp_path: Path, how: int) -> None:
    codes = await kill_and_go_on(server, tmp_path, [2_500_000, 1_500_000], how)
    assert codes == ([-9, -9] if how == signal.SIGKILL else [130, 130])
    code, out, err = await models(tmp_path, "pull")
    assert (code, out) == (0, "builtin/Noise\n"), err
    assert (tmp_path / "models" / "Noise.gguf").read_bytes() == WHOLE
    assert server.sent_bytes - len(WHOLE) < 2 * MIB


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_hundreds_of_kills(server: FileServer, tmp_path: Path) -> None:
    """Most of them in the middle, and in each round one while the whole is verified and named."""
    chance = random.Random(5)
    for round_number in range(20):
        folder = tmp_path / str(round_number)
        final = folder / "models" / "Noise.gguf"
        kills = [chance.randrange(1, 1_200_000) for _ in range(9)]
        for after in (*kills, len(WHOLE)):
            await kill_when_sent(server, folder, after, chance.uniform(0, 0.1))
            assert not final.exists() or final.read_bytes() == WHOLE
        code, _, err = await models(folder, "pull", server.url("/Noise.gguf"))
        assert code == 0, err
        assert final.read_bytes() == WHOLE
        assert in_folder(folder) == ["Noise.gguf"]


async def test_ctrl_c_says_how_to_go_on(server: FileServer, tmp_path: Path) -> None:
    server.scripts.append(Script("stall", 3_000_000))
    process = await Command(tmp_path, "pull", server.url("/Noise.gguf")).start()
    await until(lambda: part_bytes(tmp_path / "models" / "Noise.gguf") >= 2 * MIB, 20)
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 130
    assert "“slmdesk models pull” goes on from there" in err.decode()
    code, out, _ = await models(tmp_path, "pull", "--drop", "--json")
    assert code == 0
    assert json.loads(out)["freed_bytes"] >= 2 * MIB
    assert in_folder(tmp_path) == []
    code, _, err_text = await models(tmp_path, "pull")
    assert (code, err_text.splitlines()[-1]) == (0, "Nothing is left to be fetched.")


async def test_the_server_is_killed_and_comes_back(tmp_path: Path) -> None:
    async with FileServer(files={"/Noise.gguf": WHOLE}, piece_bytes=20_000, pause_s=0.01) as first:
        address, port = first.url("/Noise.gguf"), first.port
        process = await Command(tmp_path, "pull", address).start()
        await until(lambda: first.sent_bytes > 1_000_000, 20)
    again = FileServer(files={"/Noise.gguf": WHOLE})
    again.fixed_port = port
    async with again:
        out, err = await process.communicate()
    assert process.returncode == 0, err
    assert out == b"builtin/Noise\n"
    assert "tries again" in err.decode()
    assert (tmp_path / "models" / "Noise.gguf").read_bytes() == WHOLE
    assert again.calls[-1].headers["range"].startswith("bytes=")


@pytest.mark.parametrize(
    ("what", "code", "words"),
    [
        (["registry.example/x/y"], 2, "--yes"),
        (["http://example.org/m.gguf"], 2, "without encryption"),
        (["a", "b"], 2, "not the name of a model"),
        (["/tmp/x.gguf"], 2, "Import it"),
        (["qwen3:4b", "--with", "builtin"], 2, "a name of Ollama"),
    ],
)
async def test_what_is_refused(tmp_path: Path, what: list[str], code: int, words: str) -> None:
    found, _, err = await models(tmp_path, "pull", *what)
    assert found == code
    assert words in err


async def test_import_create_details_and_rm(tmp_path: Path) -> None:
    file = tmp_path / "Noise.gguf"
    file.write_bytes(model(40_000))
    data = tmp_path / "data"
    code, out, _ = await models(data, "import", str(file), "--look", "--json")
    assert (code, json.loads(out)["architecture"]) == (0, "llama")
    assert (await models(data, "import", str(file), "--copy"))[:2] == (0, "builtin/Noise\n")
    made = await models(
        data, "create", "monk", "--from", "builtin/Noise", "--system", "Be calm.", "--set", "seed=1"
    )
    assert made[:2] == (0, "builtin/monk\n")
    code, out, _ = await models(data, "details", "builtin/monk", "--modelfile")
    assert code == 0
    assert 'PARAMETER seed 1\nSYSTEM """Be calm."""' in out
    code, out, err = await models(data, "rm", "builtin/monk", "builtin/Noise", "builtin/none", "--json")
    assert code == 1
    assert [one["model"] for one in json.loads(out)["deleted"]] == ["builtin/monk", "builtin/Noise"]
    assert "builtin/none" in err
    code, _, err = await models(data, "import", str(tmp_path / "none.gguf"))
    assert code == 2
    assert "not there" in err


async def test_a_pull_by_ollama(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def reply(call: Call) -> None:
        if call.path == "/api/pull":
            await call.start(200, {"content-type": "application/x-ndjson"})
            await call.send(recorded_body("pull/resumed"))
            await call.end()
        else:
            await call.respond(200, recorded_body("models/tags") if "tags" in call.path else b"{}")

    async with HttpServer(reply) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.address)
        code, out, err = await models(tmp_path, "pull", "ollama", "run", "smollm2:135m", "--json")
        assert code == 0, err
        pull: dict[str, Any] = json.loads(out)["pulls"][0]
        assert (pull["model"], pull["received_bytes"]) == ("ollama/smollm2:135m", 98_362_432)
        assert server.to("/api/pull")[0].json == {"model": "smollm2:135m"}
