"""Any text can be stored; titles are one short line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.store.text import as_seconds, as_text, from_json, storable, title_from

ANY_TEXT = st.text(alphabet=st.characters(codec=None, categories=None)) | st.text(
    alphabet=st.sampled_from("a\0\ud83d\ude00\udfff\ud800é\u2028\U0001f600")
)


@given(text=ANY_TEXT)
def test_storable_text_is_utf8_without_nul_and_stays(text: str) -> None:
    kept = storable(text)
    kept.encode()
    assert "\0" not in kept
    assert storable(kept) == kept


@given(text=st.text())
def test_good_text_is_not_touched(text: str) -> None:
    assert storable(text) == text.replace("\0", "\ufffd")


def test_halves_of_a_character_are_joined() -> None:
    assert storable("\ud83d\ude00") == "😀"
    assert storable("a\ud83d") == "a\ufffd"


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("", ""),
        ("Hello", "Hello"),
        ("  two\n\n\twords ", "two words"),
        ("word " * 40, "word word word word word word word word word word word word…"),
        ("x" * 100, "x" * 59 + "…"),
    ],
)
def test_titles(prompt: str, title: str) -> None:
    assert title_from(prompt) == title
    assert len(title_from(prompt)) <= 60


@given(prompt=st.text(max_size=3_000))
def test_a_title_is_short_and_one_line(prompt: str) -> None:
    title = title_from(prompt)
    assert len(title) <= 60
    assert title == " ".join(title.split())


def test_damaged_values_are_read_as_far_as_they_go() -> None:
    assert as_text(b"ab\xff") == "ab\ufffd"
    assert as_text(None) == ""
    assert as_text(3) == "3"
    assert as_seconds("soon") == 0.0
    for damaged in (None, 3, "", "{", "[]", b"{}", "[" * 100_000):
        assert from_json(damaged) is None
