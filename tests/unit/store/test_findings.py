"""Findings of evaluations in the store: kept, listed, deleted, brought back."""

from pathlib import Path

from slmdesk.store.db import Connection, Database
from slmdesk.store.findings import Findings


async def test_findings_are_kept_and_the_newest_comes_first(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "db.sqlite")
    try:
        findings = Findings(database)
        assert await findings.list() == []
        first = await findings.add("Reports\0", {"model": "e/a"})
        second = await findings.add("Reports", {"model": "e/b"})
        assert [each.id for each in await findings.list()] == [second.id, first.id]
        assert (await findings.list())[1].pack_title == "Reports\N{REPLACEMENT CHARACTER}"
        assert dict((await findings.list())[0].content) == {"model": "e/b"}
    finally:
        await database.aclose()


async def test_a_deleted_one_is_gone_until_it_is_restored(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "db.sqlite")
    try:
        findings = Findings(database)
        kept, other = await findings.add("Reports", {"a": 1}), await findings.add("Mails", {})
        await findings.delete(kept.id)
        assert await findings.list() == [other]
        await findings.restore(kept)
        assert await findings.list() == [other, kept]
    finally:
        await database.aclose()


async def test_a_damaged_row_is_listed_empty(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "db.sqlite")
    try:
        findings = Findings(database)
        await findings.add("Reports", {"a": 1})

        def damage(connection: Connection) -> None:
            connection.execute("UPDATE findings SET content = '[', created_at = 'then'")

        await database.write(damage)
        (found,) = await findings.list()
        assert (found.pack_title, found.content, found.created_at) == ("Reports", {}, 0.0)
    finally:
        await database.aclose()
