"""Opens a database of an old version again and again, killed one step later each time.

Prints the number of steps once an opening came to its end. Every execute, every page of the backup,
every few instructions of SQLite and every rename or removal of a file is a step.
"""

import contextlib
import itertools
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slmdesk.store import db
from slmdesk.store.migrations import MIGRATIONS

Content = dict[str, list[dict[str, Any]]]

# What later versions may do: add, fill, and build a table anew.
PLANTED = (
    (
        "ALTER TABLE chats ADD COLUMN topic TEXT NOT NULL DEFAULT ''",
        "UPDATE chats SET topic = 'of ' || title",
        "CREATE TABLE topics (name TEXT PRIMARY KEY)",
        "INSERT INTO topics SELECT DISTINCT topic FROM chats",
    ),
    (
        "ALTER TABLE votes RENAME TO votes_before",
        """
        CREATE TABLE votes (
            run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
            kind TEXT NOT NULL, lane_id INTEGER, created_at REAL NOT NULL,
            is_blind INTEGER NOT NULL, reason TEXT
        )
        """,
        "INSERT INTO votes SELECT *, NULL FROM votes_before",
        "DROP TABLE votes_before",
    ),
)
LATEST = MIGRATIONS + PLANTED


class Killer:
    """SIGKILL to this process at the n-th step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self, *_: object) -> int:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        return 0


def plant(killer: Killer) -> None:
    """Make everything that opening does a step."""

    class Counted(sqlite3.Connection):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self.set_progress_handler(killer.step, 25)

        def execute(self, *args: Any) -> sqlite3.Cursor:
            killer.step()
            return super().execute(*args)

        def backup(self, target: sqlite3.Connection, **_: Any) -> None:
            super().backup(target, pages=2, progress=killer.step)

    connect = sqlite3.connect
    db.sqlite3.connect = lambda *args, **more: connect(*args, factory=Counted, **more)  # type: ignore[assignment]
    for name in ("replace", "unlink", "touch"):
        setattr(Path, name, _counted(getattr(Path, name), killer))


def _counted(original: Callable[..., Any], killer: Killer) -> Callable[..., Any]:
    def counted(self: Path, *args: Any, **more: Any) -> Any:
        killer.step()
        return original(self, *args, **more)

    return counted


def content(path: Path) -> Content:
    """All rows of all tables but the search index, which is derived from them."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        tables = [row[0] for row in names if not row[0].startswith(("search", "sqlite_"))]
        rows = "SELECT * FROM {} ORDER BY rowid"
        return {table: [dict(row) for row in connection.execute(rows.format(table))] for table in tables}


def keeps(new: Content, old: Content) -> bool:
    """Whether every old row is there, with every old value."""
    return all(
        len(new[table]) == len(rows)
        and all(row.items() <= kept.items() for row, kept in zip(rows, new[table], strict=True))
        for table, rows in old.items()
    )


def build(script: Path, path: Path) -> None:
    """A database of the version that `script` is named for: each file adds to those before it."""
    scripts = [script.with_name(f"v{number}.sql") for number in range(1, version_of(script) + 1)]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(f"BEGIN; {''.join(one.read_text() for one in scripts)} COMMIT;")


def version_of(script: Path) -> int:
    return int(script.stem[1:])


def open_and_close(path: Path) -> None:
    database = db.Database.open(path)
    assert not database.notice, database.notice
    database._close()


def killed_after(steps: int, path: Path) -> bool:
    """Open in a child that is killed after so many steps; whether it was."""
    child = os.fork()
    if child == 0:
        plant(Killer(steps))
        open_and_close(path)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, status
    return os.WIFSIGNALED(status)


def main(script: Path, folder: Path) -> None:
    db.MIGRATIONS = LATEST
    built = folder / "built.sqlite"
    build(script, built)
    before, version = content(built), version_of(script)
    for steps in itertools.count():
        path = folder / str(steps) / "slmdesk.sqlite"
        path.parent.mkdir()
        shutil.copy(built, path)
        was_killed = killed_after(steps, path)
        open_and_close(path)
        assert keeps(content(path), before)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone()[0] == len(LATEST)
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert content(path.with_name(f"slmdesk-v{version}.backup.sqlite")) == before
        shutil.rmtree(path.parent)
        if not was_killed:
            print(steps)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
