"""The data folder is made for the user alone, and a folder that cannot be made is a clear sentence."""

import stat
import sys
from pathlib import Path

import pytest

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.config.paths import Paths, default_data_dir, resources


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_folders_are_made_for_the_user_alone(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "deep" / "data")
    paths.create()
    for folder in (paths.data_dir, paths.journal, paths.models):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    paths.create()


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DataFolderUnusable) as caught:
        Paths(tmp_path / "data").create()
    assert str(tmp_path / "data") in caught.value.message
    assert caught.value.next_step == "Choose a folder with --data-dir."


def test_every_file_is_inside_the_data_folder(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    for path in (
        paths.database,
        paths.settings,
        paths.journal,
        paths.models,
        paths.log,
        paths.lock,
        paths.instance,
    ):
        assert path.parent == tmp_path


def test_every_file_that_lasts_is_moved_with_the_folder(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.create()
    lives_while_it_runs = {"lock", "instance", "passing"}
    marks_of_a_move = {"moved_note", "moved_here", "moving_here"}
    names = {name for name, value in vars(Paths).items() if isinstance(value, property)}
    assert {"database", "settings", "presets"} <= names
    for name in names:
        path = getattr(paths, name)
        file = path / "inner" / "file" if path.is_dir() or not path.suffix else path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        is_moved = name not in lives_while_it_runs | marks_of_a_move
        assert (file in paths.belongings()) == is_moved, name
    for stranger in ("thesis.docx", "models.zip", "settings.json.x.tmp", "slmdesk.sqlite-shm"):
        (tmp_path / stranger).touch()
        assert tmp_path / stranger not in paths.belongings()
    (tmp_path / "slmdesk.sqlite-wal").touch()
    assert tmp_path / "slmdesk.sqlite-wal" in paths.belongings()


def test_the_default_folder_is_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if sys.platform.startswith("linux"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert default_data_dir() == tmp_path / "slmdesk"
    assert default_data_dir().is_absolute()


def test_resources_are_found_in_a_clone() -> None:
    assert resources().name in ("resources", "_resources")
    assert resources().is_absolute()
