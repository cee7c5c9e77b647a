"""Lists of prompts in every form, and what is said about those that cannot be read."""

from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.features.compare.prompts import (
    MAX_LIST_BYTES,
    MAX_PROMPTS,
    ListKind,
    parse_prompts,
    read_prompts,
)


@pytest.mark.parametrize(
    ("text", "kind", "prompts"),
    [
        ("one\n\n two \r\n\r\nthree\n", "lines", ("one", "two", "three")),
        ("a\nb\n\nc\n \n\nd", "blocks", ("a\nb", "c", "d")),
        ("a\n\nstill a\n---\nb\n-----\n", "blocks", ("a\n\nstill a", "b")),
        ("---\na", "blocks", ("a",)),
        ('id,Prompt\n1,"a, with\ntwo lines"\n2,b\n3,\n', "csv", ("a, with\ntwo lines", "b")),
        ("\ufeffprompt\na\nb", "csv", ("a", "b")),
        ("id\tprompt\n1\tx, y\n", "csv", ("x, y",)),
        ('{"prompt": "a\\nb"}\n\n{"prompt": "c", "id": 1}', "jsonl", ("a\nb", "c")),
    ],
)
def test_each_form_is_recognised(text: str, kind: ListKind, prompts: tuple[str, ...]) -> None:
    found = parse_prompts(text)
    assert (found.kind, found.prompts) == (kind, prompts)
    assert found.words.startswith(f"{len(prompts)} prompt")


def test_the_reader_may_choose_another_form() -> None:
    assert parse_prompts("a\nb\n\nc", "lines").prompts == ("a", "b", "c")
    assert parse_prompts('"a"\n"b"', "jsonl").prompts == ("a", "b")


@pytest.mark.parametrize(
    ("text", "kind", "problem"),
    [
        (" \n ", None, "no prompt"),
        ("x\n" * (MAX_PROMPTS + 1), None, "1,001 prompts"),
        ("x" * (MAX_LIST_BYTES + 1), None, "10 MB"),
        ("good\n\0\0\0", None, "Line 2: This looks like"),
        ("a\n---\n" + "y" * 1_000_001, None, "Line 3: This prompt has 1.0 MB"),
        ("a,b\n1,2", "csv", "no column named “prompt”"),
        ('prompt\n"open', "csv", "Line 2 is no CSV"),
        ('{"prompt": "a"}\n{"prompt": 3}', None, "Line 2 has no text"),
        ('{"prompt": "a"}\n{', None, "Line 2 is no JSON"),
        ("[" * 100_000, "jsonl", "Line 1"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, kind: ListKind | None, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        parse_prompts(text, kind)


def test_files_are_read_by_their_ending(tmp_path: Path) -> None:
    (tmp_path / "x.CSV").write_bytes(b"\xef\xbb\xbfprompt,n\na,1\n")
    assert read_prompts(tmp_path / "x.CSV").prompts == ("a",)
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match=r"x\.txt is no text"):
        read_prompts(tmp_path / "x.txt")
    with pytest.raises(BadInput, match="cannot be read"):
        read_prompts(tmp_path)
