"""Every command with its exit code, its streams, and what it says when something is wrong."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slmdesk import __version__
from slmdesk.base.errors import EngineOffline
from slmdesk.cli import main
from slmdesk.cli.terminal import Terminal, printable
from slmdesk.engines import answer as answer_module
from slmdesk.engines.assembly import Assembly
from slmdesk.engines.base import Capabilities, Delta, Message, Options, Request
from slmdesk.features.compare.comparison import Comparison
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


def test_chat_writes_the_answer_to_stdout_and_its_figures_to_stderr(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(
        tmp_path, "chat", "-m", "a", "Well?", "--system", "Be.", "--temperature", "0.5", "--max-tokens", "9",
        "--context", "512", "--seed", "7", "--think",
    )  # fmt: skip
    out, err = capsys.readouterr()
    assert (code, out) == (0, "All fine.\n")
    assert err.splitlines()[-1].startswith("20.0 tok/s · 2 tokens · first token")
    assert engine.requests == [
        Request(
            "a",
            (Message("system", "Be."), Message("user", "Well?")),
            Options(context_tokens=512, max_tokens=9, temperature=0.5, seed=7),
            is_thinking=True,
        )
    ]
    assert stored_states(tmp_path) == [("All fine.", "done")]


def test_chat_reads_a_piped_prompt(
    tmp_path: Path,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pipe_in(monkeypatch, "Grüße?\n".encode())
    assert run(tmp_path, "chat", "-m", "scripted/b") == 0
    assert capsys.readouterr().out == "Be\n"
    assert engine.requests[0].messages[-1].content == "Grüße?\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "nothing to send"),
        (b"x" * 1_000_005, "more than 1 MB"),
        (b"x" * 999_999 + "ü".encode() * 9, "more than 1 MB"),
        (b"\x7fELF\x02\x01\x00\x00", "binary file"),
        (b"\xff\xd8\xff\xe0", "not UTF-8"),
    ],
)
def test_what_is_no_prompt_is_refused_with_a_sentence(
    tmp_path: Path,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    words: str,
) -> None:
    pipe_in(monkeypatch, content)
    assert run(tmp_path, "chat", "-m", "a") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert "Traceback" not in err
    assert engine.requests == []


def test_an_engine_that_leaves_costs_nothing_that_came(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "chat", "-m", "gone", "Well?") == 1
    out, err = capsys.readouterr()
    assert out == "half\n"
    assert "It left. Start it and try again" in err
    assert stored_states(tmp_path) == [("half", "interrupted")]


def test_a_missing_model_is_said_with_near_names(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "chat", "-m", "scripted/gonne", "Well?") == 1
    assert "Did you mean scripted/gone" in capsys.readouterr().err


def test_a_model_too_large_is_refused_with_its_numbers_unless_told_otherwise(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.sizes = {"a": 900 * GB, "b": 100_000_000}
    assert run(tmp_path, "chat", "-m", "a", "Well?") == 1
    assert "needs about 990" in capsys.readouterr().err
    assert run(tmp_path, "compare", "Well?", "-m", "a", "-m", "b") == 1
    assert "a: a needs about 990" in capsys.readouterr().err
    assert [request.model for request in engine.requests] == ["b"]
    assert run(tmp_path, "chat", "-m", "a", "Well?", "--load-anyway") == 0
    assert run(tmp_path, "compare", "Well?", "-m", "a", "-m", "b", "--load-anyway") == 0
    assert engine.requests[1].is_oversized_allowed


def test_ctrl_c_stops_the_answer_and_keeps_its_text(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        engine.scripts = {"a": lambda _request, number=number: interrupting(number)}
        assert run(tmp_path, "chat", "-m", "a", "Well?") == 130
        out, err = capsys.readouterr()
        assert out == "so far\n"
        assert err.endswith("Stopped.\n")
    assert stored_states(tmp_path) == [("so far", "stopped")] * 2
    assert engine.closed == ["a", "a"]


class interrupting:  # noqa: N801 (reads as a word of the script)
    """A script that presses Ctrl+C after its first words."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __iter__(self) -> Iterator[Step]:
        yield Delta("so far")
        signal.raise_signal(self._number)
        yield from (Delta(""),) * 1000
        yield DONE


