"""From what is drawn back to the Markdown it was written as: a place that is not certain is not given."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmdesk.ui.widgets.markdown.source_map import UNKNOWN, SourceMap
from slmdesk.ui.widgets.markdown.splitter import blocks_of
from tests.data.markdown import document

ANSWER = """# How to boil an egg

An **egg** needs *time* and `water`. See [this page](https://example.org/eggs) for more.

1. Bring the water to a boil.
2. Put in the egg:
   ```python
   boil(egg, minutes=7)
   ```
3. Wait for **seven minutes**.

| Size | Minutes |
|------|--------:|
| S    | 5       |
| L    | 7       |

> Enjoy it & add salt.
"""


def mapped(source: str) -> list[tuple[str, list[int]]]:
    blocks = blocks_of(source)
    source_map = SourceMap(source, blocks)
    return [(block.text, source_map.places(block)) for block in blocks]


def written(source: str) -> str:
    """The characters at the places of all that is drawn, · where there is none."""
    return "|".join("".join("·" if at < 0 else source[at] for at in places) for _, places in mapped(source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Some **bold** and `code` words.", "Some bold and code words."),
        ("# Head *it* #\n\n> quoted\n> twice", "Head it|quoted·twice"),
        ("1. one\n2. two\n   - nested", "one|two·nested"),
        ("- [x] done\n- [ ] open", "done|open"),
        ("| ab | c |\n|---|---|\n| d | **e** |", "ab·c·d·e"),
        ("```py\nx = 1\n\ny\n```\n\nText", "x = 1\n\ny|Text"),
        ("1. one\n   ```py\n   x = 1\n   ```\n   more", "one|x = 1|more"),
        ("Sum $a+b$ is ![alt](a.png) so", "Sum · is ············ so"),
        ("[label](http://url.org) rest", "labe· rest"),
        ("one  \ntwo", "one·two"),
    ],
)
def test_what_is_drawn_is_found_where_it_is_written(source: str, expected: str) -> None:
    assert written(source) == expected


@pytest.mark.parametrize(
    ("source", "uncertain"),
    [
        ("[a](b)b", "b"),  # drawn "ab": the b of the address is no less likely
        ("1. 1", "1"),
        ("&lt;a&gt; b", "<a> b"),
        ("* \\* a*", "*"),
    ],
)
def test_where_there_are_two_ways_to_see_it_none_is_given(source: str, uncertain: str) -> None:
    (text, places), *_ = mapped(source)
    assert {places[text.index(sign)] for sign in uncertain} <= {UNKNOWN}


def test_all_blocks_of_a_long_fence_are_found() -> None:
    code = "\n".join(f"line {number}" for number in range(200))
    source = f"Before\n\n```py\n{code}\n```\n\nAfter"
    assert written(source).replace("|", "\n") == f"Before\n{code}\nAfter"


def test_what_stands_between_two_blocks_ends_the_certainty() -> None:
    assert written("First\n\n[x]: http://a.b\n\nLast") == "First|····"


MARKS = st.sampled_from(
    ["**{}**", "*{}*", "`{}`", "[{}](ab)", "~~{}~~", "{}", "> {}", "- {}", "# {}", "1. {}"]
)


@settings(max_examples=300)
@given(st.lists(st.tuples(MARKS, st.text("ab 1", min_size=1, max_size=6)), min_size=1, max_size=6))
def test_a_place_is_never_a_wrong_one(parts: list[tuple[str, str]]) -> None:
    """The letters that are drawn stand in the private area in a copy of the text: that tells them apart."""
    tagged, code = "", 0xE000
    for mark, text in parts:
        signs = ""
        for sign in text:
            signs += sign if sign == " " else chr(code := code + 1)
        tagged += mark.format(signs) + "\n"
    letters = "".join(text for _, text in parts).replace(" ", "")
    table = {0xE001 + number: letter for number, letter in enumerate(letters)}
    source = tagged.translate(table)
    plain, marked = blocks_of(source), blocks_of(tagged)
    if [block.text for block in plain] != [block.text.translate(table) for block in marked]:
        return  # digits at the beginning of a line, say, are markers themselves
    source_map = SourceMap(source, plain)
    for block, twin in zip(plain, marked, strict=True):
        for place, sign in zip(source_map.places(block), twin.text, strict=True):
            if place != UNKNOWN and ord(sign) > 0xE000:
                assert tagged[place] == sign


def test_a_whole_document_is_found_in_great_part() -> None:
    found = [place for _, places in mapped(ANSWER) for place in places]
    share = sum(place != UNKNOWN for place in found) / len(found)
    print(f"\n{share:.0%} of the drawn characters have a certain place")
    assert share > 0.9


@pytest.mark.parametrize("seed", range(200))
def test_any_document_has_a_place_or_none_for_every_character(seed: int) -> None:
    source = document(seed)
    for text, places in mapped(source):
        assert len(places) == len(text)
        assert all(place == UNKNOWN or 0 <= place < len(source) for place in places)
