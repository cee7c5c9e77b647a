"""`slmdesk eval run`: asks what is not answered, prints one object, and ends with a code for scripts."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from slmdesk.base.errors import EngineOffline
from slmdesk.engines.assembly import Assembly
from slmdesk.engines.base import Delta
from slmdesk.features.evaluate.pack import Document, Kind, Pack, Question, Scorer, Scoring
from slmdesk.features.evaluate.pack_file import write_pack
from tests.fakes.reports import pack
from tests.fakes.scripted_engine import DONE, ScriptedEngine, says
from tests.unit.cli.conftest import run


@pytest.fixture
def packed(tmp_path: Path, engine: ScriptedEngine) -> str:
    """Three documents with two questions each; “a” says yes and “b” no."""
    write_pack(pack(3), tmp_path / "pack.json")
    engine.scripts = {**engine.scripts, "a": says("Yes"), "b": says("No")}
    return str(tmp_path / "pack.json")


def evaluated(tmp_path: Path, packed: str, *arguments: str) -> int:
    return run(tmp_path, "eval", "run", packed, *arguments)


def test_one_object_with_verdict_and_every_answer(
    tmp_path: Path, packed: str, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "r.html"
    code = evaluated(tmp_path, packed, "-m", "scripted/a", "-m", "b", "--json", "--html", str(page))
    out, err = capsys.readouterr()
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    first, second = found["models"]
    assert (first["model"], first["score"], second["score"]) == ("scripted/a", 1.0, 0.0)
    assert {"score", "interval", "seconds", "prompt_tokens", "output_tokens", "cells"} <= first.keys()
    assert first["cells"][0]["answer"] == "Yes"
    assert found["verdict"]["kind"] in {"found", "undecided", "none"}
    assert "12 requests" in err
    assert "Was it a breach?" in page.read_text("utf-8")
    assert len(engine.requests) == 12


def test_what_was_answered_is_not_asked_again(
    tmp_path: Path, packed: str, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluated(tmp_path, packed, "-m", "scripted/a") == 0
    assert evaluated(tmp_path, packed, "-m", "scripted/a", "-m", "scripted/b", "--resume") == 0
    assert len(engine.requests) == 12
    assert "6 of 12 answers are there already." in capsys.readouterr().err
    assert evaluated(tmp_path, packed, "-m", "scripted/a", "-m", "scripted/b") == 0
    assert len(engine.requests) == 12
    out = capsys.readouterr().out
    assert "scripted/b  0.0 %" in out
    engine.scripts = {**engine.scripts, "new": says("Yes")}
    assert evaluated(tmp_path, packed, "-m", "scripted/a", "-m", "scripted/new", "--json") == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert [{cell["is_from_cache"] for cell in model["cells"]} for model in models] == [{True}, {False}]


def test_resume_needs_no_models_where_some_have_answers(
    tmp_path: Path, packed: str, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluated(tmp_path, packed, "--resume") == 2
    assert "There are no stored answers" in capsys.readouterr().err
    assert evaluated(tmp_path, packed, "-m", "scripted/a", "--resume") == 0
    assert "Nothing of this run is stored: it begins." in capsys.readouterr().err
    assert evaluated(tmp_path, packed, "--resume") == 0
    assert "scripted/a" in capsys.readouterr().out
    assert len(engine.requests) == 6


@pytest.mark.parametrize(("models", "code"), [(("scripted/a",), 0), (("scripted/b",), 1), (("a", "b"), 0)])
def test_a_missed_target_is_exit_code_1(
    tmp_path: Path, packed: str, models: tuple[str, ...], code: int
) -> None:
    named = [word for model in models for word in ("-m", model)]
    assert evaluated(tmp_path, packed, *named, "--target", "85") == code


def test_a_share_of_the_best_needs_no_figure(
    tmp_path: Path, packed: str, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    del engine
    assert evaluated(tmp_path, packed, "-m", "scripted/a", "--of-best", "--json") == 0
    target = json.loads(capsys.readouterr().out)["target"]
    assert (target["kind"], target["value"]) == ("share_of_best", 0.85)


def test_failed_answers_are_said_and_asked_by_the_same_command(
    tmp_path: Path, packed: str, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.scripts = {**engine.scripts, "a": (Delta("Y"), EngineOffline("It left."))}
    assert evaluated(tmp_path, packed, "-m", "scripted/a", "--json") == 1
    out, err = capsys.readouterr()
    assert "It left." in err
    assert json.loads(out)["models"][0]["score"] is None
    engine.scripts = {**engine.scripts, "a": says("Yes")}
    assert evaluated(tmp_path, packed, "-m", "scripted/a") == 0


def test_answers_that_nobody_scores_are_said_and_are_exit_code_1(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.scripts = {**engine.scripts, "a": says("A password was stolen")}
    judge = Scoring(Scorer.JUDGE, model_ref="scripted/gone", rubric="Be strict.")
    cause = Question("cause", "Why?", Kind.TEXT, judge)
    judged = Pack("p", (Document("d", "Fire."),), (cause,), {("d", "cause"): "Fire"})
    write_pack(judged, tmp_path / "judged.json")
    assert evaluated(tmp_path, str(tmp_path / "judged.json"), "-m", "scripted/a", "--json") == 1
    out, err = capsys.readouterr()
    sentence = "Waiting for scripted/gone to compare this answer."
    assert f"1 without a score: {sentence}" in err
    assert json.loads(out)["models"][0]["cells"][0]["problem"] == sentence


def test_a_second_server_takes_part_where_it_is_named(
    tmp_path: Path, packed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = (ScriptedEngine({"a": says("Yes")}, id=name) for name in ("one", "other"))
    monkeypatch.setattr(Assembly, "build", lambda _self, _settings: ((one, other), ()))
    assert evaluated(tmp_path, packed, "-m", "one/a", "--host", "nobody") == 2
    assert "There is no engine “nobody”. There are: one, other." in capsys.readouterr().err
    assert evaluated(tmp_path, packed, "-m", "one/a", "--host", "other") == 0
    assert one.requests
    assert other.requests
    assert len(one.requests) + len(other.requests) == 6


def test_a_pack_that_cannot_be_run_is_said_before_anything_is_asked(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(Pack("Empty"), tmp_path / "empty.json")
    assert evaluated(tmp_path, str(tmp_path / "empty.json"), "-m", "scripted/a") == 2
    assert "This pack has no documents. Add at least one" in capsys.readouterr().err
    colour = Question("colour", "Which?", Kind.CHOICE, Scoring(Scorer.LABEL), choices=("red", "blue"))
    documents = tuple(Document(name, f"{name} is red.") for name in "abcdefgh")
    green = {(document.name, "colour"): "green" for document in documents}
    write_pack(Pack("Colours", documents, (colour,), green), tmp_path / "pack.json")
    assert evaluated(tmp_path, str(tmp_path / "pack.json"), "-m", "scripted/a") == 0
    err = capsys.readouterr().err
    assert "“a”, “colour”: “green” cannot be read as an answer to this question." in err
    assert "And 3 more problems of the pack." in err
    assert len(engine.requests) == 8


def test_ctrl_c_keeps_what_was_answered(
    tmp_path: Path, packed: str, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop_at_the_third(_request: object) -> Any:
        if len(engine.requests) == 3:
            signal.raise_signal(signal.SIGINT)
        return (*(Delta("") for _ in range(50)), Delta("Yes"), DONE)

    engine.scripts = {**engine.scripts, "a": stop_at_the_third}
    assert evaluated(tmp_path, packed, "-m", "scripted/a") == 130
    asked = len(engine.requests)
    assert evaluated(tmp_path, packed, "-m", "scripted/a", "--resume") == 0
    assert "of 6 answers are there already." in capsys.readouterr().err
    assert len(engine.requests) < asked + 6


def test_what_cannot_be_run_is_said(
    tmp_path: Path, packed: str, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    del engine
    assert evaluated(tmp_path, packed) == 2
    assert "No model is chosen." in capsys.readouterr().err
    assert evaluated(tmp_path, packed, "-m", "nobody") == 1
    assert "No engine offers “nobody”." in capsys.readouterr().err
    assert evaluated(tmp_path, "nothing", "-m", "a") == 2
