"""Where everything lives on disk. No other module builds a path inside the data folder."""

from dataclasses import dataclass
from pathlib import Path

from slmdesk.base.errors import DataFolderUnusable

PACKAGE = Path(__file__).resolve().parent.parent


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
    def log(self) -> Path:
        return self.data_dir / "slmdesk.log"

    @property
    def lock(self) -> Path:
        return self.data_dir / "instance.lock"

    @property
    def instance(self) -> Path:
        """How a second start reaches the first one."""
        return self.data_dir / "instance.json"

    def create(self) -> None:
        """Make the folders, readable by the user alone; raises DataFolderUnusable."""
        for folder in (self.data_dir, self.journal, self.models):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise unusable(self.data_dir, error) from error


def unusable(folder: Path, error: OSError) -> DataFolderUnusable:
    """The same sentence for every file that could not be written."""
    reason = error.strerror or type(error).__name__
    is_file = isinstance(error, NotADirectoryError | FileExistsError)
    return DataFolderUnusable(
        f"The data folder {folder} cannot be written ({reason}).",
        next_step="Choose a folder with --data-dir." if is_file else None,
    )


def default_data_dir() -> Path:
    """The user's own data folder on this system."""
    import platformdirs

    return Path(platformdirs.user_data_dir("slmdesk", appauthor=False))


def resources() -> Path:
    """Icons, style and catalog: inside the package when installed, beside it in a clone."""
    shipped = PACKAGE / "_resources"
    return shipped if shipped.is_dir() else PACKAGE.parent / "resources"
