"""What evaluations have found, kept for choosing models by."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slmdesk.store.db import Connection, Database, new_id
from slmdesk.store.text import as_seconds, as_text, from_json, storable, to_json


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """`content` is plain JSON; {} where the row is damaged. `created_at` in seconds since 1970."""

    id: str
    pack_title: str
    content: Mapping[str, Any]
    created_at: float


class Findings:
    """All findings of one database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, pack_title: str, content: Mapping[str, Any]) -> StoredFinding:
        """Keep it, beside earlier ones of the same pack; raises StoreError."""
        finding = StoredFinding(str(new_id()), pack_title, content, time.time())
        await self.restore(finding)
        return finding

    async def list(self) -> Sequence[StoredFinding]:
        """The newest first."""
        return await self._db.read(_list)

    async def delete(self, finding_id: str) -> None:
        """For good, unless it is given to `restore`."""

        def delete(connection: Connection) -> None:
            connection.execute("DELETE FROM findings WHERE id = ?", (finding_id,))

        await self._db.write(delete)

    async def restore(self, finding: StoredFinding) -> None:
        """As it was before it was deleted."""
        values = finding.id, storable(finding.pack_title), to_json(finding.content), finding.created_at

        def insert(connection: Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO findings (id, pack_title, content, created_at) VALUES (?, ?, ?, ?)",
                values,
            )

        await self._db.write(insert)


def _list(connection: Connection) -> Sequence[StoredFinding]:
    rows = connection.execute("SELECT * FROM findings ORDER BY id DESC").fetchall()
    return [
        StoredFinding(
            id=str(row["id"]),
            pack_title=as_text(row["pack_title"]),
            content=from_json(row["content"]) or {},
            created_at=as_seconds(row["created_at"]),
        )
        for row in rows
    ]
