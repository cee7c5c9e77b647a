"""The catalogue in the data folder: taken when it is sound, kept aside when it is not, with a way back."""

import json
from pathlib import Path

import pytest

from slmdesk.base.errors import BadInput, DataFolderUnusable
from slmdesk.config.paths import Paths, resources
from slmdesk.features.catalog.catalogue import Catalogue, read_catalogue, shipped_catalogue
from slmdesk.features.catalog.catalogue_file import CatalogueFile


def kept(tmp_path: Path) -> CatalogueFile:
    return CatalogueFile(Paths(tmp_path))


def content(updated: str) -> bytes:
    plain = json.loads((resources() / "catalog.json").read_bytes())
    return json.dumps({**plain, "updated": updated}).encode()


def test_the_shipped_one_is_used_until_another_is_taken(tmp_path: Path) -> None:
    file = kept(tmp_path)
    assert file.is_shipped
    assert not list(tmp_path.iterdir())

    assert file.replace(content("2026-01")).updated == "2026-01"
    assert not file.is_shipped
    assert file.current.updated == kept(tmp_path).current.updated == "2026-01"


def test_the_one_before_comes_back_and_goes_again(tmp_path: Path) -> None:
    file = kept(tmp_path)
    file.replace(content("2026-01"))
    file.replace(content("2026-02"))
    assert file.restore().updated == "2026-01"
    assert kept(tmp_path).current.updated == "2026-01"
    assert file.restore().updated == "2026-02"


def test_the_way_back_from_the_first_leads_to_the_shipped_one(tmp_path: Path) -> None:
    file = kept(tmp_path)
    with pytest.raises(BadInput, match="no earlier catalogue"):
        file.restore()
    file.replace(content("2026-01"))
    assert file.restore() is shipped_catalogue()
    assert kept(tmp_path).is_shipped
    assert file.restore().updated == "2026-01"


def test_one_that_is_not_sound_changes_nothing(tmp_path: Path) -> None:
    file = kept(tmp_path)
    file.replace(content("2026-01"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(BadInput):
        file.replace(b'{"version": 1}')
    assert file.current.updated == "2026-01"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_damaged_one_is_kept_aside(tmp_path: Path) -> None:
    kept(tmp_path).replace(content("2026-01"))
    path = Paths(tmp_path).catalogue
    path.write_bytes(path.read_bytes()[:5000])

    file = kept(tmp_path)
    assert file.current is shipped_catalogue()
    (aside,) = tmp_path.glob("catalog-damaged-*.json")
    assert aside.name in file.notice
    assert aside in Paths(tmp_path).belongings()
    assert kept(tmp_path).notice == ""


def test_what_was_checked_is_not_checked_again_and_what_was_changed_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path).replace(content("2026-01"))
    checks: list[bytes] = []

    def check(given: bytes) -> Catalogue:
        checks.append(given)
        return read_catalogue(given)

    monkeypatch.setattr("slmdesk.features.catalog.catalogue_file.read_catalogue", check)
    assert kept(tmp_path).current.updated == "2026-01"
    assert checks == []
    Paths(tmp_path).catalogue.write_bytes(content("2026-05"))  # by hand
    assert kept(tmp_path).current.updated == "2026-05"
    assert len(checks) == 1
    Paths(tmp_path).checked_catalogue.write_text("{")
    assert kept(tmp_path).current.updated == "2026-05"
    assert len(checks) == 2


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    with pytest.raises(DataFolderUnusable):
        kept(in_the_way).replace(content("2026-01"))
