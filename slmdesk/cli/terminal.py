"""The terminal: answers on stdout, everything else on stderr, and nothing a model wrote may control it."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from slmdesk.base.printable import printable

_CLEAR_LINE = "\r\x1b[K"
_USUAL_COLUMNS = 80


class Terminal:
    """Where a command writes. The status line is shown only where someone can see it move.

    `problem` is why stdout takes no more: its reader has gone, or its disk is full. `on_lost` is
    called once when that is met; what is written afterwards goes nowhere.
    """

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        *,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._on_lost = on_lost
        self.problem: OSError | None = None
        self.has_status = self._err is not None and self._err.isatty()
        self._has_status_line = False
        self._said_last = ""

    def write(self, text: str) -> None:
        """A piece of an answer."""
        self.clear_status()
        self._put_out(printable(text))

    def write_json(self, content: Mapping[str, Any]) -> None:
        """One object; escaped to ASCII, so that no model text reaches a terminal raw."""
        self.clear_status()
        self._put_out(json.dumps(content, indent=2) + "\n")

    def say(self, sentence: str) -> None:
        """Something about the work, in a line of its own; the same twice in a row says nothing new."""
        self.clear_status()
        if not sentence or sentence != self._said_last:
            self._put_err(printable(sentence) + "\n")
        self._said_last = sentence

    def think(self, text: str) -> None:
        """A piece of thinking: not the answer, so not on stdout."""
        self.clear_status()
        self._put_err(printable(text))

    def invite(self, mark: str) -> None:
        """What stands before that which the user types."""
        self.clear_status()
        self._put_err(mark)
        self._said_last = ""

    def status(self, words: str) -> None:
        """What is being done now, in place of what was said before."""
        if self.has_status:
            line = printable(words).replace("\n", " ")[: _columns(self._err) - 1]  # a second one would stay
            self._put_err(_CLEAR_LINE + line)
            self._has_status_line = True

    def clear_status(self) -> None:
        if self._has_status_line:
            self._put_err(_CLEAR_LINE)
            self._has_status_line = False

    def _put_out(self, text: str) -> None:
        if self.problem is None and (problem := _put(self._out, text)):
            self.problem = problem
            self._on_lost()

    def _put_err(self, text: str) -> None:
        """Remarks are no reason to end: where nobody can read them they are dropped."""
        _put(self._err, text)


def _put(stream: TextIO | None, text: str) -> OSError | None:
    """What kept the text from being written; a stream closed before the start takes everything."""
    if stream is None:
        return None
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        with contextlib.suppress(OSError):  # else Python tries the rest again at its end, and complains
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None


def _columns(stream: TextIO | None) -> int:
    """How wide the terminal is, or usually is where it does not say."""
    if stream is not None:
        with contextlib.suppress(OSError):
            return os.get_terminal_size(stream.fileno()).columns or _USUAL_COLUMNS
    return _USUAL_COLUMNS
