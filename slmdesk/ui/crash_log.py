"""The log of the window program, in its data folder."""

import contextlib
import faulthandler
import logging
from pathlib import Path
from typing import IO, Self

LOG_BYTES = 1_000_000


class CrashLog:
    """Warnings, bugs and crashes of the interpreter go to one file that stays small."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] | None = None
        self._handler: logging.Handler | None = None
        self.open(path)

    def open(self, path: Path) -> None:
        """Write there from now on; an `OSError` is let through."""
        with contextlib.suppress(OSError):
            if path.stat().st_size > LOG_BYTES:
                path.replace(path.with_suffix(".old.log"))
        self._file = path.open("a", encoding="utf-8")
        self._handler = logging.StreamHandler(self._file)
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logging.getLogger().addHandler(self._handler)
        faulthandler.enable(self._file)

    def close(self) -> None:
        """The file can be moved from here on."""
        if self._file is not None and self._handler is not None:
            faulthandler.disable()
            logging.getLogger().removeHandler(self._handler)
            self._file.close()
            self._file = self._handler = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
