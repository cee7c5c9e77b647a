"""What is taken out of a text, and that nothing else is."""

from hypothesis import given
from hypothesis import strategies as st

from slmdesk.base.text_cleaning import MAX_LINE, Cleaner, break_runs, clean, utf16_length


def test_marks_that_could_deceive_or_break_are_gone() -> None:
    assert clean("a\u202eb\u2066c\x00d\x1be\u2028f\ufffcg\ud800h\U000e0041i") == "abcdefghi"


def test_what_people_write_stays() -> None:
    text = "Tab\there, caf\u00e9, \u0645\u0631\u062d\u0628\u0627 \U0001f600 e\u0301\n\u200f\u6f22"
    assert clean(text) == text


def test_piled_accents_are_cut() -> None:
    assert len(clean("e" + "\u0301" * 1_000)) == 5


@given(st.text(max_size=200), st.integers(1, 9))
def test_it_makes_no_difference_how_the_text_is_cut(text: str, step: int) -> None:
    cleaner = Cleaner()
    parts = "".join(cleaner.feed(text[at : at + step]) for at in range(0, len(text), step))
    assert clean(parts) == clean(text)


def test_endless_lines_are_broken() -> None:
    cleaner = Cleaner()
    text = "".join(cleaner.feed("x" * 999) for _ in range(100))
    assert max(len(line) for line in text.split("\n")) <= MAX_LINE
    assert text.count("x") == 99_900


def test_long_runs_can_be_broken_by_the_layout() -> None:
    broken = break_runs("a" * 1_000)
    assert broken.count("\u200b") == 4
    assert broken.replace("\u200b", "") == "a" * 1_000
    assert break_runs("short words only") == "short words only"


def test_lengths_are_counted_as_qt_counts() -> None:
    assert utf16_length("a\U0001f600") == 3
