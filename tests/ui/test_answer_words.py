"""The words for an answer: a slow model and a stuck one must not look alike."""

import pytest

from slmdesk.engines.answer import Answer, AnswerState
from slmdesk.engines.base import Chunk, Delta, Phase, Progress, Timings
from slmdesk.ui.widgets.answer_words import (
    clock,
    count,
    estimate_tokens,
    figure_rows,
    rate,
    seconds,
    status_of,
    waiting_words,
)

FULL = Timings(
    load_s=1.25,
    prompt_tokens=40,
    prompt_tokens_cached=10,
    prompt_s=0.3,
    output_tokens=188,
    output_s=5.987,
    ttft_s=0.42,
    total_s=6.5,
)


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def running(clock_: Clock, *steps: tuple[float, Chunk]) -> Answer:
    """An answer that has taken in each chunk after so many more seconds."""
    answer = Answer(clock_)
    for delay_s, chunk in steps:
        clock_.now += delay_s
        answer._take(chunk)
    return answer


def test_the_clock_runs_from_the_first_moment() -> None:
    clock_ = Clock()
    answer = running(clock_)
    assert status_of(answer).line == "waiting 0.0 s"
    clock_.now += 0.3
    assert status_of(answer).line == "waiting 0.3 s"


def test_loading_says_per_cent_or_only_the_clock() -> None:
    clock_ = Clock()
    assert status_of(running(clock_, (1.2, Progress(Phase.LOADING, 42, 100)))).line == "loading 42 % · 1.2 s"
    assert status_of(running(clock_, (1.2, Progress(Phase.LOADING)))).line == "loading 1.2 s"


def test_reading_counts_the_prompt() -> None:
    answer = running(Clock(), (0.8, Progress(Phase.READING, 512, 2048)))
    assert status_of(answer).line == "reading 512/2,048 · 0.8 s"
    assert status_of(running(Clock(), (0.8, Progress(Phase.READING)))).line == "reading 0.8 s"


@pytest.mark.parametrize("phase", [Phase.THINKING, Phase.WRITING])
def test_writing_and_thinking_give_the_speed_as_an_estimate(phase: Phase) -> None:
    delta = Delta(thinking="x") if phase is Phase.THINKING else Delta(text="x")
    answer = running(Clock(), *[(0.1, delta)] * 11)
    assert status_of(answer).line == f"{phase.value} ~10 tok/s · 11 tokens · 1.1 s"
    assert status_of(answer).tone == "accent"


def test_a_stall_is_said_with_its_length_and_the_choice() -> None:
    clock_ = Clock()
    answer = running(clock_, (0.5, Delta("x")))
    clock_.now += 130
    assert status_of(answer).line == "stalled 130 s: keep waiting or stop"
    assert status_of(answer).tone == "bad"


def test_silence_before_the_first_token_is_no_stall() -> None:
    clock_ = Clock()
    answer = running(clock_, (0.5, Progress(Phase.READING, 1, 10)))
    clock_.now += 600
    assert status_of(answer).line == "reading 1/10 · 10 min 00 s"


@pytest.mark.parametrize(
    ("state", "word", "tone"),
    [
        (AnswerState.DONE, "done", "good"),
        (AnswerState.STOPPED, "stopped", "warn"),
        (AnswerState.INTERRUPTED, "interrupted", "bad"),
        (AnswerState.FAILED, "failed", "bad"),
    ],
)
def test_the_end_is_a_word(state: AnswerState, word: str, tone: str) -> None:
    answer = running(Clock(), (0.5, Delta("x")))
    answer._end(state)
    assert (status_of(answer).word, status_of(answer).tone) == (word, tone)


def test_the_table_says_unknown_and_never_zero() -> None:
    assert dict(figure_rows(FULL))["Reading"] == "0.30 s · 100 tok/s"
    assert set(dict(figure_rows(Timings())).values()) == {"unknown"}


def test_figures_are_readable() -> None:
    assert [rate(0.44), rate(99.94), rate(1234.5), rate(None)] == [
        "0.4 tok/s",
        "99.9 tok/s",
        "1,234 tok/s",
        "",
    ]
    assert [count(1), count(2048), count(None)] == ["1 token", "2,048 tokens", ""]
    assert [seconds(0.4249), seconds(12.34), seconds(61.0)] == ["0.42 s", "12.3 s", "1 min 01 s"]
    assert clock(59.94) == "59.9 s"


def test_the_estimate_counts_bytes() -> None:
    assert [estimate_tokens(""), estimate_tokens("a"), estimate_tokens("abcde")] == [0, 1, 2]
    assert estimate_tokens("漢字") == 2
    assert estimate_tokens("\ud800") == 1


def test_a_wait_says_why_and_a_silence_how_long() -> None:
    clock_ = Clock()
    busy = running(clock_, (0.5, Progress(Phase.WAITING, retry_in_s=12)))
    assert status_of(busy).line == "waiting · busy, again in 12 s · 0.5 s"
    assert "3 ahead" in waiting_words(running(clock_, (0.5, Progress(Phase.WAITING, 3))))
    writing = running(clock_, (1.0, Delta("a")), (1.0, Delta("b")))
    clock_.now += 4.9
    assert "nothing" not in status_of(writing).line
    clock_.now += 6.1
    assert status_of(writing).line == "writing · nothing for 11 s · 2 tokens · 13.0 s"
    assert status_of(writing).tone == "warn"
