"""The database file: one writer, readers beside it, migrations with a backup, damage put aside."""

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slmdesk.base.errors import DatabaseDamaged, DatabaseNewer, DataFolderUnusable, StoreError
from slmdesk.store import db
from slmdesk.store.chats import ChatSettings
from slmdesk.store.db import Connection, Database, new_id
from tests.fakes.data_folder import Store, open_store

INSERT = "INSERT INTO chats (id, title, created_at, updated_at) VALUES (?, ?, 1, 1)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "slmdesk.sqlite"


def add(title: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(INSERT, (new_id(), title))

    return work


def titles(connection: Connection) -> list[str]:
    return [row["title"] for row in connection.execute("SELECT title FROM chats ORDER BY id")]


async def test_what_is_written_is_read_at_once_and_after_a_restart(path: Path) -> None:
    database = Database.open(path)
    await database.write(add("one"))
    assert await database.read(titles) == ["one"]
    await database.aclose()
    assert sorted(item.name for item in path.parent.iterdir()) == [path.name]
    database = Database.open(path)
    assert await database.read(titles) == ["one"]
    assert (database.notice, database.is_read_only, database.unsaved_count) == ("", False, 0)
    await database.aclose()


async def test_the_file_is_safe_against_power_failure_and_for_the_user_alone(path: Path) -> None:
    database = Database.open(path)
    modes = await database.write(
        lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys")]
    )
    assert modes == ["wal", 1]
    assert await asyncio.to_thread(_synchronous, database) == 2
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    await database.aclose()


def _synchronous(database: Database) -> int:
    return int(database._connection.execute("PRAGMA synchronous").fetchone()[0])


async def test_a_failed_write_leaves_nothing(path: Path) -> None:
    database = Database.open(path)

    def half(connection: Connection) -> None:
        add("half")(connection)
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await database.write(half)
    with pytest.raises(sqlite3.IntegrityError):
        await database.write(lambda c: (add("other half")(c), c.execute(INSERT, (1, None))))
    await database.write(add("whole"))
    assert await database.read(titles) == ["whole"]
    await database.aclose()


async def test_a_cancelled_caller_does_not_undo_its_write(path: Path) -> None:
    database = Database.open(path)
    gate = threading.Event()

    def slow(connection: Connection) -> None:
        gate.wait(5)
        add("kept")(connection)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(database.write(slow), 0.05)
    gate.set()
    await database.write(add("next"))
    assert await database.read(titles) == ["kept", "next"]
    await database.aclose()


async def test_reads_do_not_wait_behind_a_long_write(path: Path) -> None:
    database = Database.open(path)
    await database.write(add("before"))
    gate, begun = threading.Event(), threading.Event()

    def long_write(connection: Connection) -> None:
        add("after")(connection)
        begun.set()
        gate.wait(10)

    async with asyncio.TaskGroup() as group:
        group.create_task(database.write(long_write))
        await asyncio.to_thread(begun.wait, 5)
        assert await database.read(titles) == ["before"]
        gate.set()
    assert await database.read(titles) == ["before", "after"]
    await database.aclose()


async def test_many_writers_lose_nothing(path: Path) -> None:
    database = Database.open(path)
    await asyncio.gather(*(database.write(add(str(number))) for number in range(200)))
    assert await database.read(titles) == [str(number) for number in range(200)]
    await database.aclose()


def test_it_works_on_the_qt_loop(path: Path, run_ui: Callable[[Any], None]) -> None:
    async def scenario() -> None:
        database = Database.open(path)
        await asyncio.gather(*(database.write(add(str(number))) for number in range(20)))
        assert len(await database.read(titles)) == 20
        await database.aclose()

    run_ui(scenario())


def test_ids_grow_and_differ() -> None:
    ids = [new_id() for _ in range(5_000)]
    assert sorted(set(ids)) == ids
    assert ids[-1] < 2**63


async def test_a_newer_database_is_read_and_not_touched(path: Path) -> None:
    database = Database.open(path)
    await database.write(add("from the future"))
    await database.aclose()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("ALTER TABLE runs RENAME TO experiments")
    before = path.read_bytes()
    store = open_store(path.parent)
    database = store.database
    assert database.is_read_only
    assert "newer version" in database.notice
    assert "Update" in database.notice
    assert await database.read(titles) == ["from the future"]
    with pytest.raises(DatabaseNewer):
        await database.write(add("no"))
    with pytest.raises(DatabaseNewer):
        await store.runs.list()
    await store.aclose()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough " * 400, b"SQLite format 3\0" + b"\xff" * 5_000]
)
async def test_a_file_that_is_no_database_is_kept_aside(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    database = Database.open(path)
    (kept,) = path.parent.glob("database-damaged-*.sqlite")
    assert kept.read_bytes() == content
    assert kept.name in database.notice
    await database.write(add("goes on"))
    await database.aclose()
    database = Database.open(path)
    assert database.notice == ""
    assert await database.read(titles) == ["goes on"]
    await database.aclose()


async def damaged_store(folder: Path, chats: int = 60) -> None:
    """A database with a hole in the middle of its messages."""
    store = open_store(folder)
    for number in range(chats):
        chat = await store.chats.create(ChatSettings("builtin/x"), f"chat {number}")
        await store.chats.add_user_message(chat.id, f"prompt {number} " + "x" * 3_000)
    await store.aclose()
    path = store.paths.database
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 1024 * 1024
    content[middle : middle + 20 * 1024] = b"\xa5" * 20 * 1024
    path.write_bytes(content)


async def read_everything(store: Store) -> tuple[int, int]:
    chats = await store.chats.list()
    loaded = [await store.chats.load(chat.id) for chat in chats]
    return len(chats), sum(len(messages) for _, messages in loaded)


async def test_damage_inside_is_found_told_and_salvaged_at_the_next_start(tmp_path: Path) -> None:
    await damaged_store(tmp_path)
    store = open_store(tmp_path)
    with pytest.raises(DatabaseDamaged) as caught:
        await read_everything(store)
    assert "Start SLM Desk again" in caught.value.next_step
    await store.aclose()

    store = open_store(tmp_path)
    (kept,) = tmp_path.glob("database-damaged-*.sqlite")
    assert kept.name in store.database.notice
    assert "entries were copied" in store.database.notice
    chats, messages = await read_everything(store)
    assert 45 <= chats <= 60  # a page of chats may lie in the hole, too
    assert 30 <= messages < 60
    await store.aclose()
    store = open_store(tmp_path)
    assert store.database.notice == ""
    await store.aclose()


async def test_a_kill_while_rebuilding_loses_nothing(tmp_path: Path) -> None:
    await damaged_store(tmp_path / "model")
    store = open_store(tmp_path / "model")
    with pytest.raises(DatabaseDamaged):
        await read_everything(store)
    await store.aclose()
    found = []
    for step in range(20):
        folder = tmp_path / str(step)
        shutil.copytree(tmp_path / "model", folder)
        is_whole = _open_until(folder / "slmdesk.sqlite", step)
        store = open_store(folder)
        found.append(await read_everything(store))
        await store.aclose()
        if is_whole:
            break
    assert len(found) > 3
    assert set(found) == {found[-1]}
    assert found[-1][0] >= 45


class _KilledHereError(Exception):
    """Stands for SIGKILL between two operations on files."""


def _open_until(path: Path, step: int) -> bool:
    """Open, and end at the n-th rename or removal of a file."""
    left = step
    with pytest.MonkeyPatch.context() as patch:
        for name in ("replace", "unlink"):
            original = getattr(Path, name)

            def counted(self: Path, *args: Any, original: Any = original, **more: Any) -> Any:
                nonlocal left
                if left == 0:
                    raise _KilledHereError
                left -= 1
                return original(self, *args, **more)

            patch.setattr(Path, name, counted)
        try:
            Database.open(path)._close()
        except _KilledHereError:
            return False
    return True


async def test_a_sound_file_under_suspicion_stays(path: Path) -> None:
    database = Database.open(path)
    await database.write(add("fine"))
    await database.aclose()
    path.with_name("slmdesk.sqlite.suspect").touch()
    database = Database.open(path)
    assert database.notice == ""
    assert await database.read(titles) == ["fine"]
    assert not path.with_name("slmdesk.sqlite.suspect").exists()
    await database.aclose()


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataFolderUnusable) as caught:
        Database.open(tmp_path / "missing" / "slmdesk.sqlite")
    assert str(tmp_path / "missing") in caught.value.message
    assert "--data-dir" in caught.value.next_step
    (tmp_path / "slmdesk.sqlite").mkdir()
    with pytest.raises(DataFolderUnusable):
        Database.open(tmp_path / "slmdesk.sqlite")


