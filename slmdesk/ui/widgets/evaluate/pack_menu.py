"""The packs: opened from the starters, the user's own or a file; saved, duplicated, renamed, deleted."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from slmdesk.base.words import counted
from slmdesk.features.evaluate.open_pack import OpenPack
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.pack_file import read_pack, write_pack
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.evaluate.starters import load_starter, starter_names
from slmdesk.store.packs import Packs, PackSummary
from slmdesk.ui import notify
from slmdesk.ui.labels import plain_button_text, tr
from slmdesk.ui.widgets.chat.save_file import ask_file, ask_path, file_name
from slmdesk.ui.widgets.compare.name_dialog import ask_name
from slmdesk.ui.widgets.elided_button import ElidedButton

EXAMPLE = "breach"
MOST_SHOWN = 20
Start = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


class PackMenu(QObject):
    """Belongs to the chip with the name of the pack; `start` runs a job of the pane, in turn.

    `setup` gives how a pack is evaluated that was never evaluated before.
    """

    def __init__(
        self,
        home: QWidget,
        chip: ElidedButton,
        book: OpenPack,
        packs: Packs,
        start: Start,
        setup: Callable[[], Setup],
    ) -> None:
        super().__init__(home)
        self._home = home
        self._chip = chip
        self._book = book
        self._packs = packs
        self._start = start
        self._setup = setup
        self.menu = QMenu(home)
        chip.clicked.connect(lambda: start(self._open_menu))

    def begin(self) -> None:
        """The pack that was used last, if there is one; those that were deleted before are gone."""

        async def work() -> None:
            await self._packs.forget_deleted()
            await self._open_last()

        self._start(work)

    def open_starter(self, name: str) -> None:
        async def work() -> None:
            pack = await asyncio.to_thread(load_starter, name)
            await self._book.show(pack, self._setup())

        self._start(work)

    def open_file(self) -> None:
        """Ask for a pack and open it as the user's own."""

        async def work() -> None:
            path = await ask_file(self._home, tr("Open a pack"), tr("Packs (*.json)"))
            if path is not None:
                await self._take_file(path)

        self._start(work)

    def take_file(self, path: Path) -> None:
        """Open this file, which was dropped."""
        self._start(partial(self._take_file, path))

    def make(self) -> None:
        """An empty pack with a name."""

        async def work() -> None:
            name = await ask_name(
                self._home, tr("New pack"), tr("A name for documents, questions and answers.")
            )
            if name:
                await self._book.add(Pack(name), self._setup())

        self._start(work)

    def save_as(self) -> None:
        """Write the pack to a file that can be shared."""

        async def work() -> None:
            pack = self._book.pack
            path = await ask_path(self._home, tr("Save the pack"), f"{file_name(pack.title)}.json")
            if path is not None:
                await asyncio.to_thread(write_pack, pack, path)
                notify.toast(self._home, tr("Saved as {0}.").format(path.name))

        self._start(work)

    def duplicate(self) -> None:
        async def work() -> None:
            pack = replace(self._book.pack, title=tr("{0} (copy)").format(self._book.pack.title))
            await self._book.add(pack, self._book.setup)

        self._start(work)

    def rename(self) -> None:
        async def work() -> None:
            name = await ask_name(
                self._home, tr("Rename the pack"), tr("Its new name."), self._book.pack.title
            )
            if name:
                self._book.edit(replace(self._book.pack, title=name))

        self._start(work)

    def delete(self) -> None:
        """Take it out of the list, which can be undone until the program ends."""

        async def work() -> None:
            pack_id, title = self._book.id, self._book.pack.title
            await self._book.close()
            await self._packs.delete(pack_id)
            notify.toast(
                self._home,
                tr("“{0}” is deleted.").format(title),
                action=tr("Undo"),
                callback=lambda: self._start(partial(self._bring_back, pack_id)),
            )
            await self._open_last()

        self._start(work)

    # inside

    async def _bring_back(self, pack_id: str) -> None:
        await self._packs.undelete(pack_id)
        await self._book.open(pack_id)

    async def _open_last(self) -> None:
        packs = await self._packs.list()
        if packs and not self._book.is_open:
            await self._book.open(packs[0].id)

    async def _take_file(self, path: Path) -> None:
        pack = await asyncio.to_thread(read_pack, path)
        await self._book.add(pack, self._setup())

    async def _open_menu(self) -> None:
        await self._book.store_now()
        packs = await self._packs.list()
        starters = await asyncio.to_thread(lambda: [(name, load_starter(name)) for name in starter_names()])
        self._fill(list(packs), starters)
        self.menu.popup(self._chip.mapToGlobal(QPoint(0, self._chip.height() + 4)))

    def _fill(self, packs: list[PackSummary], starters: list[tuple[str, Pack]]) -> None:
        menu = self.menu
        menu.clear()
        own = menu.addMenu(tr("My packs"))
        for summary in packs[:MOST_SHOWN]:
            documents = counted(summary.document_count, "{count:,} document", "{count:,} documents")
            action = own.addAction(plain_button_text(f"{summary.title}  ·  {documents}"))
            action.setCheckable(True)
            action.setChecked(summary.id == self._book.id)
            action.triggered.connect(partial(self._on_own_chosen, summary.id))
        own.setEnabled(bool(packs))
        shipped = menu.addMenu(tr("Starter packs"))
        for name, pack in starters:
            action = shipped.addAction(plain_button_text(pack.title))
            action.setToolTip(pack.description)
            action.triggered.connect(partial(self._on_starter_chosen, name))
        menu.addSeparator()
        menu.addAction(tr("New pack…"), self.make)
        menu.addAction(tr("Open a file…"), self.open_file)
        menu.addSeparator()
        is_open = self._book.is_open
        for text, callback, is_possible in (
            (tr("Save as a file…"), self.save_as, is_open),
            (tr("Duplicate"), self.duplicate, is_open),
            (tr("Rename…"), self.rename, is_open),
            (tr("Delete"), self.delete, bool(self._book.id)),
        ):
            menu.addAction(text, callback).setEnabled(is_possible)

    def _on_own_chosen(self, pack_id: str, _is_checked: bool = False) -> None:
        self._start(partial(self._book.open, pack_id))

    def _on_starter_chosen(self, name: str, _is_checked: bool = False) -> None:
        self.open_starter(name)
