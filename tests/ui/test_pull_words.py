"""What is said of a pull: amounts, speed, time left, silences, and where it was asked to come from."""

from slmdesk.features.pulls.pasted import OllamaModel
from slmdesk.features.pulls.progress import PullPhase, PullProgress
from slmdesk.features.pulls.queue import Pull, PullState
from slmdesk.ui.widgets.models.pull_words import state_words, status_words

FETCHING = PullProgress(
    PullPhase.FETCHING, done_bytes=1_280_000_000, total_bytes=2_000_000_000, fraction=0.64, bytes_per_s=21e6
)


def pull(state: PullState, progress: PullProgress, error: str = "") -> Pull:
    name = "hf.co/org/a-very-long-name-of-a-repository-GGUF:Q4_K_M"
    return Pull("1", name, "ollama", OllamaModel(name), 1.0, state, (), progress, error)


def test_a_running_pull_says_all_of_it() -> None:
    assert FETCHING.words == "1.3 GB of 2.0 GB · 64 % · 21 MB/s · 35 s left"
    running = pull(PullState.RUNNING, FETCHING)
    assert status_words(running) == "↓ a-very-long-name-of-a-repos… 64 % · 21 MB/s · 35 s"


def test_a_silence_is_said_after_eight_seconds() -> None:
    silent = PullProgress(PullPhase.FETCHING, 5_000_000, 10_000_000, 0.5, 1e6, silent_s=8.4)
    assert silent.words == "5.0 MB of 10 MB · 50 % · no data for 8 s, the server is trying again"
    waiting = PullProgress(PullPhase.WAITING, 5_000_000, 10_000_000, 0.5, retry_in_s=2.1)
    assert waiting.words.endswith("tries again in 3 s")


def test_what_does_not_run_says_why() -> None:
    assert state_words(pull(PullState.WAITING, PullProgress())) == "waits for its turn"
    assert state_words(pull(PullState.PAUSED, FETCHING)) == "paused · 1.3 GB are kept"
    assert state_words(pull(PullState.FAILED, FETCHING, "The disk is full.")) == "The disk is full."
