"""X4: a key that was used for real is found in no file, log, export, report or process list."""

import asyncio
import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from slmdesk.config.servers import ServerAddress
from slmdesk.config.settings import Settings
from slmdesk.features.chat.export import to_json, to_markdown
from slmdesk.features.compare.plan import LaneSpec
from slmdesk.services import Services
from slmdesk.store.chats import ChatSettings
from slmdesk.ui.bug_report import report_text
from tests.fakes.http_server import Call
from tests.fakes.openai_server import HELLO, OpenAIServer, delta, stream
from tests.fakes.until import until

CANARY = "sk-canary-7d2b90e4f1c8"


@pytest.fixture(autouse=True)
def session_keys() -> Iterator[None]:
    """No keyring: the key is in the memory of this process alone."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


def found_in_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def found_in_processes() -> list[str]:
    """Command lines of all processes, and the environment of our children, where the system shows them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                content = (process / name).read_bytes()
            except OSError:
                continue
            if CANARY.encode() in content:
                found.append(f"{process}/{name}")
    return found


async def test_a_key_that_was_used_is_found_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    seen: list[str] = []
    never = asyncio.Event()

    async def half(call: Call) -> None:
        await stream(call, (delta(content="half"),))
        await never.wait()

    async with OpenAIServer(HELLO, key=CANARY) as server:
        services = Services.open(tmp_path)
        services.secrets.set(server.address, CANARY)
        await services.start()
        await services.update_settings(
            Settings(openai_servers=(ServerAddress("box", "Box", server.address),))
        )
        chat = await services.chats.create(ChatSettings("box/small"))
        session = await services.session(chat.id)
        await session.send("with the key")
        assert session.messages[-1].text == "Hello"  # so the server has seen it
        comparison = services.comparison()
        specs = [LaneSpec("box/small"), LaneSpec("box/small")]
        await comparison.run("with the key", specs, services.plan(specs))

        server.key = "another one now"
        await session.send("refused")
        assert "key" in session.messages[-1].error
        assert session.answer
        assert session.answer.error
        seen += traceback.format_exception(session.answer.error)
        seen.append(report_text("job", session.answer.error))
        server.key, server.on_chat = CANARY, half
        services.jobs.start("chat", lambda: session.send("cut short"))
        await until(lambda: session.answer and session.answer.text == "half")
        assert found_in_files(tmp_path) == []  # the journal, too
        assert found_in_processes() == []
        never.set()
        _, messages = await services.chats.load(chat.id)
        seen += [
            to_markdown(session.chat, messages),
            to_json(session.chat, messages),
            *services.notices.current,
        ]
        await services.aclose()
    seen += [repr(services.secrets), repr(services.registry.engines), caplog.text]
    assert [text for text in seen if CANARY in text] == []
    assert found_in_files(tmp_path) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
async def test_the_search_finds_a_key_that_leaks(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "leak.journal").write_bytes(b"\0" + CANARY.encode() + b"\xff")
    assert len(found_in_files(tmp_path)) == 1
    leaking = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", CANARY, stdin=asyncio.subprocess.PIPE
    )
    await until(found_in_processes)
    await leaking.communicate(b"\n")
