"""One message as a row: read without trust, written once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slmdesk.store.attachments import Holder, StoredAttachment, insert_attachments
from slmdesk.store.db import Connection, Row
from slmdesk.store.text import as_seconds, as_text, from_json, storable, to_json


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message. `is_damaged` marks a row of which only a part could be read.

    Of an answer: `schema` is the JSON schema it was asked by, as it was written, "" for prose; `tokens` are
    its probabilities as engines.token_trail packs them, b"" if they were not asked for or did not come.
    """

    id: str
    chat_id: str
    parent_id: str | None
    role: str
    text: str
    thinking: str
    state: str
    model_ref: str
    timings: Mapping[str, Any]
    stop_reason: str | None
    error: str
    created_at: float
    is_damaged: bool = False
    attachments: tuple[StoredAttachment, ...] = ()
    schema: str = ""
    tokens: bytes = b""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be stored with a whole chat; `parent` is the place of an earlier one in the list."""

    parent: int | None
    role: str
    text: str
    created_at: float
    thinking: str = ""
    state: str = "done"
    model_ref: str = ""
    timings: Mapping[str, Any] = field(default_factory=dict)
    stop_reason: str | None = None
    error: str = ""
    attachments: tuple[StoredAttachment, ...] = ()
    schema: str = ""
    tokens: bytes = b""


def message_from(row: Row, attachments: tuple[StoredAttachment, ...] = ()) -> StoredMessage:
    timings = from_json(row["timings"])
    role, parent, tokens = row["role"], row["parent_id"], row["tokens"]
    return StoredMessage(
        id=str(row["id"]),
        chat_id=str(row["chat_id"]),
        parent_id=None if parent is None else str(parent),
        role=role if role in ("user", "assistant") else "assistant",
        text=as_text(row["text"]),
        thinking=as_text(row["thinking"]),
        state=as_text(row["state"]),
        model_ref=as_text(row["model_ref"]),
        timings=timings or {},
        stop_reason=None if row["stop_reason"] is None else as_text(row["stop_reason"]),
        error=as_text(row["error"]),
        created_at=as_seconds(row["created_at"]),
        is_damaged=timings is None or role not in ("user", "assistant") or not isinstance(row["text"], str),
        attachments=attachments,
        schema=as_text(row["schema"]),
        tokens=tokens if isinstance(tokens, bytes) else b"",
    )


def answer_from(
    header: Mapping[str, Any],
    text: str,
    thinking: str,
    state: str,
    *,
    timings: Mapping[str, Any] | None = None,
    stop_reason: str | None = None,
    error: str = "",
    tokens: bytes = b"",
) -> StoredMessage:
    """The answer that a journal's header begins, with what has come of it."""
    return StoredMessage(
        id=header["id"],
        chat_id=header["chat_id"],
        parent_id=header["parent_id"],
        role="assistant",
        text=text,
        thinking=thinking,
        state=state,
        model_ref=header["model_ref"],
        timings=timings or {},
        stop_reason=stop_reason,
        error=storable(error),
        created_at=header["created_at"],
        schema=as_text(header.get("schema")),
        tokens=tokens,
    )


def insert_message(connection: Connection, message: StoredMessage) -> None:
    """Once or more often: a write that is tried again must not make a second message."""
    connection.execute(
        "INSERT OR IGNORE INTO messages (id, chat_id, parent_id, role, created_at, model_ref, state, "
        "stop_reason, error, timings, thinking, text, schema, tokens) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.id,
            message.chat_id,
            message.parent_id,
            message.role,
            message.created_at,
            message.model_ref,
            message.state,
            message.stop_reason,
            message.error,
            to_json(message.timings),
            message.thinking,
            message.text,
            message.schema,
            message.tokens or None,
        ),
    )
    insert_attachments(connection, Holder.MESSAGE, message.id, message.attachments)
