"""Moves a data folder again and again, killed one step later each time; confirms and goes back, killed too.

Prints the number of steps of a move, of a confirmation and of the way back. Every write, sync, rename,
removal and new folder is a step.
"""

import contextlib
import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slmdesk.base.errors import SlmdeskError
from slmdesk.config import folder_copy, moved_note, relocation
from slmdesk.config.paths import Paths

FILES = {
    "slmdesk.sqlite": b"chats" * 5_000,
    "slmdesk.sqlite-wal": b"",
    "slmdesk-v1.backup.sqlite": b"older",
    "journal/1.jsonl": b"answer\n",
    "settings.json": b'{"theme": "dark"}',
    "presets.json": b"{}",
    "models/maker/a.gguf": b"GGUF" * 3_000,
    "slmdesk.log": b"log\n",
}
STRANGER = "thesis.docx"


def lay_out(folder: Path) -> None:
    """A data folder as the program leaves it, with a file of somebody else."""
    for name, content in {**FILES, STRANGER: b"not ours"}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Paths(folder).belongings()}


def in_use(home: Path) -> Path:
    """The folder that the next start would open."""
    note = moved_note.read_note(home)
    if note is None:
        return home
    assert Paths(note.folder).moved_here.is_file() or note.folder == home
    return note.folder


def plant(steps: int) -> None:
    """SIGKILL to this process at the n-th step."""
    left = iter(range(steps))

    def step(original: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: Any, **more: Any) -> Any:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **more)

        return stepped

    for name in ("replace", "unlink", "mkdir", "rmdir", "symlink_to"):
        setattr(Path, name, step(getattr(Path, name)))
    os.fsync = step(os.fsync)
    folder_copy.shutil.copystat = step(shutil.copystat)
    folder_copy._chunks = step(folder_copy._chunks)


def killed_after(steps: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that is killed after so many steps; whether it was."""
    child = os.fork()
    if child == 0:
        plant(steps)
        work()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, status
    return os.WIFSIGNALED(status)


def every_kill(
    folder: Path, begin: Callable[[Path, Path], object], work: Callable[[Path, Path], object]
) -> int:
    """`begin`, then `work` killed at each step, then again to its end: nothing is ever lost."""
    for steps in itertools.count():
        home, target = folder / f"{steps}" / "home", folder / f"{steps}" / "target"
        lay_out(home)
        begin(home, target)
        was_killed = killed_after(steps, lambda home=home, target=target: work(home, target))
        assert content(in_use(home)) == FILES, steps
        if before := relocation.data_place(home).previous:
            assert content(before) == FILES, f"{steps}: a way back is offered that is none"
        if was_killed:
            with contextlib.suppress(SlmdeskError):  # it had come to its end before the kill
                work(home, target)
        assert content(in_use(home)) == FILES, steps
        assert (home / STRANGER).read_bytes() == b"not ours"
        shutil.rmtree(home.parent)
        if not was_killed:
            return steps
    raise AssertionError


def move(home: Path, target: Path) -> None:
    relocation.move_data(target, home=home)


def confirm(home: Path, target: Path) -> None:
    del target
    relocation.confirm_move(home)
    assert sorted(path.name for path in home.iterdir() if path.is_file() and path.suffix != ".tmp") == [
        "instance.lock",
        "moved-to.json",
        STRANGER,
    ]


def back(home: Path, target: Path) -> None:
    del target
    relocation.go_back(home)


def main(folder: Path) -> None:
    print(
        every_kill(folder / "move", lambda home, target: None, move),
        every_kill(folder / "confirm", move, confirm),
        every_kill(folder / "back", move, back),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
