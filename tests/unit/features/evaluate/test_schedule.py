"""What is asked next and how much at once; and a real server that refuses what it has no place for."""

import asyncio
import json
import sys
import urllib.request

from slmdesk.engines.openai_compat.engine import OpenAICompatible
from slmdesk.features.evaluate.request_book import Ask
from slmdesk.features.evaluate.schedule import MOST_AT_ONCE, Window, WorkQueue
from slmdesk.features.evaluate.setup import Setup
from tests.fakes.packs import evaluation_of, reports
from tests.unit.features.conftest import Store


def asks(document: str, count: int = 2) -> tuple[Ask, ...]:
    return tuple(Ask(f"{document}{n}".encode(), "box/a", document, (f"q{n}",), 1) for n in range(count))


def test_a_queue_is_done_when_nothing_waits_and_nothing_can_come_back() -> None:
    queue = WorkQueue([asks("a"), asks("b")])
    first = queue.take()
    assert [ask.document for ask in first] == ["a", "a"]
    assert queue.take() == asks("b")
    assert queue.take() == ()
    assert not queue.is_done
    queue.finish([first[1:]])
    assert queue.take() == first[1:], "what is left of a document comes next"
    queue.finish()
    queue.finish()
    assert queue.is_done


def test_who_waits_is_told() -> None:
    queue = WorkQueue([asks("a")])
    queue.take()
    with queue.watched() as moved:
        queue.finish()
        assert moved.is_set()


def test_a_window_fills_in_a_few_answers_and_no_further() -> None:
    window = Window(32, MOST_AT_ONCE)
    for _ in range(60):
        window.grow()
    assert window.size == 256
    window.grow()
    assert window.size == 256


def test_a_window_goes_down_to_what_the_host_serves_and_stays_there() -> None:
    window = Window(32, MOST_AT_ONCE)
    window.running = 32
    window.limit(28)
    window.limit(4)
    for _ in range(20):
        window.grow()
    assert window.size == 4


def test_a_window_that_was_refused_without_a_word_is_halved_and_tries_one_more_a_round() -> None:
    window = Window(32, MOST_AT_ONCE)
    window.running = 32
    window.shrink()
    assert window.size == 16
    for _ in range(17):
        window.grow()
    assert window.size == 17


async def test_a_server_with_eight_places_is_soon_refused_nothing_more(store: Store) -> None:
    """429 with Retry-After: every cell is answered, and the refusals end once its places are known."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.slots_server", "8", "0.02", "0.05", stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout
    address = f"http://127.0.0.1:{int(await server.stdout.readline())}"
    engine = OpenAICompatible("box", "Box", address)
    evaluation = await evaluation_of(store.database, [engine], reports(100), Setup(("box/small",)))
    await evaluation.run()
    assert evaluation.progress.done == 300
    assert evaluation.failed_count == 0
    reply = await asyncio.to_thread(urllib.request.urlopen, f"{address}/stats")
    with reply:
        found = json.load(reply)
    assert found["answered"] == 300
    assert found["most_busy"] == 8
    assert found["refused"] < 100
    server.kill()
    await server.wait()
    await engine.aclose()
