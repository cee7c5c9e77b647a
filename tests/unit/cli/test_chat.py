"""`slmdesk chat`: the answer on stdout, all else on stderr, and an exit code for every end."""

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from slmdesk.engines import answer as answer_module
from slmdesk.engines.base import Delta, Message, Options, Request
from tests.fakes.scripted_engine import DONE, ScriptedEngine, says
from tests.unit.cli.conftest import GB, interrupting, pipe_in, run, stored_states, stored_titles


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


def test_a_preset_sets_what_was_not_typed(tmp_path: Path, engine: ScriptedEngine) -> None:
    assert run(tmp_path, "config", "set", "default_context_tokens", "2048") == 0
    assert run(tmp_path, "chat", "-m", "a", "Well?", "--preset", "quick answer", "--max-tokens", "9") == 0
    assert run(tmp_path, "chat", "-m", "a", "Well?", "--preset", "Extraction", "--system", "Be.") == 0
    assert run(tmp_path, "chat", "-m", "a", "Well?", "--context", "512") == 0
    quick, extraction, plain = engine.requests
    assert quick.options == Options(context_tokens=2048, temperature=0.2, top_p=0.9, max_tokens=9)
    assert quick.messages[0].content.startswith("Answer in one to three sentences.")
    assert (extraction.options.context_tokens, extraction.messages[0].content) == (8192, "Be.")
    assert plain.options == Options(context_tokens=512)
    assert run(tmp_path, "chat", "-m", "a", "Well?", "--preset", "poetry") == 2


def test_chat_reads_a_piped_prompt(
    tmp_path: Path,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pipe_in(monkeypatch, "\ufeffGrüße?\n".encode())  # some shells begin with a byte order mark
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
    assert stored_titles(tmp_path) == []


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


def test_a_background_job_of_a_script_can_be_ended(tmp_path: Path, engine: ScriptedEngine) -> None:
    """A shell starts it with Ctrl+C ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        engine.scripts = {"a": lambda _request: interrupting(signal.SIGTERM)}
        assert run(tmp_path, "chat", "-m", "a", "Well?") == 130
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert stored_states(tmp_path) == [("so far", "stopped")]


def test_a_conversation_in_turns(
    tmp_path: Path,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scripts = iter([says("one"), interrupting(signal.SIGINT), says("three")])
    engine.scripts = {"a": lambda _request: next(scripts)}
    typed = iter(["first", "  ", "\0", "second", "third"])

    def read() -> str:
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


def test_a_conversation_that_is_left_at_once_leaves_no_chat(
    tmp_path: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for leave in (EOFError, KeyboardInterrupt):

        def read(leave: type[BaseException] = leave) -> str:
            raise leave

        monkeypatch.setattr("builtins.input", read)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        assert run(tmp_path, "chat", "-m", "a") == (0 if leave is EOFError else 130)
    assert stored_titles(tmp_path) == []


def test_a_conversation_whose_last_answer_was_stopped_is_not_whole(
    tmp_path: Path, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.scripts = {"a": lambda _request: interrupting(signal.SIGINT)}
    typed = iter(["only"])

    def read() -> str:
        for line in typed:
            return line
        raise EOFError

    monkeypatch.setattr("builtins.input", read)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert run(tmp_path, "chat", "-m", "a") == 1


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
