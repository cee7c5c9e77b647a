"""Tables out of CSV, workbooks and JSON Lines, and what their columns mean."""

import io
import time
from pathlib import Path

import openpyxl
import pytest

from slmdesk.base.errors import BadInput
from slmdesk.features.documents.reading import DocumentReader
from slmdesk.features.evaluate.importing.columns import (
    Field,
    TableKind,
    guessed_columns,
    guessed_table_kind,
    imported,
)
from slmdesk.features.evaluate.importing.guessing import guessed_kind, kind_of, scorer_of, split_choices
from slmdesk.features.evaluate.importing.tables import Table, guessed_separator, table_from_text
from slmdesk.features.evaluate.pack import Document, Kind, Pack, Scorer

QUESTIONS = "id;kind;text;choices;scorer;weight\nbreach;yes_no;Is it?;;;2\nwho;choice;Who?;a|b;label;1,5\n"
PACK = Pack("x", documents=(Document("harbour", "…", "harbour.txt"), Document("b", "…")))


def with_questions() -> Pack:
    table = table_from_text(".csv", QUESTIONS)
    return imported(PACK, table, TableKind.QUESTIONS, guessed_columns(table, TableKind.QUESTIONS)).pack


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    text = "\n".join(separator.join(row) for row in (("id", "text"), ("1", "One, two"), ("2", "Three")))
    assert guessed_separator(text.replace("One, two", '"One, two"')) == separator


def test_quotes_lines_and_short_rows_are_kept_apart() -> None:
    table = table_from_text(".csv", '\ufeffid,text,\n1,"two\nlines, and a comma"\n\n2\n')
    assert table.columns == ("id", "text", "Column 3")
    assert table.rows == (("1", "two\nlines, and a comma", ""), ("2", "", ""))
    assert table_from_text(".csv", "a,a\n1,2\n").columns == ("a", "a 2")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".csv", ""),
        (".csv", "id,text\n"),
        (".csv", 'id,text\n1,"never closed\n'),
        (".jsonl", '{"a": 1}\nno json\n'),
        (".jsonl", "3\n"),
        (".json", "[1, 2"),
        (".json", "[1]"),
    ],
)
def test_what_is_no_table_is_refused(suffix: str, text: str) -> None:
    with pytest.raises(BadInput):
        table_from_text(suffix, text)


def test_json_lines_and_a_list_of_objects() -> None:
    lines = '{"q": "One?", "ok": true}\n{"n": 2.50, "items": ["a", "b"], "none": null}\n'
    table = table_from_text(".jsonl", lines)
    assert table.columns == ("q", "ok", "n", "items", "none")
    assert table.rows == (("One?", "Yes", "", "", ""), ("", "", "2.5", "a; b", ""))
    assert table_from_text(".json", '[{"a": {"b": 1}}]').rows == (('{"b": 1}',),)


async def test_a_workbook_is_read_by_its_first_sheet(tmp_path: Path) -> None:
    book, data = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["id", "text", "kind"])
    book.active.append(["q1", "Is it, really?", "yes_no"])
    book.create_sheet("Notes").append(["something", "else"])
    book.save(data)
    (tmp_path / "q.xlsx").write_bytes(data.getvalue())
    read = await DocumentReader().read_text(tmp_path / "q.xlsx")
    table = table_from_text(".xlsx", read.text)
    assert table == Table(("id", "text", "kind"), (("q1", "Is it, really?", "yes_no"),))


async def test_a_table_in_another_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_bytes(
        "frage;art\nWelche Behörde ist zuständig für die Anträge?;text\n".encode("cp1252")
    )
    read = await DocumentReader().read_text(tmp_path / "q.csv")
    table = table_from_text(".csv", read.text)
    assert guessed_table_kind(table) is TableKind.QUESTIONS
    assert "Behörde" in table.rows[0][0]


def test_questions_are_read_and_wrong_rows_are_named() -> None:
    table = table_from_text(
        ".csv", QUESTIONS + ";poem;What?;;;\n;;;;;\n;number;How many?;;magic;\n;;Free?;;;-1\n"
    )
    columns = guessed_columns(table, guessed_table_kind(table))
    result = imported(Pack("x"), table, TableKind.QUESTIONS, columns)
    first, second = result.pack.questions
    assert (first.id, first.kind, first.weight) == ("breach", Kind.YES_NO, 2.0)
    assert (second.choices, second.scoring.scorer, second.weight) == (("a", "b"), Scorer.LABEL, 1.5)
    assert result.words == "2 questions"
    assert [problem.partition(":")[0] for problem in result.problems] == ["Row 4", "Row 5", "Row 6"]


