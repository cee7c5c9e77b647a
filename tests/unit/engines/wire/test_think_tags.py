"""Thinking in tags, split piece by piece."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slmdesk.engines.wire.think_tags import ThinkTags

TAGGED = st.lists(
    st.sampled_from(["<think>", "</think>", "<", "/", "think>", "\n", " ", "a", "<thin"]), max_size=9
).map("".join)


def split(pieces: list[str]) -> tuple[str, str]:
    tags, answer, thinking = ThinkTags(), "", ""
    for text, thought in [*(tags.feed(piece) for piece in pieces), tags.finish()]:
        answer, thinking = answer + text, thinking + thought
    return answer, thinking


@pytest.mark.parametrize(
    ("text", "answer", "thinking"),
    [
        ("", "", ""),
        ("plain", "plain", ""),
        ("  plain ", "  plain ", ""),
        ("<think>why</think>\n\nso", "so", "why"),
        ("\n <think>\nwhy\n</think>so</think>", "so</think>", "\nwhy\n"),
        ("<think>cut of", "", "cut of"),
        ("<think>cut </thi", "", "cut </thi"),
        ("<thi", "<thi", ""),
        ("<thing>", "<thing>", ""),
        ("a <think>b</think>", "a <think>b</think>", ""),
        ("<think></think>x", "x", ""),
    ],
)
def test_split(text: str, answer: str, thinking: str) -> None:
    assert split([text]) == (answer, thinking)


@given(TAGGED)
@example("<think>a</think></think>")
def test_the_chunking_does_not_matter(text: str) -> None:
    assert split(list(text)) == split([text])


def test_text_is_not_held_back_longer_than_it_may_be_a_tag() -> None:
    tags = ThinkTags()
    assert tags.feed("<thi") == ("", "")
    assert tags.feed("ng") == ("<thing", "")
    assert tags.feed("<think>") == ("<think>", "")


def test_a_server_that_separates_needs_no_tags() -> None:
    tags = ThinkTags()
    tags.switch_off()
    assert tags.feed("<think>x") == ("<think>x", "")


def test_what_was_held_back_stands_before_what_follows() -> None:
    tags = ThinkTags()
    assert tags.feed("<") == ("", "")
    tags.switch_off()
    assert tags.feed("b> is bold") == ("<b> is bold", "")
    assert tags.finish() == ("", "")
