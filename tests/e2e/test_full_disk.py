"""D5: a disk that refuses at the n-th write makes no crash, and nothing is lost once there is room."""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slmdesk.engines.assembly import Assembly
from slmdesk.engines.base import Delta
from slmdesk.services import Services
from slmdesk.store.chats import ChatSettings
from tests.fakes.data_folder import Store
from tests.fakes.disk_faults import fill_and_free
from tests.fakes.scripted_engine import DONE, ScriptedEngine
from tests.fakes.until import until

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses limits and mounts of Linux")


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fakes.disk_faults", "200"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [number for number, _, _ in outcomes] == list(range(1, 201))
    writing = sum(1 for _, refusals, _ in outcomes if refusals)
    opening = sum(refusals for _, _, refusals in outcomes)
    print(f"\nD5: 200 limits; refused while writing at {writing}, while opening at {opening}; nothing lost")
    assert writing > 50
    assert opening > 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=1m", "none", disk], capture_output=True
        ).returncode
    ):
        pytest.skip("may not mount a file system")
    yield disk
    subprocess.run(["umount", disk], check=True)


def fill(disk: Path) -> Path:
    """The file that takes all room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    return filler


@pytest.mark.parametrize("free_pages", [0, 1, 2, 3, 5, 8, 13, 21, 34])
async def test_a_full_file_system(small_disk: Path, free_pages: int) -> None:
    @contextlib.contextmanager
    def full(_: Store) -> Iterator[None]:
        filler = fill(small_disk)
        os.truncate(filler, max(filler.stat().st_size - free_pages * 4096, 0))
        yield
        filler.unlink()

    refusals = await fill_and_free(small_disk / "data", full)
    assert refusals or free_pages >= 21


@pytest.mark.parametrize("free_pages", [0, 1, 2, 5, 10, 20])
async def test_a_database_that_may_not_grow(tmp_path: Path, free_pages: int) -> None:
    """SQLITE_FULL, which SQLite gives at its own limit of pages."""

    @contextlib.contextmanager
    def full(store: Store) -> Iterator[None]:
        connection = store.database._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + free_pages}")
        yield
        connection.execute("PRAGMA max_page_count = 1000000000")

    assert await fill_and_free(tmp_path, full)


async def test_a_disk_that_fills_up_is_said_while_the_answer_comes(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, enough = asyncio.Event(), asyncio.Event(), asyncio.Event()
    much = [Delta(os.urandom(3_000).hex()) for _ in range(9)]
    script = (Delta("before"), first, *much, second, *much[::-1], enough, DONE)
    engine = ScriptedEngine({"m": script})
    monkeypatch.setattr(Assembly, "build", lambda _self, _settings: ((engine,), ()))
    services = Services.open(small_disk / "data")
    said: list[str] = []
    services.notices.came.subscribe(said.append)
    withdrawn: list[str] = []
    services.notices.withdrawn.subscribe(withdrawn.append)
    changes: list[bool] = []
    services.saving.changed.subscribe(lambda problem: changes.append(problem is not None))
    await services.start()
    chat = await services.chats.create(ChatSettings("scripted/m"))
    session = await services.session(chat.id)
    async with asyncio.TaskGroup() as group:
        group.create_task(session.send("fill the disk"))
        await until(lambda: session.answer and session.answer.text)
        assert (services.saving.problem, said) == (None, [])
        for more in (first, second):  # what is over may come again
            filler = fill(small_disk)
            more.set()
            await until(lambda: services.saving.problem and said)
            assert session.is_running
            assert "No space left" in said[-1]
            assert "Free some space" in said[-1]
            filler.unlink()
            await until(lambda: services.saving.problem is None and len(said) % 2 == 0)
            assert session.is_running
            assert "everything is saved" in said[-1]
        enough.set()
    assert changes == [True, False, True, False]
    assert withdrawn == said[:-1]  # only the last one waits to be read
    _, (_, answer) = await services.chats.load(chat.id)
    assert answer.text == "before" + "".join(delta.text for delta in (*much, *much[::-1]))
    await services.aclose()
