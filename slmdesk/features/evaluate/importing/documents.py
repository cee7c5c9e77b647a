"""Documents from files, folders and web addresses: each is read by itself, and one that fails alone fails."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.evaluate.pack import Document
from slmdesk.features.evaluate.plain_pack import LONGEST_NAME

SUFFIXES = (".txt", ".md", ".markdown", ".html", ".htm", ".xhtml", ".pdf", ".docx")
"""Of the files that are taken from a folder; a file that is named by itself is read whatever it is called."""
MOST_FILES = 5_000
AT_ONCE = 4

Source: TypeAlias = Path | str
"""A file, or the address of a web page."""


class ReadText(Protocol):
    """What was found in a file; `whole` is all the text of a web page, "" where nothing was left out."""

    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def source(self) -> str: ...
    @property
    def whole(self) -> str: ...


class TextReader(Protocol):
    """Reads one file or page; raises BadInput, whatever the file does to its reader."""

    async def read_text(self, path: Path) -> ReadText: ...
    async def read_address(self, text: str) -> ReadText: ...


@dataclass(frozen=True, slots=True)
class Found:
    """`document` is None where `problem` says why; `notes` are sentences for the user.

    `whole` is the text before the menus of a web page were taken away, "" where there were none.
    """

    source: Source
    document: Document | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()
    whole: str = ""

    @property
    def label(self) -> str:
        """The name of the file, or the address."""
        return self.source if isinstance(self.source, str) else self.source.name


def files_in(paths: Iterable[Path]) -> Sequence[Path]:
    """The files themselves, and those that can be read in folders and below. Blocks; raises BadInput."""
    found: list[Path] = []
    for path in paths:
        found += _below(path) if path.is_dir() else [path]
        if len(found) > MOST_FILES:
            raise BadInput(
                say("There are more than {most:,} files.", most=MOST_FILES),
                next_step=say("Import them folder by folder."),
            )
    return found


async def read_documents(sources: Sequence[Source], reader: TextReader) -> AsyncIterator[Found]:
    """In their order, a few at a time."""
    for start in range(0, len(sources), AT_ONCE):
        for found in await asyncio.gather(
            *(_read(source, reader) for source in sources[start : start + AT_ONCE])
        ):
            yield found


async def _read(source: Source, reader: TextReader) -> Found:
    try:
        if isinstance(source, str):
            read = await reader.read_address(source)
            name, origin = read.name, read.source
        else:
            read = await reader.read_text(source)
            name, origin = source.stem, source.name
    except BadInput as error:
        return Found(source, problem=error.sentence())
    name = " ".join(name.split())[:LONGEST_NAME] or say("Document")
    return Found(source, Document(name, read.text, origin), notes=read.notes, whole=read.whole)


def _below(folder: Path) -> list[Path]:
    """Hidden files and folders are left out, and links that lead out of the folder or in circles."""
    found = []
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in inner.parts)
        if not is_hidden and path.suffix.lower() in SUFFIXES and path.is_file():
            found.append(path)
        if len(found) > MOST_FILES:
            break
    return sorted(found)
