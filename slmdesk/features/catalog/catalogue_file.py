"""The catalogue in use: the shipped one, or a newer one in the data folder, with a way back."""

from functools import cached_property
from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.config.atomic_file import write_atomically
from slmdesk.config.json_file import keep_aside
from slmdesk.config.paths import unusable
from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.catalogue import MOST_BYTES, Catalogue, read_catalogue, shipped_catalogue
from slmdesk.features.catalog.entry import Architecture


class CatalogueFile:
    """`path` holds a catalogue that the user brought, `previous` the one before.

    A damaged file is kept aside and the shipped catalogue is used; `notice` says so.
    """

    def __init__(self, path: Path, previous: Path) -> None:
        self.notice = ""
        self._path = path
        self._previous = previous

    @cached_property
    def current(self) -> Catalogue:
        """Read at the first use: blocks for a tenth of a second where it is not the shipped one."""
        content = self._content(self._path)
        if content is None:
            return shipped_catalogue()
        try:
            return read_catalogue(content)
        except BadInput as error:
            kept = keep_aside(self._path)
            where = f" and is kept as {kept}" if kept else ""
            self.notice = f"The catalogue of models could not be read{where}. {error.message}"
            return shipped_catalogue()

    def shape_of(self, model: ModelInfo) -> Architecture | None:
        """The shape of a model that an engine offers, where the catalogue knows it."""
        entry = self.current.entry_of(model)
        return entry.architecture if entry else None

    @property
    def is_shipped(self) -> bool:
        """Whether it is the one that came with the program."""
        return self.current is shipped_catalogue()

    def replace(self, content: bytes) -> Catalogue:
        """Use another catalogue from now on; one that is not sound raises BadInput and changes nothing."""
        fresh = read_catalogue(content)
        try:
            if self._path.exists():
                self._path.replace(self._previous)
            else:
                self._previous.unlink(missing_ok=True)
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self._path, content)
        except OSError as error:
            raise unusable(self._path.parent, error) from error
        self.__dict__["current"] = fresh
        return fresh

    def restore(self) -> Catalogue:
        """Go back to the catalogue from before; doing it twice comes back again. Raises BadInput."""
        content, earlier = self._content(self._path), self._content(self._previous)
        if content is None and earlier is None:
            raise BadInput("There is no earlier catalogue: the one of the program is in use.")
        fresh = shipped_catalogue() if earlier is None else read_catalogue(earlier)
        try:
            for path, kept in ((self._path, earlier), (self._previous, content)):
                if kept is None:
                    path.unlink(missing_ok=True)
                else:
                    write_atomically(path, kept)
        except OSError as error:
            raise unusable(self._path.parent, error) from error
        self.__dict__["current"] = fresh
        return fresh

    @staticmethod
    def _content(path: Path) -> bytes | None:
        try:
            with path.open("rb") as file:
                return file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unusable(path.parent, error) from error


def read_file(path: Path) -> bytes:
    """A catalogue that the user names; one byte more than allowed tells that it is too large. BadInput."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(say("{path} cannot be read ({reason}).", path=path, reason=reason)) from error
