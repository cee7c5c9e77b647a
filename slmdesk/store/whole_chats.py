"""A whole chat stored at once, all its branches with it: a new one, an imported one, a branch of another."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.store.chat_rows import Chat, ChatSettings, settings_json
from slmdesk.store.db import Connection, new_id
from slmdesk.store.messages import NewMessage, StoredMessage, insert_message
from slmdesk.store.text import storable


@dataclass(frozen=True, slots=True)
class NewChat:
    """A chat to be stored. `leaf` is the place of the last message on screen, None for the newest.

    Times in Unix seconds; None is now.
    """

    title: str
    settings: ChatSettings
    messages: Sequence[NewMessage] = ()
    leaf: int | None = None
    created_at: float | None = None
    updated_at: float | None = None
    is_title_given: bool = False
    is_pinned: bool = False
    is_archived: bool = False
    folder_id: str | None = None
    branched_from: str | None = None
    draft: str = ""


def insert_chat(connection: Connection, chat: NewChat) -> Chat:
    """Store it under new ids, which grow from parent to child."""
    now, chat_id = time.time(), str(new_id())
    ids = [str(new_id()) for _ in chat.messages]
    stored = Chat(
        id=chat_id,
        title=storable(" ".join(chat.title.split())),
        created_at=now if chat.created_at is None else chat.created_at,
        updated_at=now if chat.updated_at is None else chat.updated_at,
        settings=chat.settings,
        draft=storable(chat.draft),
        leaf_id=ids[-1 if chat.leaf is None else chat.leaf] if ids else None,
        folder_id=chat.folder_id,
        is_pinned=chat.is_pinned,
        is_archived=chat.is_archived,
        is_title_given=chat.is_title_given,
        branched_from=chat.branched_from,
    )
    connection.execute(
        "INSERT INTO chats (id, title, created_at, updated_at, settings, leaf_id, folder_id, pinned_at, "
        "archived_at, is_title_given, branched_from, draft) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stored.id,
            stored.title,
            stored.created_at,
            stored.updated_at,
            settings_json(stored.settings),
            None if chat.leaf is None else stored.leaf_id,
            stored.folder_id,
            now if stored.is_pinned else None,
            now if stored.is_archived else None,
            stored.is_title_given,
            stored.branched_from,
            stored.draft,
        ),
    )
    for identifier, message in zip(ids, chat.messages, strict=True):
        parent = None if message.parent is None else ids[message.parent]
        insert_message(connection, _stored(message, identifier, chat_id, parent))
    return stored


def _stored(message: NewMessage, identifier: str, chat_id: str, parent_id: str | None) -> StoredMessage:
    return StoredMessage(
        id=identifier,
        chat_id=chat_id,
        parent_id=parent_id,
        role=message.role,
        text=storable(message.text),
        thinking=storable(message.thinking),
        state=storable(message.state),
        model_ref=storable(message.model_ref),
        timings=message.timings,
        stop_reason=None if message.stop_reason is None else storable(message.stop_reason),
        error=storable(message.error),
        created_at=message.created_at,
        attachments=message.attachments,
        schema=storable(message.schema),
        tokens=message.tokens,
    )


def branch_of(chat: Chat, path: Sequence[StoredMessage], title: str) -> NewChat:
    """A copy of the path as a chat of its own, which knows where it began."""
    return NewChat(
        title=title,
        settings=chat.settings,
        messages=[
            NewMessage(
                parent=place - 1 if place else None,
                role=message.role,
                text=message.text,
                created_at=message.created_at,
                thinking=message.thinking,
                state=message.state,
                model_ref=message.model_ref,
                timings=message.timings,
                stop_reason=message.stop_reason,
                error=message.error,
                attachments=message.attachments,
                schema=message.schema,
                tokens=message.tokens,
            )
            for place, message in enumerate(path)
        ],
        is_title_given=chat.is_title_given,
        folder_id=chat.folder_id,
        branched_from=chat.id,
    )
