"""The terminal: answers on stdout, everything else on stderr, and nothing a model wrote may control it."""

import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from slmdesk.base.printable import printable

_CLEAR_LINE = "\r\x1b[K"


class Terminal:
    """Where a command writes. The status line is shown only where someone can see it move."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self.has_status = self._err.isatty()
        self._has_status_line = False

    def write(self, text: str) -> None:
        """A piece of an answer."""
        self.clear_status()
        self._out.write(printable(text))
        self._out.flush()

    def write_json(self, content: Mapping[str, Any]) -> None:
        """One object; escaped to ASCII, so that no model text reaches a terminal raw."""
        self.clear_status()
        self._out.write(json.dumps(content, indent=2) + "\n")
        self._out.flush()

    def say(self, sentence: str) -> None:
        """Something about the work, in a line of its own."""
        self.clear_status()
        self._err.write(printable(sentence) + "\n")
        self._err.flush()

    def think(self, text: str) -> None:
        """A piece of thinking: not the answer, so not on stdout."""
        self.clear_status()
        self._err.write(printable(text))
        self._err.flush()

    def status(self, words: str) -> None:
        """What is being done now, in place of what was said before."""
        if self.has_status:
            self._err.write(_CLEAR_LINE + printable(words).replace("\n", " "))
            self._err.flush()
            self._has_status_line = True

    def clear_status(self) -> None:
        if self._has_status_line:
            self._err.write(_CLEAR_LINE)
            self._err.flush()
            self._has_status_line = False
