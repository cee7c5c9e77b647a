"""Full-text search over all chats: parts of words in any script, the newest first, within a time limit.

Three or more characters are found with the trigram index. Shorter words, and messages that are not indexed
yet, are looked for in the texts themselves, the newest first, until the time is over.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from slmdesk.base.errors import DatabaseDamaged
from slmdesk.store.db import Connection, Database, Row
from slmdesk.store.journal import Journal
from slmdesk.store.search_query import Excerpt, Terms, excerpt, terms_of
from slmdesk.store.text import as_seconds, as_text

BUDGET_S = 0.15
_STEP_MESSAGES = 100
_STEP_CHARACTERS = 100_000
_SCANNED_AT_ONCE = 500
_MERGE_FROM = 10_000  # messages indexed at once; after fewer it is not worth writing all anew
_MERGED_PAGES = 100

# CROSS JOIN keeps SQLite to this order: from the newest match on, until there are enough.
_COLUMNS = (
    "messages.id, messages.chat_id, messages.role, messages.text, messages.created_at, "
    "chats.title, chats.archived_at"
)
_HIGHEST = (1 << 63) - 1
_INDEXED_UP_TO = "SELECT coalesce(max(message_id), 0) FROM search_docs"
_VISIBLE = "CROSS JOIN chats ON chats.id = messages.chat_id AND chats.deleted_at IS NULL"


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A message that holds all words, and the sentence of it.

    `created_at` in Unix seconds. The excerpt is plain text, to be shown as such.
    """

    chat_id: str
    chat_title: str
    message_id: str
    role: str
    created_at: float
    excerpt: Excerpt
    is_archived: bool


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`is_complete` is False where the time was over before all messages had been looked through."""

    query: str
    hits: tuple[SearchHit, ...]
    has_more: bool = False
    is_complete: bool = True


class Search:
    """Finds in the messages of one database, deleted chats left out."""

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._journal = journal

    async def find(self, query: str, *, limit: int = 50) -> SearchResult:
        """Messages with all the words, the newest first. Any text is a query."""
        terms = terms_of(query)
        if not terms.words:
            return SearchResult(query, ())
        try:
            result = await self._db.read(lambda connection: _find(connection, terms, limit))
        except DatabaseDamaged:
            await (
                self._start_over()
            )  # the index is derived; if the messages themselves are damaged, so it is said
            result = await self._db.read(lambda connection: _find(connection, terms, limit))
        return replace(result, query=query)

    async def update_index(self) -> int:
        """Index what is pending, in steps of some ten milliseconds; returns how many messages it were.

        Run it as a job after the start, after an import and when the search opens: what is pending
        meanwhile is found all the same, only not as fast.
        """
        if self._db.is_read_only:
            return 0
        indexed = 0
        while count := await self._db.write(lambda connection: _index_step(connection, self._settled())):
            indexed += count
            await asyncio.sleep(0)
        pages = -_MERGED_PAGES  # a negative number begins the merge of all, a positive one goes on
        while indexed >= _MERGE_FROM and await self._db.write(lambda c: _merge_step(c, pages)):  # noqa: B023
            pages = _MERGED_PAGES
        return indexed

    def _settled(self) -> int:
        """Below it no message will come any more: the id of a running answer is older than its commit."""
        running = (writer.header for writer in self._journal.running())
        return min((int(header["id"]) for header in running if header["kind"] == "message"), default=_HIGHEST)

    async def _start_over(self) -> None:
        def forget(connection: Connection) -> None:
            connection.execute("INSERT INTO search (search) VALUES ('delete-all')")
            connection.execute("DELETE FROM search_docs")

        await self._db.write(forget)


def _index_step(connection: Connection, below: int) -> int:
    """The oldest messages that are not indexed yet: a later number in the index is a later message."""
    rows = connection.execute(
        f"SELECT id, length(text) AS size FROM messages WHERE id > ({_INDEXED_UP_TO}) AND id < ? "  # noqa: S608
        "ORDER BY id LIMIT ?",
        (below, _STEP_MESSAGES),
    ).fetchall()
    chosen, size = 0, 0
    for row in rows:
        if chosen and size + row["size"] > _STEP_CHARACTERS:
            break
        chosen, size = chosen + 1, size + row["size"]
    for row in rows[:chosen]:
        added = connection.execute("INSERT INTO search_docs (message_id) VALUES (?)", (row["id"],))
        connection.execute(
            "INSERT INTO search (rowid, text) SELECT ?, text FROM messages WHERE id = ?",
            (added.lastrowid, row["id"]),
        )
    return chosen


def _merge_step(connection: Connection, pages: int) -> bool:
    """Make one index of the many that small steps leave: a search has to open each; False when it is done."""
    before = connection.total_changes
    connection.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before > 1  # the statement itself counts as one


def _find(connection: Connection, terms: Terms, limit: int) -> SearchResult:
    deadline = time.monotonic() + BUDGET_S
    found = _Found(terms, limit, deadline)
    if terms.grams:  # half of the time is kept for the index, however much is pending
        indexed = connection.execute(_INDEXED_UP_TO).fetchone()[0]
        found.take(_scanned(connection, terms, indexed, lambda: time.monotonic() > deadline - BUDGET_S / 2))
        found.take(_indexed(connection, terms))
    else:
        found.take(_scanned(connection, terms, 0, lambda: time.monotonic() > deadline))
    hits = sorted(found.hits, key=lambda hit: hit.created_at, reverse=True)
    return SearchResult(
        query="",
        hits=tuple(hits[:limit]),
        has_more=len(hits) > limit,
        is_complete=found.is_complete,
    )


class _Found:
    """Checks candidates against the words until there are enough, or the time is over."""

    def __init__(self, terms: Terms, limit: int, deadline: float) -> None:
        self.hits: list[SearchHit] = []
        self.is_complete = True
        self._terms = terms
        self._limit = limit
        self._deadline = deadline

    def take(self, rows: Iterator[Row | None]) -> None:
        """At most one hit more than the limit from each source; None says that its time was over."""
        count = 0
        for row in rows:
            if row is None or time.monotonic() > self._deadline:
                self.is_complete = False
                return
            text = as_text(row["text"])
            if spans := self._terms.spans(text):
                self.hits.append(_hit(row, excerpt(text, spans)))
                count += 1
                if count > self._limit:
                    return


def _hit(row: Row, sentence: Excerpt) -> SearchHit:
    return SearchHit(
        chat_id=str(row["chat_id"]),
        chat_title=as_text(row["title"]),
        message_id=str(row["id"]),
        role=as_text(row["role"]),
        created_at=as_seconds(row["created_at"]),
        excerpt=sentence,
        is_archived=row["archived_at"] is not None,
    )


def _like(terms: Terms) -> tuple[str, tuple[str, ...]]:
    """A condition that spares reading what cannot match, and its values."""
    patterns = terms.patterns()
    return "".join(r" AND messages.text LIKE ? ESCAPE '\'" for _ in patterns), patterns


def _indexed(connection: Connection, terms: Terms) -> Iterator[Row]:
    condition, values = _like(terms)
    yield from connection.execute(
        f"SELECT {_COLUMNS} FROM search CROSS JOIN search_docs ON search_docs.id = search.rowid "  # noqa: S608 (our own words)
        f"CROSS JOIN messages ON messages.id = search_docs.message_id {_VISIBLE} "
        f"WHERE search MATCH ?{condition} ORDER BY search.rowid DESC",
        (terms.match(), *values),
    )


def _scanned(
    connection: Connection, terms: Terms, above: int, is_over: Callable[[], bool]
) -> Iterator[Row | None]:
    """Messages with ids above this one, in pieces: the clock is looked at also where nothing matches."""
    condition, values = _like(terms)
    below = _HIGHEST
    while not is_over():
        piece = connection.execute(
            "SELECT min(id) AS low FROM "
            "(SELECT id FROM messages WHERE id > ? AND id < ? ORDER BY id DESC LIMIT ?)",
            (above, below, _SCANNED_AT_ONCE),
        ).fetchone()
        if piece["low"] is None:
            return
        yield from connection.execute(
            f"SELECT {_COLUMNS} FROM messages {_VISIBLE} WHERE messages.id >= ? AND messages.id < ?"  # noqa: S608
            f"{condition} ORDER BY messages.id DESC",
            (piece["low"], below, *values),
        )
        below = piece["low"]
    yield None
