"""A whole pack from a folder of documents, a table of questions and one of expected answers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.evaluate.editing import with_documents
from slmdesk.features.evaluate.importing.columns import TableKind, guessed_columns, imported
from slmdesk.features.evaluate.importing.documents import TextReader, files_in, read_documents
from slmdesk.features.evaluate.importing.tables import table_from_text
from slmdesk.features.evaluate.pack import Document, Pack


@dataclass(frozen=True, slots=True)
class WholePack:
    """`problems` are sentences about what was left out; the rest is in the pack."""

    pack: Pack
    problems: tuple[str, ...] = ()


async def pack_from_files(
    title: str,
    folders: Sequence[Path],
    questions: Path,
    expected: Path | None,
    reader: TextReader,
    on_read: Callable[[int, int], object] = lambda _done, _all: None,
) -> WholePack:
    """Read all of them; raises BadInput where there is no document, no question, or a table is none.

    `on_read` hears how many files were read of how many.
    """
    files = await asyncio.to_thread(files_in, folders)
    documents: list[Document] = []
    problems: list[str] = []
    async for found in read_documents(files, reader):
        if found.document is not None:
            documents.append(found.document)
        else:
            problems.append(found.problem)
        on_read(len(documents) + len(problems), len(files))
    if not documents:
        raise BadInput(
            say("There is no document that can be read."),
            next_step=say("Text, Markdown, web pages, PDF and Word files are read."),
        )
    pack = with_documents(Pack(title), documents)
    pack, more = await _with_table(pack, questions, TableKind.QUESTIONS, reader)
    problems += more
    if expected is not None:
        pack, more = await _with_table(pack, expected, TableKind.ANSWERS, reader)
        problems += more
    return WholePack(pack, tuple(problems))


async def _with_table(
    pack: Pack, path: Path, kind: TableKind, reader: TextReader
) -> tuple[Pack, Sequence[str]]:
    """Its problems begin with the name of the file."""
    read = await reader.read_text(path)
    try:
        table = await asyncio.to_thread(table_from_text, path.suffix.lower(), read.text)
        result = imported(pack, table, kind, guessed_columns(table, kind))
    except BadInput as error:
        raise BadInput(f"{path.name}: {error.message}", next_step=error.next_step) from error
    return result.pack, [f"{path.name}: {problem}" for problem in result.problems]
