"""The ways into a pack: files, folders, web pages, tables; also for what is dropped."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QWidget

from slmdesk.base.jobs import JobRunner
from slmdesk.features.documents.reading import DocumentReader
from slmdesk.features.evaluate.importing.columns import Imported
from slmdesk.features.evaluate.importing.documents import SUFFIXES, files_in
from slmdesk.features.evaluate.importing.tables import table_from_text
from slmdesk.features.evaluate.open_pack import OpenPack
from slmdesk.features.evaluate.pack import Document
from slmdesk.ui import notify
from slmdesk.ui.labels import tr
from slmdesk.ui.widgets.chat.save_file import ask_file, ask_files, ask_folder
from slmdesk.ui.widgets.evaluate.document_import import DocumentImport
from slmdesk.ui.widgets.evaluate.table_import import TableImport

TABLES = (".csv", ".tsv", ".xlsx", ".xlsm", ".jsonl", ".ndjson")
PACK = ".json"
Start = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


class ImportMenu(QObject):
    """`add` puts documents into the pack, `open_pack` opens a pack's file; `start` runs a job of the pane."""

    def __init__(
        self,
        home: QWidget,
        menu: QMenu,
        book: OpenPack,
        jobs: JobRunner,
        start: Start,
        add: Callable[[Sequence[Document]], None],
        open_pack: Callable[[Path], None],
    ) -> None:
        super().__init__(home)
        self._home = home
        self._book = book
        self._jobs = jobs
        self._start = start
        self._add = add
        self._open_pack = open_pack
        self._reader = DocumentReader()
        menu.addAction(tr("Documents from files…"), self.ask_documents)
        menu.addAction(tr("Documents from a folder…"), self.ask_folder)
        menu.addAction(tr("Documents from web pages…"), self.ask_pages)
        menu.addSeparator()
        menu.addAction(tr("Questions and answers from a table…"), self.ask_table)

    def ask_documents(self) -> None:
        async def work() -> None:
            kinds = " ".join(f"*{suffix}" for suffix in SUFFIXES)
            filters = [tr("Documents ({0})").format(kinds), tr("All files (*)")]
            if paths := await ask_files(self._home, tr("Import documents"), filters):
                self._open_documents(paths)

        self._start(work)

    def ask_folder(self) -> None:
        async def work() -> None:
            if (folder := await ask_folder(self._home, tr("Import documents"))) is not None:
                await self._take_paths([folder])

        self._start(work)

    def ask_pages(self) -> None:
        """Addresses are typed in the dialog."""
        self._open_documents([])

    def ask_table(self) -> None:
        async def work() -> None:
            kinds = " ".join(f"*{suffix}" for suffix in TABLES)
            path = await ask_file(self._home, tr("Import a table"), tr("Tables ({0})").format(kinds))
            if path is not None:
                await self._take_table(path)

        self._start(work)

    def take(self, paths: Sequence[Path]) -> None:
        """What was dropped or pasted: a pack is opened, a table is mapped, all else are documents."""
        suffix = paths[0].suffix.lower()
        if len(paths) == 1 and suffix == PACK:
            self._open_pack(paths[0])
        elif len(paths) == 1 and suffix in TABLES:
            self._start(partial(self._take_table, paths[0]))
        else:
            self._start(partial(self._take_paths, paths))

    # inside

    async def _take_paths(self, paths: Sequence[Path]) -> None:
        files = await asyncio.to_thread(files_in, paths)
        if files:
            self._open_documents(files)
        else:
            notify.toast(self._home, tr("There is no document in this folder that can be read."))

    def _open_documents(self, paths: Sequence[Path]) -> None:
        dialog = DocumentImport(self._home, self._reader, self._jobs, paths)
        dialog.wanted.connect(self._add)
        dialog.open()

    async def _take_table(self, path: Path) -> None:
        read = await self._reader.read_text(path)
        table = await asyncio.to_thread(table_from_text, path.suffix.lower(), read.text)
        dialog = TableImport(self._home, path.name, table, self._book.pack)
        dialog.wanted.connect(self._on_table_wanted)
        dialog.open()

    def _on_table_wanted(self, result: Imported) -> None:
        self._book.edit(result.pack)
        notify.toast(self._home, tr("Imported: {0}.").format(result.words))
