"""`slmdesk eval import`: a folder and two tables become a pack; what cannot be used is said and left out."""

import json
from pathlib import Path

import pytest

from slmdesk.cli import main
from slmdesk.features.evaluate.pack import Kind
from slmdesk.features.evaluate.pack_file import read_pack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = tmp_path / "reports"
    (documents / "late").mkdir(parents=True)
    (documents / "harbour.txt").write_text("Harbour Clinic lost 184,302 records.", "utf-8")
    (documents / "late" / "outage.md").write_text("# Outage\n\nNobody lost anything.", "utf-8")
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "Q.csv").write_text(
        "id,kind,text,choices,scorer,weight\nbreach,yes_no,Is it a breach?,,,2\n"
        ",number,How many?,,,\nx,poem,?,,,\n",
        "utf-8",
    )
    (tmp_path / "A.csv").write_text(
        "document,question,answer\nharbour.txt,breach,Yes\noutage,breach,No\nnobody,breach,No\n", "utf-8"
    )
    return tmp_path


def run(folder: Path, *more: str) -> int:
    return main(
        [
            "eval", "import", "--documents", str(folder / "reports"), "--questions", str(folder / "Q.csv"),
            "-o", str(folder / "pack.json"), *more,
        ]
    )  # fmt: skip


def test_a_pack_is_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--expected", str(folder / "A.csv"), "--title", "Reports") == 0
    pack = read_pack(folder / "pack.json")
    assert pack.title == "Reports"
    assert [document.name for document in pack.documents] == ["harbour", "outage"]
    assert [(each.id, each.kind, each.weight) for each in pack.questions] == [
        ("breach", Kind.YES_NO, 2.0),
        ("q2", Kind.NUMBER, 1.0),
    ]
    assert pack.expected == {("harbour", "breach"): "Yes", ("outage", "breach"): "No"}
    said = capsys.readouterr().err
    assert "pack.json: 2 documents, 2 questions, 2 expected answers." in said
    assert "“broken.pdf” is damaged" in said
    assert "Q.csv: Row 4: “poem” is no kind of answer." in said
    assert "A.csv: Row 4: there is no document “nobody”." in said


def test_scripts_read_one_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["documents"], told["questions"], told["expected"]) == (2, 2, 0)
    assert len(told["problems"]) == 2


@pytest.mark.parametrize(
    ("name", "content"), [("Q.csv", "id,kind\n1,yes_no\n"), ("Q.csv", ""), ("Q.csv", "text\n\n")]
)
def test_a_table_without_a_question_makes_no_pack(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content, "utf-8")
    assert run(folder) == 2
    assert not (folder / "pack.json").exists()


def test_an_empty_folder_makes_no_pack(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (folder / "reports").rglob("*.*"):
        path.unlink()
    assert run(folder) == 2
    assert "no document" in capsys.readouterr().err