def test_a_conversation_in_turns(
    tmp_path: Path,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scripts = iter([says("one"), interrupting(signal.SIGINT), says("three")])
    engine.scripts = {"a": lambda _request: next(scripts)}
    typed = iter(["first", "  ", "\0", "second", "third"])

    def read(_prompt: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert run(tmp_path, "chat", "-m", "a") == 0
    out, err = capsys.readouterr()
    assert out == "one\nso far\nthree\n"
    assert "Stopped; what had come is kept." in err
    assert "binary file" in err
    assert [message.content for message in engine.requests[-1].messages] == [
        "first",
        "one",
        "second",
        "so far",
        "third",
    ]


def test_compare_prints_the_plan_and_a_block_a_lane(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "compare", "Well?", "-m", "a", "-m", "scripted/b", "-m", "gone") == 1
    out, err = capsys.readouterr()
    blocks = [line for line in out.splitlines() if line and not line.startswith("[")]
    assert blocks[::2] == ["── a · scripted/a ──", "── b · scripted/b ──", "── gone · scripted/gone ──"]
    assert blocks[1::2] == ["All fine.", "Be", "half"]
    assert "[20.0 tok/s · 2 tokens" in out
    assert "gone: It left." in err
    assert "side by side" in err or "One after the other" in err


def test_compare_json_is_one_object_and_nothing_else(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(tmp_path, "compare", "Well?", "-m", "a", "-m", "b", "--json", "--sequential", "--seed", "3") == 0
    )
    out, err = capsys.readouterr()
    content = json.loads(out)
    assert list(content) == ["prompt", "lanes"]
    assert content["prompt"] == "Well?"
    first = content["lanes"][0]
    assert list(first) == ["model", "text", "thinking", "stop_reason", "error", "timings"]
    assert list(first["timings"]) == [
        "load_s", "prompt_tokens", "prompt_tokens_cached", "prompt_s", "output_tokens", "output_s", "ttft_s",
        "total_s",
    ]  # fmt: skip
    assert (first["model"], first["text"], first["stop_reason"]) == ("scripted/a", "All fine.", "end")
    assert first["error"] is None
    assert first["timings"]["load_s"] is None
    assert first["timings"]["output_tokens"] == 2
    assert "One after the other, as chosen: a, then b." in err
    assert engine.most_running == 1
    assert [request.options.seed for request in engine.requests] == [3, 3]


def test_compare_json_tells_of_lanes_that_failed(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "compare", "Well?", "-m", "a", "-m", "none", "--json", "--side-by-side") == 1
    lanes = json.loads(capsys.readouterr().out)["lanes"]
    assert lanes[1]["model"] == "none"
    assert "No engine offers" in lanes[1]["error"]
    assert lanes[0]["text"] == "All fine."


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_ctrl_c_in_a_comparison_ends_with_130(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str], flags: list[str]
) -> None:
    engine.scripts = {"a": lambda _request: interrupting(signal.SIGINT)}
    assert run(tmp_path, "compare", "Well?", "-m", "a", "-m", "a", *flags) == 130
    out, err = capsys.readouterr()
    assert err.endswith("Stopped.\n")
    assert ("so far" in out) == (not flags)
    assert engine.running == 0


@pytest.mark.parametrize("count", [1, 9])
def test_a_comparison_of_too_few_or_too_many_is_wrong_use(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    assert run(tmp_path, "compare", "Well?", *["-m", "a"] * count) == 2
    assert f"2 to 8 columns, this one has {count}" in capsys.readouterr().err


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


def test_models_as_a_table(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "models") == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == ["MODEL", "SIZE", "QUANTIZATION", "CONTEXT", "FIT"]
    assert out.splitlines()[1].split()[:4] == ["scripted/a", "0.1", "GB", "8,192"]
    assert "fits" in out.splitlines()[1]
    assert "size unknown" in out.splitlines()[3]
    assert err == ""
    assert not (tmp_path / "data").exists()


def test_models_as_json_and_the_problem_of_an_engine(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.capabilities = Capabilities()
    assert run(tmp_path, "models", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["engines"] == [
        {"id": "scripted", "label": "Scripted engine", "address": "", "is_local": True, "problem": None}
    ]
    assert content["models"][0]["model"] == "scripted/a"
    assert content["models"][0]["fit"] is None

    engine.problem = EngineOffline("Nothing answers.")
    assert run(tmp_path, "models") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "No engine offers a model." in err
    assert "Scripted engine: Nothing answers. Start it" in err


def test_the_terminal_beside_an_open_window(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    import asyncio

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


def test_an_answer_that_stalls_is_said_once(
    tmp_path: Path,
    engine: ScriptedEngine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer_module, "STALL_AFTER_S", 0.25)
    import time

    def slowly(_request: Request) -> Any:
        import asyncio

        gate = asyncio.Event()
        asyncio.get_running_loop().call_later(1.0, gate.set)
        return (Delta("slow"), gate, DONE)

    engine.scripts = {"a": slowly}
    begun = time.monotonic()
    assert run(tmp_path, "chat", "-m", "a", "Well?") == 0
    assert time.monotonic() - begun > 0.9
    assert capsys.readouterr().err.count("nothing has come for") == 1


def test_the_demo_takes_the_starter_and_the_smallest_other_model(
    tmp_path: Path,
    engine: ScriptedEngine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures: list[tuple[str, Path]] = []

    def save(_services: Services, comparison: Comparison, path: Path) -> None:
        pictures.append((comparison.run_id, path))

    monkeypatch.setattr("slmdesk.app.save_demo_picture", save)
    engine.id, engine.sizes = "builtin", {"smollm2-135m-instruct": 3, "b": 2, "a": 1, "huge": 900 * GB}
    engine.scripts = dict.fromkeys(engine.sizes, says("Fine."))
    assert run(tmp_path, "demo") == 0
    out, err = capsys.readouterr()
    assert out.startswith("Explain in three sentences what a REST API is.\n\n── smollm2-135m-instruct ·")
    assert out.count("Fine.") == 2
    assert out.count("[20.0 tok/s · 2 tokens") == 2
    assert {request.model for request in engine.requests} == {"smollm2-135m-instruct", "a"}
    assert str(pictures[0][1]) in err

    engine.sizes = {"smollm2-135m-instruct": 3}
    engine.scripts = {"smollm2-135m-instruct": says("Fine.")}
    engine.requests.clear()
    assert run(tmp_path, "demo") == 0
    assert {request.options.temperature for request in engine.requests} == {0.0, 1.0}

    engine.scripts = {}
    assert run(tmp_path, "demo") == 1
    assert "No engine offers a model that fits" in capsys.readouterr().err


def test_the_screenshots_are_named_as_they_are_saved(
    tmp_path: Path,
    engine: ScriptedEngine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("slmdesk.app.save_screenshots", lambda folder: [folder / "chat.png"])
    assert run(tmp_path, "demo", "--screenshots", str(tmp_path / "shots")) == 0
    assert f"Saved {tmp_path / 'shots' / 'chat.png'}." in capsys.readouterr().err


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_status_line_gives_way_to_text() -> None:
    out, err = Screen(), Screen()
    terminal = Terminal(out, err)
    terminal.status("loading\n42 %")
    terminal.write("text")
    terminal.say("done")
    assert out.getvalue() == "text"
    assert err.getvalue() == "\r\x1b[Kloading 42 %\r\x1b[Kdone\n"


def test_phases_are_shown_where_someone_can_see_them(
    tmp_path: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)

    def slowly(_request: Request) -> Any:
        import asyncio

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
        ("--help", "{chat,compare,models,demo}"),
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


def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "slmdesk", "models", "--data-dir", str(tmp_path)],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
