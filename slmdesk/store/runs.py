"""Comparison runs: one prompt, several lanes, one vote; a run may go on with the one before."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import later, say
from slmdesk.store.attachments import Holder, StoredAttachment, read_attachments_of
from slmdesk.store.db import Connection, Database
from slmdesk.store.journal import AnswerWriter, Journal, Leftover
from slmdesk.store.recovery import recover_leftovers
from slmdesk.store.run_rows import (
    Exchange,
    NewLane,
    Run,
    StoredLane,
    Vote,
    VoteKind,
    insert_lane,
    insert_run,
    new_lane,
    new_run,
    read_lane,
    read_lanes,
    read_run,
    vote_kind,
)
from slmdesk.store.text import as_seconds, as_text, storable, title_from, to_json

__all__ = ["Exchange", "NewLane", "Run", "RunSummary", "Runs", "StoredLane", "Vote", "VoteKind"]

_KIND = "lane"
_CUT_SHORT = later("SLM Desk ended before the answer did.")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A line in the list of runs."""

    id: str
    title: str
    created_at: float
    model_refs: tuple[str, ...]
    vote_kind: VoteKind | None


class Runs:
    """All runs of one database. The constructor stores answers that a crash interrupted."""

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._journal = journal
        if not db.is_read_only:
            recover_leftovers(db, journal, _KIND, _recover)

    async def list(self, limit: int = 1_000, offset: int = 0) -> Sequence[RunSummary]:
        """The newest first; follow-up questions and the runs of a batch stand inside theirs."""
        return await self._db.read(lambda connection: _list(connection, limit, offset))

    async def create(
        self,
        prompt: str,
        lanes: Sequence[NewLane],
        *,
        is_sequential: bool = False,
        first_id: str | None = None,
        blind_seed: int | None = None,
        machine: Mapping[str, Any] | None = None,
        attachments: Sequence[StoredAttachment] = (),
    ) -> Run:
        """Commit the prompt and its lanes, before anything is sent."""
        run = replace(
            new_run(prompt, lanes, is_sequential=is_sequential),
            first_id=first_id,
            blind_seed=blind_seed,
            machine=machine or {},
            attachments=tuple(attachments),
        )
        await self._db.write(lambda connection: insert_run(connection, run))
        return run

    async def load(self, run_id: str) -> Run:
        """The run with the latest lane of each column; raises BadInput when it is gone."""
        return await self._db.read(lambda connection: _load(connection, run_id))

    async def turns(self, run_id: str) -> tuple[Run, ...]:
        """The conversation that the run belongs to, from its first question; raises BadInput."""
        return await self._db.read(lambda connection: _turns(connection, run_id))

    async def history(self, lane_id: str) -> tuple[Exchange, ...]:
        """What was asked and answered before this lane, the oldest first, as it was told then."""
        return await self._db.read(lambda connection: _history(connection, lane_id))

    async def replace_lane(self, lane: StoredLane, successor: NewLane) -> StoredLane:
        """Run a column again, or with another model: the old answer stays in the database, unseen."""
        fresh = new_lane(lane.run_id, lane.position, successor)
        await self._db.write(lambda connection: insert_lane(connection, fresh))
        return fresh

    async def start_lane(self, lane_id: str) -> AnswerWriter:
        """Begin the lane's answer."""
        return self._journal.writer(lane_id, {"kind": _KIND, "id": lane_id})

    async def finish_lane(
        self,
        lane_id: str,
        writer: AnswerWriter,
        *,
        state: str,
        stop_reason: str | None = None,
        error: str = "",
        timings: Mapping[str, Any] | None = None,
    ) -> None:
        """Store the answer in one commit. Without room on the disk it is stored as soon as there is some."""
        values = (
            state,
            stop_reason,
            storable(error),
            to_json(timings or {}),
            writer.thinking,
            writer.text,
            lane_id,
        )
        await self._db.write(lambda connection: _store_answer(connection, values), then=writer.end)

    async def vote(
        self, run_id: str, kind: VoteKind, lane_id: str | None = None, *, is_blind: bool = False
    ) -> Vote:
        """Keep the reader's choice; a new one takes the place of the old."""
        vote = Vote(kind, lane_id, time.time(), is_blind)

        def insert(connection: Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO votes (run_id, kind, lane_id, created_at, is_blind) "
                "VALUES (?, ?, ?, ?, ?)",
                (run_id, vote.kind, vote.lane_id, vote.created_at, vote.is_blind),
            )

        await self._db.write(insert)
        return vote

    async def withdraw_vote(self, run_id: str) -> None:
        """Undo of `vote`."""
        await self._change("DELETE FROM votes WHERE run_id = ?", run_id)

    async def delete(self, run_id: str) -> None:
        """Take the run out of the list; `undelete` brings it back, until the program starts again."""
        await self._change("UPDATE runs SET deleted_at = unixepoch() WHERE id = ?", run_id)

    async def undelete(self, run_id: str) -> None:
        await self._change("UPDATE runs SET deleted_at = NULL WHERE id = ?", run_id)

    async def _change(self, statement: str, run_id: str) -> None:
        def change(connection: Connection) -> None:
            connection.execute(statement, (run_id,))

        await self._db.write(change)


