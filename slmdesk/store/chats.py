"""Chats and their messages: a tree in the database, one path of it on the screen."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.store.db import Connection, Database, Row, new_id
from slmdesk.store.journal import AnswerWriter, Journal, Leftover
from slmdesk.store.messages import StoredMessage, answer_from, insert_message, message_from, path_to
from slmdesk.store.recovery import recover_leftovers
from slmdesk.store.text import as_seconds, as_text, from_json, storable, title_from, to_json

_KIND = "message"
_CUT_SHORT = "SLM Desk ended before the answer did."

# As messages.path_to goes: from the leaf, or the newest message, to the parent of each; where a link
# is damaged, to the message before it.
_SHOWN_COUNT = """
    WITH RECURSIVE path (id, parent_id) AS (
        SELECT id, parent_id FROM messages WHERE id = coalesce(
            (SELECT id FROM messages WHERE id = chats.leaf_id),
            (SELECT max(id) FROM messages WHERE chat_id = chats.id)
        )
        UNION ALL
        SELECT above.id, above.parent_id FROM path JOIN messages AS above
        ON above.id = coalesce(
            (SELECT id FROM messages WHERE id = path.parent_id AND id < path.id AND chat_id = chats.id),
            (SELECT max(id) FROM messages WHERE chat_id = chats.id AND id < path.id)
        )
        WHERE path.parent_id IS NOT NULL
    )
    SELECT count(*) FROM path
