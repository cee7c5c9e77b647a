"""What was sent with a message: the text of a document or the bytes of a picture, read without trust."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slmdesk.store.db import Connection
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


def insert_attachments(
    connection: Connection, message_id: str, attachments: Sequence[StoredAttachment]
) -> None:
    """In the order in which they were attached; once or more often, as for messages."""
    connection.executemany(
        "INSERT OR IGNORE INTO attachments (message_id, place, name, kind, details, text, data) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                message_id,
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
        data = row["data"]
        attachment = StoredAttachment(
            name=as_text(row["name"]),
            kind=as_text(row["kind"]),
            text=as_text(row["text"]),
            data=data if isinstance(data, bytes) else None,
            details=from_json(row["details"]) or {},
        )
        message_id = str(row["message_id"])
        found[message_id] = (*found.get(message_id, ()), attachment)
    return found
