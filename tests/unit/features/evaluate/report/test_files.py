"""The other forms, read back by those who would read them: csv, openpyxl and json."""

import csv
import json
import tracemalloc
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from openpyxl import load_workbook

from slmdesk.base.errors import BadInput
from slmdesk.features.evaluate.cell import Cell, CellKey
from slmdesk.features.evaluate.report import tables
from slmdesk.features.evaluate.report.plain import to_plain
from slmdesk.features.evaluate.report.tables import csv_pieces
from slmdesk.features.evaluate.report.writing import write_report, writer
from tests.fakes.reports import MODELS, answered, corrected, pack, report, usual

FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =HYPERLINK(1)", "\t=1", "＝1", "x;=1+1")


def evil(key: CellKey) -> Cell:
    del key
    return corrected(answered("=1+1\x07", 0.2, "@why"), 0.5, "-note")


def test_csv_has_one_line_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    write_report(report(), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfdocument,")
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert rows[0] == {
        "document": "report 0", "question": "breach", "text": "Was it a breach?", "model": MODELS[0],
        "state": "done", "answer": "No", "expected": "Yes", "valid": "true", "score": "0",
        "corrected": "false", "note": "", "why": "“No” instead of “Yes”.", "stability": "",
        "prompt_tokens": "420", "prompt_tokens_cached": "390", "output_tokens": "3", "ttft_s": "0.1",
        "total_s": "0.4", "error": "",
    }  # fmt: skip


def test_a_correction_counts_and_is_marked_in_every_form(tmp_path: Path) -> None:
    of = report(pack(1), lambda key: corrected(usual(key), 1.0, "It does."))
    row = next(csv.DictReader("".join(csv_pieces(of)).removeprefix("\ufeff").splitlines()))
    assert (row["score"], row["corrected"], row["note"], row["why"]) == (
        "1", "true", "It does.", "“No” instead of “Yes”.",
    )  # fmt: skip
    cell = to_plain(of)["models"][0]["cells"][0]
    assert cell["score"] == 1.0
    assert cell["correction"] == {"score": 1.0, "note": "It does."}
    write_report(of, tmp_path / "r.xlsx")
    first = list(load_workbook(tmp_path / "r.xlsx")["Answers"].values)[1]
    assert first[8:12] == (1, True, "It does.", "“No” instead of “Yes”.")


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(tmp_path: Path, formula: str) -> None:
    of = report(pack(1), lambda _key: corrected(answered(formula, 0.2, formula), 0.5, formula))
    lines = "".join(csv_pieces(of)).splitlines()
    for cell in next(csv.reader(lines[1:])):
        for part in (cell, *cell.split(";")):
            assert not part.lstrip(" ").startswith(("=", "+", "@", "＝", "\t")), part
    write_report(of, tmp_path / "r.xlsx")
    for sheet in load_workbook(tmp_path / "r.xlsx"):
        for row in sheet.iter_rows():
            for each in row:
                assert each.data_type != "f"
                assert not str(each.value or "").lstrip().startswith(("=", "+", "@", "＝")), each.value


def test_the_workbook_has_a_sheet_for_each_table(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    write_report(report(), path)
    book = load_workbook(path)
    assert book.sheetnames == ["Verdict", "Questions", "Documents", "Answers", "Settings"]
    verdict = list(book["Verdict"].values)
    assert verdict[0][0] == "qwen3:4b is good enough."
    assert verdict[2][:4] == ("Model", "Score", "From", "To")
    assert verdict[4][:4] == (MODELS[1], 1.0, 0.7, 1.0)
    assert len(list(book["Answers"].values)) == 9
    assert list(book["Questions"].values)[1][:2] == ("breach", "Was it a breach?")
    settings = dict(row[:2] for row in book["Settings"].values if row[0])
    assert settings["Memory"] == "16 GB"
    assert settings["Seeds"] == "1, 2"
    assert settings[MODELS[1]] == "Ollama 0.12"


def test_controls_and_long_texts_fit_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    write_report(
        report(pack(1), lambda _key: answered("a\x00\x07\ud800\uffff\x1b" + "x" * 40_000, 1.0)), path
    )
    answer = list(load_workbook(path)["Answers"].values)[1][5]
    assert answer.startswith("axxx")
    assert len(answer) == 32_767


def test_answers_that_one_sheet_cannot_hold_stand_on_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_MOST_ROWS", 4)
    write_report(report(), tmp_path / "r.xlsx")
    book = load_workbook(tmp_path / "r.xlsx")
    sheets = [list(book[name].values) for name in book.sheetnames if name.startswith("Answers")]
    assert [len(rows) for rows in sheets] == [4, 4, 3]
    assert len({row[:4] for rows in sheets for row in rows[1:]}) == 8


def test_json_is_what_the_terminal_prints(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write_report(report(), path)
    found = json.loads(path.read_text("ascii"))
    assert found == json.loads(json.dumps(to_plain(report())))
    assert (found["format"], found["version"]) == ("slmdesk-evaluation", 1)
    assert found["verdict"] == {
        "kind": "found", "model": MODELS[1], "words": "qwen3:4b is good enough.", "documents_needed": 0,
    }  # fmt: skip
    model = found["models"][1]
    assert model["score"] == 1.0
    assert model["interval"] == [0.7, 1.0]
    assert model["seconds"] == 2.6
    assert (model["prompt_tokens"], model["output_tokens"]) == (1680, 12)
    assert model["digest"] == "sha256:abcd"
    cell = found["models"][0]["cells"][0]
    assert (cell["document"], cell["question"]) == ("report 0", "breach")
    assert (cell["answer"], cell["expected"], cell["score"]) == ("No", "Yes", 0.0)
    assert found["target"] == {"kind": "share", "value": 0.85, "score": 0.85}


def test_a_report_of_nothing_is_a_report(tmp_path: Path) -> None:
    empty = replace(report(), models=(), verdict=None)
    for suffix in ("html", "csv", "xlsx", "json"):
        write_report(empty, tmp_path / f"r.{suffix}")
    found = json.loads((tmp_path / "r.json").read_text())
    assert (found["models"], found["verdict"]["kind"]) == ([], "undecided")
    assert "Nothing is scored yet." in (tmp_path / "r.html").read_text()


def test_a_file_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("before")

    def broken(_key: CellKey) -> Cell:
        raise OSError(28, "No space left on device")

    with pytest.raises(BadInput, match="No space left"):
        write_report(report(cell=broken), path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(BadInput, match="none of"):
        writer(tmp_path / "r.doc")


def test_tables_of_many_cells_are_written_in_bounded_memory(tmp_path: Path) -> None:
    of = report(pack(1_000), lambda _key: answered("Yes", 1.0))
    tracemalloc.start()
    assert sum(map(len, islice(csv_pieces(of), None))) > 300_000
    write_report(of, tmp_path / "r.xlsx")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
