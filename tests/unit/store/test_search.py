"""Full-text search: parts of words in any script, whatever was typed, in step with what is stored."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.store import search as search_module
from slmdesk.store.chats import ChatSettings
from slmdesk.store.search import Search, SearchHit
from slmdesk.store.search_query import excerpt, terms_of
from tests.fakes.data_folder import Store, opened
from tests.unit.store.test_chats import ask


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


async def fill(store: Store, *texts: str) -> str:
    chat = await store.chats.create(ChatSettings(), "a title")
    for text in texts:
        await store.chats.add_user_message(chat.id, text)
    return chat.id


async def found(store: Store, query: str) -> Sequence[SearchHit]:
    return (await Search(store.database, store.journal).find(query)).hits


def marked(hit: SearchHit) -> list[str]:
    return [hit.excerpt.text[low:high] for low, high in hit.excerpt.marks]


TEXTS = (
    "The write-ahead log of SQLite. It is fast.",
    "機械学習は楽しいです。明日も勉強します。",
    "今天天气很好。我们去公园。",
    "Straße und ÉCOLE, Ωmega ΣΟΦΟΣ",
    '100 % of "quoted" under_scores \\ backslash',
)

CASES = [
    ("sqlite", 0, ["SQLite"]),
    ("qlit", 0, ["QLit"]),
    ("fast log", 0, ["log"]),
    ('"write-ahead log"', 0, ["write-ahead log"]),
    ("機械学習", 1, ["機械学習"]),
    ("学習", 1, ["学習"]),
    ("勉", 1, ["勉"]),
    ("天气很", 2, ["天气很"]),
    ("公园", 2, ["公园"]),
    ("école", 3, ["ÉCOLE"]),
    ("STRAßE", 3, ["Straße"]),
    ("σοφος", 3, ["ΣΟΦΟΣ"]),
    ("é", 3, ["É"]),
    ("0 %", 4, ["0", "0", "%"]),
    ("under_s", 4, ["under_s"]),
    ("\\", 4, ["\\"]),
    ('"quoted', 4, ["quoted"]),
]


@pytest.mark.parametrize("is_indexed", [False, True])
async def test_words_parts_of_words_and_every_script(store: Store, is_indexed: bool) -> None:
    chat_id = await fill(store, *TEXTS)
    if is_indexed:
        assert await Search(store.database, store.journal).update_index() == len(TEXTS)
    _, messages = await store.chats.load(chat_id)
    for query, place, marks in CASES:
        hits = await found(store, query)
        assert [(hit.chat_id, hit.message_id) for hit in hits] == [(chat_id, messages[place].id)], query
        assert marked(hits[0]) == marks, query
    for query in ("sqlite学習", "quoted backslash missing", "écolé", "_og", "und%", "气天"):
        assert await found(store, query) == (), query


async def test_the_sentence_of_the_hit_is_shown() -> None:
    text = "First one. The second\nhas the WORD in it! And a third."
    shown = excerpt(text, terms_of("word").spans(text))
    assert shown.text == "has the WORD in it!"
    assert shown.text[slice(*shown.marks[0])] == "WORD"
    long = "x" * 5_000 + " needle " + "y" * 5_000
    shown = excerpt(long, terms_of("needle").spans(long))
    assert shown.text.startswith("…")
    assert shown.text.endswith("…")
    assert len(shown.text) < 200
    assert shown.text[slice(*shown.marks[0])] == "needle"


@given(st.text(), st.text(min_size=1, max_size=4))
def test_marks_always_show_the_words(text: str, needle: str) -> None:
    terms = terms_of(needle)
    whole = f"{text} {needle} {text}"
    spans = terms.spans(whole)
    shown = excerpt(whole, spans)
    assert spans or not needle.isprintable() or not terms.words
    assert all(0 <= low < high <= len(shown.text) for low, high in shown.marks)
    assert "\n" not in shown.text
    if spans and needle.isprintable():
        assert shown.text[slice(*shown.marks[0])] == whole[slice(*spans[0])]


HOSTILE = (
    *(
        '"',
        '""',
        '"a',
        "*",
        "a*",
        "NEAR(a b)",
        "AND",
        "OR NOT",
        "text:a",
        "^a",
        "{a b}:c",
        "(",
        "-a",
        "a\0bcd",
    ),
    *("\ud800\udc00\ud83d", "\ud800abc", "'; DROP TABLE chats; --", "%", "_", "%%%%", "\n\t ", "", "abc\0"),
    *("x" * 100_000, "\U0001f600" * 3, "a" * 499 + '"', " ".join(map(str, range(300)))),
)


@pytest.mark.parametrize("is_indexed", [False, True])
async def test_no_query_raises(store: Store, is_indexed: bool) -> None:
    await fill(store, "plain text NEAR AND a*")
    if is_indexed:
        await Search(store.database, store.journal).update_index()
    for query in HOSTILE:
        await found(store, query)
    assert [hit.excerpt.text for hit in await found(store, "NEAR a*")] == ["plain text NEAR AND a*"]


@given(st.text(alphabet=st.characters(), max_size=30))
def test_what_is_asked_of_the_index_is_always_a_valid_query(query: str) -> None:
    import sqlite3

    terms = terms_of(query)
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE s USING fts5(t, content='', detail=none, tokenize='trigram')")
    if terms.grams:
        assert not connection.execute("SELECT rowid FROM s WHERE s MATCH ?", (terms.match(),)).fetchall()
    for pattern in terms.patterns():
        assert connection.execute(r"SELECT 'x' LIKE ? ESCAPE '\'", (pattern,)).fetchone() is not None
    connection.close()


@pytest.mark.parametrize("is_indexed", [False, True])
async def test_deleted_chats_are_not_found_and_archived_ones_are_marked(
    tmp_path: Path, is_indexed: bool
) -> None:
    async with opened(tmp_path) as store:
        gone, archived = await fill(store, "needle one"), await fill(store, "needle two")
        if is_indexed:
            await Search(store.database, store.journal).update_index()
        await store.chats.delete(gone)
        await store.chats.set_archived(archived, is_archived=True)
        assert [(hit.chat_id, hit.is_archived) for hit in await found(store, "needle")] == [(archived, True)]
        await store.chats.undelete(gone)
        assert len(await found(store, "needle")) == 2
        await store.chats.delete(gone)
    async with opened(tmp_path) as store:  # the start has purged it: nothing of it stays in the index
        assert [hit.chat_id for hit in await found(store, "needle")] == [archived]
        counts = (
            "SELECT count(*) FROM search_docs",
            "SELECT count(*) FROM search WHERE search MATCH 'one'",
        )
        left = await store.database.read(lambda c: [c.execute(count).fetchone()[0] for count in counts])
        assert left == [int(is_indexed), 0]


async def test_an_answer_is_found_as_soon_as_it_is_stored(store: Store) -> None:
    await Search(store.database, store.journal).update_index()
    chat = await store.chats.create(ChatSettings())
    await ask(store, chat.id, "question", "the reply")
    assert [hit.role for hit in await found(store, "reply")] == ["assistant"]
    assert await Search(store.database, store.journal).update_index() == 2
    assert [hit.role for hit in await found(store, "reply")] == ["assistant"]


async def test_an_answer_that_runs_while_others_are_indexed_is_not_passed_over(store: Store) -> None:
    search = Search(store.database, store.journal)
    slow, fast = [await store.chats.create(ChatSettings()) for _ in range(2)]
    await store.chats.add_user_message(slow.id, "question")
    message, writer = await store.chats.start_answer(slow.id, "m")
    await ask(store, fast.id, "another", "overtakes")
    assert await search.update_index() == 1
    await writer.append("the slow reply", "")
    await store.chats.finish_answer(message.id, writer, state="done")
    assert await search.update_index() == 3
    for query in ("slow reply", "overtakes", "question", "another"):
        assert len((await search.find(query)).hits) == 1


async def test_a_changed_text_is_indexed_anew(store: Store) -> None:
    await fill(store, "before it")
    await Search(store.database, store.journal).update_index()
    await store.database.write(lambda c: c.execute("UPDATE messages SET text = 'afterwards'").rowcount)
    assert await found(store, "before") == ()
    assert len(await found(store, "afterw")) == 1
    await Search(store.database, store.journal).update_index()
    assert await found(store, "before") == ()
    assert len(await found(store, "afterw")) == 1


async def test_the_newest_come_first_and_the_rest_is_announced(store: Store) -> None:
    await fill(store, *(f"needle {number}" for number in range(9)))
    search = Search(store.database, store.journal)
    for _ in range(2):
        result = await search.find("needle", limit=3)
        assert [hit.excerpt.text for hit in result.hits] == ["needle 8", "needle 7", "needle 6"]
        assert result.has_more
        await search.update_index()
    assert not (await search.find("needle", limit=9)).has_more


async def test_without_time_it_says_that_it_is_not_complete(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, "needle")
    monkeypatch.setattr(search_module, "BUDGET_S", -1.0)
    for query in ("ne", "needle"):
        assert not (await Search(store.database, store.journal).find(query)).is_complete


async def test_a_damaged_index_is_made_anew(store: Store) -> None:
    await fill(store, "needle one", "needle two")
    search = Search(store.database, store.journal)
    await search.update_index()
    await store.database.write(lambda c: c.execute("DELETE FROM search_data").rowcount)
    assert len((await search.find("needle")).hits) == 2
    assert await search.update_index() == 2
    assert len((await search.find("needle")).hits) == 2


async def test_many_messages_are_indexed_in_small_steps(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    step = search_module._index_step
    monkeypatch.setattr(search_module, "_index_step", lambda *each: steps.append(step(*each)) or steps[-1])
    await fill(store, *["short"] * 150, *["long " * 15_000] * 3)
    assert await Search(store.database, store.journal).update_index() == 153
    assert steps == [100, 51, 1, 1, 0]


async def test_after_many_messages_the_index_is_merged(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    count = "SELECT count(DISTINCT segid) FROM search_idx"
    monkeypatch.setattr(search_module, "_STEP_MESSAGES", 1)
    await fill(store, *(f"needle {number} {'x' * number}" for number in range(40)))
    monkeypatch.setattr(search_module, "_MERGE_FROM", 40)
    search = Search(store.database, store.journal)
    assert await search.update_index() == 40
    assert await store.database.read(lambda c: c.execute(count).fetchone()[0]) == 1
    assert len((await search.find("needle")).hits) == 40
