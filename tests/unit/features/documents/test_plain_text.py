"""Texts in every encoding, and what is no text."""

import codecs
import os

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.features.documents.limits import MAX_TEXT_CHARS
from slmdesk.features.documents.plain_text import decode

GERMAN = "Die Straße über die Brücke führt nach Köln – „schön“.\n"
FRENCH = "Café à la crème, déjà vu. Où êtes-vous né ? Voilà la fenêtre.\n"
RUSSIAN = "Это обычный русский текст, написанный в старой кодировке.\n"


@pytest.mark.parametrize(
    "data",
    [
        GERMAN.encode(),
        codecs.BOM_UTF8 + GERMAN.encode(),
        codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + GERMAN.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + GERMAN.encode("utf-32-be"),
    ],
)
def test_unicode_is_read_without_a_word(data: bytes) -> None:
    decoded = decode("a.txt", data)
    assert decoded.text == GERMAN
    assert decoded.notes == ()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp1252"),
        (FRENCH, "latin-1"),
        ("Où êtes-vous né? Café à la crème, déjà vu.\n", "latin-1"),
        (RUSSIAN, "cp1251"),
        ("これは日本語の文章です。文字コードはシフトJISです。\n", "shift_jis"),
        ("这是一个用中文写的简单文本，编码是国标。\n", "gb18030"),
        ("Zażółć gęślą jaźń, powiedział ktoś.\n", "cp1250"),
    ],
)
@pytest.mark.parametrize("repeats", [1, 30])
def test_older_encodings_are_guessed_and_that_is_said(text: str, encoding: str, repeats: int) -> None:
    decoded = decode("a.txt", (text * repeats).encode(encoding))
    assert decoded.text == text * repeats
    assert "guess" in decoded.notes[0]


def test_utf_16_without_its_mark() -> None:
    assert decode("a.txt", "Plain words.\n".encode("utf-16-le")).text == "Plain words.\n"
    assert decode("a.txt", "Plain words.\n".encode("utf-16-be")).text == "Plain words.\n"


def test_a_few_damaged_characters_do_not_change_the_encoding() -> None:
    decoded = decode("a.log", (GERMAN * 9).encode() + b"\xfc damaged\n")
    assert decoded.text == GERMAN * 9 + "\ufffd damaged\n"
    assert "damaged" in decoded.notes[0]


def test_line_ends_become_one() -> None:
    assert decode("a.txt", b"one\r\ntwo\rthree\n").text == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    "data", [b"abc\0def", os.urandom(5000), bytes(range(256)) * 20, b"text " * 20_000 + b"\0" + b"text"]
)
def test_binaries_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match="binary") as refusal:
        decode("data.bin", data)
    assert refusal.value.next_step


def test_a_long_text_is_cut_and_that_is_said() -> None:
    decoded = decode("huge.csv", "1,2,ü\n".encode() * 3_000_000)
    assert len(decoded.text) == MAX_TEXT_CHARS
    assert decoded.notes == ("Only the first 4,000,000 characters were read.",)
