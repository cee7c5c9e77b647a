"""Replace a small file so that a crash leaves the old content or the new one, never a mix."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write, sync and rename; the file is readable by the user alone."""
    with replacement(path) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """A file to write beside `path`; it takes its place when the block comes to its end, else it goes."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """The names in the folder outlast a power failure from here on; raises OSError."""
    if os.name == "nt":  # a folder cannot be opened there, and the rename is journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
