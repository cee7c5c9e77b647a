"""The data folder is moved whole or not at all, killed at any step too, and there is a way back."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slmdesk.base.errors import AlreadyRunning, BadInput, DataFolderUnusable
from slmdesk.config import folder_copy, move_plan, relocation
from slmdesk.config import paths as config_paths
from slmdesk.config.folder_copy import MoveCancelled
from slmdesk.config.instance import InstanceLock
from slmdesk.config.move_plan import plan_move
from slmdesk.config.paths import Paths, default_data_dir
from slmdesk.config.relocation import (
    DataPlace,
    confirm_move,
    data_place,
    go_back,
    is_there,
    move_data,
    start_fresh,
    use_folder,
)
from slmdesk.config.settings import Settings, load_settings, save_settings
from slmdesk.config.volume import Volume
from tests.fakes.killed_move import FILES, STRANGER, content, lay_out

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    lay_out(folder)
    for module in (config_paths, move_plan, relocation):
        monkeypatch.setattr(module, "home_data_dir", lambda: folder)
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "disk" / "slmdesk"


def test_everything_of_ours_is_moved_and_the_old_is_kept(home: Path, target: Path) -> None:
    seen: list[tuple[int, int]] = []
    place = move_data(target, on_progress=lambda done, total: seen.append((done, total)))
    assert place == data_place() == DataPlace(target, home)
    assert default_data_dir() == target
    assert content(target) == content(home) == FILES
    assert not (target / STRANGER).exists()
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] == 2 * sum(map(len, FILES.values()))


def test_there_is_a_way_back_and_what_is_new_stays(home: Path, target: Path) -> None:
    move_data(target)
    (target / "slmdesk.sqlite").write_bytes(b"newer chats")
    assert go_back() == DataPlace(home, target)
    assert default_data_dir() == home
    assert content(home) == FILES
    assert (target / "slmdesk.sqlite").read_bytes() == b"newer chats"
    assert go_back() == DataPlace(target, home)
    assert (default_data_dir() / "slmdesk.sqlite").read_bytes() == b"newer chats"


def test_without_a_move_there_is_no_way_back(home: Path) -> None:
    with pytest.raises(BadInput, match="no earlier"):
        go_back()


def test_confirmed_the_old_is_deleted_and_strangers_stay(home: Path, target: Path) -> None:
    move_data(target)
    assert confirm_move() == sum(map(len, FILES.values()))
    assert content(home) == {}
    assert (home / STRANGER).exists()
    assert not (home / "models").exists()
    assert default_data_dir() == target
    assert content(target) == FILES
    for again in (confirm_move, go_back):
        with pytest.raises(BadInput):
            again()


def test_it_can_be_moved_on_and_home_again(home: Path, target: Path, tmp_path: Path) -> None:
    move_data(target)
    with pytest.raises(BadInput, match="still kept"):
        move_data(tmp_path / "third")
    confirm_move()
    move_data(tmp_path / "third")
    confirm_move()
    move_data(home)
    assert default_data_dir() == home
    confirm_move()
    assert default_data_dir() == home
    assert content(home) == FILES
    assert not Paths(home).moved_note.exists()


def test_adapters_in_the_folder_are_named_anew(home: Path, target: Path) -> None:
    path = Paths(home).models / "custom_models.json"
    path.parent.mkdir(exist_ok=True)
    inside, outside = str(home / "models" / "pirate.gguf"), "/elsewhere/pirate.gguf"
    models = [{"name": "a", "adapter": inside}, {"name": "b", "adapter": outside}, {"name": "c"}, None]
    path.write_text(json.dumps({"models": models}))
    move_data(target)
    moved = json.loads((Paths(target).models / "custom_models.json").read_text())["models"]
    assert moved[0]["adapter"] == str(target / "models" / "pirate.gguf")
    assert moved[1:] == models[1:]


def test_model_files_in_the_folder_are_named_anew(home: Path, target: Path) -> None:
    inside, outside = str(home / "models" / "maker" / "a.gguf"), "/elsewhere/b.gguf"
    save_settings(Paths(home), Settings(model_files=(inside, outside)))
    move_data(target)
    files = load_settings(Paths(target)).model_files
    assert files == (str(target / "models" / "maker" / "a.gguf"), outside)
    assert Path(files[0]).is_file()


def test_links_stay_links(home: Path, target: Path, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.mkdir()
    (big / "b.gguf").write_bytes(b"GGUF")
    (home / "models" / "linked").symlink_to(big)
    (home / "models" / "b.gguf").symlink_to(Path("linked") / "b.gguf")
    move_data(target)
    assert (target / "models" / "linked").is_symlink()
    assert (target / "models" / "b.gguf").read_bytes() == b"GGUF"
    confirm_move()
    assert (big / "b.gguf").exists()


def test_stopped_it_leaves_nothing_behind(home: Path, target: Path) -> None:
    calls = iter(range(100))
    with pytest.raises(MoveCancelled):
        move_data(target, is_cancelled=lambda: next(calls) == 9)
    assert data_place() == DataPlace(home)
    assert content(home) == FILES
    assert not target.exists()
    move_data(target)
    assert default_data_dir() == target


def test_links_into_the_folder_lead_into_the_new_one(home: Path, target: Path) -> None:
    (home / "models" / "latest.gguf").symlink_to(home / "models" / "maker" / "a.gguf")
    (home / "models" / "round").symlink_to("round")
    move_data(target)
    confirm_move()
    assert (target / "models" / "latest.gguf").read_bytes() == FILES["models/maker/a.gguf"]
    assert (target / "models" / "round").is_symlink()


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes")
def test_names_that_are_no_text_are_moved_too(home: Path, target: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(home / "models") + b"/\xff\xfe.gguf"))
    odd.write_bytes(b"GGUF odd")
    save_settings(Paths(home), Settings(model_files=(str(odd),)))
    move_data(target)
    (name,) = load_settings(Paths(target)).model_files
    assert Path(name).parent == target / "models"
    assert Path(name).read_bytes() == b"GGUF odd"


def test_a_file_that_cannot_be_read_is_named(
    home: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refuse(path: Path, *args: Any, **more: Any) -> Any:
        if path.name == "a.gguf" and path.is_relative_to(home):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **more)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataFolderUnusable, match=r"a\.gguf cannot be read \(Permission denied\)"):
        move_data(target)
    assert not target.exists()


def test_the_older_log_goes_along(home: Path, target: Path) -> None:
    (home / "slmdesk.old.log").write_bytes(b"older lines")
    move_data(target)
    assert (target / "slmdesk.old.log").is_file()


def test_a_plan_says_what_is_copied_and_writes_nothing(home: Path, target: Path) -> None:
    plan = plan_move(target)
    assert (plan.source, plan.target) == (home, target)
    assert plan.size_bytes == sum(map(len, FILES.values()))
    assert plan.free_bytes > 0
    assert plan.duration_s > 0
    assert not target.exists()


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        (Volume(Path("/mnt"), "nfs4"), "another machine"),
        (Volume(Path("Z:"), "NTFS", is_remote=True), "another machine"),
        (Volume(Path("/media/stick"), "vfat", is_removable=True), "format this one"),
        (Volume(Path("/media/stick"), "exFAT"), "pulled out"),
        (Volume(Path("/dev/shm"), "tmpfs"), "empty after the next start"),
    ],
)
def test_a_disk_that_cannot_keep_a_database_is_refused(
    home: Path, target: Path, volume: Volume, words: str
) -> None:
    with pytest.raises(BadInput) as refused:
        plan_move(target, volume)
    assert words in refused.value.sentence()
    assert plan_move(target, Volume(Path("/"), "ext4", is_removable=True)).volume.is_removable


def test_a_folder_of_somebody_else_is_refused(
    home: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(BadInput, match="cannot be written"):
        plan_move(target)


def test_another_data_folder_is_not_written_over(home: Path, target: Path) -> None:
    lay_out(target)
    with pytest.raises(BadInput, match="data of SLM Desk"):
        plan_move(target)


def test_while_the_disk_is_away_one_goes_back_and_forth(home: Path, target: Path) -> None:
    move_data(target)
    away = target.rename(target.with_name("away"))
    assert go_back() == DataPlace(home, target)
    assert default_data_dir() == home
    with pytest.raises(BadInput, match="not there now"):
        go_back()
    away.rename(target)
    assert go_back() == DataPlace(target, home)


def test_while_the_disk_is_away_one_starts_fresh_and_loses_nothing(home: Path, target: Path) -> None:
    move_data(target)
    confirm_move()
    away = target.rename(target.with_name("away"))
    assert start_fresh() == DataPlace(home, target)
    assert default_data_dir() == home
    lay_out(home)
    away.rename(target)
    assert go_back() == DataPlace(target, home)
    assert content(target) == FILES


def test_fresh_is_beside_a_folder_that_holds_data(home: Path, target: Path) -> None:
    move_data(target)
    away = target.rename(target.with_name("away"))
    fresh = start_fresh().folder
    assert fresh != home
    assert content(fresh) == {}
    assert default_data_dir() == fresh
    assert content(home) == FILES
    away.rename(target)
    assert go_back() == DataPlace(target, fresh)


def test_a_disk_that_has_another_name_now_is_found_by_hand(home: Path, target: Path) -> None:
    move_data(target)
    moved = target.rename(target.with_name("drive-f"))
    with pytest.raises(BadInput, match="no chats"):
        use_folder(target)
    assert use_folder(moved) == DataPlace(moved, home)
    assert default_data_dir() == moved
    assert is_there(moved)
    assert not is_there(target)


def test_a_stop_is_heard_while_a_large_file_is_verified(
    home: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks, read = folder_copy._chunks, []

    def counted(file: Any) -> Any:
        for chunk in chunks(file):
            read.append(len(chunk))
            yield chunk

    monkeypatch.setattr(folder_copy, "_CHUNK_BYTES", 100)
    monkeypatch.setattr(folder_copy, "_chunks", counted)
    (home / "slmdesk.sqlite").write_bytes(b"chats" * 20_000)
    at: list[int] = []

    def is_cancelled() -> bool:
        if seen and seen[-1][0] > seen[-1][1] * 0.6 and not at:
            at.append(len(read))
        return bool(at)

    seen: list[tuple[int, int]] = []
    with pytest.raises(MoveCancelled):
        move_data(target, on_progress=lambda *one: seen.append(one), is_cancelled=is_cancelled)
    assert sum(read) < 1.5 * seen[-1][0]  # both files together as far as it came, not all of the first one


@pytest.mark.parametrize("where", ["", "models", "..", "file", "full"])
def test_a_folder_that_will_not_do_is_refused(home: Path, tmp_path: Path, where: str) -> None:
    (home / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "photo.jpg").touch()
    folder = tmp_path / "full" if where == "full" else home / where
    with pytest.raises(BadInput):
        move_data(folder)
    assert default_data_dir() == home
    assert not Paths(home).moved_note.exists()


def test_without_room_nothing_begins(home: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_plan, "_SPARE_BYTES", 10**18)
    with pytest.raises(BadInput, match="not enough room"):
        move_data(target)
    assert not Paths(target).moving_here.exists()


def test_a_disk_that_fills_up_is_told_and_its_room_given_back(
    home: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter(range(3))

    def full(_descriptor: int) -> None:
        if next(left, None) is None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataFolderUnusable, match="No space left"):
        move_data(target)
    assert content(target) == {}
    assert content(default_data_dir()) == FILES


def test_a_copy_that_is_not_the_same_is_noticed(
    home: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = folder_copy._write_through

    def flipping(path: Path, part: Path, advance: object) -> None:
        write(path, part, advance)  # type: ignore[arg-type]  # as it came
        if path.suffix == ".gguf":
            part.write_bytes(b"GGUE" * 3_000)

    monkeypatch.setattr(folder_copy, "_write_through", flipping)
    with pytest.raises(DataFolderUnusable, match=r"a\.gguf did not arrive whole"):
        move_data(target)
    assert default_data_dir() == home


def test_an_open_window_is_in_the_way(home: Path, target: Path) -> None:
    lock = InstanceLock(Paths(home))
    lock.acquire()
    try:
        with pytest.raises(AlreadyRunning):
            move_data(target)
    finally:
        lock.release()
    assert not target.exists()


def test_a_disk_that_is_not_there_is_not_taken_for_an_empty_one(home: Path, target: Path) -> None:
    move_data(target)
    away = target.rename(target.with_name("away"))
    target.mkdir()
    with pytest.raises(DataFolderUnusable, match="not there now"):
        default_data_dir()
    with pytest.raises(DataFolderUnusable, match="kept"):
        confirm_move()
    target.rmdir()
    away.rename(target)
    assert default_data_dir() == target


@pytest.mark.parametrize("note", [b"", b"[]", b"{}", b'{"folder": 7}'])
def test_a_damaged_note_is_told_and_nothing_is_started_anew(home: Path, note: bytes) -> None:
    Paths(home).moved_note.write_bytes(note)
    with pytest.raises(DataFolderUnusable, match=r"moved-to\.json"):
        default_data_dir()


def test_the_terminal_moves_and_goes_back(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("the system's folder is set by a variable on Linux alone")
    lay_out(tmp_path / "slmdesk")
    environment = {"XDG_DATA_HOME": str(tmp_path), "PATH": ""}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "slmdesk", "data", *arguments]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    target = tmp_path / "new"
    assert "slmdesk data confirm" in run("move", str(target)).stderr
    assert json.loads(run("show", "--json").stdout) == {
        "folder": str(target),
        "previous": str(tmp_path / "slmdesk"),
    }
    assert run("move", str(tmp_path / "third")).returncode == 2
    assert "again" in run("back").stderr
    assert run("show").stdout == f"{tmp_path / 'slmdesk'}\n"
    assert str(target) in run("confirm").stderr
    assert content(target) == {}
    assert run("confirm").returncode == 2


@pytest.mark.skipif(sys.platform == "win32", reason="forks and uses POSIX signals")
def test_killed_at_any_step_nothing_is_lost(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fakes.killed_move", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    steps = [int(number) for number in done.stdout.split()]
    print(f"\nmove, confirm and way back killed at each of {steps} steps")
    assert steps[0] > 60
    assert steps[1] > 15
