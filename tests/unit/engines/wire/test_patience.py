"""Rate limits: waited out before the first token, visibly, and never by generating twice."""

import contextlib
import time
from collections.abc import AsyncGenerator

import pytest

from slmdesk.base.errors import EngineBusy
from slmdesk.engines.base import Chunk, Delta, Done, Phase, Progress, StopReason, Timings
from slmdesk.engines.wire import patience
from slmdesk.engines.wire.patience import Patience, patient_call, patiently
from tests.fakes.streams import collect

DONE = Done(StopReason.END, Timings())


def busy(retry_after_s: float | None) -> EngineBusy:
    error = EngineBusy("Too many requests.")
    error.retry_after_s = retry_after_s
    return error


class Server:
    """Refuses as often as it was told to, then answers."""

    def __init__(self, *refusals: EngineBusy, text_first: bool = False) -> None:
        self.refusals = list(refusals)
        self.text_first = text_first
        self.requests = 0

    async def answer(self) -> AsyncGenerator[Chunk, None]:
        self.requests += 1
        if self.text_first:
            yield Delta("half")
        if self.refusals:
            raise self.refusals.pop(0)
        yield Delta("whole")
        yield DONE


async def test_it_counts_down_and_asks_again() -> None:
    server, started = Server(busy(1.0)), time.monotonic()
    outcome = await collect(patiently(server.answer))
    assert outcome.chunks == [
        Progress(Phase.WAITING, retry_in_s=1),
        Progress(Phase.WAITING),
        Delta("whole"),
        DONE,
    ]
    assert time.monotonic() - started >= 1.0
    assert server.requests == 2


@pytest.mark.parametrize("retry_after_s", [None, 60.1, float("inf")])
async def test_an_unknown_or_long_wait_is_left_to_the_user(retry_after_s: float | None) -> None:
    server = Server(busy(retry_after_s))
    outcome = await collect(patiently(server.answer))
    assert isinstance(outcome.error, EngineBusy)
    assert server.requests == 1


async def test_stop_while_waiting_ends_the_wait() -> None:
    server = Server(busy(30.0))
    async with contextlib.aclosing(patiently(server.answer)) as chunks:
        assert await anext(chunks) == Progress(Phase.WAITING, retry_in_s=30)
    assert server.requests == 1


def test_at_once_is_taken_with_growing_pauses_and_an_end() -> None:
    left = Patience()
    assert [left.pause_s(busy(0.0)) for _ in range(5)] == [1.0, 2.0, 4.0, 8.0, 16.0]
    with pytest.raises(EngineBusy):
        left.pause_s(busy(0.0))


async def test_a_call_in_one_piece_waits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_LEAST_PAUSE_S", 0.0)
    refusals = [busy(0.0), busy(0.0)]

    async def ask() -> str:
        if refusals:
            raise refusals.pop()
        return "vectors"

    assert await patient_call(ask) == "vectors"
