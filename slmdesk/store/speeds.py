"""How fast models wrote here: read from the timings of stored answers."""

import asyncio
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slmdesk.store.db import Connection, Database
from slmdesk.store.text import from_json

_NEWEST = 200  # answers of all models that are looked at
_LEAST_TOKENS = 16  # fewer say little about speed


@dataclass(frozen=True, slots=True)
class WritingSpeed:
    """The median of what was measured, in tokens a second, and of how many answers."""

    tokens_per_s: float
    answer_count: int


async def writing_speeds(database: Database) -> Mapping[str, WritingSpeed]:
    """By model (`engine/name`), from the newest answers of chats and comparisons; raises StoreError."""
    return await database.read(_read)


async def stored_speeds(path: Path) -> Mapping[str, WritingSpeed]:
    """The same from a database that another program has open; raises StoreError."""
    if not await asyncio.to_thread(path.exists):
        return {}
    database = await asyncio.to_thread(partial(Database.open, path, for_reading=True))
    try:
        return await writing_speeds(database)
    finally:
        await database.aclose()


def _read(connection: Connection) -> Mapping[str, WritingSpeed]:
    measured: dict[str, list[float]] = {}
    for table in ("messages", "lanes"):
        rows = connection.execute(
            f"SELECT model_ref, timings FROM {table} WHERE state = 'done' AND model_ref <> '' "  # noqa: S608
            "ORDER BY id DESC LIMIT ?",
            (_NEWEST,),
        )
        for row in rows:
            timings = from_json(row["timings"]) or {}
            tokens, seconds = timings.get("output_tokens"), timings.get("output_s")
            if isinstance(tokens, int) and isinstance(seconds, float) and tokens >= _LEAST_TOKENS and seconds:
                measured.setdefault(str(row["model_ref"]), []).append(tokens / seconds)
    return {ref: WritingSpeed(statistics.median(rates), len(rates)) for ref, rates in measured.items()}
