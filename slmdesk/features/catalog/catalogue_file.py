"""The catalogue in use: the shipped one, or a newer one in the data folder, with a way back."""

import hashlib
from pathlib import Path

from slmdesk.base.errors import BadInput, DataFolderUnusable
from slmdesk.base.words import say
from slmdesk.config.atomic_file import write_atomically
from slmdesk.config.json_file import keep_aside, read_object, write_object
from slmdesk.config.paths import Paths, unusable
from slmdesk.engines.base import ModelInfo
from slmdesk.features.catalog.catalogue import (
    MOST_BYTES,
    Catalogue,
    checked_catalogue,
    read_catalogue,
    shipped_catalogue,
)
from slmdesk.features.catalog.entry import Architecture

_DIGEST = "sha256"


class CatalogueFile:
    """A catalogue that the user brought, and the one before it, in the files of `paths`.

    A damaged file is kept aside and the shipped catalogue is used; `notice` says so.
    """

    def __init__(self, paths: Paths) -> None:
        self.notice = ""
        self._paths = paths
        self._current: Catalogue | None = None

    @property
    def current(self) -> Catalogue:
        """Read at the first use, in milliseconds: its schema was asked when it was brought."""
        if self._current is None:
            self._current = self._load()
        return self._current

    @property
    def is_shipped(self) -> bool:
        """Whether it is the one that came with the program."""
        return self.current is shipped_catalogue()

    def shape_of(self, model: ModelInfo) -> Architecture | None:
        """The shape of a model that an engine offers, where the catalogue knows it."""
        entry = self.current.entry_of(model)
        return entry.architecture if entry else None

    def replace(self, content: bytes) -> Catalogue:
        """Use another catalogue from now on; one that is not sound raises BadInput and changes nothing."""
        fresh = read_catalogue(content)
        earlier = _content(self._paths.catalogue)
        self._write(((self._paths.previous_catalogue, earlier), (self._paths.catalogue, content)))
        self._current = fresh
        return fresh

    def restore(self) -> Catalogue:
        """Go back to the catalogue from before; doing it twice comes back again. Raises BadInput."""
        content, earlier = _content(self._paths.catalogue), _content(self._paths.previous_catalogue)
        if content is None and earlier is None:
            raise BadInput(say("There is no earlier catalogue: the one of the program is in use."))
        fresh = shipped_catalogue() if earlier is None else read_catalogue(earlier)
        self._write(((self._paths.previous_catalogue, content), (self._paths.catalogue, earlier)))
        self._current = fresh
        return fresh

    def _load(self) -> Catalogue:
        try:
            content = _content(self._paths.catalogue)
            if content is None:
                return shipped_catalogue()
            return checked_catalogue(content) if self._is_checked(content) else read_catalogue(content)
        except BadInput as error:
            kept = keep_aside(self._paths.catalogue)
            self.notice = (
                say(
                    "The catalogue of models could not be read and is kept as {kept}. {message}",
                    kept=kept,
                    message=error.message,
                )
                if kept
                else say("The catalogue of models could not be read. {message}", message=error.message)
            )
        except DataFolderUnusable as error:
            self.notice = error.sentence()
        return shipped_catalogue()

    def _is_checked(self, content: bytes) -> bool:
        """Whether these very bytes were compared with the schema, which takes a quarter of a second."""
        try:
            checked = read_object(self._paths.checked_catalogue) or {}
        except ValueError:
            return False
        return checked.get(_DIGEST) == hashlib.sha256(content).hexdigest()

    def _write(self, files: tuple[tuple[Path, bytes | None], ...]) -> None:
        """None takes a file away; the last one is the catalogue in use. Raises DataFolderUnusable."""
        try:
            self._paths.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path, content in files:
                if content is None:
                    path.unlink(missing_ok=True)
                else:
                    write_atomically(path, content)
        except OSError as error:
            raise unusable(self._paths.data_dir, error) from error
        in_use = files[-1][1]
        if in_use is not None:
            write_object(self._paths.checked_catalogue, {_DIGEST: hashlib.sha256(in_use).hexdigest()})


def _content(path: Path) -> bytes | None:
    """At most a byte more than a catalogue may have; None where there is no file."""
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
