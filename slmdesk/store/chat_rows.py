"""A chat as a row: read without trust, for the list and to be opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.store.db import Connection, Row
from slmdesk.store.text import as_seconds, as_text, from_json, storable, to_json

# As MessageTree.path_to goes: from the leaf, or the newest message, to the parent of each; where a link
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


# Most chats have one version of everything: there all messages show, which the index knows without a walk.
_COUNT_WITHOUT_FORKS = """
    CASE WHEN leaf_id IS NULL AND (
        SELECT count(*) = count(DISTINCT coalesce(parent_id, 0)) FROM messages WHERE chat_id = chats.id
    )
    THEN (SELECT count(*) FROM messages WHERE chat_id = chats.id)
"""


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How the answers of a chat are made; `options` are plain JSON here (features.chat knows them).

    `schema` is the JSON schema of the answers as it was written, "" for answers in prose.
    `has_probabilities` asks for those of each token.
    """

    model_ref: str = ""
    system_prompt: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    is_thinking: bool = False
    schema: str = ""
    has_probabilities: bool = False


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation. `leaf_id` is the last message on screen, None while it is empty.

    `is_title_given`: the title was typed, and no other may take its place unasked. `branched_from`
    is the chat that this one began in; it may be gone.
    """

    id: str
    title: str
    created_at: float
    updated_at: float
    settings: ChatSettings
    draft: str = ""
    leaf_id: str | None = None
    is_damaged: bool = False
    folder_id: str | None = None
    is_pinned: bool = False
    is_archived: bool = False
    is_title_given: bool = False
    branched_from: str | None = None


@dataclass(frozen=True, slots=True)
class ChatSummary:
    """A line in the list of chats; `message_count` is what the chat shows, not its hidden versions.

    `branched_from` is the chat that this one began in; it may be gone.
    """

    id: str
    title: str
    updated_at: float
    model_ref: str
    message_count: int
    folder_id: str | None = None
    is_pinned: bool = False
    is_archived: bool = False
    branched_from: str | None = None


def read_summaries(
    connection: Connection, limit: int, offset: int, *, is_archived: bool
) -> Sequence[ChatSummary]:
    """The newest first."""
    rows = connection.execute(
        "SELECT id, title, updated_at, settings, folder_id, pinned_at, archived_at, branched_from, "  # noqa: S608 (our own)
        f"({_COUNT_WITHOUT_FORKS} ELSE ({_SHOWN_COUNT}) END) AS message_count "
        "FROM chats WHERE deleted_at IS NULL AND (archived_at IS NOT NULL) = ? "
        "ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?",
        (is_archived, limit, offset),
    )
    return [
        ChatSummary(
            id=str(row["id"]),
            title=as_text(row["title"]),
            updated_at=as_seconds(row["updated_at"]),
            model_ref=_settings(row["settings"]).model_ref,
            message_count=row["message_count"],
            folder_id=_id(row["folder_id"]),
            is_pinned=row["pinned_at"] is not None,
            is_archived=row["archived_at"] is not None,
            branched_from=_id(row["branched_from"]),
        )
        for row in rows
    ]


def read_chat(connection: Connection, chat_id: str) -> Row:
    """Raises BadInput when it is gone."""
    chat: Row | None = connection.execute(
        "SELECT * FROM chats WHERE id = ? AND deleted_at IS NULL", (chat_id,)
    ).fetchone()
    if chat is None:
        raise BadInput(say("This chat is not there any more."))
    return chat


def chat_from(row: Row, leaf_id: str | None) -> Chat:
    return Chat(
        id=str(row["id"]),
        title=as_text(row["title"]),
        created_at=as_seconds(row["created_at"]),
        updated_at=as_seconds(row["updated_at"]),
        settings=_settings(row["settings"]),
        draft=as_text(row["draft"]),
        leaf_id=leaf_id,
        is_damaged=from_json(row["settings"]) is None,
        folder_id=_id(row["folder_id"]),
        is_pinned=row["pinned_at"] is not None,
        is_archived=row["archived_at"] is not None,
        is_title_given=bool(row["is_title_given"]),
        branched_from=_id(row["branched_from"]),
    )


def _id(value: object) -> str | None:
    return None if value is None else str(value)


def _settings(value: object) -> ChatSettings:
    content = from_json(value) or {}
    options = content.get("options")
    return ChatSettings(
        model_ref=as_text(content.get("model_ref")),
        system_prompt=as_text(content.get("system_prompt")),
        options=options if isinstance(options, dict) else {},
        is_thinking=content.get("is_thinking") is True,
        schema=as_text(content.get("schema")),
        has_probabilities=content.get("has_probabilities") is True,
    )


def settings_json(settings: ChatSettings) -> str:
    """As the column holds them."""
    return to_json(
        {
            "model_ref": storable(settings.model_ref),
            "system_prompt": storable(settings.system_prompt),
            "options": dict(settings.options),
            "is_thinking": settings.is_thinking,
            **({"schema": storable(settings.schema)} if settings.schema else {}),
            **({"has_probabilities": True} if settings.has_probabilities else {}),
        }
    )
