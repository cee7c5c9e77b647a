"""The child process that reads one document (`slmdesk reader`): bytes in, one JSON object out, never a file.

The readers take files that anybody may have made. Here a crash, a hang or a flood of memory costs one
document and not the window; what a library raises ends the child, which its parent knows how to read.
"""

import base64
import contextlib
import faulthandler
import json
import logging
import os
import sys
from dataclasses import asdict
from typing import Any

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say, speak
from slmdesk.config.languages import language
from slmdesk.features.documents.document import Content, Kind, Pixels
from slmdesk.features.documents.kinds import unusable
from slmdesk.features.documents.limits import CHILD_MEMORY_BYTES, KILLED_AFTER_S
from slmdesk.features.documents.plain_text import shorten


def main() -> int:
    """Read stdin to its end and answer. Works on the file descriptors: a frozen program has no sys.stdin."""
    reply = _keep_stdout_for_us()
    _bind()
    with os.fdopen(os.dup(0), "rb") as stdin:
        head, _, data = stdin.read().partition(b"\n")
    task = json.loads(head)
    speak(language(task.get("language", "")))
    answer = json.dumps(_answer(task["name"], Kind(task["kind"]), data))
    with os.fdopen(reply, "w", encoding="utf-8") as stdout:
        stdout.write(answer)
    return 0


def _answer(name: str, kind: Kind, data: bytes) -> dict[str, Any]:
    try:
        found = read(name, kind, data)
    except BadInput as problem:
        return _answer_of(problem)
    except MemoryError:
        return _answer_of(unusable(name, say("needs more memory than a document may take")))
    except RecursionError:
        return _answer_of(unusable(name, say("is nested deeper than any real document")))
    if isinstance(found, Pixels):
        return asdict(found) | {"data": base64.b64encode(found.data).decode()}
    text, note = shorten(found.text.encode("utf-8", "replace").decode())
    return asdict(found) | {"text": text, "notes": [*found.notes, *filter(None, [note])]}


def _answer_of(problem: BadInput) -> dict[str, Any]:
    return {"problem": problem.message, "next_step": problem.next_step}


def read(name: str, kind: Kind, data: bytes) -> Content | Pixels:
    """Read with the library for this kind; raises BadInput, and whatever the library raises."""
    if kind is Kind.PDF:
        from slmdesk.features.documents.readers import pdf

        return pdf.read(name, data)
    if kind is Kind.DOCX:
        from slmdesk.features.documents.readers import office

        return office.read(name, data)
    if kind is Kind.HTML:
        from slmdesk.features.documents.readers import pages

        return pages.read(name, data)
    from slmdesk.features.documents.readers import pictures

    return pictures.read(name, data)


def _keep_stdout_for_us() -> int:
    """Our own descriptor for stdout: what a library prints goes nowhere."""
    reply = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return reply


def _bind() -> None:
    """Limits that hold even when the parent is gone: of time, and of memory where the system keeps one."""
    logging.disable()
    faulthandler.dump_traceback_later(KILLED_AFTER_S, exit=True, file=1)
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has none, macOS takes none
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
