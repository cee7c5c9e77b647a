"""A comparison run as rows: its lanes and its vote, read without trust."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from slmdesk.store.attachments import Holder, StoredAttachment, insert_attachments, read_attachments_of
from slmdesk.store.db import Connection, Row, new_id
from slmdesk.store.text import as_seconds, as_text, from_json, storable, to_json

VoteKind: TypeAlias = Literal["best", "tie", "none"]


@dataclass(frozen=True, slots=True)
class NewLane:
    """A column to be run: the model and how it is asked, as plain JSON (features.compare knows it).

    `previous_id` is the answer in an earlier run that this column goes on from.
    """

    model_ref: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    previous_id: str | None = None


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
    timings: Mapping[str, Any]
    stop_reason: str | None
    is_damaged: bool = False
    previous_id: str | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """What the reader thought: one lane is best, some are equal, or none is good.

    `is_blind` says that the names were hidden at that moment.
    """

    kind: VoteKind
    lane_id: str | None
    created_at: float
    is_blind: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One prompt to several lanes, in the order of the columns.

    `first_id` is the run whose conversation this one goes on with, `batch_id` the list of prompts
    it belongs to, `blind_seed` shuffles the columns of a blind run. `machine` is plain JSON.
    """

    id: str
    prompt: str
    created_at: float
    is_sequential: bool
    lanes: tuple[StoredLane, ...]
    vote: Vote | None = None
    first_id: str | None = None
    batch_id: str | None = None
    blind_seed: int | None = None
    machine: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[StoredAttachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of a lane's history with what was attached to it, and what it answered."""

    prompt: str
    answer: StoredLane
    attachments: tuple[StoredAttachment, ...] = ()


def new_lane(run_id: str, position: int, lane: NewLane) -> StoredLane:
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
        previous_id=lane.previous_id,
    )


def new_run(prompt: str, lanes: Sequence[NewLane], *, is_sequential: bool) -> Run:
    """A run with ids of its own, not stored yet."""
    run_id = str(new_id())
    return Run(
        id=run_id,
        prompt=storable(prompt),
        created_at=time.time(),
        is_sequential=is_sequential,
        lanes=tuple(new_lane(run_id, position, lane) for position, lane in enumerate(lanes)),
    )


def insert_run(connection: Connection, run: Run) -> None:
    """The run with its lanes and what was attached."""
    connection.execute(
        "INSERT INTO runs (id, prompt, created_at, is_sequential, first_id, batch_id, blind_seed, machine) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run.id,
            run.prompt,
            run.created_at,
            run.is_sequential,
            run.first_id,
            run.batch_id,
            run.blind_seed,
            to_json(run.machine),
        ),
    )
    insert_attachments(connection, Holder.RUN, run.id, run.attachments)
    for lane in run.lanes:
        insert_lane(connection, lane)


def insert_lane(connection: Connection, lane: StoredLane) -> None:
    connection.execute(
        "INSERT INTO lanes (id, run_id, position, model_ref, settings, state, previous_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            lane.id,
            lane.run_id,
            lane.position,
            lane.model_ref,
            to_json(lane.settings),
            lane.state,
            lane.previous_id,
        ),
    )


def read_run(connection: Connection, row: Row) -> Run:
    """A row of `runs` with its lanes and its vote."""
    vote = connection.execute("SELECT * FROM votes WHERE run_id = ?", (row["id"],)).fetchone()
    seed = row["blind_seed"]
    return Run(
        id=str(row["id"]),
        prompt=as_text(row["prompt"]),
        created_at=as_seconds(row["created_at"]),
        is_sequential=bool(row["is_sequential"]),
        lanes=read_lanes(connection, row["id"]),
        vote=_vote(vote),
        first_id=_id(row["first_id"]),
        batch_id=_id(row["batch_id"]),
        blind_seed=seed if isinstance(seed, int) else None,
        machine=from_json(row["machine"]) or {},
        attachments=read_attachments_of(connection, Holder.RUN, row["id"]),
    )


def read_lanes(connection: Connection, run_id: str | int) -> tuple[StoredLane, ...]:
    """The newest lane of each position."""
    rows = connection.execute("SELECT * FROM lanes WHERE run_id = ? ORDER BY id", (run_id,))
    latest = {row["position"]: read_lane(row) for row in rows}
    return tuple(latest[position] for position in sorted(latest))


def read_lane(row: Row) -> StoredLane:
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
        previous_id=_id(row["previous_id"]),
    )


def _vote(row: Row | None) -> Vote | None:
    kind = vote_kind(row["kind"]) if row else None
    if row is None or kind is None:
        return None
    return Vote(kind, _id(row["lane_id"]), as_seconds(row["created_at"]), bool(row["is_blind"]))


def _id(value: object) -> str | None:
    return None if value is None else str(value)


def vote_kind(value: object) -> VoteKind | None:
    return value if value in ("best", "tie", "none") else None