async def test_a_locked_database_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database.open(path)
    database._connection.execute("PRAGMA busy_timeout = 20")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="Another program"):
            await database.write(add("no"))
    await database.write(add("yes"))
    await database.aclose()


async def test_what_found_no_room_is_written_when_there_is_some(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "_RETRY_AFTER_S", 0.02)
    database = Database.open(path)
    await database.write(lambda c: None)
    pages = database._connection.execute("PRAGMA page_count").fetchone()[0]
    database._connection.execute(f"PRAGMA max_page_count = {pages}")
    followed = threading.Event()
    with pytest.raises(DataFolderUnusable) as caught:
        await database.write(add("x" * 50_000), then=followed.set)
    assert "full" in caught.value.message
    assert caught.value.next_step.startswith("Free some space")
    with pytest.raises(DataFolderUnusable):
        await database.write(add("not kept"))
    assert database.unsaved_count == 1
    assert database.refusal.problem is caught.value
    assert not followed.is_set()
    ended = threading.Event()
    database.refusal.changed.subscribe(lambda _none: ended.set())
    database._connection.execute("PRAGMA max_page_count = 1000000")
    deadline = time.monotonic() + 5
    while database.unsaved_count:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    assert followed.is_set()
    assert await asyncio.to_thread(ended.wait, 5)
    assert database.refusal.problem is None
    assert await database.read(titles) == ["x" * 50_000]
    await database.aclose()


