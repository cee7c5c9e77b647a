"""All votes over comparisons, as a rating reads them: who stood there, and who was best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slmdesk.store.db import Connection, Database
from slmdesk.store.run_rows import VoteKind
from slmdesk.store.text import as_text, from_json


@dataclass(frozen=True, slots=True)
class Contestant:
    """One column that had given an answer."""

    model_ref: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ballot:
    """One vote over one run. `best` is a place in `contestants`; None when none of them was named."""

    run_id: str
    kind: VoteKind
    is_blind: bool
    contestants: tuple[Contestant, ...]
    best: int | None = None


class Ballots:
    """Reads the votes of one database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> Sequence[Ballot]:
        """Every vote over a run that was not deleted, the oldest first."""
        return await self._db.read(_all)


def _all(connection: Connection) -> Sequence[Ballot]:
    rows = connection.execute(
        "SELECT votes.run_id, kind, is_blind, votes.lane_id, lanes.id, position, model_ref, settings, "
        "length(text) > 0 AS has_text FROM votes "
        "JOIN runs ON runs.id = votes.run_id LEFT JOIN batches ON batches.id = runs.batch_id "
        "LEFT JOIN runs AS firsts ON firsts.id = runs.first_id "
        "JOIN lanes ON lanes.run_id = votes.run_id "
        "WHERE runs.deleted_at IS NULL AND batches.deleted_at IS NULL AND firsts.deleted_at IS NULL "
        "AND kind IN ('best', 'tie', 'none') ORDER BY votes.run_id, lanes.id"
    )
    runs: dict[int, dict[int, Any]] = {}
    for row in rows:  # the newest lane of a position stands for it
        runs.setdefault(row["run_id"], {})[row["position"]] = row
    return [_ballot([lanes[position] for position in sorted(lanes)]) for lanes in runs.values()]


def _ballot(lanes: Sequence[Any]) -> Ballot:
    answered = [lane for lane in lanes if lane["has_text"]]
    contestants = (
        Contestant(as_text(each["model_ref"]), from_json(each["settings"]) or {}) for each in answered
    )
    best = next((place for place, lane in enumerate(answered) if lane["id"] == lane["lane_id"]), None)
    first = lanes[0]
    return Ballot(
        run_id=str(first["run_id"]),
        kind=first["kind"],
        is_blind=bool(first["is_blind"]),
        contestants=tuple(contestants),
        best=best if first["kind"] == "best" else None,
    )
