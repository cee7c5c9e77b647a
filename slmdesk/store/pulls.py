"""Models that are being fetched: their order and state, and where those that were fetched came from."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slmdesk.store.db import Connection, Database, Row, new_id
from slmdesk.store.text import as_text, from_json, storable, to_json


@dataclass(frozen=True, slots=True)
class StoredPull:
    """`source` and `files` are plain JSON (features.pulls.queue knows them); empty when damaged."""

    id: str
    place: float
    engine_id: str
    name: str
    source: Mapping[str, Any]
    state: str
    files: Sequence[Mapping[str, Any]] = ()
    error: str = ""


class Pulls:
    """All pulls of one database, in their order."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @staticmethod
    def fresh_id() -> str:
        return str(new_id())

    async def list(self) -> Sequence[StoredPull]:
        """By their place."""

        def read(connection: Connection) -> Sequence[StoredPull]:
            return [_pull(row) for row in connection.execute("SELECT * FROM pulls ORDER BY place, id")]

        return await self._db.read(read)

    async def save(self, pull: StoredPull) -> None:
        """Keep it, in the place of what was kept of it before."""
        values = (
            pull.id,
            pull.place,
            pull.engine_id,
            storable(pull.name),
            to_json(pull.source),
            pull.state,
            to_json({"files": list(pull.files)}),
            storable(pull.error),
            time.time(),
        )

        def save(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO pulls (id, place, engine_id, name, source, state, files, error, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET place = excluded.place, "
                "state = excluded.state, files = excluded.files, error = excluded.error",
                values,
            )

        await self._db.write(save)

    async def delete(self, pull_id: str) -> None:
        """Forget it; what it fetched is not touched."""

        def delete(connection: Connection) -> None:
            connection.execute("DELETE FROM pulls WHERE id = ?", (pull_id,))

        await self._db.write(delete)


def _pull(row: Row) -> StoredPull:
    files = (from_json(row["files"]) or {}).get("files")
    return StoredPull(
        str(row["id"]),
        float(row["place"]),
        as_text(row["engine_id"]),
        as_text(row["name"]),
        from_json(row["source"]) or {},
        as_text(row["state"]),
        tuple(file for file in files if isinstance(file, dict)) if isinstance(files, list) else (),
        as_text(row["error"]),
    )
