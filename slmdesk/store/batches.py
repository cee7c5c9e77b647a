"""Lists of prompts: one run for each, all stored before the first is asked."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.store.db import Connection, Database, new_id
from slmdesk.store.run_rows import NewLane, Run, insert_run, new_run, read_run
from slmdesk.store.text import as_seconds, as_text, storable


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A list of prompts with its runs, in the order of the list."""

    id: str
    name: str
    created_at: float
    is_sequential: bool
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """A line in the list of batches; `done_count` and `lane_count` count single answers."""

    id: str
    name: str
    created_at: float
    prompt_count: int
    lane_count: int
    done_count: int


class Batches:
    """All lists of prompts of one database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(
        self,
        name: str,
        prompts: Sequence[str],
        lanes: Sequence[NewLane],
        *,
        is_sequential: bool,
        machine: Mapping[str, Any] | None = None,
    ) -> StoredBatch:
        """Commit every prompt with its lanes at once: what has no answer yet waits."""
        batch_id = str(new_id())
        runs = tuple(
            replace(
                new_run(prompt, lanes, is_sequential=is_sequential), batch_id=batch_id, machine=machine or {}
            )
            for prompt in prompts
        )
        batch = StoredBatch(batch_id, storable(name), time.time(), is_sequential, runs)
        await self._db.write(lambda connection: _insert(connection, batch))
        return batch

    async def load(self, batch_id: str) -> StoredBatch:
        """The list with the latest answers; raises BadInput when it is gone."""
        return await self._db.read(lambda connection: _load(connection, batch_id))

    async def list(self, limit: int = 1_000) -> Sequence[BatchSummary]:
        """The newest first."""
        return await self._db.read(lambda connection: _list(connection, limit))

    async def rename(self, batch_id: str, name: str) -> None:
        await self._change("UPDATE batches SET name = ? WHERE id = ?", storable(name), batch_id)

    async def delete(self, batch_id: str) -> None:
        """Take the batch out of the list; `undelete` brings it back, until the program starts again."""
        await self._change("UPDATE batches SET deleted_at = ? WHERE id = ?", time.time(), batch_id)

    async def undelete(self, batch_id: str) -> None:
        await self._change("UPDATE batches SET deleted_at = NULL WHERE id = ?", batch_id)

    async def _change(self, statement: str, *values: str | float) -> None:
        def change(connection: Connection) -> None:
            connection.execute(statement, values)

        await self._db.write(change)


def _insert(connection: Connection, batch: StoredBatch) -> None:
    connection.execute(
        "INSERT INTO batches (id, name, created_at, is_sequential) VALUES (?, ?, ?, ?)",
        (batch.id, batch.name, batch.created_at, batch.is_sequential),
    )
    for run in batch.runs:
        insert_run(connection, run)


def _load(connection: Connection, batch_id: str) -> StoredBatch:
    row = connection.execute(
        "SELECT * FROM batches WHERE id = ? AND deleted_at IS NULL", (batch_id,)
    ).fetchone()
    if row is None:
        raise BadInput(say("This list of prompts is not there any more."))
    runs = connection.execute(
        "SELECT * FROM runs WHERE batch_id = ? AND first_id IS NULL AND deleted_at IS NULL ORDER BY id",
        (batch_id,),
    ).fetchall()
    return StoredBatch(
        id=str(row["id"]),
        name=as_text(row["name"]),
        created_at=as_seconds(row["created_at"]),
        is_sequential=bool(row["is_sequential"]),
        runs=tuple(read_run(connection, run) for run in runs),
    )


def _list(connection: Connection, limit: int) -> Sequence[BatchSummary]:
    rows = connection.execute(
        "SELECT batches.id, name, batches.created_at, count(DISTINCT runs.id) AS prompts, "
        "count(DISTINCT runs.id || '/' || position) AS lanes, "
        "count(DISTINCT CASE state WHEN 'done' THEN runs.id || '/' || position END) AS done "
        "FROM batches LEFT JOIN runs ON batch_id = batches.id AND first_id IS NULL "
        "LEFT JOIN lanes ON run_id = runs.id "
        "WHERE batches.deleted_at IS NULL GROUP BY batches.id ORDER BY batches.id DESC LIMIT ?",
        (limit,),
    ).fetchall()
    return [
        BatchSummary(
            id=str(row["id"]),
            name=as_text(row["name"]),
            created_at=as_seconds(row["created_at"]),
            prompt_count=row["prompts"],
            lane_count=row["lanes"],
            done_count=row["done"],
        )
        for row in rows
    ]
