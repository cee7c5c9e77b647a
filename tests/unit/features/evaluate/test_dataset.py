"""The instruction dataset: what is left out and why, the split, the files, and the memory it takes."""

import csv
import json
import tracemalloc
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.features.documents.tokens import estimate_tokens
from slmdesk.features.evaluate.dataset import (
    TEST_FILE,
    TRAINING_FILE,
    DatasetPlan,
    DatasetReport,
    Fault,
    export_dataset,
)
from slmdesk.features.evaluate.dataset_rows import Row, csv_rows, left_out_questions, pack_rows
from slmdesk.features.evaluate.pack import (
    NOT_STATED,
    Document,
    Kind,
    Pack,
    Question,
    Scorer,
    Scoring,
)
from slmdesk.features.evaluate.personal_data import PersonalData
from slmdesk.features.evaluate.starters import load_starter, starter_names


def export(rows: Iterable[Row], folder: Path, plan: DatasetPlan | None = None) -> DatasetReport:
    kept = list(rows)
    return export_dataset(lambda: kept, folder, plan or DatasetPlan(), estimate_tokens)


def written(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_bytes().splitlines()]


def rows(*documents: str, questions: int = 3) -> list[Row]:
    return [
        Row(f"Question {number}?", document, f"answer {number}", f"{document}/{number}")
        for document in documents
        for number in range(questions)
    ]


def table(path: Path, lines: Iterable[Sequence[str]], **options: Any) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, **options).writerows(lines)
    return path


def test_every_row_is_in_one_file_and_no_document_in_both(tmp_path: Path) -> None:
    names = [f"document {number}" for number in range(10)]
    report = export(rows(*names), tmp_path)
    training, test = written(tmp_path, TRAINING_FILE), written(tmp_path, TEST_FILE)
    assert (len(training), len(test)) == (report.training, report.test) == (24, 6)
    assert (report.training_documents, report.test_documents) == (8, 2)
    assert {row["input"] for row in training} | {row["input"] for row in test} == set(names)
    assert not {row["input"] for row in training} & {row["input"] for row in test}
    assert training[0].keys() == {"instruction", "input", "output"}
    assert report.words == [
        (
            "30 of 30 rows were written: 24 for training and 6 for the test, "
            "from 8 and 2 documents, none of them in both."
        )
    ]


def test_the_seed_decides_and_nothing_else(tmp_path: Path) -> None:
    given = rows(*map(str, range(40)))
    contents = {}
    for folder, seed, order in (("a", 1, 1), ("b", 1, -1), ("c", 2, 1)):
        export(given[::order], tmp_path / folder, DatasetPlan(seed=seed))
        contents[folder] = {row["input"] for row in written(tmp_path / folder, TEST_FILE)}
    assert contents["a"] == contents["b"] != contents["c"]


@pytest.mark.parametrize(
    ("documents", "share", "test"),
    [(1, 0.2, 0), (2, 0.2, 1), (3, 0.9, 2), (10, 0.0, 0), (10, 0.25, 2), (10, 1.0, 9)],
)
def test_the_share_leaves_something_for_both(documents: int, share: float, test: int, tmp_path: Path) -> None:
    report = export(rows(*map(str, range(documents))), tmp_path, DatasetPlan(test_share=share))
    assert (report.training_documents, report.test_documents) == (documents - test, test)


def test_what_cannot_be_learnt_is_left_out_and_said(tmp_path: Path) -> None:
    good = Row("Who?", "text", "Ada", "line 2")
    given = [
        good,
        replace(good, place="line 3"),
        replace(good, output="", place="line 4"),
        replace(good, instruction="", place="line 5"),
        replace(good, input="word " * 500, place="line 6"),
        replace(good, output="Bob", place="line 7"),
    ]
    report = export(given, tmp_path, DatasetPlan(most_tokens=100))
    assert report.found == {Fault.DUPLICATE: 1, Fault.EMPTY: 2, Fault.TOO_LONG: 1}
    assert report.training == 2
    assert report.words[1:] == [
        "2 rows without a question or an answer were left out (line 4 and line 5).",
        "1 row that was there before was left out (line 3).",
        "1 row that is too long was left out (line 6).",
    ]


def test_characters_can_be_limited_too(tmp_path: Path) -> None:
    given = rows("short", "long " * 20, questions=1)
    report = export(given, tmp_path, DatasetPlan(most_characters=60, most_tokens=0))
    assert report.found == {Fault.TOO_LONG: 1}


def test_personal_data_is_a_hint_or_left_out(tmp_path: Path) -> None:
    given = [
        *rows("a", questions=2),
        *(Row("Who?", f"Mail {n}: ada{n}@example.org", "Ada", f"line {n}") for n in range(7)),
    ]
    report = export(given, tmp_path)
    assert report.training + report.test == 9
    assert report.found == {PersonalData.EMAIL: 7}
    assert report.words[1] == (
        "7 rows hold what looks like an e-mail address (line 0, line 1, line 2, line 3, line 4 and 2 more): "
        "read them before you share them."
    )
    report = export(given, tmp_path, DatasetPlan(is_personal_left_out=True))
    assert (report.training, report.test) == (2, 0)
    assert "7 rows with hints of personal data were left out." in report.words


