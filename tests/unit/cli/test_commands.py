"""What holds for every command: wrong use, folders, the display, and what a terminal may be shown."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slmdesk import __version__
from slmdesk.base.printable import printable
from slmdesk.cli import main
from slmdesk.cli.terminal import Terminal
from slmdesk.engines.assembly import Assembly
from slmdesk.engines.base import Delta, LoadedModel, ModelInfo, Request
from slmdesk.services import Services
from tests.fakes.scripted_engine import DONE, ScriptedEngine, says
from tests.unit.cli.conftest import Screen, run, stored_states


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "hi"], "-m/--model"),
        (["compare", "-m", "a", "-m", "b"], "PROMPT"),
        (["chat", "hi", "--temperature", "hot"], "“hot” is not a number from 0 to 2"),
        (["chat", "hi", "--temperature", "nan"], "“nan” is not a number from 0 to 2"),
        (["chat", "hi", "--max-tokens", "0"], "“0” is not a whole number from 1"),
        (["chat", "hi", "--context", "1.5"], "“1.5” is not a whole number from 64"),
        (["compare", "hi", "-m", "a", "--sequential", "--side-by-side"], "not allowed with"),
        (["chat", "hi", "-m", ""], "--model: a name is expected, not an empty text"),
        (["compare", "hi", "-m", "a", "-m", " "], "--model: a name is expected"),
        (["models", "--data-dir", ""], "--data-dir: a name is expected"),
        (["sing"], "invalid choice"),
    ],
)
def test_wrong_use_is_code_2(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    out, err = capsys.readouterr()
    assert caught.value.code == 2
    assert out == ""
    assert words in err


def test_the_terminal_beside_an_open_window(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    async def open_window() -> Services:
        return Services.open(tmp_path / "data")

    window = asyncio.run(open_window())
    focused: list[None] = []
    assert window.lock
    window.lock.focus_requested.subscribe(focused.append)
    assert run(tmp_path, "chat", "-m", "a", "Well?") == 0
    out, err = capsys.readouterr()
    assert out == "All fine.\n"
    assert "is not kept there" in err
    assert focused == []
    asyncio.run(window.aclose())
    assert stored_states(tmp_path) == []


def test_a_folder_that_cannot_be_used_is_code_1(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").write_text("no folder")
    assert run(tmp_path, "chat", "-m", "a", "Well?") == 1
    assert "--data-dir" in capsys.readouterr().err


def test_what_was_set_aside_is_said(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.json").write_text("[")
    assert run(tmp_path, "chat", "-m", "a", "Well?") == 0
    assert "settings could not be read" in capsys.readouterr().err


def test_the_status_line_gives_way_to_text() -> None:
    out, err = Screen(), Screen()
    terminal = Terminal(out, err)
    terminal.status("loading\n42 %")
    terminal.write("text")
    terminal.say("done")
    assert out.getvalue() == "text"
    assert err.getvalue() == "\r\x1b[Kloading 42 %\r\x1b[Kdone\n"


def test_the_status_line_stays_one_line() -> None:
    screen = Screen()
    Terminal(Screen(), screen).status("waiting " * 100)
    assert len(screen.getvalue().removeprefix("\r\x1b[K")) == 79


def test_the_same_remark_is_made_once_between_two_prompts() -> None:
    screen = Screen()
    terminal = Terminal(Screen(), screen)
    for _ in range(2):
        terminal.invite("> ")
        terminal.say("The disk is full.")
        terminal.say("The disk is full.")
    assert screen.getvalue() == "> The disk is full.\n" * 2


def test_phases_are_shown_where_someone_can_see_them(
    tmp_path: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)

    def slowly(_request: Request) -> Any:
        gate = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, gate.set)
        return (gate, Delta(thinking="hm"), Delta("ok"), DONE)

    engine.scripts = {"a": slowly}
    assert run(tmp_path, "chat", "-m", "a", "Well?", "--think") == 0
    assert "\r\x1b[Kscripted/a waiting 0." in screen.getvalue()
    assert "hm\n" in screen.getvalue()


def test_nothing_that_a_model_writes_controls_the_terminal(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31mred\r\b\u202egnp.exe\u2066 caf\udce9\tok"
    engine.scripts = {"a": says(hostile)}
    assert run(tmp_path, "compare", "Well?", "-m", "a", "-m", "a") == 0
    out, _ = capsys.readouterr()
    assert "]0;owned[2J31mredgnp.exe caf?\tok" in out
    assert run(tmp_path, "compare", "Well?", "-m", "a", "-m", "a", "--json") == 0
    out, _ = capsys.readouterr()
    assert out.isascii()
    assert "\x1b" not in out
    assert printable("a\nb\tc") == "a\nb\tc"


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for argument, words in (
        ("--version", f"slmdesk {__version__}"),
        ("--help", "{chat,compare,eval,models,import,export,config,data,demo}"),
    ):
        with pytest.raises(SystemExit) as caught:
            main([argument])
        assert caught.value.code == 0
        assert words in capsys.readouterr().out


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_there_is_a_way_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 2
    assert "slmdesk demo" in capsys.readouterr().err


def test_importing_the_command_line_loads_no_qt_and_nothing_heavy() -> None:
    program = (
        "import sys, slmdesk.cli; print(*(set(sys.modules) & set('PySide6 asyncio httpx psutil'.split())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == []


def models_written_to(out: int, tmp_path: Path) -> tuple[int, str]:
    """Exit code and stderr of `slmdesk models`; no Ollama is looked for."""
    done = subprocess.run(
        [sys.executable, "-m", "slmdesk", "models", "--data-dir", str(tmp_path)],
        stdout=out,
        stderr=subprocess.PIPE,
        env={**os.environ, "OLLAMA_HOST": "127.0.0.1:9"},
        text=True,
        timeout=60,
        check=False,
    )
    os.close(out)
    return done.returncode, "\n".join(line for line in done.stderr.splitlines() if "Ollama" not in line)


def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    assert models_written_to(writing, tmp_path) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_output_that_finds_no_room_is_said(tmp_path: Path) -> None:
    code, errors = models_written_to(os.open("/dev/full", os.O_WRONLY), tmp_path)
    assert (code, errors) == (1, "The output cannot be written (No space left on device).")


def test_a_reader_that_goes_away_stops_every_answer(
    tmp_path: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(Screen):
        def write(self, text: str) -> int:
            if "so far" in text:
                raise BrokenPipeError
            return super().write(text)

    never = asyncio.Event()
    engine.scripts = {"a": (Delta("so far"), never, DONE), "b": (Delta("and here"), never, DONE)}
    monkeypatch.setattr("sys.stdout", Gone())
    assert run(tmp_path, "compare", "Well?", "-m", "a", "-m", "b") == 1
    assert sorted(engine.closed) == ["a", "b"]
    assert run(tmp_path, "chat", "Well?", "-m", "a") == 1
    assert stored_states(tmp_path) == [("so far", "stopped")]


def test_streams_that_are_closed_are_no_crash(
    tmp_path: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", None)
    assert run(tmp_path, "chat", "Well?", "-m", "a") == 0
    assert run(tmp_path, "chat", "-m", "a") == 2
    assert run(tmp_path, "models") == 0


def test_only_the_engine_of_the_model_is_looked_at(
    tmp_path: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that says nothing would cost ten seconds of every command."""
    asked: list[str] = []

    class Silent(ScriptedEngine):
        async def models(self) -> list[ModelInfo]:
            asked.append(self.id)
            return []

        async def loaded(self) -> list[LoadedModel]:
            asked.append(self.id)
            return []

    silent = Silent({}, id="silent")
    monkeypatch.setattr(Assembly, "build", lambda _self, _settings: ((engine, silent), ()))
    assert run(tmp_path, "chat", "Well?", "-m", "scripted/a") == 0
    assert run(tmp_path, "compare", "Well?", "-m", "scripted/a", "-m", "scripted/b") == 0
    assert asked == []
    assert run(tmp_path, "models") == 0
    assert asked == ["silent", "silent"]
