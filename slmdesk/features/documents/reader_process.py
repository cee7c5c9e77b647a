"""One document, one child process: started, fed, killed when its time is over or nobody waits any more."""

import asyncio
import base64
import contextlib
import json
import logging
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say, spoken
from slmdesk.features.documents import child
from slmdesk.features.documents.document import Content, Kind, Pixels
from slmdesk.features.documents.kinds import damaged, unusable
from slmdesk.features.documents.limits import KILLED_AFTER_S

_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_log = logging.getLogger(__name__)


async def read_apart(
    name: str, kind: Kind, data: bytes, *, limit_s: float = KILLED_AFTER_S
) -> Content | Pixels:
    """Read `data` in a process of its own; raises BadInput whatever happens there.

    A cancel kills the process.
    """
    process = ReaderProcess(name, limit_s)
    try:
        return await asyncio.to_thread(process.read, kind, data)
    finally:
        process.stop()


class ReaderProcess:
    """The child for one document, as a blocking call."""

    def __init__(self, name: str, limit_s: float = KILLED_AFTER_S) -> None:
        self._name = name
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def read(self, kind: Kind, data: bytes) -> Content | Pixels:
        """Content for text, Pixels for a picture; raises BadInput."""
        process = self._start()
        head = json.dumps({"name": self._name, "kind": kind, "language": spoken().code}).encode()
        try:
            out, errors = process.communicate(head + b"\n" + data, timeout=self._limit_s)
        except subprocess.TimeoutExpired as error:
            self.stop()
            process.communicate()
            raise unusable(self._name, say("takes too long to read")) from error
        if process.returncode != 0:
            _log.info("the reader of a %s ended with %d: %s", kind, process.returncode, _reason(errors))
            raise damaged(self._name)
        return _found(json.loads(out))

    def stop(self) -> None:
        """Kill the process if it runs; it will not be started any more. From any thread."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._is_stopped:
                raise unusable(self._name, say("was not read to its end"))
            try:
                self._process = subprocess.Popen(
                    _command(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,  # Ctrl+C in the terminal is for us to answer
                    creationflags=_NO_WINDOW,
                )
            except OSError as error:
                raise BadInput(
                    say(
                        "“{name}” cannot be read: no process could be started ({strerror}).",
                        name=self._name,
                        strerror=error.strerror,
                    ),
                    next_step=say("Close other programs and try again."),
                ) from error
            return self._process


def _found(reply: dict[str, Any]) -> Content | Pixels:
    if "problem" in reply:
        raise BadInput(reply["problem"], next_step=reply["next_step"])
    fields = reply | {"notes": tuple(reply["notes"])}
    if "mime" in reply:
        pixels = Pixels(**fields)
        return replace(pixels, data=base64.b64decode(pixels.data))
    return Content(**fields | {"kind": Kind(reply["kind"])})


def _reason(errors: bytes) -> str:
    """The name of the exception; what follows it may quote the document, which belongs into no log."""
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1].partition(":")[0][:80] if lines else "nothing said"


def _command() -> list[str]:
    """The frozen program calls itself; otherwise Python runs the module, never one of the working folder."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "reader"]
    return [sys.executable, "-P", "-m", child.__name__]
