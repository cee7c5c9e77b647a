"""Comparison runs: one prompt, several lanes, one vote."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.store.db import Connection, Database, Row, new_id
from slmdesk.store.journal import AnswerWriter, Journal, Leftover
from slmdesk.store.recovery import recover_leftovers
from slmdesk.store.text import as_seconds, as_text, from_json, storable, title_from, to_json

VoteKind: TypeAlias = Literal["best", "tie", "none"]

_KIND = "lane"
_CUT_SHORT = "SLM Desk ended before the answer did."


@dataclass(frozen=True, slots=True)
class NewLane:
    """A column to be run: the model and how it is asked, as plain JSON (features.compare knows it)."""

    model_ref: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredLane:
    """One column with its answer. Until an answer is stored it is "interrupted": so a crash leaves it."""

    id: str
    run_id: str
    position: int
    model_ref: str
    settings: Mapping[str, Any]
    text: str
    thinking: str
    state: str
    error: str
    timings: Mapping[str, float | int | None]
    stop_reason: str | None
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Vote:
    """What the reader thought: one lane is best, some are equal, or none is good."""

    kind: VoteKind
    lane_id: str | None
    created_at: float


@dataclass(frozen=True, slots=True)
class Run:
    """One prompt to several lanes, in the order of the columns."""

    id: str
    prompt: str
    created_at: float
    is_sequential: bool
    lanes: tuple[StoredLane, ...]
    vote: Vote | None = None


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
        """The newest first."""
        return await self._db.read(lambda connection: _list(connection, limit, offset))

    async def create(self, prompt: str, lanes: Sequence[NewLane], *, is_sequential: bool = False) -> Run:
        """Commit the prompt and its lanes, before anything is sent."""
        run_id = str(new_id())
        run = Run(
            id=run_id,
            prompt=storable(prompt),
            created_at=time.time(),
            is_sequential=is_sequential,
            lanes=tuple(_new_lane(run_id, position, lane) for position, lane in enumerate(lanes)),
        )
        await self._db.write(lambda connection: _insert(connection, run))
        return run

    async def load(self, run_id: str) -> Run:
        """The run with the latest lane of each column; raises BadInput when it is gone."""
        return await self._db.read(lambda connection: _load(connection, run_id))

    async def replace_lane(self, lane: StoredLane, successor: NewLane) -> StoredLane:
        """Run a column again, or with another model: the old answer stays in the database, unseen."""
        fresh = _new_lane(lane.run_id, lane.position, successor)
        await self._db.write(lambda connection: _insert_lane(connection, fresh))
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
        timings: Mapping[str, float | int | None] | None = None,
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

    async def vote(self, run_id: str, kind: VoteKind, lane_id: str | None = None) -> Vote:
        """Keep the reader's choice; a new one takes the place of the old."""
        vote = Vote(kind, lane_id, time.time())

        def insert(connection: Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO votes (run_id, kind, lane_id, created_at) VALUES (?, ?, ?, ?)",
                (run_id, vote.kind, vote.lane_id, vote.created_at),
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
            values = ("interrupted", None, _CUT_SHORT, "{}", leftover.thinking, leftover.text)
            _store_answer(connection, (*values, leftover.header["id"]))
        stored.append(leftover)
    connection.execute("DELETE FROM runs WHERE deleted_at IS NOT NULL")
    return stored


def _new_lane(run_id: str, position: int, lane: NewLane) -> StoredLane:
    return StoredLane(
        id=str(new_id()),
        run_id=run_id,
        position=position,
        model_ref=storable(lane.model_ref),
        settings=lane.settings,
        text="",
        thinking="",
        state="interrupted",
        error="",
        timings={},
        stop_reason=None,
    )


def _insert(connection: Connection, run: Run) -> None:
    connection.execute(
        "INSERT INTO runs (id, prompt, created_at, is_sequential) VALUES (?, ?, ?, ?)",
        (run.id, run.prompt, run.created_at, run.is_sequential),
    )
    for lane in run.lanes:
        _insert_lane(connection, lane)


def _insert_lane(connection: Connection, lane: StoredLane) -> None:
    connection.execute(
        "INSERT INTO lanes (id, run_id, position, model_ref, settings, state) VALUES (?, ?, ?, ?, ?, ?)",
        (lane.id, lane.run_id, lane.position, lane.model_ref, to_json(lane.settings), lane.state),
    )


def _store_answer(connection: Connection, values: tuple[str | None, ...]) -> None:
    connection.execute(
        "UPDATE lanes SET state = ?, stop_reason = ?, error = ?, timings = ?, thinking = ?, text = ? "
        "WHERE id = ?",
        values,
    )


def _list(connection: Connection, limit: int, offset: int) -> Sequence[RunSummary]:
    rows = connection.execute(
        "SELECT runs.id, prompt, runs.created_at, kind FROM runs LEFT JOIN votes ON votes.run_id = runs.id "
        "WHERE deleted_at IS NULL ORDER BY runs.id DESC LIMIT ? OFFSET ?",
        (limit, offset),
    ).fetchall()
    return [
        RunSummary(
            id=str(row["id"]),
            title=title_from(as_text(row["prompt"])),
            created_at=as_seconds(row["created_at"]),
            model_refs=tuple(lane.model_ref for lane in _lanes(connection, row["id"])),
            vote_kind=_vote_kind(row["kind"]),
        )
        for row in rows
    ]


def _load(connection: Connection, run_id: str) -> Run:
    row = connection.execute("SELECT * FROM runs WHERE id = ? AND deleted_at IS NULL", (run_id,)).fetchone()
    if row is None:
        raise BadInput("This comparison is not there any more.")
    vote = connection.execute("SELECT * FROM votes WHERE run_id = ?", (run_id,)).fetchone()
    return Run(
        id=str(row["id"]),
        prompt=as_text(row["prompt"]),
        created_at=as_seconds(row["created_at"]),
        is_sequential=bool(row["is_sequential"]),
        lanes=_lanes(connection, run_id),
        vote=_vote(vote),
    )


def _lanes(connection: Connection, run_id: str | int) -> tuple[StoredLane, ...]:
    """The newest lane of each position."""
    rows = connection.execute("SELECT * FROM lanes WHERE run_id = ? ORDER BY id", (run_id,))
    latest = {row["position"]: _lane(row) for row in rows}
    return tuple(latest[position] for position in sorted(latest))


def _lane(row: Row) -> StoredLane:
    settings, timings = from_json(row["settings"]), from_json(row["timings"])
    return StoredLane(
        id=str(row["id"]),
        run_id=str(row["run_id"]),
        position=row["position"],
        model_ref=as_text(row["model_ref"]),
        settings=settings or {},
        text=as_text(row["text"]),
        thinking=as_text(row["thinking"]),
        state=as_text(row["state"]),
        error=as_text(row["error"]),
        timings=timings or {},
        stop_reason=None if row["stop_reason"] is None else as_text(row["stop_reason"]),
        is_damaged=settings is None or timings is None,
    )


def _vote(row: Row | None) -> Vote | None:
    kind = _vote_kind(row["kind"]) if row else None
    if row is None or kind is None:
        return None
    lane_id = None if row["lane_id"] is None else str(row["lane_id"])
    return Vote(kind, lane_id, as_seconds(row["created_at"]))


def _vote_kind(value: object) -> VoteKind | None:
    return value if value in ("best", "tie", "none") else None
