"""Where tokens stand in an answer: only what agrees byte by byte has a place; and how they are packed."""

import itertools
import json
import math
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.engines.base import TokenLogprob
from slmdesk.engines.token_trail import ALTERNATIVES, PlacedToken, TokenTrail, pack, unpack


def tokens(*texts: str) -> list[TokenLogprob]:
    return [TokenLogprob(text, -0.25) for text in texts]


def pieces(text: str, *cuts: int) -> list[TokenLogprob]:
    """The bytes of a text in pieces, as tokens."""
    data, edges = text.encode(), (0, *cuts, len(text.encode()))
    parts = [data[start:end] for start, end in itertools.pairwise(edges)]
    return tokens(*(part.decode("utf-8", "surrogateescape") for part in parts))


def walked(*chunks: tuple[str, Sequence[TokenLogprob]], begin: int = 0) -> list[tuple[str, int, int]]:
    trail = TokenTrail(begin)
    for text, some in chunks:
        trail.feed(text, some)
    return [(token.text, token.start, token.end) for token in trail.finish()]


def test_a_token_a_chunk() -> None:
    found = walked(("The", tokens("The")), (" cat", tokens(" cat")), (".", tokens(".")), begin=10)
    assert found == [("The", 10, 13), (" cat", 13, 17), (".", 17, 18)]


def test_a_whole_answer_in_one_chunk() -> None:
    assert walked(("a cat", tokens("a", " c", "at"))) == [("a", 0, 1), (" c", 1, 3), ("at", 3, 5)]


def test_text_that_was_held_back_comes_later() -> None:
    found = walked(("", tokens("ST")), ("", tokens("O")), ("STOne", tokens("ne")), ("!", tokens("!")))
    assert found == [("ST", 0, 2), ("O", 2, 3), ("ne", 3, 5), ("!", 5, 6)]


def test_tokens_that_never_become_text_have_no_place_and_those_after_them_have_theirs() -> None:
    found = walked(("", tokens("</think>")), ("", tokens("\n\n")), ("Yes", tokens("Yes")))
    assert found == [("</think>", -1, -1), ("\n\n", -1, -1), ("Yes", 0, 3)]


def test_tokens_that_do_not_add_up_to_the_text_have_no_place() -> None:
    found = walked(("Hello", tokens("Good")), (" there", tokens("bye", " there")), (" cat", tokens(" cat")))
    assert found == [("Good", -1, -1), ("bye", -1, -1), (" there", -1, -1), (" cat", 11, 15)]


def test_text_without_tokens_leaves_no_debt() -> None:
    found = walked(("x" * 5_000, ()), ("a", tokens("a")), ("y" * 5_000, ()), ("b", tokens("b")))
    assert found == [("a", 5_000, 5_001), ("b", 10_001, 10_002)]


def test_tokens_whose_text_never_comes_are_not_waited_for() -> None:
    found = walked(*[("", tokens("x"))] * 10_000, ("y", tokens("y")))
    assert found[-1] == ("y", 0, 1)
    assert {place for _, *place in found[:-1] for place in place} == {-1}


def test_pieces_of_a_character_stand_at_the_whole_of_it() -> None:
    found = walked(("", pieces("é🌍", 1, 3)[:1]), ("é🌍", pieces("é🌍", 1, 3)[1:]), ("!", tokens("!")))
    assert [place for _, *place in found] == [[0, 1], [0, 2], [1, 2], [2, 3]]


def test_a_last_piece_alone_has_no_place() -> None:
    assert walked(("🌍", pieces("🌍", 3)[1:]), ("!", tokens("!")))[-1] == ("!", 1, 2)
    assert walked(("🌍", tokens("")), ("!", tokens("!"))) == [("", -1, -1), ("!", 1, 2)]


@given(st.text(), st.lists(st.integers(0, 60)), st.lists(st.integers(0, 60)))
def test_however_bytes_and_chunks_are_cut_a_place_holds_its_token(
    text: str, cuts: list[int], breaks: list[int]
) -> None:
    """Text comes when its last piece has come."""
    data = text.encode()
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    trail, told = TokenTrail(), ""
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        token = tokens(data[start:end].decode("utf-8", "surrogateescape"))
        is_held = number in breaks and end < len(data)
        whole = told if is_held else data[:end].decode("utf-8", "ignore")
        trail.feed(whole[len(told) :], token)
        told = whole
    assert told == text
    for token in trail.finish():
        if token.is_placed and not any("\udc80" <= sign <= "\udcff" for sign in token.text):
            assert text[token.start : token.end] == token.text


def test_what_is_packed_comes_back() -> None:
    top = tuple((f"t{number}", -float(number)) for number in range(9))
    trail = TokenTrail()
    trail.feed("t0\x07\u202e", [TokenLogprob("t0", -0.12345, top), TokenLogprob("\x07\u202e", -9999.0)])
    trail.feed("", tokens("\udc8d"))
    first, *rest = unpack(pack(trail.finish()))
    assert (first.text, first.logprob, first.start, first.end) == ("t0", -0.123, 0, 2)
    assert first.others == top[1 : ALTERNATIVES + 1]
    assert [token.text for token in rest] == ["\x07\u202e", "\udc8d"]
    assert rest[0].probability == 0.0
    assert pack(()) == b""
    assert unpack(b"") == ()


def test_a_token_takes_few_bytes() -> None:
    words = [f"word{number % 50} " for number in range(1_000)]
    trail = TokenTrail()
    for number, word in enumerate(words):
        top = [(words[(number + step) % 50], -0.7 * step - number % 7 / 10) for step in range(6)]
        trail.feed(word, [TokenLogprob(word, -number % 13 / 10, tuple(top))])
    packed = pack(trail.finish())
    print(f"\n{len(packed) / 1_000:.0f} bytes a token")
    assert len(packed) < 60_000


@pytest.mark.parametrize(
    "damaged",
    [
        b"\xff" * 50,
        zlib.compress(b"{"),
        zlib.compress(b"[" * 100_000),
        zlib.compress(b'{"a": 1}'),
        zlib.compress(b'[1, null, [], [1,2,3,4,5], ["a"], ["a", "b", 0, 1, []]]'),
        zlib.compress(json.dumps([["a", -1, 0, -5, []], ["a", -1.5, 0, 1, []]]).encode()),
        pack([PlacedToken("a", -1.0)])[:-8],
    ],
)
def test_damaged_bytes_give_no_tokens(damaged: bytes) -> None:
    assert unpack(damaged) == ()


def test_what_is_packed_beyond_measure_is_neither_unpacked_nor_believed() -> None:
    many = json.dumps([["a", -1, 0, 1, []]] * 60_000).encode()
    assert len(unpack(zlib.compress(many))) == 40_000
    huge = [["a", 10**400, 0, 1, []], ["b", -1, 10**400, 1, []], ["c", -1, 0, 1, [["d", 10**400]]]]
    (token,) = unpack(zlib.compress(json.dumps(huge).encode()))
    assert (token.text, token.others) == ("c", ())


def test_damaged_alternatives_are_left_out() -> None:
    rows = [["a", -1000, 0, 1, [["b", -2000], ["c"], [1, 2], None, ["d", "x"], ["e", -3000, 1]]]]
    (token,) = unpack(zlib.compress(json.dumps(rows).encode()))
    assert token.others == (("b", -2.0),)
    assert token.probability == pytest.approx(math.exp(-1))
