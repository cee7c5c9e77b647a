"""How fast models wrote, from what is stored of their answers."""

from pathlib import Path

import pytest

from slmdesk.base.errors import StoreError
from slmdesk.store.chats import Chats, ChatSettings
from slmdesk.store.db import Connection, Database
from slmdesk.store.journal import Journal
from slmdesk.store.speeds import WritingSpeed, stored_speeds, writing_speeds


async def test_the_median_of_finished_answers_of_each_model(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "db.sqlite")
    try:
        (tmp_path / "journal").mkdir()
        chats = Chats(database, Journal(tmp_path / "journal"))
        assert await writing_speeds(database) == {}
        chat = await chats.create(ChatSettings("ollama/a"))
        answers = (
            ("ollama/a", 100, 2.0, "done"),
            ("ollama/a", 100, 4.0, "done"),
            ("ollama/a", 100, 5.0, "done"),
            ("ollama/a", 100, 1.0, "failed"),
            ("ollama/a", 3, 1.0, "done"),  # too short to say anything
            ("ollama/b", 40, 4.0, "done"),
        )

        def write(connection: Connection) -> None:
            for number, (ref, tokens, seconds, state) in enumerate(answers, 1):
                connection.execute(
                    "INSERT INTO messages (id, chat_id, role, created_at, model_ref, state, timings, text)"
                    " VALUES (?, ?, 'assistant', 1, ?, ?, ?, 'x')",
                    (
                        number,
                        int(chat.id),
                        ref,
                        state,
                        f'{{"output_tokens": {tokens}, "output_s": {seconds}}}',
                    ),
                )
            connection.execute(
                "INSERT INTO messages (id, chat_id, role, created_at, model_ref, state, timings, text)"
                " VALUES (99, ?, 'assistant', 1, 'ollama/c', 'done', 'damaged', 'x')",
                (int(chat.id),),
            )

        await database.write(write)
        assert await writing_speeds(database) == {
            "ollama/a": WritingSpeed(25.0, 3),
            "ollama/b": WritingSpeed(10.0, 1),
        }
        # as another program sees them, which has no part in what this one writes
        assert await stored_speeds(database.path) == await writing_speeds(database)
        assert await stored_speeds(tmp_path / "none.sqlite") == {}
    finally:
        await database.aclose()


async def test_a_damaged_database_is_an_error_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite"
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreError):
        await stored_speeds(path)
    assert path.read_bytes() == b"no database at all" * 1000
