"""The user's packs: documents, questions, expected answers, and how each was evaluated last."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slmdesk.base.errors import BadInput, DataFolderUnusable
from slmdesk.base.words import say
from slmdesk.store.db import Connection, Database, new_id
from slmdesk.store.text import as_text, from_json, storable, to_json


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """`name` is unique in its pack."""

    name: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class StoredPack:
    """`content` is the pack without its documents, `setup` how it was evaluated last, both plain JSON;
    {} where a row is damaged.
    """

    id: str
    title: str
    content: Mapping[str, Any]
    setup: Mapping[str, Any] = field(default_factory=dict)
    documents: tuple[StoredDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class PackSummary:
    """A line in the menu of packs."""

    id: str
    title: str
    document_count: int


class Packs:
    """All packs of one database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @staticmethod
    def new_id() -> str:
        """For a pack that is stored with its first `save`."""
        return str(new_id())

    async def forget_deleted(self) -> None:
        """Packs that were deleted before the program started go for good."""
        if not self._db.is_read_only:
            with contextlib.suppress(DataFolderUnusable):  # they stay deleted, and go at another start
                await self._db.write(_forget_deleted)

    async def list(self) -> Sequence[PackSummary]:
        """The one that was used last comes first."""
        return await self._db.read(_list)

    async def load(self, pack_id: str) -> StoredPack:
        """The whole pack; raises BadInput when it is gone."""
        return await self._db.read(lambda connection: _load(connection, pack_id))

    async def save(self, pack: StoredPack, before: StoredPack | None = None) -> None:
        """Store what differs from `before`, which was stored last; without it, the whole pack.

        Without room on the disk it is stored as soon as there is some; DataFolderUnusable tells of it.
        """
        await self._db.write(lambda connection: _save(connection, pack, before), then=lambda: None)

    async def use(self, pack_id: str) -> None:
        """It comes first in the list from now on."""
        await self._change("UPDATE packs SET updated_at = ? WHERE id = ?", time.time(), pack_id)

    async def delete(self, pack_id: str) -> None:
        """Take the pack out of the list; `undelete` brings it back until `forget_deleted`."""
        await self._change("UPDATE packs SET deleted_at = ? WHERE id = ?", time.time(), pack_id)

    async def undelete(self, pack_id: str) -> None:
        await self._change("UPDATE packs SET deleted_at = NULL WHERE id = ?", pack_id)

    async def _change(self, statement: str, *values: str | float) -> None:
        def change(connection: Connection) -> None:
            connection.execute(statement, values)

        await self._db.write(change)


def _forget_deleted(connection: Connection) -> None:
    connection.execute("DELETE FROM packs WHERE deleted_at IS NOT NULL")


def _list(connection: Connection) -> Sequence[PackSummary]:
    rows = connection.execute(
        "SELECT id, title, (SELECT count(*) FROM pack_documents WHERE pack_id = packs.id) AS documents "
        "FROM packs WHERE deleted_at IS NULL ORDER BY updated_at DESC, id DESC"
    ).fetchall()
    return [PackSummary(str(row["id"]), as_text(row["title"]), row["documents"]) for row in rows]


def _load(connection: Connection, pack_id: str) -> StoredPack:
    row = connection.execute("SELECT * FROM packs WHERE id = ? AND deleted_at IS NULL", (pack_id,)).fetchone()
    if row is None:
        raise BadInput(say("This pack is not there any more."))
    documents = connection.execute(
        "SELECT name, text, source FROM pack_documents WHERE pack_id = ? ORDER BY place, name", (pack_id,)
    ).fetchall()
    return StoredPack(
        id=str(row["id"]),
        title=as_text(row["title"]),
        content=from_json(row["content"]) or {},
        setup=from_json(row["setup"]) or {},
        documents=tuple(StoredDocument(*map(as_text, each)) for each in documents),
    )


def _save(connection: Connection, pack: StoredPack, before: StoredPack | None) -> None:
    now = time.time()
    connection.execute(
        "INSERT INTO packs (id, title, content, created_at, updated_at) VALUES (?, '', '{}', ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at",
        (pack.id, now, now),
    )
    for column, value_of in _COLUMNS.items():
        value = value_of(pack)
        if before is None or value != value_of(before):
            connection.execute(f"UPDATE packs SET {column} = ? WHERE id = ?", (value, pack.id))  # noqa: S608  # names of ours
    _save_documents(connection, pack, before.documents if before else None)


_COLUMNS: Mapping[str, Callable[[StoredPack], str]] = {
    "title": lambda pack: storable(pack.title),
    "content": lambda pack: to_json(pack.content),
    "setup": lambda pack: to_json(pack.setup),
}


def _save_documents(
    connection: Connection, pack: StoredPack, before: Sequence[StoredDocument] | None
) -> None:
    """Those that are gone, then those that are new, changed or moved."""
    known = {document.name: (place, document) for place, document in enumerate(before or ())}
    gone = known.keys() - {document.name for document in pack.documents}
    if before is None:
        connection.execute("DELETE FROM pack_documents WHERE pack_id = ?", (pack.id,))
    for name in gone:
        connection.execute(
            "DELETE FROM pack_documents WHERE pack_id = ? AND name = ?", (pack.id, storable(name))
        )
    for place, document in enumerate(pack.documents):
        then = known.get(document.name)
        if then is None or (then[1] is not document and then[1] != document):
            values = map(storable, (document.name, document.text, document.source))
            connection.execute(
                "INSERT OR REPLACE INTO pack_documents (pack_id, place, name, text, source) "
                "VALUES (?, ?, ?, ?, ?)",
                (pack.id, place, *values),
            )
        elif then[0] != place:
            connection.execute(
                "UPDATE pack_documents SET place = ? WHERE pack_id = ? AND name = ?",
                (place, pack.id, storable(document.name)),
            )
