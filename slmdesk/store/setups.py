"""Sets of columns that were given a name."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.store.db import Connection, Database, new_id
from slmdesk.store.text import as_text, from_json, storable, to_json

MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class StoredSetup:
    """`content` is plain JSON (features.compare.setups knows it); empty when it is damaged."""

    id: str
    name: str
    content: Mapping[str, Any]


class Setups:
    """All set-ups of one database; a name belongs to one of them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self) -> Sequence[StoredSetup]:
        """By name."""
        return await self._db.read(_list)

    async def save(self, name: str, content: Mapping[str, Any]) -> StoredSetup:
        """Keep it under this name, in place of the set-up that has it; raises BadInput for an empty name."""
        setup = StoredSetup(str(new_id()), _checked(name), content)

        def save(connection: Connection) -> StoredSetup:
            connection.execute(
                "INSERT INTO setups (id, name, content, created_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET content = excluded.content",
                (setup.id, setup.name, to_json(setup.content), time.time()),
            )
            row = connection.execute("SELECT id FROM setups WHERE name = ?", (setup.name,)).fetchone()
            return StoredSetup(str(row["id"]), setup.name, content)

        return await self._db.write(save)

    async def rename(self, setup_id: str, name: str) -> None:
        """Raises BadInput when another set-up has the name."""
        new_name = _checked(name)

        def rename(connection: Connection) -> None:
            taken = connection.execute(
                "SELECT 1 FROM setups WHERE name = ? AND id <> ?", (new_name, setup_id)
            ).fetchone()
            if taken:
                raise BadInput(
                    say("There is a set-up “{new_name}” already.", new_name=new_name),
                    next_step=say("Choose another name."),
                )
            connection.execute("UPDATE setups SET name = ? WHERE id = ?", (new_name, setup_id))

        await self._db.write(rename)

    async def delete(self, setup_id: str) -> None:
        """Gone at once; `save` with what it held brings it back."""

        def delete(connection: Connection) -> None:
            connection.execute("DELETE FROM setups WHERE id = ?", (setup_id,))

        await self._db.write(delete)


def _checked(name: str) -> str:
    line = storable(" ".join(name.split()))
    if not line:
        raise BadInput(say("A set-up needs a name."))
    if len(line) > MAX_NAME:
        raise BadInput(say("The name of a set-up has at most {max_name} characters.", max_name=MAX_NAME))
    return line


def _list(connection: Connection) -> Sequence[StoredSetup]:
    rows = connection.execute("SELECT * FROM setups ORDER BY name COLLATE NOCASE, id").fetchall()
    return [
        StoredSetup(str(row["id"]), as_text(row["name"]), from_json(row["content"]) or {}) for row in rows
    ]
