"""The data folder is moved whole or not at all, killed at any step too, and there is a way back."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slmdesk.base.errors import AlreadyRunning, BadInput, DataFolderUnusable
from slmdesk.config import paths as config_paths
from slmdesk.config import relocation
from slmdesk.config.instance import InstanceLock
from slmdesk.config.paths import Paths, default_data_dir
from slmdesk.config.relocation import DataPlace, MoveCancelled, confirm_move, data_place, go_back, move_data
from slmdesk.config.settings import Settings, load_settings, save_settings
from tests.fakes.killed_move import FILES, STRANGER, content, lay_out

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    lay_out(folder)
    for module in (config_paths, relocation):
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
    assert go_back() == DataPlace(home)
    assert default_data_dir() == home
    assert content(home) == FILES
    assert (target / "slmdesk.sqlite").read_bytes() == b"newer chats"
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
    with pytest.raises(BadInput, match="not confirmed"):
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
    assert [path.name for path in target.rglob("*")] == ["instance.lock"]
    move_data(target)
    assert default_data_dir() == target


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
    monkeypatch.setattr(relocation, "_SPARE_BYTES", 10**18)
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
    copy = relocation._copy

    def flipping(path: Path, to: Path, advance: object) -> None:
        copy(path, to, advance)  # type: ignore[arg-type]  # as it came
        if path.suffix == ".gguf":
            to.write_bytes(b"GGUE" * 3_000)

    monkeypatch.setattr(relocation, "_copy", flipping)
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
