"""`slmdesk config`: the settings in the terminal."""

import json
from pathlib import Path

import pytest

from slmdesk.config.instance import InstanceLock
from slmdesk.config.paths import Paths
from slmdesk.config.settings import describe, load_settings
from tests.unit.cli.conftest import run


def test_every_setting_is_listed_with_its_description(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "config", "list") == 0
    out, _ = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == [field.name for field in describe()]
    assert run(tmp_path, "config", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["settings"]
    assert {item["name"]: item["help"] for item in listed} == {field.name: field.help for field in describe()}
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("name", "written", "shown"),
    [
        ("theme", "dark", "dark"),
        ("threads", "3", "3"),
        ("is_history_kept", "off", "off"),
        ("default_model", "ollama/qwen3:4b", "ollama/qwen3:4b"),
        ("model_files", '["/a.gguf"]', '["/a.gguf"]'),
        ("shortcuts", '{"palette": "ctrl+p"}', '{"palette": "Ctrl+P"}'),
    ],
)
def test_a_setting_is_set_read_and_reset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, written: str, shown: str
) -> None:
    assert run(tmp_path, "config", "set", name, written) == 0
    assert shown in capsys.readouterr().err
    assert run(tmp_path, "config", "get", name) == 0
    assert capsys.readouterr().out == f"{shown}\n"
    assert run(tmp_path, "config", "reset", name, "--json") == 0
    assert list(json.loads(capsys.readouterr().out)["changed"]) == [name]
    default = next(field.default for field in describe() if field.name == name)
    assert getattr(load_settings(Paths(tmp_path / "data")), name) == default


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "threads", "many"), "whole number from 0 to 512"),
        (("set", "threads", "-1"), "whole number from 0 to 512"),
        (("set", "is_history_kept", "perhaps"), "on or off"),
        (("set", "model_files", "/a.gguf"), "JSON"),
        (("set", "colour", "red"), "config list"),
        (("get", "colour"), "config list"),
        (("reset", "colour"), "config list"),
        (("import", "none.json"), "cannot be read"),
    ],
)
def test_what_cannot_be_set_is_code_2_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert run(tmp_path, "config", *arguments) == 2
    out, err = capsys.readouterr()
    assert words in err
    assert out == ""
    assert not Paths(tmp_path / "data").settings.exists()


def test_settings_go_out_and_come_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "out.json"
    run(tmp_path, "config", "set", "theme", "dark")
    assert run(tmp_path, "config", "export", str(file)) == 0
    assert run(tmp_path, "config", "reset") == 0
    assert run(tmp_path, "config", "import", str(file)) == 0
    assert "theme is dark now." in capsys.readouterr().err
    assert load_settings(Paths(tmp_path / "data")).theme == "dark"


def test_an_open_window_would_write_over_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = Paths(tmp_path / "data")
    paths.create()
    window = InstanceLock(paths)
    window.acquire()
    try:
        assert run(tmp_path, "config", "set", "theme", "dark") == 1
        assert run(tmp_path, "config", "get", "theme") == 0
    finally:
        window.release()
    out, err = capsys.readouterr()
    assert out == "system\n"
    assert "already running" in err
