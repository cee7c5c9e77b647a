"""Chats and their messages: a tree in the database, one path of it on the screen."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import later, say
from slmdesk.store.attachments import (
    Holder,
    StoredAttachment,
    delete_attachments,
    insert_attachments,
    read_attachments,
    read_attachments_of,
)
from slmdesk.store.branches import MessageTree
from slmdesk.store.chat_rows import (
    Chat,
    ChatSettings,
    ChatSummary,
    chat_from,
    read_chat,
    read_summaries,
    settings_json,
)
from slmdesk.store.db import Connection, Database, Row, new_id
from slmdesk.store.journal import AnswerWriter, Journal, Leftover
from slmdesk.store.messages import StoredMessage, answer_from, insert_message, message_from
from slmdesk.store.recovery import recover_leftovers
from slmdesk.store.text import as_text, storable, title_from
from slmdesk.store.whole_chats import NewChat, insert_chat

__all__ = ["Chat", "ChatSettings", "ChatSummary", "Chats"]

_KIND = "message"
_CUT_SHORT = later("SLM Desk ended before the answer did.")


class Chats:
    """All chats of one database. The constructor stores answers that a crash interrupted."""

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._journal = journal
        if not db.is_read_only:
            recover_leftovers(db, journal, _KIND, _recover)

    async def list(
        self, limit: int = 10_000, offset: int = 0, *, is_archived: bool = False
    ) -> Sequence[ChatSummary]:
        """The newest first: those in use, or the archived ones."""
        return await self._db.read(
            lambda connection: read_summaries(connection, limit, offset, is_archived=is_archived)
        )

    async def create(self, settings: ChatSettings, title: str = "", draft: str = "") -> Chat:
        """A new chat without messages; without a title its first message gives one."""
        return (await self.add([NewChat(title, settings, is_title_given=bool(title), draft=draft)]))[0]

    async def add(self, chats: Sequence[NewChat]) -> Sequence[Chat]:
        """Store whole chats with all their branches, in one commit."""
        return await self._db.write(lambda connection: [insert_chat(connection, chat) for chat in chats])

    @property
    def writing_count(self) -> int:
        """Answers that are being written, those of comparisons included."""
        return len(self._journal.running())

    async def load(self, chat_id: str) -> tuple[Chat, Sequence[StoredMessage]]:
        """The chat and the path to its leaf, running answers included; raises BadInput when it is gone."""
        chat, tree = await self.load_tree(chat_id)
        return chat, tree.path_to(chat.leaf_id)

    async def load_tree(self, chat_id: str) -> tuple[Chat, MessageTree]:
        """The chat and all its branches, running answers included; raises BadInput when it is gone."""
        chat, rows, attached, choices = await self._db.read(lambda connection: _load(connection, chat_id))
        messages = [message_from(row, attached.get(str(row["id"]), ())) for row in rows]
        known = {message.id: message for message in messages}
        leaf_id = as_text(chat["leaf_id"])
        for writer in self._journal.running():
            if writer.header.get("chat_id") == chat_id and writer.header["id"] not in known:
                leaf_id = writer.header["id"]
                known[leaf_id] = answer_from(writer.header, writer.text, writer.thinking, writer.state)
        tree = MessageTree(known.values(), choices)
        path = tree.path_to(leaf_id)
        return chat_from(chat, path[-1].id if path else None), tree

    async def add_user_message(
        self,
        chat_id: str,
        text: str,
        *,
        beside: str | None = None,
        attachments: Sequence[StoredAttachment] = (),
    ) -> StoredMessage:
        """Commit the prompt with what is attached below the message on screen, or as a version of `beside`.

        The first one names the chat. The draft and what is attached to it are sent with it, unless it is a
        version: then they stay.
        """
        text = storable(text)

        def insert(connection: Connection) -> StoredMessage:
            leaf = _leaf(connection, chat_id)
            message = StoredMessage(
                id=str(new_id()),
                chat_id=chat_id,
                parent_id=leaf if beside is None else _parent(connection, beside),
                role="user",
                text=text,
                thinking="",
                state="done",
                model_ref="",
                timings={},
                stop_reason=None,
                error="",
                created_at=time.time(),
                attachments=tuple(attachments),
            )
            insert_message(connection, message)
            _choose_newest(connection, message)
            connection.execute(
                "UPDATE chats SET updated_at = ?, leaf_id = NULL, "
                "draft = CASE WHEN ? THEN draft ELSE '' END, "
                "title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?",
                (message.created_at, beside is not None, title_from(text), chat_id),
            )
            if beside is None:
                delete_attachments(connection, Holder.DRAFT, chat_id)
            return message

        return await self._db.write(insert)

    async def start_answer(
        self,
        chat_id: str,
        model_ref: str,
        parent_id: str | None = None,
        *,
        text: str = "",
        thinking: str = "",
        schema: str = "",
    ) -> tuple[StoredMessage, AnswerWriter]:
        """Begin the answer to `parent_id`, or to the last prompt on screen, beside answers it has.

        It begins with `text` and `thinking`, if it goes on from another one. `schema` is what it is asked by.
        """
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
            **({"schema": storable(schema)} if schema else {}),
        }
        writer = self._journal.writer(identifier, header)
        if text or thinking:
            await writer.append(text, thinking)
        return answer_from(writer.header, writer.text, writer.thinking, writer.state), writer

    async def finish_answer(
        self,
        message_id: str,
        writer: AnswerWriter,
        *,
        state: str,
        stop_reason: str | None = None,
        error: str = "",
        timings: Mapping[str, Any] | None = None,
        tokens: bytes = b"",
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
            tokens=tokens,
        )
        await self._db.write(lambda connection: _store_answer(connection, message), then=writer.end)
        return message

    async def choose_leaf(
        self, chat_id: str, message_id: str, choices: Mapping[str, str] | None = None
    ) -> None:
        """Show another branch: the path that ends in this message. `choices` as in MessageTree."""
        rows = [(chat_id, parent or 0, child) for parent, child in (choices or {}).items()]

        def choose(connection: Connection) -> None:
            connection.execute("UPDATE chats SET leaf_id = ? WHERE id = ?", (message_id, chat_id))
            connection.executemany("INSERT OR REPLACE INTO choices VALUES (?, ?, ?)", rows)

        await self._db.write(choose)

    async def rename(self, chat_id: str, title: str) -> None:
        """A title that was typed; an empty one lets the next message or the model name the chat."""
        line = storable(" ".join(title.split()))

        def rename(connection: Connection) -> None:
            connection.execute(
                "UPDATE chats SET title = ?, is_title_given = ? WHERE id = ?", (line, bool(line), chat_id)
            )

        await self._db.write(rename)

    async def suggest_title(self, chat_id: str, title: str) -> bool:
        """A title that nobody typed: taken unless there is one that somebody did."""

        def suggest(connection: Connection) -> bool:
            statement = "UPDATE chats SET title = ? WHERE id = ? AND NOT is_title_given"
            return connection.execute(statement, (storable(title), chat_id)).rowcount > 0

        return await self._db.write(suggest)

    async def set_pinned(self, *chat_ids: str, is_pinned: bool) -> None:
        await self._update(chat_ids, "pinned_at", time.time() if is_pinned else None)

    async def set_archived(self, *chat_ids: str, is_archived: bool) -> None:
        """Out of the list, but found by a search; everything in it stays."""
        await self._update(chat_ids, "archived_at", time.time() if is_archived else None)

    async def save_settings(self, chat_id: str, settings: ChatSettings) -> None:
        await self._update([chat_id], "settings", settings_json(settings))

    async def save_draft(self, chat_id: str, text: str) -> None:
        await self._update([chat_id], "draft", storable(text))

    async def unsent(self, chat_id: str) -> Sequence[StoredAttachment]:
        """What is attached to the draft."""
        return await self._db.read(lambda connection: read_attachments_of(connection, Holder.DRAFT, chat_id))

    async def save_unsent(self, chat_id: str, attachments: Sequence[StoredAttachment]) -> None:
        """These, and no others, are attached to the draft; nothing happens when the chat is gone."""

        def save(connection: Connection) -> None:
            delete_attachments(connection, Holder.DRAFT, chat_id)
            if connection.execute("SELECT 1 FROM chats WHERE id = ?", (chat_id,)).fetchone():
                insert_attachments(connection, Holder.DRAFT, chat_id, attachments)

        await self._db.write(save)

    async def delete(self, *chat_ids: str) -> None:
        """Take chats out of the list; `undelete` brings them back, until the program starts again."""
        await self._update(chat_ids, "deleted_at", time.time())

    async def undelete(self, *chat_ids: str) -> None:
        await self._update(chat_ids, "deleted_at", None)

    async def first_free_title(self, titles: Iterable[str]) -> str:
        """The first of these, which may have no end, that no chat has."""

        def find(connection: Connection) -> str:
            statement = "SELECT 1 FROM chats WHERE title = ? AND deleted_at IS NULL"
            return next(
                title for title in titles if connection.execute(statement, (title,)).fetchone() is None
            )

        return await self._db.read(find)

    async def _update(self, chat_ids: Iterable[str], column: str, value: object) -> None:
        rows = [(value, chat_id) for chat_id in chat_ids]
        statement = f"UPDATE chats SET {column} = ? WHERE id = ?"  # noqa: S608 (a name from this file)

        def update(connection: Connection) -> None:
            connection.executemany(statement, rows)

        await self._db.write(update)


def _recover(connection: Connection, leftovers: Sequence[Leftover]) -> Sequence[Leftover]:
    """Store interrupted answers (not those whose chat is in another database), and purge deleted chats."""
    stored = []
    for leftover in leftovers:
        header = leftover.header
        if connection.execute("SELECT 1 FROM chats WHERE id = ?", (header.get("chat_id"),)).fetchone():
            _store_answer(
                connection,
                answer_from(header, leftover.text, leftover.thinking, "interrupted", error=say(_CUT_SHORT)),
            )
            stored.append(leftover)
    connection.execute("DELETE FROM chats WHERE deleted_at IS NOT NULL")
    return stored


def _load(
    connection: Connection, chat_id: str
) -> tuple[Row, Sequence[Row], Mapping[str, tuple[StoredAttachment, ...]], Mapping[str, str]]:
    chat = read_chat(connection, chat_id)
    rows = connection.execute("SELECT * FROM messages WHERE chat_id = ?", (chat_id,)).fetchall()
    chosen: Iterable[Row] = connection.execute(
        "SELECT parent_id, child_id FROM choices WHERE chat_id = ?", (chat_id,)
    )
    attached = read_attachments(connection, chat_id)
    return chat, rows, attached, {str(row["parent_id"] or ""): str(row["child_id"]) for row in chosen}


def _parent(connection: Connection, message_id: str) -> str | None:
    row = connection.execute("SELECT parent_id FROM messages WHERE id = ?", (message_id,)).fetchone()
    if row is None:
        raise BadInput(say("This message is not there any more."))
    return None if row["parent_id"] is None else str(row["parent_id"])


def _choose_newest(connection: Connection, message: StoredMessage) -> None:
    """A new version is the one that shows, whatever was chosen at this fork before."""
    connection.execute(
        "DELETE FROM choices WHERE chat_id = ? AND parent_id = ?", (message.chat_id, message.parent_id or 0)
    )


def _leaf(connection: Connection, chat_id: str) -> str | None:
    row = connection.execute(
        "SELECT coalesce(leaf_id, (SELECT max(id) FROM messages WHERE chat_id = chats.id)) "
        "FROM chats WHERE id = ? AND deleted_at IS NULL",
        (chat_id,),
    ).fetchone()
    if row is None:
        raise BadInput(say("This chat is not there any more."))
    return None if row[0] is None else str(row[0])


def _last_prompt(connection: Connection, chat_id: str) -> str:
    row = connection.execute(
        "SELECT id, parent_id, role FROM messages WHERE id = ?", (_leaf(connection, chat_id),)
    ).fetchone()
    if row is None:
        raise BadInput(say("There is no prompt to answer in this chat."))
    return str(row["id"] if row["role"] == "user" or row["parent_id"] is None else row["parent_id"])


def _store_answer(connection: Connection, message: StoredMessage) -> None:
    insert_message(connection, message)
    _choose_newest(connection, message)
    connection.execute(
        "UPDATE chats SET leaf_id = NULL WHERE id = ? AND leaf_id IS NOT NULL", (message.chat_id,)
    )
