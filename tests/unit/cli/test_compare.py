"""`slmdesk compare`: blocks in lane order, or one JSON object."""

import json
import signal
from pathlib import Path

import pytest

from tests.fakes.scripted_engine import ScriptedEngine
from tests.unit.cli.conftest import interrupting, run


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
        "total_s", "thinking_tokens",
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


def test_an_empty_prompt_is_refused_before_anything_is_planned(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "compare", " ", "-m", "a", "-m", "b", "--json") == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "There is nothing to send. Type a question first.\n")


def test_a_list_of_prompts_runs_through_the_columns_and_is_exported(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.csv").write_text("prompt\none\ntwo\n")
    models = ("-m", "a", "-m", "b", "--prompts", str(tmp_path / "list.csv"))
    assert run(tmp_path, "compare", *models, "--json", "--export", str(tmp_path / "out.html")) == 0
    out, err = capsys.readouterr()
    rows = json.loads(out)["prompts"]
    assert [row["prompt"] for row in rows] == ["one", "two"]
    assert [lane["text"] for lane in rows[1]["lanes"]] == ["All fine.", "Be\n"]
    assert "2 prompts, CSV" in err
    assert "4 of 4 answers." in err
    assert "All fine." in (tmp_path / "out.html").read_text()
    assert run(tmp_path, "compare", *models) == 0
    blocks = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("══", "──"))]
    assert blocks == ["══ 1 · one ══", "── a · scripted/a ──", "── b · scripted/b ──",
                      "══ 2 · two ══", "── a · scripted/a ──", "── b · scripted/b ──"]  # fmt: skip


def test_one_comparison_is_exported_and_a_wrong_ending_is_refused_before_it_is_run(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ("compare", "Well?", "-m", "a", "-m", "b")
    assert run(tmp_path, *models, "--export", str(tmp_path / "x.pdf")) == 2
    assert engine.requests == []
    for name in ("x.md", "x.csv"):
        assert run(tmp_path, *models, "--export", str(tmp_path / name)) == 0
        assert "All fine." in (tmp_path / name).read_text()
    assert run(tmp_path, *models, "--export", str(tmp_path / "none" / "x.md")) == 2
    assert "cannot be written" in capsys.readouterr().err
