"""What is said of an answer while it comes and when it has ended."""

import pytest

from slmdesk.base.errors import EngineOffline
from slmdesk.engines.answer import Answer, AnswerState, Estimate
from slmdesk.engines.answer_words import answer_figures, figures, phase_words
from slmdesk.engines.base import Chunk, Delta, Done, Phase, Progress, StopReason, Timings


class Clock:
    """Moves half a second with each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


def answer_after(*chunks: Chunk) -> Answer:
    answer = Answer(Clock())
    for chunk in chunks:
        answer._take(chunk)
    return answer


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        ((), "waiting"),
        ((Progress(Phase.WAITING, 0),), "waiting · next in the queue"),
        ((Progress(Phase.WAITING, 3),), "waiting · 3 ahead"),
        ((Progress(Phase.WAITING, retry_in_s=12),), "waiting · busy, again in 12 s"),
        ((Progress(Phase.WAITING, retry_in_s=1), Progress(Phase.WAITING)), "waiting"),
        ((Progress(Phase.LOADING),), "loading"),
        ((Progress(Phase.LOADING, 42),), "loading 42 %"),
        ((Progress(Phase.LOADING, 1, 4),), "loading 25 %"),
        ((Progress(Phase.READING),), "reading"),
        ((Progress(Phase.READING, 512, 2048),), "reading 512/2,048"),
        ((Delta("a"),), "writing"),
        ((Delta("a"), Delta("b"), Delta("c")), "writing 1 tok/s"),
        ((Delta(thinking="a"), Delta(thinking="b")), "thinking 1 tok/s"),
    ],
)
def test_phases(chunks: tuple[Chunk, ...], words: str) -> None:
    assert phase_words(answer_after(*chunks)) == words


def test_a_stall_and_an_end_are_said() -> None:
    answer = answer_after(Delta("a"))
    answer.last_chunk_at -= 200
    assert phase_words(answer) == "stalled"
    answer.abandon(AnswerState.STOPPED)
    assert phase_words(answer) == "stopped"


def test_figures_of_the_engine_and_estimates_of_ours() -> None:
    running = answer_after(Delta("a"), Delta("b"), Delta("c"))
    assert answer_figures(running) == "~1.3 tok/s · ~3 tokens"
    assert answer_figures(answer_after(Delta("a"))) == "~1 token"
    timings = Timings(output_tokens=188, output_s=6.0, ttft_s=0.42)
    done = answer_after(Delta("a"), Done(StopReason.END, timings))
    done.state = AnswerState.DONE
    assert answer_figures(done) == "31.3 tok/s · 188 tokens · first token 0.42 s · end of text"
    assert figures(Timings(output_tokens=1), "length", "done") == "1 token · token limit reached"
    assert figures(Timings(), "odd", "done") == "odd"


def test_what_ended_early_says_how() -> None:
    failed = answer_after()
    failed.abandon(AnswerState.FAILED, EngineOffline("gone"))
    assert answer_figures(failed) == "failed"
    assert figures(Timings(ttft_s=1.0), None, AnswerState.INTERRUPTED) == "first token 1.00 s · interrupted"


def test_a_stuck_answer_shows_no_speed_of_the_past() -> None:
    clock = Clock()
    answer = Answer(clock)
    for text in "abc":
        answer._take(Delta(text))
    assert phase_words(answer) == "writing 1 tok/s"
    clock.now += 11
    assert phase_words(answer).startswith("writing · nothing for 1")
    clock.now += 120
    assert phase_words(answer) == "stalled"


def test_a_speed_of_ours_stands_beside_a_count_of_the_server() -> None:
    timings = Timings(output_tokens=188)
    assert figures(timings, None, AnswerState.DONE, Estimate(188, 10.0)) == "~18.7 tok/s · 188 tokens"


def test_options_that_were_left_out_are_said() -> None:
    answer = answer_after(Delta("a"), Done(StopReason.END, Timings(), left_out=("temperature", "seed")))
    assert answer_figures(answer).endswith("end of text · without temperature and seed")
