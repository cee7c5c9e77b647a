"""A pull by Ollama, as recorded from a real server and as it breaks."""

import asyncio
import json
from collections import deque

import pytest

from slmdesk.base.errors import (
    DiskFull,
    EngineError,
    EngineOffline,
    Interrupted,
    ModelMissing,
    NotAuthorised,
    RequestRefused,
)
from slmdesk.engines.library import PullEvent, library_of
from slmdesk.engines.ollama.engine import OllamaEngine
from slmdesk.engines.ollama.library import pull_error
from slmdesk.features.pulls.ollama_pull import Layers, pull_with_ollama
from slmdesk.features.pulls.pace import Patience
from slmdesk.features.pulls.pasted import OllamaModel
from slmdesk.features.pulls.progress import Meter, PullPhase
from tests.fakes.http_server import Call, HttpServer
from tests.fakes.replay_server import recorded_body

PATIENCE = Patience(tries=3, first_wait_s=0.001, longest_wait_s=0.01)
ASKED = OllamaModel("127.0.0.1:5000/teach/smollm2:135m", is_insecure=True)
WHOLE = 98_362_432  # of the layers that were still to come


class Puller(HttpServer):
    """Plays one body after the other for `/api/pull`."""

    def __init__(self, *bodies: bytes) -> None:
        super().__init__(self._play)
        self.bodies = deque(bodies)

    async def _play(self, call: Call) -> None:
        await call.start(200, {"content-type": "application/x-ndjson"})
        await call.send(self.bodies.popleft())
        await call.end()


async def pull(*bodies: bytes, meter: Meter | None = None, free_bytes: int | None = None) -> Puller:
    async with Puller(*bodies) as server:
        engine = OllamaEngine(server.address)
        try:
            await pull_with_ollama(
                library_of(engine),
                ASKED,
                meter or Meter(),
                patience=PATIENCE,
                free_bytes=lambda: free_bytes,
            )
        finally:
            await engine.aclose()
    return server


async def test_a_whole_pull_as_it_was_recorded() -> None:
    meter = Meter()
    server = await pull(recorded_body("pull/resumed"), meter=meter)
    assert server.calls[0].json == {"model": ASKED.name, "insecure": True}
    progress = meter.progress()
    assert (progress.phase, progress.done_bytes, progress.total_bytes) == (PullPhase.DONE, WHOLE, WHOLE)


async def test_a_body_that_breaks_off_is_asked_again_and_the_bar_stays() -> None:
    whole = recorded_body("pull/resumed")
    meter, seen = Meter(), []
    cut = whole[: len(whole) // 2]
    cut = cut[: cut.rindex(b"\n") + 1]
    watch = asyncio.ensure_future(_look(meter, seen))
    await pull(cut, recorded_body("pull/up-to-date"), meter=meter)
    watch.cancel()
    assert meter.progress().phase == PullPhase.DONE
    assert seen == sorted(seen)


async def _look(meter: Meter, seen: list[float]) -> None:
    while True:
        seen.append(meter.progress().fraction or 0.0)
        await asyncio.sleep(0)


@pytest.mark.parametrize("at", range(1, 3000, 97))
async def test_a_cut_at_any_byte_is_no_success(at: int) -> None:
    body = recorded_body("pull/resumed")
    with pytest.raises(EngineError):
        await pull(*(body[:at],) * 4)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("pull/unknown", ModelMissing),
        ("pull/missing-layer", ModelMissing),
        ("pull/registry-down", Interrupted),
        ("pull/corrupt-layer", Interrupted),
        ("pull/https-refused", Interrupted),
    ],
)
async def test_errors_inside_a_200(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await pull(*(recorded_body(name),) * 4)


async def test_a_damaged_layer_is_fetched_once_more() -> None:
    server = await pull(recorded_body("pull/corrupt-layer"), recorded_body("pull/resumed"))
    assert len(server.calls) == 2


async def test_a_server_that_is_gone() -> None:
    async with Puller() as server:
        pass
    engine = OllamaEngine(server.address)
    with pytest.raises(EngineOffline) as caught:
        await pull_with_ollama(library_of(engine), ASKED, Meter(), patience=PATIENCE)
    assert "Start it" in caught.value.next_step
    await engine.aclose()


async def test_no_room_is_said_when_the_layer_is_announced() -> None:
    with pytest.raises(DiskFull) as caught:
        await pull(recorded_body("pull/resumed"), free_bytes=1_000_000)
    assert caught.value.free_bytes == 1_000_000


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("write /x: no space left on device", DiskFull),
        ("max retries exceeded: EOF", Interrupted),
        ("pull model manifest: 503: Service Unavailable", Interrupted),
        ("pull model manifest: 401: unauthorized", NotAuthorised),
        ("pull model manifest: 412: requires a newer version of Ollama", RequestRefused),
        ("pull model manifest: file does not exist", ModelMissing),
    ],
)
def test_what_servers_say(message: str, error: type[Exception]) -> None:
    assert type(pull_error(message, "x")) is error


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_source_that_repeats_its_numbers_is_silent(clock: Clock) -> None:
    meter = Meter(clock)
    layers = Layers(meter)
    for second in range(20):
        clock.now = float(second)
        layers.take(PullEvent("pulling", "sha256:" + "a" * 64, 1000_000, min(second, 9) * 1000))
    assert meter.progress().silent_s == 10.0
    assert "no data for 10 s, the server is trying again" in meter.progress().words
    clock.now = 21.0
    layers.take(PullEvent("pulling", "sha256:" + "a" * 64, 1000_000, 500_000))
    assert "no data" not in meter.progress().words


def test_layers_add_up_and_the_last_event_may_stay_below(clock: Clock) -> None:
    meter = Meter(clock)
    layers = Layers(meter)
    layers.take(PullEvent("pulling", "sha256:" + "a" * 64, 1000, 900))
    layers.take(PullEvent("pulling", "sha256:" + "b" * 64, 50, 0))
    assert (meter.progress().done_bytes, meter.progress().total_bytes) == (900, 1050)
    layers.take(PullEvent("pulling", "sha256:" + "a" * 64, 1000, 100))  # a smaller figure is an old one
    assert meter.progress().done_bytes == 900
    layers.take(PullEvent("verifying sha256 digest"))
    assert meter.progress().done_bytes == 1050
    layers.take(PullEvent("success"))
    assert meter.progress().fraction == 1.0


async def test_hostile_frames_are_errors_of_ours() -> None:
    for frame in ({"status": "x", "digest": "../..", "total": -5}, {"status": 5}, {"error": {"a": []}}, {}):
        with pytest.raises(EngineError):
            await pull(*(json.dumps(frame).encode() + b"\n",) * 4)
