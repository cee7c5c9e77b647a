"""What evaluations have found, kept for whoever builds on it: which model is good enough for which task."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slmdesk.store.db import Connection, Database, Row
from slmdesk.store.text import as_seconds, as_text, from_json, storable, to_json


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """`content` is plain JSON (features.evaluate.finding writes it); empty when it is damaged."""

    id: str
    pack_title: str
    content: Mapping[str, Any]
    created_at: float


class Findings:
    """All findings of one database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, pack_title: str, content: Mapping[str, Any]) -> str:
        """Keep one; returns its id. Raises StoreError."""

        def add(connection: Connection) -> str:
            done = connection.execute(
                "INSERT INTO findings (pack_title, content, created_at) VALUES (?, ?, ?)",
                (storable(pack_title), to_json(content), time.time()),
            )
            return str(done.lastrowid)

        return await self._db.write(add)

    async def delete(self, finding_id: str) -> None:
        """Take one back."""
        await self._db.write(
            lambda connection: connection.execute("DELETE FROM findings WHERE id = ?", (finding_id,))
        )

    async def list(self) -> Sequence[StoredFinding]:
        """The newest first."""
        return await self._db.read(_list)


def _list(connection: Connection) -> Sequence[StoredFinding]:
    rows = connection.execute("SELECT * FROM findings ORDER BY created_at DESC, id DESC").fetchall()
    return [_finding(row) for row in rows]


def _finding(row: Row) -> StoredFinding:
    content = from_json(row["content"], {})
    return StoredFinding(
        str(row["id"]),
        as_text(row["pack_title"]),
        content if isinstance(content, dict) else {},
        as_seconds(row["created_at"]),
    )