async def test_closing_without_room_ends_the_tries(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "_RETRY_AFTER_S", 0.01)
    database = Database.open(path)
    await database.write(lambda c: c.execute("PRAGMA max_page_count = 1") and None)
    with pytest.raises(DataFolderUnusable):
        await database.write(add("x" * 50_000), then=lambda: None)
    await asyncio.sleep(0.05)  # some tries, all in vain
    await database.aclose()
    assert database.unsaved_count == 1
    await asyncio.sleep(0.05)  # a try after the end would raise in the loop


def test_it_is_tried_again_on_the_loop_of_the_window(
    run_ui: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its timers tell less than those of asyncio."""
    monkeypatch.setattr(db, "_RETRY_AFTER_S", 0.02)

    async def scenario() -> None:
        database = Database.open(path)
        await database.write(lambda c: c.execute("PRAGMA max_page_count = 1") and None)
        for _ in range(2):
            with pytest.raises(DataFolderUnusable):
                await database.write(add("x" * 50_000), then=lambda: None)
        await asyncio.sleep(0.1)  # some tries, all in vain
        database._connection.execute("PRAGMA max_page_count = 1000000")
        deadline = time.monotonic() + 5
        while database.unsaved_count:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        await database.aclose()

    run_ui(scenario())


@pytest.mark.skipif(shutil.which("mount") is None, reason="needs a real read-only file system")
def test_a_read_only_file_system_is_told(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", disk], capture_output=True).returncode:
        pytest.skip("may not mount")
    try:
        Database.open(disk / "slmdesk.sqlite")._close()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(DataFolderUnusable, match="Read-only") as caught:
            Database.open(disk / "slmdesk.sqlite")
        assert caught.value.next_step.startswith("It may only be read now: make it writable again")
    finally:
        subprocess.run(["umount", disk], check=True)