def test_nothing_to_write_changes_nothing(tmp_path: Path) -> None:
    export(rows("a"), tmp_path)
    before = (tmp_path / TRAINING_FILE).read_bytes()
    with pytest.raises(BadInput, match="There is no row to write; 1 were read"):
        export([Row("", "", "", "line 2")], tmp_path)
    assert (tmp_path / TRAINING_FILE).read_bytes() == before


def test_a_source_that_breaks_leaves_the_old_files(tmp_path: Path) -> None:
    export(rows("a"), tmp_path)
    before = sorted((file.name, file.read_bytes()) for file in tmp_path.iterdir())
    readings = count()

    def source() -> Iterable[Row]:
        yield from rows("b", "c")
        if next(readings):
            raise BadInput("Line 9 is no CSV.")

    with pytest.raises(BadInput, match="Line 9"):
        export_dataset(source, tmp_path, DatasetPlan(), estimate_tokens)
    assert sorted((file.name, file.read_bytes()) for file in tmp_path.iterdir()) == before


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        export(rows("a"), tmp_path / "file" / "folder")


@pytest.mark.parametrize(
    ("header", "options"),
    [
        (("question", "context", "answer"), {}),
        (("Answer", "Nr.", " QUESTION ", "Context"), {"delimiter": ";"}),
        (("instruction", "input", "output"), {"delimiter": "\t"}),
    ],
)
def test_a_table_is_read_by_its_columns(
    header: Sequence[str], options: dict[str, Any], tmp_path: Path
) -> None:
    values = {"q": "Who, exactly?", "c": "Two\nlines; “and”\ta tab", "a": 'Ada "A."'}
    columns = {"question": "q", "instruction": "q", "context": "c", "input": "c"}
    cells = [values[columns.get(name.strip().lower(), "a")] for name in header]
    path = table(tmp_path / "q.csv", [header, cells], **options)
    (row,) = csv_rows(path)
    assert (row.instruction, row.input, row.output) == (values["q"], values["c"], values["a"])
    assert row.place == "line 2"


def test_a_table_without_context_groups_by_question(tmp_path: Path) -> None:
    path = table(tmp_path / "q.csv", [("question", "answer"), ("a", "1"), (), ("a", "2"), ("b",)])
    found = list(csv_rows(path))
    assert [(row.instruction, row.input, row.output, row.place) for row in found] == [
        ("a", "", "1", "line 2"),
        ("a", "", "2", "line 4"),
        ("b", "", "", "line 5"),
    ]
    assert found[0].document == found[1].document != found[2].document


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no columns for question and answer"),
        (b"question,context\na,b\n", "has no columns for question and answer"),
        (b'question,answer\n"a,b\n', "is no CSV"),
        (b'question,answer\na,"b"c\n', "Line 2 is no CSV"),
        (b"question,answer\n\xff,b\n", "no text in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_read(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words):
        list(csv_rows(path))


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        list(csv_rows(tmp_path / "gone.csv"))


def test_half_characters_and_controls_do_not_break_the_file(tmp_path: Path) -> None:
    export([Row("Who? \ud83d", "a\u2028b", "x\ty", "1")], tmp_path)
    assert written(tmp_path, TRAINING_FILE)[0]["output"] == "x\ty"


@pytest.mark.parametrize("name", starter_names())
def test_a_starter_becomes_a_dataset(name: str, tmp_path: Path) -> None:
    pack = load_starter(name)
    skipped = set(left_out_questions(pack))
    report = export(pack_rows(pack), tmp_path)
    assert report.training + report.test == sum(
        question_id not in skipped for _, question_id in pack.expected
    )
    assert not set(report.found) & set(Fault)
    for row in written(tmp_path, TEST_FILE):
        assert row["input"] in {document.text for document in pack.documents}
        assert row["output"]


def test_a_pattern_is_no_answer() -> None:
    assert left_out_questions(load_starter("code")) == ["code"]
    assert {row.output for row in pack_rows(load_starter("general"))} >= {"Canberra", "femur"}


def test_an_empty_list_is_an_answer_too() -> None:
    names = Question("names", "Who?", Kind.LIST, Scoring(Scorer.SET_F1))
    expected = {("a", "names"): "", ("b", "names"): "A; B"}
    pack = Pack("T", (Document("a", "x"), Document("b", "y")), (names,), expected)
    assert [row.output for row in pack_rows(pack)] == [NOT_STATED, "A; B"]


def test_large_tables_need_little_memory(tmp_path: Path) -> None:
    lines = ((f"Question {number}?", f"{number} " + "word " * 4_000, "answer") for number in range(300))
    path = table(tmp_path / "q.csv", [("question", "context", "answer"), *lines])
    assert path.stat().st_size > 6_000_000
    tracemalloc.start()
    report = export_dataset(
        lambda: csv_rows(path), tmp_path / "out", DatasetPlan(most_tokens=0), lambda _text: 0
    )
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (report.training, report.test) == (240, 60)
    assert peak_bytes < 2_000_000


@pytest.mark.slow
def test_a_hundred_thousand_rows(tmp_path: Path) -> None:
    lines = (
        (f"Question {number}?", f"Text {number // 5} " + "word " * 100, "x") for number in range(100_000)
    )
    path = table(tmp_path / "q.csv", [("question", "context", "answer"), *lines])
    tracemalloc.start()
    report = export_dataset(lambda: csv_rows(path), tmp_path / "out", DatasetPlan(), estimate_tokens)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (report.training, report.test) == (80_000, 20_000)
    assert peak_bytes < 40_000_000
