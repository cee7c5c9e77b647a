"""Q1 and U3: 10,000 chats with 200,000 messages are listed and searched quickly, and indexed aside."""

import asyncio
import contextlib
import itertools
import json
import random
import sqlite3
import statistics
import string
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from pydoc_data.topics import topics

import pytest

from slmdesk.store import search as search_module
from slmdesk.store.db import Connection, Database
from slmdesk.store.search import Search
from tests.fakes.data_folder import opened

CHATS, MESSAGES = 10_000, 200_000
QUERIES, LIMIT = 60, 50

pytestmark = [pytest.mark.perf, pytest.mark.slow, pytest.mark.timeout(900)]

_HAN = [chr(0x4E00 + number) for number in range(2_500)]
_HAN_WEIGHTS = list(itertools.accumulate(1 / (rank + 5) for rank in range(len(_HAN))))


class Prose:
    """Seeded messages: pieces of English prose (the standard library's help texts), each third with a
    word that no other has; 1 in 20 is Chinese."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._words = " ".join(topics.values()).split()

    def text(self) -> str:
        count = self._dice.choice((10, 20, 60, 120, 200))
        if self._dice.random() < 0.05:
            return "".join(self._dice.choices(_HAN, cum_weights=_HAN_WEIGHTS, k=3 * count))
        start = self._dice.randrange(len(self._words) - count)
        own = ["".join(self._dice.choices(string.ascii_lowercase, k=8))] if self._dice.random() < 0.33 else []
        return " ".join([*self._words[start : start + count], *own])

    def query(self, text: str) -> str:
        """A word of the text, a part of one, or two of them."""
        words = [word for word in text.split() if len(word) > 2 and word.isalnum()]
        if len(words) < 4:
            at = self._dice.randrange(max(1, len(text) - 4))
            return text[at : at + 3]
        word = self._dice.choice(words)
        kinds: Sequence[Callable[[], str]] = (
            lambda: word,
            lambda: word[1:] if len(word) > 4 else word,
            lambda: f"{word} {self._dice.choice(words)}",
        )
        return self._dice.choice(kinds)()


def rows(prose: Prose) -> Iterator[tuple[int, int, int | None, str, str]]:
    """Messages in turns, 20 a chat."""
    for number in range(MESSAGES):
        chat, place = divmod(number, MESSAGES // CHATS)
        role = "assistant" if place % 2 else "user"
        yield number + 1, chat + 1, number if place else None, role, prose.text()


def fill(path: Path) -> list[str]:
    """By bulk SQL; returns the texts."""
    texts: list[str] = []
    Database.open(path)._close()
    prose = Prose(1)
    settings = json.dumps({"model_ref": "builtin/smollm2-135m-instruct"})
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executemany(
            "INSERT INTO chats (id, title, created_at, updated_at, settings) VALUES (?, ?, ?, ?, ?)",
            ((number, f"chat {number}", number, number, settings) for number in range(1, CHATS + 1)),
        )
        for row in rows(prose):
            texts.append(row[-1])
            connection.execute(
                "INSERT INTO messages (id, chat_id, parent_id, role, created_at, state, text) "
                "VALUES (?, ?, ?, ?, 0, 'done', ?)",
                row,
            )
    return texts


def bare(path: Path, texts: Sequence[str]) -> sqlite3.Connection:
    """What SQLite offers by itself: a full trigram index with its own copy of the texts, and snippets."""
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE VIRTUAL TABLE bare USING fts5(text, tokenize = 'trigram')")
    with connection:
        connection.executemany("INSERT INTO bare (rowid, text) VALUES (?, ?)", enumerate(texts, 1))
    return connection


async def ask_bare(connection: sqlite3.Connection, query: str) -> int:
    """In a thread, as the program asks: on a busy machine the way there and back is most of the time."""
    return await asyncio.to_thread(count_bare, connection, query)


def count_bare(connection: sqlite3.Connection, query: str) -> int:
    match = " ".join(f'"{word}"' for word in query.split())
    statement = (
        "SELECT rowid, snippet(bare, 0, '[', ']', '…', 64) FROM bare WHERE bare MATCH ? "
        "ORDER BY rowid DESC LIMIT ?"
    )
    return len(connection.execute(statement, (match, LIMIT)).fetchall())


def p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(0.95 * len(seconds))]


async def test_search_and_list_with_200_000_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as store:
        path = store.paths.database
    texts = fill(path)
    async with opened(tmp_path) as store:
        search = Search(store.database, store.journal)
        started = time.perf_counter()
        await search.find("needle in an old database")
        pending_ms = 1000 * (time.perf_counter() - started)

        steps: list[float] = []
        step = search_module._index_step

        def timed(connection: Connection, below: int) -> int:
            started = time.perf_counter()
            count = step(connection, below)
            steps.append(time.perf_counter() - started)
            return count

        monkeypatch.setattr(search_module, "_index_step", timed)
        assert await search.update_index() == MESSAGES
        assert len(steps) > MESSAGES / 200
        started = time.perf_counter()
        assert len(await store.chats.list()) == CHATS
        list_ms = 1000 * (time.perf_counter() - started)

        prose, dice = Prose(1), random.Random(2)
        queries = [prose.query(dice.choice(texts)) for _ in range(QUERIES)]
        with contextlib.closing(bare(tmp_path / "bare.sqlite", texts)) as plain:
            ours, theirs = [], []
            for query in queries:
                pairs = []
                for _ in range(3):
                    started = time.perf_counter()
                    result = await search.find(query, limit=LIMIT)
                    middle = time.perf_counter()
                    count = await ask_bare(plain, query)
                    pairs.append((middle - started, time.perf_counter() - middle))
                assert result.is_complete
                assert len(result.hits) == count, query
                ours.append(statistics.median(pair[0] for pair in pairs))
                theirs.append(statistics.median(pair[1] for pair in pairs))
        short = []
        for query in ("an", "一", "zq", "的", "乙丁"):
            started = time.perf_counter()
            await search.find(query, limit=LIMIT)
            short.append(time.perf_counter() - started)
    ratio = p95(ours) / p95(theirs)
    print(
        f"\nQ1  200,000 messages: p95 {1000 * p95(ours):.1f} ms, "
        f"median {1000 * statistics.median(ours):.1f} ms; "
        f"/ bare FTS5 p95 {ratio:.2f} (limit 1.5), median "
        f"{statistics.median(ours) / statistics.median(theirs):.2f}; one or two characters, longest "
        f"{1000 * max(short):.0f} ms; nothing indexed yet {pending_ms:.0f} ms"
        f"\nU3  10,000 chats listed in {list_ms:.0f} ms; indexed in {sum(steps):.1f} s, "
        f"a step p95 {1000 * p95(steps):.0f} ms, longest {1000 * max(steps):.0f} ms"
    )
    assert ratio <= 1.5
    assert p95(ours) < 0.2
    assert max(short) < 0.3
