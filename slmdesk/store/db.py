"""The SQLite file: one writer thread for the whole program, readers beside it. Sole owner of sqlite3."""

import asyncio
import contextlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias, TypeVar

from slmdesk.base.disk import DiskTrouble, trouble_of
from slmdesk.base.errors import DatabaseNewer, DataFolderUnusable, StoreError
from slmdesk.base.words import say
from slmdesk.store import problems
from slmdesk.store.migrations import MIGRATIONS
from slmdesk.store.refusal import Refusal

T = TypeVar("T")
Connection: TypeAlias = sqlite3.Connection
Row: TypeAlias = sqlite3.Row

# A commit writes whole pages, and what changes with one answer is small: with pages of 4,096 bytes
# an answer of 9 KB writes 5.1 times its size, with 1,024 bytes 3.7 times (tests/perf/test_store_bytes.py).
_PAGE_BYTES = 1024
_CHECKPOINT_PAGES = 4000
_READERS = 2
_RETRY_AFTER_S = 2.0
_PARTS = ("-wal", "-shm", "")  # the main file last: a kill before it is found again

_TABLES = (  # parents first
    "folders", "chats", "messages", "attachments", "unsent_attachments", "choices", "batches", "setups",
    "runs", "run_attachments", "lanes", "votes", "pulls",
    "packs", "pack_documents", "cached_answers", "corrections", "findings",
)  # fmt: skip
_READ_ONLY = sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM
_UNWRITABLE = {
    sqlite3.SQLITE_FULL: DiskTrouble.FULL,
    sqlite3.SQLITE_IOERR: DiskTrouble.FAILING,
    **dict.fromkeys(_READ_ONLY, DiskTrouble.READ_ONLY),
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Database:
    """One open database. `notice` says what happened while opening, "" if nothing did.

    `refusal` tells whether work is kept for want of room on the disk.
    """

    def __init__(self, path: Path, connection: Connection, *, is_read_only: bool, notice: str) -> None:
        self.path = path
        self.is_read_only = is_read_only
        self.notice = notice
        self.refusal = Refusal()
        self._connection = connection
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._readers = ThreadPoolExecutor(_READERS, "store-reader")
        self._reader = threading.local()
        self._reader_connections: list[Connection] = []
        self._kept: list[tuple[Callable[[Connection], object], Callable[[], None]]] = []
        self._retry: asyncio.Handle | None = None
        self._is_closing = False

    @classmethod
    def open(cls, path: Path, *, for_reading: bool = False) -> "Database":
        """Open, migrate, and set a damaged file aside; as it is `for_reading`. Raises DataFolderUnusable."""
        try:
            if for_reading:
                return cls(path, _connect_reader(path), is_read_only=True, notice="")
            return _open(cls, path)
        except OSError as error:
            raise problems.unwritable(path, error.strerror or str(error), trouble_of(error)) from error
        except sqlite3.Error as error:
            if known := _known(error, path):
                raise known from error
            raise

    @property
    def unsaved_count(self) -> int:
        """Writes that wait for room on the disk."""
        return len(self._kept)

    async def write(self, work: Callable[[Connection], T], *, then: Callable[[], None] | None = None) -> T:
        """Run `work` in one transaction. Once queued it is done, also when the caller is cancelled.

        With `then` the work is kept: when it fails for want of room it is tried again until there is
        room (the error is raised all the same), and `then` follows its commit, in the writer's thread.
        Such work must not mind being run twice.
        """
        writing = asyncio.wrap_future(self._writer.submit(self._run_write, work, then))
        try:
            return await asyncio.shield(writing)
        except DataFolderUnusable:
            self._retry_later()
            raise

    def write_now(self, work: Callable[[Connection], T], *, then: Callable[[], None] | None = None) -> T:
        """As `write`, for the start of the program, before there is an event loop."""
        return self._writer.submit(self._run_write, work, then).result()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a connection of its own: it sees all finished writes and waits for none."""
        return await asyncio.wrap_future(self._readers.submit(self._run_read, work))

    async def aclose(self) -> None:
        """Finish what is queued, try what was kept once more, and close the file."""
        self._is_closing = True
        if self._retry:
            self._retry.cancel()
        self._readers.shutdown(wait=False)
        await asyncio.wrap_future(self._writer.submit(self._close))
        self._writer.shutdown(wait=False)

    def _run_write(self, work: Callable[[Connection], T], then: Callable[[], None] | None) -> T:
        if self.is_read_only:
            raise DatabaseNewer(say("The database was written by a newer version: nothing is changed."))
        try:
            self._write_kept()
            result = self._transact(work)
        except DataFolderUnusable as error:
            if then:
                self._kept.append((work, then))
                self.refusal.report(error)
            raise
        if then:
            then()
        return result

    def _write_kept(self) -> None:
        while self._kept:
            work, then = self._kept[0]
            self._transact(work)
            self._kept.pop(0)
            then()
        self.refusal.report(None)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            result = work(connection)
            connection.execute("COMMIT")
            return result
        except sqlite3.Error as error:
            if known := _known(error, self.path):
                raise known from error
            raise
        finally:
            _roll_back(connection)

    def _run_read(self, work: Callable[[Connection], T]) -> T:
        try:
            if not hasattr(self._reader, "connection"):
                self._reader.connection = _connect_reader(self.path)
                self._reader_connections.append(self._reader.connection)
            return work(self._reader.connection)
        except sqlite3.Error as error:
            if known := _known(error, self.path, is_newer=self.is_read_only):
                raise known from error
            raise

    def _retry_later(self) -> None:
        if self._kept and self._retry is None and not self._is_closing:
            self._retry = asyncio.get_running_loop().call_later(_RETRY_AFTER_S, self._start_retry)

    def _start_retry(self) -> None:
        self._retry = None
        retrying = asyncio.wrap_future(self._writer.submit(self._try_kept))
        retrying.add_done_callback(lambda _: self._retry_later())

    def _try_kept(self) -> None:
        try:
            self._write_kept()
        except StoreError:
            return  # still no room: the caller heard of it when the write failed first

    def _close(self) -> None:
        for reader in self._reader_connections:
            reader.interrupt()
        self._readers.shutdown(wait=True)
        for reader in self._reader_connections:
            reader.close()
        self._try_kept()
        self._connection.close()


_last_id = 0
_id_lock = threading.Lock()


def new_id() -> int:
    """Grows with time, unique on this machine: 42 bits of milliseconds, 21 bits of chance."""
    global _last_id
    with _id_lock:
        fresh = (time.time_ns() // 1_000_000 << 21) | secrets.randbits(21)
        _last_id = max(fresh, _last_id + 1)
        return _last_id


def _open(cls: type[Database], path: Path) -> Database:
    _finish_rebuild(path)
    notice = ""
    if (connection := _connect_if_sound(path)) is None:
        notice = _rebuild(path)
        connection = _connect(path)
    version = _version(connection)
    if version > len(MIGRATIONS):
        connection.close()
        newer = DatabaseNewer(say("The database was written by a newer version of SLM Desk."))
        return cls(path, _connect_reader(path), is_read_only=True, notice=newer.sentence())
    try:
        _migrate(connection, path, version)
        connection.execute("PRAGMA foreign_keys = ON")  # only now: a migration may build a table anew
    except sqlite3.Error:
        connection.close()
        raise
    return cls(path, connection, is_read_only=False, notice=notice)


def _connect_if_sound(path: Path) -> Connection | None:
    """None when it is no database; the whole of it is looked at when damage was found before."""
    try:
        connection = _connect(path)
    except sqlite3.DatabaseError as error:
        if _code(error) in _DAMAGED:
            return None
        raise
    if _suspect_mark(path).exists():
        if not _is_sound(connection):
            connection.close()
            return None
        _suspect_mark(path).unlink()
    return connection


def _is_sound(connection: Connection) -> bool:
    try:
        return str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) == "ok"
    except sqlite3.DatabaseError:
        return False


def _connect(path: Path) -> Connection:
    path.touch(mode=0o600)  # the WAL takes over these rights
    connection = _plain_connection(sqlite3.connect(path, isolation_level=None, check_same_thread=False))
    try:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _connect_reader(path: Path) -> Connection:
    address = f"{path.resolve().as_uri()}?mode=ro"
    return _plain_connection(
        sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    )


def _plain_connection(connection: Connection) -> Connection:
    connection.row_factory = sqlite3.Row
    # One byte that is no UTF-8 must not hide a whole chat.
    connection.text_factory = lambda content: content.decode("utf-8", "replace")
    return connection


def _version(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: Connection, path: Path, version: int) -> None:
    """Each version in one transaction with its number: killed at any step, it is the old or the new one."""
    if 0 < version < len(MIGRATIONS):
        _back_up(connection, path.with_name(f"{path.stem}-v{version}.backup.sqlite"))
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        finally:
            _roll_back(connection)


def _back_up(connection: Connection, target: Path) -> None:
    unfinished = target.with_name(f"{target.name}.tmp")
    unfinished.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(unfinished)) as copy:
        connection.backup(copy)
    unfinished.replace(target)


def _roll_back(connection: Connection) -> None:
    if connection.in_transaction:
        with contextlib.suppress(sqlite3.Error):  # an I/O error has ended the transaction already
            connection.execute("ROLLBACK")


def _rebuild(path: Path) -> str:
    """Copy what can be read into a new file; only when that is whole is the damaged one put aside."""
    rebuilt = _rebuilt(path)
    for suffix in _PARTS:
        rebuilt.with_name(rebuilt.name + suffix).unlink(missing_ok=True)
    with contextlib.closing(_connect(rebuilt)) as fresh:
        _migrate(fresh, rebuilt, 0)
        saved = _salvage(path, fresh)
    damaged = path.with_name(f"database-damaged-{time.strftime('%Y-%m-%d-%H%M%S')}.sqlite")
    for suffix in _PARTS:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(damaged.with_name(damaged.name + suffix))
    _finish_rebuild(path)
    return problems.rebuilt(damaged.name, saved)


def _finish_rebuild(path: Path) -> None:
    if not path.exists() and _rebuilt(path).exists():
        _rebuilt(path).replace(path)
        _suspect_mark(path).unlink(missing_ok=True)


def _rebuilt(path: Path) -> Path:
    return path.with_name(f"{path.name}.rebuilt")


def _salvage(damaged: Path, fresh: Connection) -> int:
    """Every row that can still be read, from both ends of each table."""
    before = fresh.total_changes
    with contextlib.closing(_connect_reader(damaged)) as source:
        fresh.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            for order in ("ASC", "DESC"):
                for row in _readable_rows(source, table, order):
                    _insert_known(fresh, table, row)
        fresh.execute(
            "INSERT INTO chats (id, title, created_at, updated_at) SELECT chat_id, 'Recovered', "
            "min(created_at), max(created_at) FROM messages WHERE chat_id NOT IN (SELECT id FROM chats) "
            "GROUP BY chat_id"
        )
        fresh.execute("UPDATE runs SET batch_id = NULL WHERE batch_id NOT IN (SELECT id FROM batches)")
        fresh.execute("UPDATE runs SET first_id = NULL WHERE first_id NOT IN (SELECT id FROM runs)")
        fresh.execute("DELETE FROM attachments WHERE message_id NOT IN (SELECT id FROM messages)")
        fresh.execute("DELETE FROM unsent_attachments WHERE chat_id NOT IN (SELECT id FROM chats)")
        fresh.execute("DELETE FROM pack_documents WHERE pack_id NOT IN (SELECT id FROM packs)")
        for table in ("run_attachments", "lanes", "votes"):
            fresh.execute(f"DELETE FROM {table} WHERE run_id NOT IN (SELECT id FROM runs)")  # noqa: S608 (ours)
        fresh.execute("COMMIT")
    return fresh.total_changes - before


def _readable_rows(source: Connection, table: str, order: str) -> Iterator[Row]:
    with contextlib.suppress(sqlite3.DatabaseError):  # the rest lies behind the damage
        yield from source.execute(f"SELECT * FROM {table} ORDER BY rowid {order}")  # noqa: S608 (our own names)


def _insert_known(fresh: Connection, table: str, row: Row) -> None:
    known = {column["name"] for column in fresh.execute(f"PRAGMA table_info({table})")}
    columns = [name for name in row.keys() if name in known]  # noqa: SIM118 (a Row iterates over its values)
    statement = (
        f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) "  # noqa: S608 (names of our own schema)
        f"VALUES ({', '.join('?' * len(columns))})"
    )
    fresh.execute(statement, [row[name] for name in columns])


def _suspect_mark(path: Path) -> Path:
    """Present when a read found damage: the next start looks at the whole file."""
    return path.with_name(f"{path.name}.suspect")


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind, the rest the detail


def _known(error: sqlite3.Error, path: Path, *, is_newer: bool = False) -> StoreError | None:
    """What the user is told of an error of SQLite; None when it is a bug of this program."""
    code = _code(error)
    if code in _UNWRITABLE:
        return problems.unwritable(path, str(error), _UNWRITABLE[code])
    if code in _DAMAGED:
        with contextlib.suppress(OSError):
            _suspect_mark(path).touch()
        return problems.damaged(path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(say("Another program uses the database."), next_step=say("Close it and try again."))
    if is_newer:
        return DatabaseNewer(say("This part of the database can be read by a newer version alone."))
    return None
