"""The blocks of a growing text are those of a fresh parse, at every prefix and however it is cut."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmdesk.base.text_cleaning import clean
from slmdesk.ui.widgets.markdown.blocks import Block, Paragraph
from slmdesk.ui.widgets.markdown.splitter import Splitter, blocks_of
from tests.data.markdown import document, document_with_definitions
from tests.data.streams import answer_text

Look = tuple[str, int, str, str, tuple[Paragraph, ...]]


def look_of(blocks: list[Block]) -> list[Look]:
    """Structure and text; a long fence or table that was cut is one again."""
    found: list[Look] = []
    for block in blocks:
        if block.first is not None and found:
            kind, number, text, language, paragraphs = found[-1]
            found[-1] = (kind, number, f"{text}\n{block.text}", language, paragraphs)
        else:
            found.append((block.kind, block.number, block.text, block.language, tuple(block.paragraphs)))
    return found


def expected(splitter: Splitter, prefix: str) -> list[Block]:
    """A fresh parse; the unfinished row of an open table is not shown yet."""
    return blocks_of(prefix[: prefix.rfind("\n") + 1] if splitter.is_in_table else prefix)


def check_prefixes(text: str, seed: int) -> None:
    random_ = random.Random(seed)
    splitter = Splitter()
    at = 0
    while at < len(text):
        step = random_.choice((1, 1, 1, 2, 3, 5))
        splitter.feed(text[at : at + step])
        at = min(len(text), at + step)
        wanted = look_of(expected(splitter, clean(text[:at])))
        assert look_of(splitter.blocks) == wanted, f"seed {seed}: {text[:at]!r}"
    splitter.finish()
    assert look_of(splitter.blocks) == look_of(blocks_of(clean(text)))


def test_every_prefix_of_a_sample_equals_a_fresh_parse() -> None:
    for seed in range(120):
        check_prefixes(document(seed), seed)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_every_prefix_of_many_documents_equals_a_fresh_parse() -> None:
    for seed in range(120, 6_000):
        check_prefixes(document(seed), seed)


def test_every_prefix_of_an_answer_equals_a_fresh_parse() -> None:
    for seed in range(3):
        check_prefixes(answer_text(900, seed), seed)


def test_definitions_of_links_that_come_late_are_put_in_at_the_end() -> None:
    splitter = Splitter()
    for letter in "See [the page][p].\n\nMore.\n\n[p]: https://example.org\n":
        splitter.feed(letter)
    assert splitter.blocks[0].text == "See [the page][p]."
    change = splitter.finish()
    assert change is not None
    assert splitter.blocks[0].text == "See the page."
    assert splitter.blocks[0].paragraphs[0].runs[1].href == "https://example.org"
    assert [block.text for block in splitter.blocks] == ["See the page.", "More."]


def test_structure_with_definitions_equals_a_fresh_parse_at_the_end() -> None:
    for seed in range(300):
        text = document_with_definitions(seed)
        splitter = Splitter()
        for at in range(0, len(text), 3):
            splitter.feed(text[at : at + 3])
        splitter.finish()
        assert look_of(splitter.blocks) == look_of(blocks_of(clean(text))), f"seed {seed}: {text!r}"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab *_`#>-+1.)|\n\\$[]()~!&;<\t", max_size=60), st.integers(1, 4))
def test_any_text_cut_anyhow_equals_a_fresh_parse(text: str, step: int) -> None:
    splitter = Splitter()
    for at in range(0, len(text), step):
        splitter.feed(text[at : at + step])
        prefix = text[: at + step]
        assert look_of(splitter.blocks) == look_of(expected(splitter, prefix))


def test_items_keep_counting_over_the_cut() -> None:
    splitter = Splitter()
    for letter in "1. a\n1. b\n1. c\n\n1. d\n":
        splitter.feed(letter)
    assert [block.number for block in splitter.blocks] == [1, 2, 3, 4]


def test_a_long_fence_is_several_blocks_and_not_parsed_again() -> None:
    from slmdesk.base.markdown_parser import Parsed

    splitter = Splitter()
    splitter.feed("```python\n")
    before = Parsed.characters
    for number in range(300):
        splitter.feed(f"line {number}\n")
    assert Parsed.characters == before
    assert len(splitter.blocks) == 4
    assert {block.language for block in splitter.blocks} == {"python"}


def test_a_row_appears_when_its_line_ends() -> None:
    splitter = Splitter()
    splitter.feed("| a | b |\n|---|---|\n| 1 | 2")
    assert len(splitter.blocks[0].rows) == 1
    splitter.feed(" |\n")
    assert len(splitter.blocks[0].rows) == 2


def test_the_last_row_appears_at_the_end() -> None:
    splitter = Splitter()
    splitter.feed("| a |\n|---|\n| 1 |")
    splitter.finish()
    assert len(splitter.blocks[0].rows) == 2


def test_text_is_never_lost_however_deep_it_is_nested() -> None:
    quoted = blocks_of(">" * 200 + " deep")
    assert "deep" in quoted[0].text
    nested = blocks_of("".join("  " * level + "- x\n" for level in range(80)) + "  " * 80 + "- deep")
    assert "deep" in "\n".join(block.text for block in nested)


def test_a_paragraph_without_end_is_cut() -> None:
    splitter = Splitter()
    for _ in range(400):
        splitter.feed("some words that go on and on, *never* stopping and " * 2)
    assert max(len(block.text) for block in splitter.blocks) < 16_000
    assert splitter.source.count("stopping") == 800
    assert sum(block.text.count("stopping") for block in splitter.blocks) == 800


def test_a_formula_at_the_start_stays_one_when_the_text_ends_in_a_digit() -> None:
    assert blocks_of("$x$ costs 5")[0].paragraphs[0].runs[0].formula == "x"
