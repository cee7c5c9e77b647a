"""Folders of chats: a chat is in one or in none, and outlives its folder."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.store.db import Connection, Database, new_id
from slmdesk.store.text import as_text, storable

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with the number of chats in use that it holds."""

    id: str
    name: str
    chat_count: int = 0


class Folders:
    """All folders of one database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self) -> Sequence[Folder]:
        """By name, as people sort: capitals do not matter."""
        folders = await self._db.read(_read)
        return sorted(folders, key=lambda folder: folder.name.casefold())

    async def create(self, name: str) -> Folder:
        """Raises BadInput for an empty name and for one that there is."""
        folder = Folder(str(new_id()), _checked(name))

        def insert(connection: Connection) -> None:
            _refuse_taken(connection, folder.name, folder.id)
            connection.execute(
                "INSERT INTO folders (id, name, created_at) VALUES (?, ?, ?)",
                (folder.id, folder.name, time.time()),
            )

        await self._db.write(insert)
        return folder

    async def rename(self, folder_id: str, name: str) -> None:
        """Raises BadInput for an empty name and for one that another folder has."""
        line = _checked(name)

        def rename(connection: Connection) -> None:
            _refuse_taken(connection, line, folder_id)
            connection.execute("UPDATE folders SET name = ? WHERE id = ?", (line, folder_id))

        await self._db.write(rename)

    async def delete(self, folder_id: str) -> Sequence[str]:
        """The chats stay, outside of any folder; returns their ids, to be moved back by an undo."""

        def delete(connection: Connection) -> Sequence[str]:
            rows = connection.execute("SELECT id FROM chats WHERE folder_id = ?", (folder_id,)).fetchall()
            connection.execute("UPDATE chats SET folder_id = NULL WHERE folder_id = ?", (folder_id,))
            connection.execute("DELETE FROM folders WHERE id = ?", (folder_id,))
            return [str(row["id"]) for row in rows]

        return await self._db.write(delete)

    async def move(self, chat_ids: Sequence[str], folder_id: str | None) -> None:
        """Into this folder, or out of any; raises BadInput when the folder is gone."""

        def move(connection: Connection) -> None:
            is_there = connection.execute("SELECT 1 FROM folders WHERE id = ?", (folder_id,)).fetchone()
            if folder_id is not None and is_there is None:
                raise BadInput(say("This folder is not there any more."))
            rows = [(folder_id, chat_id) for chat_id in chat_ids]
            connection.executemany("UPDATE chats SET folder_id = ? WHERE id = ?", rows)

        await self._db.write(move)


def _read(connection: Connection) -> Sequence[Folder]:
    rows = connection.execute(
        "SELECT id, name, (SELECT count(*) FROM chats WHERE folder_id = folders.id "
        "AND deleted_at IS NULL AND archived_at IS NULL) AS chat_count FROM folders"
    )
    return [Folder(str(row["id"]), as_text(row["name"]), row["chat_count"]) for row in rows]


def _checked(name: str) -> str:
    line = storable(" ".join(name.split()))[:LONGEST_NAME].strip()
    if not line:
        raise BadInput(say("A folder needs a name."))
    return line


def _refuse_taken(connection: Connection, name: str, own_id: str) -> None:
    rows = connection.execute("SELECT name FROM folders WHERE id <> ?", (own_id,))
    if any(as_text(row["name"]).casefold() == name.casefold() for row in rows):
        raise BadInput(
            say("There is a folder “{name}” already.", name=name), next_step=say("Choose another name.")
        )