def _recover(connection: Connection, leftovers: Sequence[Leftover]) -> Sequence[Leftover]:
    """Store interrupted answers (not those whose run is in another database), and purge deleted runs."""
    stored = []
    for leftover in leftovers:
        row = connection.execute(
            "SELECT state, error FROM lanes WHERE id = ?", (leftover.header.get("id"),)
        ).fetchone()
        if row is None:
            continue
        if row["state"] == "interrupted" and not row["error"]:  # else it was stored just before the end
            values = ("interrupted", None, say(_CUT_SHORT), "{}", leftover.thinking, leftover.text)
            _store_answer(connection, (*values, leftover.header["id"]))
        stored.append(leftover)
    connection.execute("DELETE FROM runs WHERE deleted_at IS NOT NULL")
    connection.execute("DELETE FROM batches WHERE deleted_at IS NOT NULL")
    return stored


def _store_answer(connection: Connection, values: tuple[str | None, ...]) -> None:
    connection.execute(
        "UPDATE lanes SET state = ?, stop_reason = ?, error = ?, timings = ?, thinking = ?, text = ? "
        "WHERE id = ?",
        values,
    )


def _list(connection: Connection, limit: int, offset: int) -> Sequence[RunSummary]:
    rows = connection.execute(
        "SELECT runs.id, prompt, runs.created_at, kind FROM runs LEFT JOIN votes ON votes.run_id = runs.id "
        "WHERE deleted_at IS NULL AND first_id IS NULL AND batch_id IS NULL "
        "ORDER BY runs.id DESC LIMIT ? OFFSET ?",
        (limit, offset),
    ).fetchall()
    return [
        RunSummary(
            id=str(row["id"]),
            title=title_from(as_text(row["prompt"])),
            created_at=as_seconds(row["created_at"]),
            model_refs=tuple(lane.model_ref for lane in read_lanes(connection, row["id"])),
            vote_kind=vote_kind(row["kind"]),
        )
        for row in rows
    ]


def _load(connection: Connection, run_id: str) -> Run:
    row = connection.execute("SELECT * FROM runs WHERE id = ? AND deleted_at IS NULL", (run_id,)).fetchone()
    if row is None:
        raise BadInput(say("This comparison is not there any more."))
    return read_run(connection, row)


def _turns(connection: Connection, run_id: str) -> tuple[Run, ...]:
    run = _load(connection, run_id)
    first_id = run.first_id or run.id
    rows = connection.execute(
        "SELECT * FROM runs WHERE (id = ? OR first_id = ?) AND deleted_at IS NULL ORDER BY id",
        (first_id, first_id),
    )
    return tuple(read_run(connection, row) for row in rows.fetchall())


def _history(connection: Connection, lane_id: str) -> tuple[Exchange, ...]:
    exchanges: list[Exchange] = []
    row = connection.execute("SELECT * FROM lanes WHERE id = ?", (lane_id,)).fetchone()
    while row is not None and row["previous_id"] is not None:
        before = row["id"]
        row = connection.execute(
            "SELECT lanes.*, prompt FROM lanes JOIN runs ON runs.id = run_id "
            "WHERE lanes.id = ? AND lanes.id < ?",
            (row["previous_id"], before),  # an answer is always older: a damaged link ends the history
        ).fetchone()
        if row is not None:
            attached = read_attachments_of(connection, Holder.RUN, row["run_id"])
            exchanges.append(Exchange(as_text(row["prompt"]), read_lane(row), attached))
    return tuple(exchanges[::-1])
