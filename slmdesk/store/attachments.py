"""Attachments of messages, drafts and runs: the text of a document or the bytes of a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from slmdesk.store.db import Connection, Row
from slmdesk.store.text import as_text, from_json, storable, to_json


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """One attachment. `text` is that of a document, `data` the encoded picture, None for a document.

    `details` are plain JSON here (features.documents.attached knows them).
    """

    name: str
    kind: str
    text: str = ""
    data: bytes | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Holder(Enum):
    """What attachments belong to: the value is their table and the column that names the owner."""

    MESSAGE = ("attachments", "message_id")
    DRAFT = ("unsent_attachments", "chat_id")
    RUN = ("run_attachments", "run_id")


def insert_attachments(
    connection: Connection, holder: Holder, owner_id: str, attachments: Sequence[StoredAttachment]
) -> None:
    """In the order in which they were attached; once or more often, as for messages."""
    table, owner = holder.value
    connection.executemany(
        f"INSERT OR IGNORE INTO {table} ({owner}, place, name, kind, details, text, data) "  # noqa: S608 (ours)
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                owner_id,
                place,
                storable(each.name),
                storable(each.kind),
                to_json(each.details),
                storable(each.text),
                each.data,
            )
            for place, each in enumerate(attachments)
        ],
    )


def read_attachments(connection: Connection, chat_id: str) -> Mapping[str, tuple[StoredAttachment, ...]]:
    """All attachments of a chat by the message they were sent with."""
    found: dict[str, tuple[StoredAttachment, ...]] = {}
    rows = connection.execute(
        "SELECT attachments.* FROM attachments JOIN messages ON messages.id = message_id "
        "WHERE chat_id = ? ORDER BY message_id, place",
        (chat_id,),
    )
    for row in rows:
        message_id = str(row["message_id"])
        found[message_id] = (*found.get(message_id, ()), _attachment(row))
    return found


def read_attachments_of(
    connection: Connection, holder: Holder, owner_id: str | int
) -> tuple[StoredAttachment, ...]:
    """Those of one draft or run, in their order."""
    table, owner = holder.value
    statement = f"SELECT * FROM {table} WHERE {owner} = ? ORDER BY place"  # noqa: S608 (names of ours)
    return tuple(_attachment(row) for row in connection.execute(statement, (owner_id,)))


def delete_attachments(connection: Connection, holder: Holder, owner_id: str) -> None:
    table, owner = holder.value
    connection.execute(f"DELETE FROM {table} WHERE {owner} = ?", (owner_id,))  # noqa: S608 (names of ours)


def _attachment(row: Row) -> StoredAttachment:
    data = row["data"]
    return StoredAttachment(
        name=as_text(row["name"]),
        kind=as_text(row["kind"]),
        text=as_text(row["text"]),
        data=data if isinstance(data, bytes) else None,
        details=from_json(row["details"]) or {},
    )
