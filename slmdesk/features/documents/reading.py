"""The way in: a path, bytes or a web address becomes a Document or a Picture, or BadInput says why not."""

import asyncio
import stat
from dataclasses import replace
from pathlib import Path, PurePath

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.engines.base import Image
from slmdesk.features.documents.document import Attachment, Document, Picture, Pixels
from slmdesk.features.documents.kinds import binary_kind, text_kind
from slmdesk.features.documents.limits import CHILDREN_AT_ONCE, KILLED_AFTER_S, MAX_FILE_BYTES, megabytes
from slmdesk.features.documents.plain_text import decode
from slmdesk.features.documents.reader_process import read_apart
from slmdesk.features.documents.web import fetch
from slmdesk.features.documents.web_address import web_address


class DocumentReader:
    """Reads what is attached; one for the program, used on one loop.

    Plain text is read in a worker thread, everything else in a child process that is killed after
    `limit_s` or with the task that waits for it. At most two run at once.
    """

    def __init__(self, *, limit_s: float = KILLED_AFTER_S) -> None:
        self._limit_s = limit_s
        self._children = asyncio.Semaphore(CHILDREN_AT_ONCE)

    async def read_path(self, path: Path) -> Attachment:
        """A file of this machine; raises BadInput."""
        return await self.read_bytes(path.name, await asyncio.to_thread(_file_bytes, path))

    async def read_text(self, path: Path) -> Document:
        """A file of this machine that holds text; raises BadInput."""
        found = await self.read_path(path)
        if isinstance(found, Picture):
            raise BadInput(
                say("“{name}” is a picture.", name=found.name),
                next_step=say("Give its words as text: only documents are read here."),
            )
        return found

    async def read_bytes(self, name: str, data: bytes) -> Attachment:
        """What was pasted or dropped, by the name that it has there; raises BadInput."""
        name = PurePath(name).name or "pasted"
        _refuse_size(name, len(data))
        if not data:
            raise BadInput(
                say("“{name}” is empty.", name=name),
                next_step=say("Save it in its program first, then attach it."),
            )
        kind = binary_kind(name, data)
        if kind is None:
            return await asyncio.to_thread(_plain, name, data)
        async with self._children:
            found = await read_apart(name, kind, data, limit_s=self._limit_s)
        if isinstance(found, Pixels):
            image = Image(found.data, found.mime)
            return Picture(name, image, found.width, found.height, found.notes, len(data))
        more = {"title": found.title, "whole": found.whole}
        return Document(name, found.kind, found.text, found.notes, len(data), found.pages, **more)

    async def read_address(self, text: str, *, is_private_allowed: bool = False) -> Document:
        """The article at a web address; raises BadInput, and PrivateAddress for a place nearby.

        This leaves the machine: show `web_address(text).words` and ask before it is called.
        """
        fetched = await fetch(web_address(text), is_private_allowed=is_private_allowed)
        name = PurePath(fetched.address.text.partition("?")[0]).name
        name = name if name.lower().endswith(fetched.suffix) else f"{name}{fetched.suffix}"
        found = await self.read_bytes(name, fetched.data)
        if isinstance(found, Picture):
            raise BadInput(
                say("This address holds a picture."), next_step=say("Save it and attach the file.")
            )
        return replace(found, name=found.title or fetched.address.host, source=fetched.address.text)


def _plain(name: str, data: bytes) -> Document:
    decoded = decode(name, data)
    if not decoded.text.strip():
        raise BadInput(say("“{name}” holds no text.", name=name), next_step=say("Attach a file that does."))
    kind, language = text_kind(name)
    return Document(name, kind, decoded.text, decoded.notes, len(data), language=language)


def _file_bytes(path: Path) -> bytes:
    """The whole file. A pipe or a device is refused before it is opened: it might never end."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise BadInput(
                say("“{name}” is a folder.", name=path.name),
                next_step=say("Attach the files in it that matter."),
            )
        if not stat.S_ISREG(found.st_mode):
            raise BadInput(say("“{name}” is not a file.", name=path.name), next_step=say("Attach a file."))
        _refuse_size(path.name, found.st_size)
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)  # it may have grown, and the kernel's files say 0
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or say("its name is not one")
        raise BadInput(
            say("“{name}” cannot be opened ({reason}).", name=path.name, reason=reason),
            next_step=say("Check that it is still there and that you may read it."),
        ) from error


def _refuse_size(name: str, size_bytes: int) -> None:
    if size_bytes > MAX_FILE_BYTES:
        raise BadInput(
            say(
                "“{name}” has {size}; more than {max_file} cannot be read.",
                name=name,
                size=megabytes(size_bytes),
                max_file=megabytes(MAX_FILE_BYTES),
            ),
            next_step=say("Attach the part that matters as a file of its own."),
        )