def test_answers_find_documents_by_their_file_and_questions_by_name_or_text() -> None:
    text = (
        "document,question,answer\nharbour.txt,breach,Yes\nHARBOUR,Who?,a\nb,breach,\nc,breach,No\nb,x,No\n"
    )
    table = table_from_text(".csv", text)
    assert guessed_table_kind(table) is TableKind.ANSWERS
    result = imported(with_questions(), table, TableKind.ANSWERS, guessed_columns(table, TableKind.ANSWERS))
    assert result.pack.expected == {("harbour", "breach"): "Yes", ("harbour", "who"): "a"}
    assert len(result.problems) == 2


def test_a_row_is_a_document_and_other_columns_are_questions() -> None:
    long = "The film was long, and nobody in the room could say why it had been made at all."
    rows = "".join(f"{long} {number}\t{mark}\t{number}\n" for number, mark in enumerate(["good", "bad"] * 3))
    table = table_from_text(".tsv", f"review\tsentiment\tstars\n{rows}")
    assert guessed_table_kind(table) is TableKind.RECORDS
    columns = guessed_columns(table, TableKind.RECORDS)
    assert columns == {Field.TEXT: 0}
    result = imported(Pack("x"), table, TableKind.RECORDS, columns)
    assert [document.name for document in result.pack.documents][:2] == ["Row 2", "Row 3"]
    kinds = {question.id: (question.kind, question.choices) for question in result.pack.questions}
    assert kinds == {"sentiment": (Kind.CHOICE, ("good", "bad")), "stars": (Kind.NUMBER, ())}
    assert len(result.pack.expected) == 12


def test_answers_in_columns_go_to_documents_that_are_there() -> None:
    table = table_from_text(".csv", "file,breach,Who?\nharbour.txt,Yes,a\nnobody,No,b\n")
    columns = guessed_columns(table, TableKind.RECORDS)
    result = imported(with_questions(), table, TableKind.RECORDS, columns)
    assert result.pack.expected == {("harbour", "breach"): "Yes", ("harbour", "who"): "a"}
    assert len(result.problems) == 1
    assert len(result.pack.documents) == 2


def test_a_column_that_is_needed_is_asked_for() -> None:
    table = table_from_text(".csv", "a,b\n1,2\n")
    for kind in TableKind:
        with pytest.raises(BadInput):
            imported(Pack("x"), table, kind, {})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["Yes", "no", "Not stated"], Kind.YES_NO),
        (["1,200", "2.6 million", "-3"], Kind.NUMBER),
        (["red", "blue"] * 3, Kind.CHOICE),
        (["red", "blue"], Kind.TEXT),
        (["a long sentence that is surely no label at all"] * 4, Kind.TEXT),
        (["Not stated"], Kind.TEXT),
    ],
)
def test_the_kind_of_a_question_is_guessed_by_its_answers(values: list[str], kind: Kind) -> None:
    assert guessed_kind(values)[0] is kind


def test_words_of_tables() -> None:
    assert [kind_of(word) for word in ("Yes/No", "yes-no", "JSON", "zahl", "poem")] == [
        Kind.YES_NO, Kind.YES_NO, Kind.JSON, Kind.NUMBER, None,
    ]  # fmt: skip
    assert [scorer_of(word) for word in ("Token F1", "rouge-l", "best")] == [
        Scorer.TOKEN_F1, Scorer.ROUGE_L, None,
    ]  # fmt: skip
    assert split_choices("a, b ; c") == ("a, b", "c")
    assert split_choices("a, b,a") == ("a", "b")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".csv", "id,text\n1,x\n" + "," * 50_000 + "x\n"),
        (".jsonl", "\n".join(f'{{"{number}": 1}}' for number in range(2_000))),
    ],
)
def test_a_table_that_is_wide_beyond_reason_is_refused(suffix: str, text: str) -> None:
    """Each row has a text for every column: a thousand short rows beside a wide one would fill the memory."""
    with pytest.raises(BadInput, match="more than 1,000 columns"):
        table_from_text(suffix, text)


def test_many_questions_are_read_in_no_time() -> None:
    table = Table(("question",), tuple((f"What is {number}?",) for number in range(20_000)))
    began = time.perf_counter()
    result = imported(Pack("x"), table, TableKind.QUESTIONS, {Field.QUESTION: 0})
    assert time.perf_counter() - began < 5
    assert len(result.pack.questions) == 2_000
    assert result.problems == ("A pack holds at most 2000 questions.",)
