"""Probabilities of tokens as servers send them, damaged ones included: an answer never ends by them."""

import json
import math
from typing import Any

import pytest

from slmdesk.engines.base import TokenLogprob
from slmdesk.engines.wire.logprobs import MOST_ALTERNATIVES, read_logprobs


def entry(token: Any, logprob: Any = -0.5, **more: Any) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, **more}


def piece(*data: int, logprob: float = -1.0, **more: Any) -> dict[str, Any]:
    """As llama.cpp and OpenAI send a token that is no whole character."""
    return entry("\ufffd", logprob, bytes=list(data), **more)


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        7,
        "text",
        [None, 7, "x", []],
        {"content": None},
        {"content": {"token": "a"}},
        {"content": [{"logprob": -1}]},
        {"content": [entry(None), entry(3), entry(["a"]), entry({"a": 1})]},
        {"content": [entry("a", None), entry("a", "-1"), entry("a", [0]), entry("a", True)]},
        {"content": [entry("a", math.nan), entry("a", math.inf), entry("a", -math.inf)]},
        {"content": [entry("a", 10**400)]},
    ],
)
def test_what_is_no_token_with_a_probability_is_left_out(damaged: Any) -> None:
    assert read_logprobs(damaged) == ()


def test_a_damaged_token_does_not_take_its_neighbours_with_it() -> None:
    found = read_logprobs({"content": [entry("a"), entry(7), entry("c", top_logprobs="x")]})
    assert found == (TokenLogprob("a", -0.5), TokenLogprob("c", -0.5))


def test_damaged_alternatives_are_left_out_and_ten_thousand_are_not_kept() -> None:
    others = [entry("a"), entry(None), entry("b", math.nan), entry("c", -2), 5, None]
    (token,) = read_logprobs([entry("a", top_logprobs=others)])
    assert token.top == (("a", -0.5), ("c", -2.0))
    (token,) = read_logprobs([entry("a", top_logprobs=[entry(f"t{n}") for n in range(10_000)])])
    assert len(token.top) == MOST_ALTERNATIVES


def test_a_token_more_than_certain_is_certain_and_a_long_one_is_cut() -> None:
    first, second = read_logprobs([entry("a", 0.01), entry("x" * 100_000)])
    assert first.logprob == 0.0
    assert len(second.token) < 1_000


def test_halves_of_surrogate_pairs_are_no_bytes() -> None:
    (token,) = read_logprobs(json.loads('[{"token": "a\\ud83c", "logprob": -1}, 3]'))
    assert token.token == "a\ufffd"


@pytest.mark.parametrize("data", [[], [256], [-1], ["a"], [1.5], [True], "ab", None, list(range(256)) * 9])
def test_bytes_that_are_none_leave_the_token_as_it_is_written(data: Any) -> None:
    (token,) = read_logprobs([entry("a", bytes=data)])
    assert token.token == "a"


def test_a_piece_of_a_character_is_its_bytes() -> None:
    first, second = read_logprobs([piece(0xF0, 0x9F), piece(0x8C, 0x8D)])
    joined = (first.token + second.token).encode("utf-8", "surrogateescape")
    assert joined.decode() == "🌍"


def test_a_whole_character_is_not_given_the_probability_of_its_last_piece() -> None:
    """llama.cpp names the character with the last of its pieces, whose alternatives are pieces."""
    whole = entry("🌍", -0.3, id=231, bytes=list("🌍".encode()))
    others = [piece(0x8D, logprob=-0.3, id=231), piece(0x90, id=234), piece(0x9F, id=249)]
    (token,) = read_logprobs([whole | {"top_logprobs": others}])
    assert token.token == b"\x8d".decode("utf-8", "surrogateescape")
    assert [name.encode("utf-8", "surrogateescape") for name, _ in token.top] == [b"\x8d", b"\x90", b"\x9f"]
    (unknown,) = read_logprobs([whole | {"top_logprobs": others[1:]}])
    assert unknown.token == ""