"""


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How the answers of a chat are made; `options` are plain JSON here (features.chat knows them)."""

    model_ref: str = ""
    system_prompt: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    is_thinking: bool = False


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation. `leaf_id` is the last message on screen, None while it is empty."""

    id: str
    title: str
    created_at: float
    updated_at: float
    settings: ChatSettings
    draft: str = ""
    leaf_id: str | None = None
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class ChatSummary:
    """A line in the list of chats; `message_count` is what the chat shows, not its hidden versions."""

    id: str
    title: str
    updated_at: float
    model_ref: str
    message_count: int


class Chats:
    """All chats of one database. The constructor stores answers that a crash interrupted."""

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._journal = journal
        if not db.is_read_only:
            recover_leftovers(db, journal, _KIND, _recover)

    async def list(self, limit: int = 10_000, offset: int = 0) -> Sequence[ChatSummary]:
        """The newest first."""
        return await self._db.read(lambda connection: _list(connection, limit, offset))

    async def create(self, settings: ChatSettings, title: str = "", draft: str = "") -> Chat:
        """A new chat without messages; without a title its first message gives one."""
        now = time.time()
        chat = Chat(str(new_id()), storable(title), now, now, settings, storable(draft))

        def insert(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO chats (id, title, created_at, updated_at, settings, draft) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (chat.id, chat.title, now, now, _settings_json(settings), chat.draft),
            )

        await self._db.write(insert)
        return chat

    async def load(self, chat_id: str) -> tuple[Chat, Sequence[StoredMessage]]:
        """The chat and the path to its leaf, running answers included; raises BadInput when it is gone."""
        chat, rows = await self._db.read(lambda connection: _load(connection, chat_id))
        known = {message.id: message for message in map(message_from, rows)}
        leaf_id = as_text(chat["leaf_id"])
        for writer in self._journal.running():
            if writer.header.get("chat_id") == chat_id and writer.header["id"] not in known:
                leaf_id = writer.header["id"]
                known[leaf_id] = answer_from(writer.header, writer.text, writer.thinking, writer.state)
        path = path_to(leaf_id, known)
        return _chat(chat, path[-1].id if path else None), path

    async def add_user_message(self, chat_id: str, text: str) -> StoredMessage:
        """Commit the prompt below the message on screen; the first one names the chat."""
        text = storable(text)

        def insert(connection: Connection) -> StoredMessage:
            message = StoredMessage(
                id=str(new_id()),
                chat_id=chat_id,
                parent_id=_leaf(connection, chat_id),
                role="user",
                text=text,
                thinking="",
                state="done",
                model_ref="",
                timings={},
                stop_reason=None,
                error="",
                created_at=time.time(),
            )
            insert_message(connection, message)
            connection.execute(
                "UPDATE chats SET updated_at = ?, leaf_id = NULL, draft = '', "
                "title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?",
                (message.created_at, title_from(text), chat_id),
            )
            return message

        return await self._db.write(insert)

    async def start_answer(
        self, chat_id: str, model_ref: str, parent_id: str | None = None
    ) -> tuple[StoredMessage, AnswerWriter]:
        """Begin the answer to `parent_id`, or to the last prompt on screen, beside answers it has."""
        if parent_id is None:
            parent_id = await self._db.read(lambda connection: _last_prompt(connection, chat_id))
        identifier = str(new_id())
        header = {
            "kind": _KIND,
            "id": identifier,
            "chat_id": chat_id,
            "parent_id": parent_id,
            "model_ref": storable(model_ref),
            "created_at": time.time(),
        }
        writer = self._journal.writer(identifier, header)
        return answer_from(writer.header, writer.text, writer.thinking, writer.state), writer

    async def finish_answer(
        self,
        message_id: str,
        writer: AnswerWriter,
        *,
        state: str,
        stop_reason: str | None = None,
        error: str = "",
        timings: Mapping[str, float | int | None] | None = None,
    ) -> StoredMessage:
        """Store the answer in one commit. Without room on the disk it is stored as soon as there is some."""
        writer.state = state
        message = answer_from(
            {**writer.header, "id": message_id},
            writer.text,
            writer.thinking,
            state,
            timings=timings,
            stop_reason=stop_reason,
            error=error,
        )
        await self._db.write(lambda connection: _store_answer(connection, message), then=writer.end)
        return message

    async def choose_leaf(self, chat_id: str, message_id: str) -> None:
        """Show another branch: the path that ends in this message."""
        await self._update(chat_id, "leaf_id", message_id)

    async def rename(self, chat_id: str, title: str) -> None:
        await self._update(chat_id, "title", storable(" ".join(title.split())))

    async def save_settings(self, chat_id: str, settings: ChatSettings) -> None:
        await self._update(chat_id, "settings", _settings_json(settings))

    async def save_draft(self, chat_id: str, text: str) -> None:
        await self._update(chat_id, "draft", storable(text))

    async def delete(self, chat_id: str) -> None:
        """Take the chat out of the list; `undelete` brings it back, until the program starts again."""
        await self._update(chat_id, "deleted_at", time.time())

    async def undelete(self, chat_id: str) -> None:
        await self._update(chat_id, "deleted_at", None)

    async def _update(self, chat_id: str, column: str, value: object) -> None:
        def update(connection: Connection) -> None:
            statement = f"UPDATE chats SET {column} = ? WHERE id = ?"  # noqa: S608 (a name from this file)
            connection.execute(statement, (value, chat_id))

        await self._db.write(update)


def _recover(connection: Connection, leftovers: Sequence[Leftover]) -> Sequence[Leftover]:
    """Store interrupted answers (not those whose chat is in another database), and purge deleted chats."""
    stored = []
    for leftover in leftovers:
        header = leftover.header
        if connection.execute("SELECT 1 FROM chats WHERE id = ?", (header.get("chat_id"),)).fetchone():
            _store_answer(
                connection,
                answer_from(header, leftover.text, leftover.thinking, "interrupted", error=_CUT_SHORT),
            )
            stored.append(leftover)
    connection.execute("DELETE FROM chats WHERE deleted_at IS NOT NULL")
    return stored


def _list(connection: Connection, limit: int, offset: int) -> Sequence[ChatSummary]:
    rows = connection.execute(
        f"SELECT id, title, updated_at, settings, ({_SHOWN_COUNT}) AS message_count "  # noqa: S608 (our own)
        "FROM chats WHERE deleted_at IS NULL ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?",
        (limit, offset),
    )
    return [
        ChatSummary(
            id=str(row["id"]),
            title=as_text(row["title"]),
            updated_at=as_seconds(row["updated_at"]),
            model_ref=_settings(row["settings"]).model_ref,
            message_count=row["message_count"],
        )
        for row in rows
    ]


def _load(connection: Connection, chat_id: str) -> tuple[Row, Sequence[Row]]:
    chat = connection.execute(
        "SELECT * FROM chats WHERE id = ? AND deleted_at IS NULL", (chat_id,)
    ).fetchone()
    if chat is None:
        raise BadInput("This chat is not there any more.")
    return chat, connection.execute("SELECT * FROM messages WHERE chat_id = ?", (chat_id,)).fetchall()


def _chat(row: Row, leaf_id: str | None) -> Chat:
    return Chat(
        id=str(row["id"]),
        title=as_text(row["title"]),
        created_at=as_seconds(row["created_at"]),
        updated_at=as_seconds(row["updated_at"]),
        settings=_settings(row["settings"]),
        draft=as_text(row["draft"]),
        leaf_id=leaf_id,
        is_damaged=from_json(row["settings"]) is None,
    )


def _settings(value: object) -> ChatSettings:
    content = from_json(value) or {}
    options = content.get("options")
    return ChatSettings(
        model_ref=as_text(content.get("model_ref")),
        system_prompt=as_text(content.get("system_prompt")),
        options=options if isinstance(options, dict) else {},
        is_thinking=content.get("is_thinking") is True,
    )


def _settings_json(settings: ChatSettings) -> str:
    return to_json(
        {
            "model_ref": storable(settings.model_ref),
            "system_prompt": storable(settings.system_prompt),
            "options": dict(settings.options),
            "is_thinking": settings.is_thinking,
        }
    )


def _leaf(connection: Connection, chat_id: str) -> str | None:
    row = connection.execute(
        "SELECT coalesce(leaf_id, (SELECT max(id) FROM messages WHERE chat_id = chats.id)) "
        "FROM chats WHERE id = ? AND deleted_at IS NULL",
        (chat_id,),
    ).fetchone()
    if row is None:
        raise BadInput("This chat is not there any more.")
    return None if row[0] is None else str(row[0])


def _last_prompt(connection: Connection, chat_id: str) -> str:
    row = connection.execute(
        "SELECT id, parent_id, role FROM messages WHERE id = ?", (_leaf(connection, chat_id),)
    ).fetchone()
    if row is None:
        raise BadInput("There is no prompt to answer in this chat.")
    return str(row["id"] if row["role"] == "user" or row["parent_id"] is None else row["parent_id"])


def _store_answer(connection: Connection, message: StoredMessage) -> None:
    insert_message(connection, message)
    connection.execute(
        "UPDATE chats SET leaf_id = NULL WHERE id = ? AND leaf_id IS NOT NULL", (message.chat_id,)
    )
