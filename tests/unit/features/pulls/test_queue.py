"""The queue: order, hosts, pause and resume, and what is left of it after a closing and a kill."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput, RequestRefused, StoreError
from slmdesk.base.jobs import JobRunner
from slmdesk.engines.library import Library
from slmdesk.features.pulls.gguf_pull import GgufPulls
from slmdesk.features.pulls.pace import Patience, SpeedLimit
from slmdesk.features.pulls.pasted import HubModel, LocalFile, OllamaModel, WebFile
from slmdesk.features.pulls.puller import Puller, source_for
from slmdesk.features.pulls.queue import Pull, PullQueue, PullState
from slmdesk.store.db import Database
from slmdesk.store.pulls import Pulls
from tests.data.gguf import small_model
from tests.fakes.file_server import FileServer, Script
from tests.fakes.until import until

PATIENCE = Patience(tries=2, first_wait_s=0.001, longest_wait_s=0.01, stall_s=2)
MODEL = small_model()


def no_library(engine_id: str) -> Library:
    raise RequestRefused(f"{engine_id} is not there.")


class Desk:
    """A queue on real parts in a folder, and what it told."""

    def __init__(self, folder: Path, at_once: int = 1) -> None:
        self.database = Database.open(folder / "slmdesk.sqlite")
        self.faults: list[Exception] = []
        self.jobs = JobRunner(lambda _key, error: self.faults.append(error))
        self.gguf = GgufPulls(folder / "models", SpeedLimit(), PATIENCE)
        puller = Puller(self.gguf, no_library)
        self.queue = PullQueue(Pulls(self.database), puller, self.jobs, lambda: at_once)
        self.told: list[Pull] = []
        self.queue.changed.subscribe(self.told.append)

    def states(self) -> list[str]:
        return [pull.state.value for pull in self.queue.pulls]

    def models(self) -> list[str]:
        folder = self.gguf.folder
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@asynccontextmanager
async def desk(folder: Path, at_once: int = 1) -> AsyncIterator[Desk]:
    opened = Desk(folder, at_once)
    await opened.queue.load()
    try:
        yield opened
    finally:
        await opened.jobs.aclose()
        await opened.database.aclose()
    assert opened.faults == []


@pytest.fixture
async def server() -> AsyncIterator[FileServer]:
    async with FileServer(files={f"/{name}.gguf": MODEL for name in "abc"}) as running:
        yield running


def web(server: FileServer, name: str) -> WebFile:
    return WebFile(server.url(f"/{name}.gguf"), f"{name}.gguf")


async def test_one_after_the_other_in_their_order(server: FileServer, tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        pulls = [await here.queue.add(web(server, name)) for name in "abc"]
        await here.queue.move(pulls[2].id, pulls[0].id)
        assert here.states() == ["waiting"] * 3
        here.queue.start()
        for pull in pulls:
            assert (await here.queue.ended(pull.id)).state == PullState.DONE
        assert [call.path for call in server.calls if call.method == "GET"] == [
            "/c.gguf",
            "/a.gguf",
            "/b.gguf",
        ]
        running = {pull.id for pull in here.told if pull.state == PullState.RUNNING}
        assert len(running) == 3
        assert here.models() == ["a.gguf", "b.gguf", "c.gguf"]


async def test_only_what_was_asked_for_is_fetched(server: FileServer, tmp_path: Path) -> None:
    async with desk(tmp_path, at_once=3) as here:
        pulls = [await here.queue.add(web(server, name)) for name in "ab"]
        here.queue.start([pulls[1].id])
        later = await here.queue.add(web(server, "c"))
        for pull in (pulls[1], later):
            assert (await here.queue.ended(pull.id)).state == PullState.DONE
        assert here.states() == ["waiting", "done", "done"]
        await here.queue.resume(pulls[0].id)
        assert (await here.queue.ended(pulls[0].id)).state == PullState.DONE


async def test_what_was_pulled_before_is_known_by_its_record(server: FileServer, tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        here.queue.start()
        for _ in range(2):
            pull = await here.queue.add(web(server, "a"))
            assert (await here.queue.ended(pull.id)).state == PullState.DONE
        assert here.models() == ["a.gguf"]


async def test_as_many_at_once_as_was_set(server: FileServer, tmp_path: Path) -> None:
    server.scripts.extend(Script("stall", 1000) for _ in range(3))
    async with desk(tmp_path, at_once=2) as here:
        here.queue.start()
        for name in "abc":
            await here.queue.add(web(server, name))
        await until(lambda: here.states().count("running") == 2)
        await until(lambda: sum(call.method == "GET" for call in server.calls) == 2)
        assert here.states() == ["running", "running", "waiting"]


async def test_pause_keeps_resume_goes_on_cancel_drops(server: FileServer, tmp_path: Path) -> None:
    server.scripts.extend((Script("stall", 5000), Script("stall", 3000)))
    async with desk(tmp_path) as here:
        here.queue.start()
        pull = await here.queue.add(web(server, "a"))
        await until(lambda: here.queue.pulls[0].progress.done_bytes == 5000)
        await here.queue.pause(pull.id)
        assert here.states() == ["paused"]
        await here.queue.resume(pull.id)
        await until(lambda: here.queue.pulls[0].progress.done_bytes == 8000)
        assert await here.queue.cancel(pull.id, is_part_kept=False) >= 8000
        assert here.states() == []
        assert here.models() == []
        assert here.told[-1].state == PullState.CANCELLED


async def test_a_cancel_that_keeps_the_part_is_gone_on_with(server: FileServer, tmp_path: Path) -> None:
    server.scripts.append(Script("stall", 5000))
    async with desk(tmp_path) as here:
        here.queue.start()
        pull = await here.queue.add(web(server, "a"))
        await until(lambda: here.queue.pulls[0].progress.done_bytes == 5000)
        assert await here.queue.cancel(pull.id, is_part_kept=True) == 0
        again = await here.queue.add(web(server, "a"))
        assert (await here.queue.ended(again.id)).state == PullState.DONE
        assert server.calls[-1].headers["range"] == "bytes=5000-"


async def test_a_closing_leaves_everything_for_the_next_start(server: FileServer, tmp_path: Path) -> None:
    server.scripts.append(Script("stall", 5000))
    async with desk(tmp_path) as here:
        here.queue.start()
        pulls = [await here.queue.add(web(server, name)) for name in "abc"]
        await here.queue.pause(pulls[2].id)
        await until(lambda: here.queue.pulls[0].progress.done_bytes == 5000)
    async with desk(tmp_path) as later:
        assert later.states() == ["waiting", "waiting", "paused"]
        later.queue.start()
        for pull in pulls[:2]:
            assert (await later.queue.ended(pull.id)).state == PullState.DONE
        assert [call.headers.get("range") for call in server.calls[-2:]] == [None, None]
        assert "bytes=5000-" in [call.headers.get("range") for call in server.calls]
        assert later.states() == ["done", "done", "paused"]


async def test_what_fails_says_why_and_lets_the_next_go_first(server: FileServer, tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        here.queue.start()
        gone = await here.queue.add(web(server, "gone"))
        fine = await here.queue.add(web(server, "a"))
        failed = await here.queue.ended(gone.id)
        assert "no such file" in failed.error
        assert (await here.queue.ended(fine.id)).state == PullState.DONE
        server.files["/gone.gguf"] = MODEL
        assert (await here.queue.add(web(server, "gone"))).id == gone.id
        assert (await here.queue.ended(gone.id)).state == PullState.DONE


async def test_an_engine_that_is_not_there(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        here.queue.start()
        pull = await here.queue.add(OllamaModel("qwen3:4b"))
        assert "ollama is not there" in (await here.queue.ended(pull.id)).error


async def test_a_record_of_what_was_fetched_stays(server: FileServer, tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        here.queue.start()
        await here.queue.ended((await here.queue.add(web(server, "a"))).id)
        await here.queue.ended((await here.queue.add(web(server, "a"))).id)
    async with desk(tmp_path) as later:
        (pull,) = later.queue.pulls
        assert pull.state == PullState.DONE
        assert pull.files[0].name == "a.gguf"
        assert len(pull.files[0].sha256) == 64


async def test_a_store_without_room_loses_no_model(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.scripts.append(Script("stall", 5000))
    async with desk(tmp_path) as here:
        here.queue.start()
        pull = await here.queue.add(web(server, "a"))
        await until(lambda: here.queue.pulls[0].progress.done_bytes == 5000)

        async def refuse(_self: Pulls, _pull: object) -> None:
            raise StoreError("No room.")

        with monkeypatch.context() as patch:
            patch.setattr(Pulls, "save", refuse)
            server.hang_up_all()
            ended = await here.queue.ended(pull.id)
        assert ended.state == PullState.DONE
        assert "a.gguf" in here.models()
    before = server.sent_bytes
    async with desk(tmp_path) as later:
        later.queue.start()
        again = await later.queue.ended(pull.id)
        assert (again.state, server.sent_bytes) == (PullState.DONE, before)  # known by what lies beside it
        assert later.models() == ["a.gguf"]


async def test_damaged_rows_are_left_out(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.queue.add(HubModel("org/x"))
        await here.queue.add(OllamaModel("y"))

        def damage(connection: object) -> None:
            connection.execute("UPDATE pulls SET source = '{\"kind\":5}' WHERE name = 'y'")  # type: ignore[attr-defined]  # SQLite's
            connection.execute("UPDATE pulls SET files = 'x', state = 'y' WHERE name <> 'y'")  # type: ignore[attr-defined]  # SQLite's

        await here.database.write(damage)
    async with desk(tmp_path) as later:
        assert [(pull.name, pull.state.value) for pull in later.queue.pulls] == [("hf.co/org/x", "waiting")]


def test_who_pulls_what() -> None:
    assert source_for(HubModel("o/r", "Q4_0"), "")[1] == "builtin"
    assert source_for(HubModel("o/r", "Q4_0"), "ollama") == (OllamaModel("hf.co/o/r:Q4_0", "hf.co"), "ollama")
    assert source_for(OllamaModel("x"), "") == (OllamaModel("x"), "ollama")
    for pasted, engine_id in (
        (LocalFile("/x.gguf"), ""),
        (OllamaModel("x"), "builtin"),
        (WebFile("https://x/y.gguf", "y.gguf"), "ollama"),
    ):
        with pytest.raises(BadInput):
            source_for(pasted, engine_id)  # type: ignore[arg-type]  # a tuple of several kinds
