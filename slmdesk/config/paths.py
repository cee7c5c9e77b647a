"""Where everything lives on disk. No other module builds a path inside the data folder."""

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slmdesk.base.errors import DataFolderAway, DataFolderUnusable
from slmdesk.base.words import say

CUSTOM_MODELS = "custom_models.json"
"""Custom models of the built-in engine, beside the model files."""
PACKAGE = Path(__file__).resolve().parent.parent

# Whoever adds a file to Paths adds it here or to the exceptions in the test of belongings.
_BELONGINGS = (
    "slmdesk*.sqlite*",
    "database-damaged-*.sqlite*",
    "journal",
    "settings*.json",
    "presets*.json",
    "prompts*.json",
    "catalog*.json",
    "machine*.json",
    "speeds*.json",
    "keep-alive*.json",
    "memory-seen*.json",
    "models",
    "slmdesk*.log*",
    "activity.jsonl",
)


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of one data folder."""

    data_dir: Path

    @property
    def database(self) -> Path:
        return self.data_dir / "slmdesk.sqlite"

    @property
    def journal(self) -> Path:
        """The folder of answers that are being written."""
        return self.data_dir / "journal"

    @property
    def settings(self) -> Path:
        return self.data_dir / "settings.json"

    @property
    def presets(self) -> Path:
        """The user's own presets and the defaults of models."""
        return self.data_dir / "presets.json"

    @property
    def prompts(self) -> Path:
        """The user's own prompts."""
        return self.data_dir / "prompts.json"

    @property
    def catalogue(self) -> Path:
        """A catalogue of models that the user brought."""
        return self.data_dir / "catalog.json"

    @property
    def previous_catalogue(self) -> Path:
        """The one from before, for a way back."""
        return self.data_dir / "catalog-previous.json"

    @property
    def checked_catalogue(self) -> Path:
        """Which catalogue was compared with its schema."""
        return self.data_dir / "catalog-checked.json"

    @property
    def machine(self) -> Path:
        """What was measured of this machine."""
        return self.data_dir / "machine.json"

    @property
    def speeds(self) -> Path:
        """What was measured of models on this machine."""
        return self.data_dir / "speeds.json"

    @property
    def keep_alive(self) -> Path:
        """How long models stay in memory, where it was chosen."""
        return self.data_dir / "keep-alive.json"

    @property
    def memory_seen(self) -> Path:
        """How much memory models were seen to take."""
        return self.data_dir / "memory-seen.json"

    @property
    def activity(self) -> Path:
        """What happened lately, a line each."""
        return self.data_dir / "activity.jsonl"

    @property
    def passing(self) -> Path:
        """The folder of chats that are forgotten when the program ends."""
        return self.data_dir / "passing"

    @property
    def models(self) -> Path:
        """The folder for model files that the program fetches itself."""
        return self.data_dir / "models"

    @property
    def moved_note(self) -> Path:
        """In the system's folder: where the data was moved."""
        return self.data_dir / "moved-to.json"

    @property
    def moved_here(self) -> Path:
        """The mark of a folder that the data was moved to, so that an empty disk is not taken for it."""
        return self.data_dir / "moved-here.json"

    @property
    def moving_here(self) -> Path:
        """The mark of a folder that a move has not finished with."""
        return self.data_dir / "moving-here.json"

    @property
    def log(self) -> Path:
        return self.data_dir / "slmdesk.log"

    @property
    def lock(self) -> Path:
        return self.data_dir / "instance.lock"

    @property
    def instance(self) -> Path:
        """How a second start reaches the first one."""
        return self.data_dir / "instance.json"

    def belongings(self) -> Sequence[Path]:
        """Every file and link of the program in this folder, for a move; not what lives while it runs."""
        found = {path for pattern in _BELONGINGS for path in self.data_dir.glob(pattern)}
        inside = {path for folder in found if _is_real_folder(folder) for path in folder.rglob("*")}
        return sorted(path for path in found | inside if not _is_real_folder(path) and _lasts(path))

    def create(self) -> None:
        """Make the folders, readable by the user alone; raises DataFolderUnusable."""
        for folder in (self.data_dir, self.journal, self.models):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise unusable(self.data_dir, error) from error


def _is_real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _lasts(path: Path) -> bool:
    """Not a half-written file, nor the index of SQLite's log, which is made anew."""
    return path.suffix not in (".tmp", ".part") and not path.name.endswith("-shm")


def unusable(folder: Path, error: OSError) -> DataFolderUnusable:
    """The same sentence for every file that could not be written."""
    from slmdesk.base.disk import trouble_of  # a start without trouble does without

    reason = error.strerror or type(error).__name__
    is_file = isinstance(error, NotADirectoryError | FileExistsError)
    return DataFolderUnusable(
        say("The data folder {folder} cannot be written ({reason}).", folder=folder, reason=reason),
        next_step=say("Choose a folder with --data-dir.") if is_file else trouble_of(error).or_elsewhere,
    )


def begin_passing(paths: Paths, undo: contextlib.ExitStack) -> Path:
    """A fresh folder inside the data folder, gone at the end."""
    undo.callback(shutil.rmtree, paths.passing, ignore_errors=True)
    Paths(paths.passing).create()
    return paths.passing


def home_data_dir() -> Path:
    """The folder that this system gives the user's programs; a note in it can lead to another one."""
    import platformdirs

    return Path(platformdirs.user_data_dir("slmdesk", appauthor=False))


def default_data_dir() -> Path:
    """The user's data folder: the system's, or where it was moved (see config.relocation).

    Raises DataFolderAway when that place is not there now: an empty one is not put in its stead.
    """
    from slmdesk.config.moved_note import read_note

    home = home_data_dir()
    note = read_note(home)
    if note is None or note.folder == home:
        return home
    if not Paths(note.folder).moved_here.is_file():
        raise DataFolderAway(
            say("The data was moved to {folder}, and it is not there now.", folder=note.folder),
            next_step=say("Connect that disk and start again, or choose another folder with --data-dir."),
        )
    return note.folder


def resources() -> Path:
    """Icons, style and catalog: inside the package when installed, beside it in a clone."""
    shipped = PACKAGE / "_resources"
    return shipped if shipped.is_dir() else PACKAGE.parent / "resources"
