"""The meter: smoothed speed, a bar that never goes back, and silence in words."""

from hypothesis import given
from hypothesis import strategies as st

from slmdesk.features.pulls.progress import Meter, PullPhase, amount, duration

MB = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def fetching(total: int | None = 100 * MB) -> tuple[Meter, Clock]:
    clock = Clock()
    meter = Meter(clock)
    meter.expect(total)
    meter.show(PullPhase.FETCHING)
    return meter, clock


def run(meter: Meter, clock: Clock, seconds: float, bytes_per_s: float) -> None:
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        meter.add(round(bytes_per_s / 10))


def test_speed_and_time_left() -> None:
    meter, clock = fetching()
    run(meter, clock, 10, 2 * MB)
    progress = meter.progress()
    assert 1.9 * MB < (progress.bytes_per_s or 0) < 2.1 * MB
    assert 38 < (progress.left_s or 0) < 42
    assert progress.words == "20 MB of 100 MB · 20 % · 2.0 MB/s · 40 s left"


def test_the_speed_is_smooth_and_follows() -> None:
    meter, clock = fetching()
    run(meter, clock, 10, 4 * MB)
    clock.now += 0.3  # a hiccup
    assert (meter.progress().bytes_per_s or 0) > 3 * MB
    run(meter, clock, 20, 1 * MB)
    assert (meter.progress().bytes_per_s or 0) < 1.2 * MB


def test_what_was_here_before_is_no_speed() -> None:
    meter, clock = fetching()
    meter.have(90 * MB)
    run(meter, clock, 5, 1 * MB)
    assert (meter.progress().bytes_per_s or 0) < 1.1 * MB
    assert meter.progress().done_bytes == 95 * MB


def test_silence_is_told_from_eight_seconds_on() -> None:
    meter, clock = fetching()
    run(meter, clock, 2, MB)
    clock.now += 7
    assert "no data" not in meter.progress().words
    clock.now += 1.5
    assert "no data for 8 s, the server is trying again" in meter.progress().words
    meter.apologise("It hung up.")
    meter.show(PullPhase.WAITING, retry_in_s=4)
    assert meter.progress().words == "2.0 MB of 100 MB · 2 % · tries again in 4 s · It hung up."
    meter.show(PullPhase.FETCHING)
    meter.add(1)
    assert meter.progress().note == ""
    assert meter.progress().silent_s == 0


def test_an_unknown_total_has_no_fraction() -> None:
    meter, clock = fetching(None)
    run(meter, clock, 2, MB)
    progress = meter.progress()
    assert (progress.fraction, progress.left_s) == (None, None)
    assert progress.words == "2.0 MB · 1.0 MB/s"


@given(st.lists(st.tuples(st.sampled_from(("add", "have", "expect")), st.integers(0, 10**9)), max_size=30))
def test_the_bar_never_goes_back(steps: list[tuple[str, int]]) -> None:
    meter, clock = fetching()
    before = 0.0
    for what, count in steps:
        clock.now += 0.1
        getattr(meter, what)(count)
        fraction = meter.progress().fraction
        assert fraction is None or before <= fraction <= 1
        before = fraction or before


def test_words_for_sizes_and_times() -> None:
    assert [amount(number) for number in (0, 1, 999_999, 1_500_000, 4_700_000_000)] == [
        "0 KB", "1 KB", "1000 KB", "1.5 MB", "4.7 GB",
    ]  # fmt: skip
    assert [duration(seconds) for seconds in (0.2, 89, 120, 3600, 11_100)] == [
        "1 s", "89 s", "2 min", "60 min", "3 h 5 min",
    ]  # fmt: skip
