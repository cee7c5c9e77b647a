"""Answers of evaluations by the request that brought them, and the scores that were corrected by hand."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from slmdesk.store.db import Connection, Database, Row
from slmdesk.store.text import as_seconds, as_text, from_json, storable, to_json

_KEYS_AT_ONCE = 500  # one reading: others get their turn in between

AnswerKey: TypeAlias = bytes


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A whole answer. `digest` is what told the model from others of its name when it was asked.

    `stop_reason` is "end", or "length" for one that reached the limit of its tokens.
    """

    key: AnswerKey
    model_ref: str
    digest: str
    text: str
    stop_reason: str = "end"
    timings: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class StoredCorrection:
    """The score, from 0 to 1, that a person gave to one question of an answer."""

    key: AnswerKey
    question_id: str
    score: float
    note: str = ""


class Answers:
    """All answers of evaluations of one database. `is_awaiting`: more will come of a run."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._runs = 0

    @property
    def is_awaiting(self) -> bool:
        return self._runs > 0

    @contextlib.contextmanager
    def awaited(self) -> Iterator[None]:
        """While a run goes that adds answers."""
        self._runs += 1
        try:
            yield
        finally:
            self._runs -= 1

    async def find(self, keys: Sequence[AnswerKey]) -> Mapping[AnswerKey, StoredAnswer]:
        """Those that are there; many keys are looked up piece by piece."""
        found: dict[AnswerKey, StoredAnswer] = {}
        for some in _pieces(keys):
            rows = await self._db.read(_select("SELECT * FROM cached_answers WHERE key IN", some))
            found |= {row["key"]: _answer(row) for row in rows}
        return found

    async def corrections(self, keys: Sequence[AnswerKey]) -> Sequence[StoredCorrection]:
        """All corrections of these answers."""
        found: list[StoredCorrection] = []
        if not await self._db.read(_has_corrections):
            return found
        for some in _pieces(keys):
            found += map(
                _correction, await self._db.read(_select("SELECT * FROM corrections WHERE key IN", some))
            )
        return found

    async def add(self, answers: Sequence[StoredAnswer]) -> None:
        """Keep them all in one transaction; a later answer takes the place of one with its key."""
        now = time.time()
        rows = [
            (
                answer.key,
                answer.model_ref,
                answer.digest,
                storable(answer.text),
                answer.stop_reason,
                to_json(answer.timings),
                answer.created_at or now,
            )
            for answer in answers
        ]

        def insert(connection: Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO cached_answers VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

        await self._db.write(insert)

    async def last_digest(self, model_ref: str) -> str | None:
        """What the model was known by when it last answered; None if it never did."""

        def read(connection: Connection) -> str | None:
            row = connection.execute(
                "SELECT digest FROM cached_answers WHERE model_ref = ? ORDER BY created_at DESC LIMIT 1",
                (model_ref,),
            ).fetchone()
            return None if row is None else as_text(row["digest"])

        return await self._db.read(read)

    async def model_refs(self) -> Sequence[str]:
        """Every model that has answered, by name."""

        def read(connection: Connection) -> list[str]:
            rows = connection.execute("SELECT DISTINCT model_ref FROM cached_answers ORDER BY model_ref")
            return [as_text(row["model_ref"]) for row in rows]

        return await self._db.read(read)

    async def correct(self, correction: StoredCorrection) -> None:
        """Keep it, in place of one for the same question of this answer."""
        values = (
            correction.key,
            correction.question_id,
            correction.score,
            storable(correction.note),
            time.time(),
        )

        def insert(connection: Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO corrections VALUES (?, ?, ?, ?, ?)", values)

        await self._db.write(insert)

    async def uncorrect(self, key: AnswerKey, question_id: str) -> None:
        """Take the correction away, if there is one."""

        def delete(connection: Connection) -> None:
            connection.execute(
                "DELETE FROM corrections WHERE key = ? AND question_id = ?", (key, question_id)
            )

        await self._db.write(delete)


def _pieces(keys: Sequence[AnswerKey]) -> Iterator[Sequence[AnswerKey]]:
    return (keys[first : first + _KEYS_AT_ONCE] for first in range(0, len(keys), _KEYS_AT_ONCE))


def _select(beginning: str, keys: Sequence[AnswerKey]) -> Callable[[Connection], list[Row]]:
    statement = f"{beginning} ({', '.join('?' * len(keys))})"
    return lambda connection: connection.execute(statement, keys).fetchall()


def _has_corrections(connection: Connection) -> bool:
    return connection.execute("SELECT 1 FROM corrections LIMIT 1").fetchone() is not None


def _answer(row: Row) -> StoredAnswer:
    return StoredAnswer(
        row["key"],
        as_text(row["model_ref"]),
        as_text(row["digest"]),
        as_text(row["text"]),
        as_text(row["stop_reason"]),
        from_json(row["timings"]) or {},
        as_seconds(row["created_at"]),
    )


def _correction(row: Row) -> StoredCorrection:
    return StoredCorrection(
        row["key"], as_text(row["question_id"]), as_seconds(row["score"]), as_text(row["note"])
    )
