"""`slmdesk models` and `slmdesk demo`."""

import json
from pathlib import Path

import pytest

from slmdesk.base.errors import EngineOffline
from slmdesk.engines.base import Capabilities
from slmdesk.features.compare.comparison import Comparison
from slmdesk.services import Services
from tests.fakes.scripted_engine import ScriptedEngine, says
from tests.unit.cli.conftest import GB, run


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


def test_models_list_is_the_same_and_json_may_stand_on_either_side(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for line in (["models"], ["models", "list"]):
        assert run(tmp_path, *line) == 0
        outputs.append(capsys.readouterr().out)
    for line in (["models", "--json", "list"], ["models", "list", "--json"]):
        assert run(tmp_path, *line) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert outputs[2] == outputs[3]
    assert json.loads(outputs[2])["models"]


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
