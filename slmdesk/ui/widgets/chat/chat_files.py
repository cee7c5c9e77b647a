"""Chats to files and from files: export of one, import of many, with progress and a report."""

import asyncio
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from slmdesk.base.words import counted
from slmdesk.features.chat.export import to_json, to_markdown
from slmdesk.features.chat.export_html import to_html
from slmdesk.features.chat.importing import ImportReport, import_chats
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.widgets.chat.chat_list import ChatList
from slmdesk.ui.widgets.chat.chat_shelf import ChatShelf
from slmdesk.ui.widgets.chat.save_file import ask_and_save, ask_file, kind_words

IMPORT_JOB = "chat:import"
SUFFIXES = {"markdown": ".md", "json": ".json", "html": ".html"}


class ChatFiles(QObject):
    """`imported` comes when new chats are in the list, `one_imported` with the id if it is a single one."""

    imported = Signal()
    one_imported = Signal(str)

    def __init__(self, shown: ChatList, shelf: ChatShelf, services: Services) -> None:
        super().__init__(shelf)
        self._shown = shown
        self._shelf = shelf
        self._services = services
        self._count = 0
        self._is_stopped = False
        shown.menu.export_requested.connect(self.export)
        shown.menu.import_requested.connect(self.choose_import)
        shown.model.file_dropped.connect(lambda path: self.import_file(Path(path)))
        shown.import_line.stopped.connect(self._stop)

    def export(self, chat_id: str, kind: str) -> None:
        """Save one chat as "markdown", "html" or "json"."""
        self._shelf.start(f"export:{chat_id}", lambda: self._export(chat_id, kind))

    def choose_import(self) -> None:
        """Ask for the file of an export, and take its chats."""
        self._shelf.start("chat:choose", self._choose)

    def import_file(self, path: Path) -> None:
        """Take the chats of an export of SLM Desk, ChatGPT or Open WebUI."""
        if self._services.jobs.is_running(IMPORT_JOB):
            notify.toast(self._shown, self.tr("Another import is running. Stop it or wait for its end."))
        else:
            self._shelf.start(IMPORT_JOB, lambda: self._import(path))

    async def _export(self, chat_id: str, kind: str) -> None:
        chat, tree = await self._services.chats.load_tree(chat_id)
        path_shown = tree.path_to(chat.leaf_id)
        if kind == "json":
            text = to_json(chat, tree.messages)
        elif kind == "html":
            text = await asyncio.to_thread(to_html, chat, path_shown)
        else:
            text = to_markdown(chat, path_shown)
        title = self.tr("Export the chat as {0}").format(kind_words(SUFFIXES[kind]))
        path = await ask_and_save(self._shown, title, chat.title, SUFFIXES[kind], text)
        if path is not None:
            notify.toast(self._shown, self.tr("Saved as {0}.").format(path.name))

    async def _choose(self) -> None:
        path = await ask_file(self._shown, self.tr("Import chats"), self.tr("Exported chats (*.json)"))
        if path is not None:
            self.import_file(path)

    async def _import(self, path: Path) -> None:
        self._is_stopped = False
        self._show_count(0)
        defaults = self._services.new_chat_settings()
        try:
            report = await import_chats(path, self._services.chats, defaults, on_progress=self._show_count)
        except asyncio.CancelledError:
            if self._is_stopped:  # and not the program closed
                notify.toast(
                    self._shown,
                    counted(
                        self._count,
                        "Stopped: {count:,} chat is imported.",
                        "Stopped: {count:,} chats are imported.",
                    ),
                )
                self._shelf.start("chat:list", self._shelf.reload)
            raise
        finally:
            self._shown.import_line.hide()
        await self._finish(report)

    async def _finish(self, report: ImportReport) -> None:
        await self._shelf.reload()
        notify.toast(self._shown, report.words)
        self.imported.emit()
        if len(report.chat_ids) == 1:
            self.one_imported.emit(report.chat_ids[0])

    def _show_count(self, count: int) -> None:
        self._count = count
        self._shown.import_line.show_count(count)

    def _stop(self) -> None:
        self._is_stopped = True
        self._services.jobs.cancel(IMPORT_JOB)
