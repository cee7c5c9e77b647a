"""A file that is not whole yet: what has come, its running SHA-256, and a journal of what it belongs to."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from slmdesk.base.errors import BadInput, DiskFull, StoreError
from slmdesk.base.jobs import StoppedError
from slmdesk.base.words import say
from slmdesk.config.atomic_file import sync_folder, write_atomically
from slmdesk.config.file_lock import try_lock
from slmdesk.config.json_file import parse_object
from slmdesk.features.pulls.progress import amount

# Not names that config.paths leaves out: what has come moves with the data folder.
PART_SUFFIX, JOURNAL_SUFFIX = ".begun", ".journal.begun"

_LEAST_SYNC_BYTES = 1 << 20
_SYNCS = 256  # in a whole file: a crash of the machine loses at most that share of it
_MARGIN_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 20


def never() -> bool:
    """For readings that nobody breaks off."""
    return False


def unheard(_size_bytes: int) -> None:
    """For readings that nobody follows."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the bytes belong to: two requests with one identity have the same content.

    `validator` is a strong ETag or a date, `sha256` what the source itself promises; "" if unknown.
    """

    address: str = ""
    size_bytes: int | None = None
    validator: str = ""
    sha256: str = ""

    def is_same(self, other: "Identity") -> bool:
        """Whether bytes of one go on with bytes of the other; the hash decides where both have it."""
        if self.sha256 and other.sha256:
            return self.sha256 == other.sha256
        if None not in (self.size_bytes, other.size_bytes) and self.size_bytes != other.size_bytes:
            return False
        if self.validator and other.validator:
            return self.validator == other.validator
        return self.size_bytes is not None and self.size_bytes == other.size_bytes

    def may_be(self, promised: "Identity") -> bool:
        """Nothing that is known of both speaks against it."""
        if self.sha256 and promised.sha256:
            return self.sha256 == promised.sha256
        return None in (self.size_bytes, promised.size_bytes) or self.size_bytes == promised.size_bytes

    def joined(self, later: "Identity") -> "Identity":
        """What is known of it from both."""
        return Identity(
            self.address or later.address,
            later.size_bytes if self.size_bytes is None else self.size_bytes,
            later.validator or self.validator,
            self.sha256 or later.sha256,
        )


class PartFile:
    """One open part; it is locked, so that two programs do not write into it. Works on the disk."""

    def __init__(self, path: Path, final: Path, identity: Identity) -> None:
        self.path = path
        self.final = final
        self.identity = identity
        self.size_bytes = 0
        self._synced_bytes = 0
        self._hash = hashlib.sha256()
        self._descriptor = -1

    @classmethod
    def open(
        cls,
        final: Path,
        address: str,
        is_stopped: Callable[[], bool] = never,
        tell: Callable[[int], object] = unheard,
    ) -> "PartFile":
        """What was begun for this address, else an empty part; raises BadInput and StoreError.

        Once `is_stopped`, StoppedError: the part and its journal stay as they are. `tell` hears how many
        bytes of it were read.
        """
        part = cls(_part(final), final, Identity(address))
        with _said(part.path):
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
            part._descriptor = os.open(part.path, flags, 0o600)
        with contextlib.ExitStack() as undo:
            undo.callback(part._release)
            if not try_lock(part._descriptor):
                raise BadInput(say("{name} is being fetched by another SLM Desk already.", name=final.name))
            with _said(part.path):
                _clear_scraps(final)
                part._go_on(address, is_stopped, tell)
            undo.pop_all()
        return part

    @property
    def is_whole(self) -> bool:
        return self.identity.size_bytes is not None and self.size_bytes == self.identity.size_bytes

    @property
    def sha256(self) -> str:
        """Of what is here."""
        return self._hash.hexdigest()

    def belongs_to(self, identity: Identity) -> None:
        """Remember what the bytes are; raises DiskFull if the rest of it has no room."""
        self.identity = identity
        if identity.size_bytes is not None:
            check_room(self.path.parent, identity.size_bytes - self.size_bytes)
        self.sync()

    def write(self, data: bytes) -> None:
        """Add bytes; every now and then they are made safe against a crash of the machine."""
        with _said(self.path):
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
        self._hash.update(data)
        self.size_bytes += len(data)
        if self.size_bytes - self._synced_bytes >= self._sync_every:
            check_room(self.path.parent, 0)
            self.sync()

    def sync(self) -> None:
        """Make what is here safe, then say so in the journal: never the other way round."""
        with _said(self.path):
            os.fsync(self._descriptor)
            content = asdict(self.identity) | {"synced_bytes": self.size_bytes}
            write_atomically(_journal(self.final), json.dumps(content).encode())
        self._synced_bytes = self.size_bytes

    def start_over(self) -> None:
        """Nothing of what is here is of use."""
        with _said(self.path):
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.size_bytes = self._synced_bytes = 0
        self._hash = hashlib.sha256()
        self.identity = replace(self.identity, size_bytes=None, validator="", sha256="")

    def close(self) -> None:
        """Keep what is here for the next time; nothing is kept of nothing."""
        if self._descriptor < 0:
            return
        try:
            if self.size_bytes:
                self.sync()
        finally:
            self._release()
        if not self.size_bytes:
            drop_part(self.final)

    def become_final(self) -> None:
        """Give it its name, in one step, once it was checked.

        The journal stays until `forget_journal`: it proves what the file is if a crash comes first.
        """
        self.sync()
        self._release()
        with _said(self.path):
            self.path.replace(self.final)
            sync_folder(self.final.parent)

    def _release(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    @property
    def _sync_every(self) -> int:
        return max(_LEAST_SYNC_BYTES, (self.identity.size_bytes or 0) // _SYNCS)

    def _go_on(self, address: str, is_stopped: Callable[[], bool], tell: Callable[[int], object]) -> None:
        known, synced = _read_journal(_journal(self.final))
        here = os.fstat(self._descriptor).st_size
        if known is None or known.address != address:
            synced = 0
        else:
            self.identity = known
        usable = min(here, synced)
        os.ftruncate(self._descriptor, usable)
        while self.size_bytes < usable:
            block = os.read(self._descriptor, min(_BLOCK_BYTES, usable - self.size_bytes))
            if not block:
                break
            self._hash.update(block)
            self.size_bytes += len(block)
            tell(self.size_bytes)
            if is_stopped():
                raise StoppedError
        self._synced_bytes = self.size_bytes
        os.lseek(self._descriptor, self.size_bytes, os.SEEK_SET)


def begun_for(final: Path) -> str:
    """The address of the part that lies beside this name, "" if none does."""
    identity, _ = _read_journal(_journal(final))
    return identity.address if identity and _part(final).exists() else ""


def named_from(final: Path) -> str:
    """The address of a file whose journal is still there: a crash came before somebody recorded it."""
    identity, synced = _read_journal(_journal(final))
    is_this = identity is not None and not _part(final).exists() and final.stat().st_size == synced
    return identity.address if identity and is_this else ""


def drop_part(final: Path) -> int:
    """Delete what was begun; the bytes that are free again."""
    freed = 0
    with _said(final):
        for path in (_part(final), _journal(final)):
            with contextlib.suppress(FileNotFoundError):
                freed += path.stat().st_size
                path.unlink()
        _clear_scraps(final)
    return freed


def forget_journal(final: Path) -> None:
    """It is recorded elsewhere where this file came from."""
    with _said(final):
        _journal(final).unlink(missing_ok=True)


def part_bytes(final: Path) -> int:
    """How much of it is here."""
    _, synced = _read_journal(_journal(final))
    with contextlib.suppress(OSError):
        return min(synced, _part(final).stat().st_size)
    return 0


def check_room(folder: Path, needed_bytes: int) -> None:
    """Raises DiskFull if so much and a margin have no room."""
    free = shutil.disk_usage(folder).free
    if needed_bytes + _MARGIN_BYTES > free:
        raise DiskFull(
            say(
                "{needed} more are needed; the disk of {folder} has {free} free.",
                needed=amount(max(0, needed_bytes)),
                folder=folder,
                free=amount(free),
            ),
            needed_bytes=max(0, needed_bytes),
            free_bytes=free,
        )


def file_sha256(
    path: Path, is_stopped: Callable[[], bool] = never, tell: Callable[[int], object] = unheard
) -> str:
    """Of a whole file; raises StoppedError once `is_stopped`. `tell` hears how many bytes were read."""
    digest, read = hashlib.sha256(), 0
    with _said(path), path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            read += len(block)
            tell(read)
            if is_stopped():
                raise StoppedError
    return digest.hexdigest()


def _part(final: Path) -> Path:
    return final.with_name(final.name + PART_SUFFIX)


def _journal(final: Path) -> Path:
    return final.with_name(final.name + JOURNAL_SUFFIX)


def _clear_scraps(final: Path) -> None:
    """A kill in the middle of writing the journal leaves a piece of it under a passing name."""
    begin = _journal(final).name
    for path in final.parent.iterdir():
        if path.name.startswith(begin) and path.suffix == ".tmp":
            path.unlink(missing_ok=True)


def _read_journal(path: Path) -> tuple[Identity | None, int]:
    """A journal that cannot be read is none: the file begins anew."""
    try:
        content = parse_object(path.read_bytes())
        synced = content.pop("synced_bytes")
        identity = Identity(**content)
    except (OSError, ValueError, TypeError, KeyError):
        return None, 0
    texts = (identity.address, identity.validator, identity.sha256)
    counts = (synced, 0 if identity.size_bytes is None else identity.size_bytes)
    if not all(isinstance(text, str) for text in texts):
        return None, 0
    if not all(isinstance(count, int) and count >= 0 for count in counts):
        return None, 0
    return identity, synced


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    """Raise StoreError, with the path and the reason, for what the disk refuses."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(say("The disk of {folder} is full.", folder=path.parent)) from error
        raise StoreError(
            say(
                "{path} cannot be written ({reason}).",
                path=path,
                reason=error.strerror or type(error).__name__,
            )
        ) from error
