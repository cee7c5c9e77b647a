"""The commands in this process, on a scripted engine and a folder of their own."""

import asyncio
import io
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from slmdesk.base.errors import EngineOffline
from slmdesk.cli import main
from slmdesk.engines.assembly import Assembly
from slmdesk.engines.base import Delta
from slmdesk.services import Services
from tests.fakes.scripted_engine import DONE, ScriptedEngine, Step, says

GB = 1_000_000_000


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> ScriptedEngine:
    """The only engine that the commands find."""
    scripted = ScriptedEngine(
        {"a": says("All ", "fine."), "b": says("Be\n"), "gone": (Delta("half"), EngineOffline("It left."))},
        sizes={"a": 100_000_000, "b": 200_000_000},
    )
    monkeypatch.setattr(Assembly, "build", lambda _self, _settings: ((scripted,), ()))
    return scripted


@pytest.fixture(autouse=True)
def piped(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe_in(monkeypatch, b"")


def pipe_in(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


def run(tmp_path: Path, *arguments: str) -> int:
    return main([*arguments, "--data-dir", str(tmp_path / "data")])


def stored_states(tmp_path: Path) -> list[tuple[str, str]]:
    """(text, state) of every stored answer, read by the services themselves."""

    async def read() -> list[tuple[str, str]]:
        services = Services.open(tmp_path / "data")
        found = []
        for summary in await services.chats.list():
            _, messages = await services.chats.load(summary.id)
            found += [(message.text, message.state) for message in messages if message.role == "assistant"]
        await services.aclose()
        return found

    return asyncio.run(read())


def stored_titles(tmp_path: Path) -> list[str]:
    """Of every stored chat, empty ones too."""

    async def read() -> list[str]:
        services = Services.open(tmp_path / "data")
        found = [summary.title for summary in await services.chats.list()]
        await services.aclose()
        return found

    return asyncio.run(read())


class interrupting:  # noqa: N801 (reads as a word of the script)
    """A script that presses Ctrl+C after its first words."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __iter__(self) -> Iterator[Step]:
        yield Delta("so far")
        signal.raise_signal(self._number)
        yield from (Delta(""),) * 1000
        yield DONE


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True
