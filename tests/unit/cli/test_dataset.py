"""`slmdesk eval dataset`: what is typed, written and said."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.cli import main
from slmdesk.cli.evaluate import dataset
from slmdesk.cli.parser import parse
from slmdesk.cli.terminal import Terminal


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = dataset.run(parse(("eval", "dataset", *arguments)), Terminal(out, err))
    return code, out.getvalue(), err.getvalue()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


def test_a_starter_is_written_and_the_report_is_said(tmp_path: Path) -> None:
    code, out, err = run("sentiment", "-o", str(tmp_path / "new" / "set"), "--seed", "7")
    assert (code, out) == (0, "")
    assert "30 of 30 rows were written: 24 for training and 6 for the test" in err
    row = lines(tmp_path / "new" / "set" / "train.jsonl")[0]
    assert "What is the sentiment of the review?" in row["instruction"]
    assert row["output"] in ("positive", "negative", "neutral", "mixed")


def test_a_table_is_written_and_told_as_json(tmp_path: Path) -> None:
    table = tmp_path / "q.csv"
    table.write_text("question,context,answer\nWho?,Mail a@b.example.,Ada\nWho?,Mail a@b.example.,Ada\n,,\n")
    code, out, err = run(str(table), "-o", str(tmp_path), "--json", "--test-share", "0")
    assert code == 0
    assert json.loads(out) == {
        "folder": str(tmp_path),
        "read": 3,
        "training": {"rows": 1, "documents": 1},
        "test": {"rows": 0, "documents": 0},
        "found": {
            "email": {"rows": 1, "first": ["line 2"]},
            "duplicate": {"rows": 1, "first": ["line 3"]},
            "empty": {"rows": 1, "first": ["line 4"]},
        },
    }
    assert "an e-mail address (line 2)" in err
    assert lines(tmp_path / "test.jsonl") == []


def test_what_is_looked_for_is_no_answer(tmp_path: Path) -> None:
    _, _, err = run("code", "-o", str(tmp_path))
    assert "Left out: code." in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("breech",), "no file “breech”"),
        (("gone.csv",), "cannot be read"),
        (("breach", "--most-tokens", "5"), "no row to write"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=words):
        run(*arguments, "-o", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments", [("breach",), ("breach", "-o", "x", "--test-share", "2"), ("-o", "x"), ("a", "b", "-o", "x")]
)
def test_wrong_use_is_code_2(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(("eval", "dataset", *arguments))
    assert caught.value.code == 2


def test_it_needs_no_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    assert main(["eval", "dataset", "general", "-o", "out", "--data-dir", str(data)]) == 0
    assert not data.exists()
    assert "40 of 40 rows were written" in capsys.readouterr().err
    assert main(["eval", "dataset", "breech", "-o", "out"]) == 2
    assert "The starter packs are: breach" in capsys.readouterr().err
