"""Chats: a tree of messages of which one path shows, and nothing that a damaged row can hide."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput
from slmdesk.store.chats import ChatSettings
from slmdesk.store.db import Connection
from tests.fakes.data_folder import Store, open_store, opened

SETTINGS = ChatSettings("ollama/qwen3:4b", "Be brief.", {"temperature": 0.5, "stop": ["x"]}, True)
TIMINGS = {"load_s": 0.5, "output_tokens": 12, "prompt_s": None}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


async def ask(store: Store, chat_id: str, prompt: str, answer: str, state: str = "done") -> str:
    await store.chats.add_user_message(chat_id, prompt)
    return await answer_again(store, chat_id, answer, state)


async def answer_again(store: Store, chat_id: str, answer: str, state: str = "done") -> str:
    message, writer = await store.chats.start_answer(chat_id, "ollama/qwen3:4b")
    await writer.append(answer, "hm")
    await store.chats.finish_answer(message.id, writer, state=state, stop_reason="stop", timings=TIMINGS)
    return message.id


async def texts(store: Store, chat_id: str) -> list[str]:
    _, messages = await store.chats.load(chat_id)
    return [message.text for message in messages]


async def test_a_conversation_is_there_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        chat = await store.chats.create(SETTINGS)
        await ask(store, chat.id, "What is it?", "It is a test.")
        await ask(store, chat.id, "Sure?", "Yes.", state="stopped")
        await store.chats.save_draft(chat.id, "and then")
    async with opened(tmp_path) as store:
        chat, messages = await store.chats.load(chat.id)
        assert chat.settings == SETTINGS
        assert (chat.title, chat.draft, chat.leaf_id) == ("What is it?", "and then", messages[-1].id)
        assert [(m.role, m.text, m.state) for m in messages] == [
            ("user", "What is it?", "done"),
            ("assistant", "It is a test.", "done"),
            ("user", "Sure?", "done"),
            ("assistant", "Yes.", "stopped"),
        ]
        answer = messages[1]
        assert (answer.thinking, answer.timings, answer.stop_reason) == ("hm", TIMINGS, "stop")
        assert answer.model_ref == "ollama/qwen3:4b"
        assert [m.parent_id for m in messages] == [None, *(m.id for m in messages[:-1])]
        (summary,) = await store.chats.list()
        assert (summary.id, summary.message_count, summary.model_ref) == (chat.id, 4, "ollama/qwen3:4b")
        assert list(store.paths.journal.iterdir()) == []


async def test_a_second_answer_stands_beside_the_first(store: Store) -> None:
    chat = await store.chats.create(SETTINGS)
    first = await ask(store, chat.id, "q", "first")
    second = await answer_again(store, chat.id, "second")
    assert await texts(store, chat.id) == ["q", "second"]
    await store.chats.choose_leaf(chat.id, first)
    assert await texts(store, chat.id) == ["q", "first"]
    await ask(store, chat.id, "on from first", "third")
    assert await texts(store, chat.id) == ["q", "first", "on from first", "third"]
    await store.chats.choose_leaf(chat.id, second)
    third = await answer_again(store, chat.id, "fourth")
    assert await texts(store, chat.id) == ["q", "fourth"]
    _, messages = await store.chats.load(chat.id)
    assert messages[-1].id == third
    assert (await store.chats.list())[0].message_count == 2
    await store.chats.choose_leaf(chat.id, first)
    await ask(store, chat.id, "once more from first", "fifth")
    assert (await store.chats.list())[0].message_count == 4


async def test_a_running_answer_shows_with_what_has_come(store: Store) -> None:
    chat = await store.chats.create(SETTINGS)
    await store.chats.add_user_message(chat.id, "q")
    message, writer = await store.chats.start_answer(chat.id, "m")
    assert (message.state, message.text) == ("writing", "")
    await writer.append("so far", "")
    loaded, messages = await store.chats.load(chat.id)
    assert [(m.text, m.state) for m in messages] == [("q", "done"), ("so far", "writing")]
    assert loaded.leaf_id == message.id
    finished = await store.chats.finish_answer(message.id, writer, state="failed", error="gone")
    _, messages = await store.chats.load(chat.id)
    assert messages[-1] == finished
    assert messages[-1].error == "gone"


async def test_a_crash_leaves_the_answer_interrupted(tmp_path: Path) -> None:
    crashed = open_store(tmp_path)
    chat = await crashed.chats.create(SETTINGS)
    await crashed.chats.add_user_message(chat.id, "q")
    message, writer = await crashed.chats.start_answer(chat.id, "m")
    await writer.append("half an ans", "thought")
    await crashed.aclose()  # without finish_answer: as a crash, but for the last quarter of a second
    async with opened(tmp_path) as store:
        _, messages = await store.chats.load(chat.id)
        assert (messages[-1].id, messages[-1].text, messages[-1].thinking) == (
            message.id,
            "half an ans",
            "thought",
        )
        assert messages[-1].state == "interrupted"
        assert messages[-1].error
        assert list(store.paths.journal.iterdir()) == []


async def test_a_crash_between_commit_and_clean_up_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        chat = await store.chats.create(SETTINGS)
        await store.chats.add_user_message(chat.id, "q")
        _, writer = await store.chats.start_answer(chat.id, "m")
        await writer.append("whole", "")
    (left,) = store.paths.journal.iterdir()
    content = left.read_bytes()
    async with opened(tmp_path) as store:
        before = await store.chats.load(chat.id)
        left.write_bytes(content + b"more")
    async with opened(tmp_path) as store:
        assert await store.chats.load(chat.id) == before


async def test_an_answer_of_another_database_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        chat = await store.chats.create(SETTINGS)
        await store.chats.add_user_message(chat.id, "q")
        _, writer = await store.chats.start_answer(chat.id, "m")
        await writer.append("not lost", "")
    store.paths.database.unlink()
    async with opened(tmp_path) as store:
        assert await store.chats.list() == []
        assert store.journal.leftovers("message")[0].text == "not lost"


async def test_deleted_is_gone_and_comes_back_until_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        kept = await store.chats.create(SETTINGS)
        gone = await store.chats.create(SETTINGS)
        await ask(store, gone.id, "q", "a")
        await store.chats.delete(gone.id)
        assert [chat.id for chat in await store.chats.list()] == [kept.id]
        with pytest.raises(BadInput):
            await store.chats.load(gone.id)
        with pytest.raises(BadInput):
            await store.chats.add_user_message(gone.id, "q")
        await store.chats.undelete(gone.id)
        assert await texts(store, gone.id) == ["q", "a"]
        await store.chats.delete(gone.id)
    async with opened(tmp_path) as store:
        await store.chats.undelete(gone.id)
        assert [chat.id for chat in await store.chats.list()] == [kept.id]
        count = await store.database.read(lambda c: c.execute("SELECT count(*) FROM messages").fetchone()[0])
        assert count == 0


async def test_an_answer_that_ends_after_its_chat_was_deleted_does_no_harm(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        chat = await store.chats.create(SETTINGS)
        await store.chats.add_user_message(chat.id, "q")
        message, writer = await store.chats.start_answer(chat.id, "m")
        await store.chats.delete(chat.id)
        await store.chats.finish_answer(message.id, writer, state="stopped")
        await store.chats.undelete(chat.id)
        assert await texts(store, chat.id) == ["q", ""]


async def test_the_list_is_ordered_by_the_last_message_and_paged(store: Store) -> None:
    chats = [await store.chats.create(SETTINGS, f"chat {number}") for number in range(5)]
    await store.chats.add_user_message(chats[1].id, "newest")
    assert [c.title for c in await store.chats.list()] == ["chat 1", "chat 4", "chat 3", "chat 2", "chat 0"]
    assert [c.title for c in await store.chats.list(limit=2, offset=1)] == ["chat 4", "chat 3"]


async def test_titles_and_settings(store: Store) -> None:
    chat = await store.chats.create(ChatSettings())
    await store.chats.add_user_message(chat.id, "the first\nmessage")
    await store.chats.add_user_message(chat.id, "the second")
    assert (await store.chats.list())[0].title == "the first message"
    await store.chats.rename(chat.id, " my\n title ")
    await store.chats.add_user_message(chat.id, "the third")
    await store.chats.save_settings(chat.id, SETTINGS)
    loaded, _ = await store.chats.load(chat.id)
    assert (loaded.title, loaded.settings) == ("my title", SETTINGS)


async def test_a_sent_draft_is_no_draft(store: Store) -> None:
    chat = await store.chats.create(SETTINGS)
    await store.chats.save_draft(chat.id, "half a thou")
    assert (await store.chats.load(chat.id))[0].draft == "half a thou"
    await store.chats.add_user_message(chat.id, "half a thought")
    assert (await store.chats.load(chat.id))[0].draft == ""


async def test_hostile_text_is_storable(store: Store) -> None:
    chat = await store.chats.create(ChatSettings("m\ud800", "s\0ystem", {"stop": ["\ud800"]}))
    await ask(store, chat.id, "nul \0 half \ud83d", "half \ud83d")
    await store.chats.rename(chat.id, "\udfff")
    await store.chats.save_draft(chat.id, "\ud800\0")
    _, messages = await store.chats.load(chat.id)
    assert [m.text for m in messages] == ["nul \ufffd half \ufffd", "half \ufffd"]
    assert (await store.chats.list())[0].title == "\ufffd"


async def test_nothing_to_answer_is_told(store: Store) -> None:
    chat = await store.chats.create(SETTINGS)
    with pytest.raises(BadInput):
        await store.chats.start_answer(chat.id, "m")
    for missing in ("1", "no id"):
        with pytest.raises(BadInput):
            await store.chats.load(missing)
        with pytest.raises(BadInput):
            await store.chats.add_user_message(missing, "q")


DAMAGE = {
    "settings that are no JSON": "UPDATE chats SET settings = '{'",
    "settings of another kind": 'UPDATE chats SET settings = \'{"options": 3, "model_ref": [1]}\'',
    "text that is no UTF-8": "UPDATE messages SET text = CAST(x'ff41' AS TEXT) WHERE role = 'assistant'",
    "text that is a blob": "UPDATE messages SET text = x'ff41' WHERE role = 'assistant'",
    "text that is a number": "UPDATE messages SET text = CAST(7 AS INTEGER) WHERE role = 'assistant'",
    "timings that are no JSON": "UPDATE messages SET timings = 'soon'",
    "a role that is none": "UPDATE messages SET role = 'wizard' WHERE role = 'assistant'",
    "times that are words": "UPDATE messages SET created_at = 'now'",
    "a parent that is missing": "UPDATE messages SET parent_id = 12345 WHERE parent_id IS NOT NULL",
    "parents in a circle": "UPDATE messages SET parent_id = id",
    "a leaf that is missing": "UPDATE chats SET leaf_id = 12345",
}


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE.keys())
async def test_a_bad_row_never_hides_a_chat(store: Store, statement: str) -> None:
    chat = await store.chats.create(SETTINGS)
    await ask(store, chat.id, "q1", "a1")
    await ask(store, chat.id, "q2", "a2")

    def damage(connection: Connection) -> None:
        connection.execute(statement)

    await store.database.write(damage)
    assert (await store.chats.list())[0].message_count == 4
    loaded, messages = await store.chats.load(chat.id)
    assert [m.text for m in messages if m.role == "user"] == ["q1", "q2"]
    assert len(messages) == 4
    marked = loaded.is_damaged or any(m.is_damaged for m in messages)
    assert marked == any(word in statement for word in ("'{'", "x'ff41' WHERE", "soon", "wizard"))
    await ask(store, chat.id, "q3", "a3")


async def test_ten_thousand_chats_are_listed_quickly(store: Store) -> None:
    def fill(connection: Connection) -> None:
        settings = json.dumps({"model_ref": "builtin/x"})
        rows = [(number, f"chat {number}", float(number), settings) for number in range(10_000)]
        connection.executemany(
            "INSERT INTO chats (id, title, created_at, updated_at, settings) VALUES (?, ?, 0, ?, ?)", rows
        )
        messages = [(number, number % 10_000) for number in range(20_000)]
        connection.executemany(
            "INSERT INTO messages (id, chat_id, role, created_at, state, text) "
            "VALUES (?, ?, 'user', 0, 'done', 'x')",
            messages,
        )

    await store.database.write(fill)
    plan = await store.database.read(
        lambda c: " ".join(
            row["detail"]
            for row in c.execute(
                "EXPLAIN QUERY PLAN SELECT * FROM chats WHERE deleted_at IS NULL "
                "ORDER BY updated_at DESC, id DESC"
            )
        )
    )
    assert "chats_by_time" in plan
    assert "TEMP B-TREE" not in plan
    started = time.process_time()
    assert len(await store.chats.list()) == 10_000
    whole = time.process_time() - started
    started = time.process_time()
    page = await store.chats.list(limit=100)
    assert page[0].title == "chat 9999"
    assert time.process_time() - started < whole / 5


async def test_four_answers_at_once_keep_their_texts(store: Store) -> None:
    async def converse(number: int) -> tuple[str, str]:
        chat = await store.chats.create(SETTINGS)
        await store.chats.add_user_message(chat.id, f"q{number}")
        message, writer = await store.chats.start_answer(chat.id, "m")
        for step in range(200):
            await writer.append(f"<{number}:{step}>", "")
            await asyncio.sleep(0)
        await store.chats.finish_answer(message.id, writer, state="done")
        return chat.id, "".join(f"<{number}:{step}>" for step in range(200))

    for chat_id, expected in await asyncio.gather(*(converse(number) for number in range(8))):
        assert (await texts(store, chat_id))[1] == expected


def test_it_works_on_the_qt_loop(tmp_path: Path, run_ui: Callable[[object], None]) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as store:
            chat = await store.chats.create(SETTINGS)
            await ask(store, chat.id, "q", "a")
            assert await texts(store, chat.id) == ["q", "a"]

    run_ui(scenario())
