"""D4: every released schema becomes the newest, with every row, a backup first, and killed at any step.

tests/data/schema holds what each released version added, as SQL with rows. A new version adds its own file.
"""

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.store import db
from slmdesk.store.db import Database
from slmdesk.store.migrations import MIGRATIONS
from tests.fakes.data_folder import opened
from tests.fakes.killed_migration import LATEST, build, content, keeps, open_and_close, version_of

ROOT = Path(__file__).parent.parent.parent.parent
RELEASED = sorted((ROOT / "tests" / "data" / "schema").glob("v*.sql"), key=version_of)


def backup_of(path: Path, version: int) -> Path:
    return path.with_name(f"slmdesk-v{version}.backup.sqlite")


def test_there_is_a_database_of_every_version() -> None:
    assert [path.name for path in RELEASED] == [f"v{number}.sql" for number in range(1, len(MIGRATIONS) + 1)]


def test_the_newest_file_has_the_schema_that_a_first_start_makes(tmp_path: Path) -> None:
    build(RELEASED[-1], tmp_path / "released.sqlite")
    open_and_close(tmp_path / "fresh.sqlite")

    def schema(path: Path) -> set[str]:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
        return {" ".join(row[0].split()) for row in rows}

    assert schema(tmp_path / "released.sqlite") == schema(tmp_path / "fresh.sqlite")


@pytest.mark.parametrize("script", RELEASED, ids=lambda path: path.stem)
async def test_a_released_database_is_used_by_this_version(tmp_path: Path, script: Path) -> None:
    path = tmp_path / "slmdesk.sqlite"
    build(script, path)
    before = content(path)
    async with opened(tmp_path) as store:
        assert store.database.notice == ""
        chats = await store.chats.list()
        assert len(chats) == len(before["chats"])
        for chat in chats:
            loaded, messages = await store.chats.load(chat.id)
            assert messages
            assert not loaded.is_damaged
            assert not any(message.is_damaged for message in messages)
        for run in await store.runs.list():
            assert (await store.runs.load(run.id)).lanes
    assert keeps(content(path), before)
    version = version_of(script)
    assert backup_of(path, version).exists() == (version < len(MIGRATIONS))


@pytest.mark.parametrize("script", RELEASED, ids=lambda path: path.stem)
def test_later_versions_keep_every_row_and_make_a_backup(
    tmp_path: Path, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "slmdesk.sqlite"
    build(script, path)
    before = content(path)
    monkeypatch.setattr(db, "MIGRATIONS", LATEST)
    open_and_close(path)
    assert keeps(content(path), before)
    assert content(backup_of(path, version_of(script))) == before


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "slmdesk.sqlite"
    build(RELEASED[-1], path)
    before = content(path)
    monkeypatch.setattr(db, "MIGRATIONS", (*MIGRATIONS, ("DELETE FROM chats", "no SQL")))
    with pytest.raises(sqlite3.OperationalError):
        Database.open(path)
    assert content(path) == before
    monkeypatch.undo()
    open_and_close(path)


def test_without_room_for_the_backup_nothing_is_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "slmdesk.sqlite"
    build(RELEASED[-1], path)
    before = content(path)
    monkeypatch.setattr(db, "MIGRATIONS", LATEST)
    backup_of(path, len(MIGRATIONS)).with_suffix(
        ".sqlite.tmp"
    ).mkdir()  # stands for a file that cannot be made
    with pytest.raises(DataFolderUnusable):
        Database.open(path)
    assert content(path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="forks and uses POSIX signals")
@pytest.mark.parametrize("script", RELEASED, ids=lambda path: path.stem)
def test_a_migration_killed_at_any_step_goes_on(script: Path) -> None:
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a kill loses nothing there either
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.fakes.killed_migration", str(script), folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    print(f"\nD4: {script.stem} killed at each of {done.stdout.strip()} steps")
    assert int(done.stdout) > 60
