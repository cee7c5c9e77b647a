"""Models from the first word pasted to the last byte freed: fetched over cuts, dropped, made, deleted."""

import os
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QWidget

from slmdesk.ui.desk import Desk
from slmdesk.ui.notify import Dialog
from slmdesk.ui.panes.models_pane import ModelsPane
from slmdesk.ui.widgets.models.custom_dialog import CustomDialog
from slmdesk.ui.widgets.models.import_dialog import ImportDialog
from slmdesk.ui.widgets.models.pull_row import PullRow
from tests.e2e.hands import button, click, key, write
from tests.fakes.until import until

SYSTEM = "You only ever answer with the one word BANANA."
CTRL = Qt.KeyboardModifier.ControlModifier
D = TypeVar("D", bound=Dialog)


class ModelSteps:
    """One person with a mouse and a keyboard; `seen` holds what was read on the screen, by step."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.seen: dict[str, Any] = {}

    async def play(self) -> dict[str, Any]:
        """Everything, one after the other in one window."""
        await until(lambda: self._desk.services.registry.states.get("ollama"), 20)
        await self._come_back()
        await self._pull("name", f"ollama run {os.environ['PULLED_NAME']}")
        await self._pull("address", os.environ["PULLED_ADDRESS"])
        await self._drop(Path(os.environ["DROPPED_FILE"]))
        await self._make("parrot", base="Dropped")
        await self._delete("parrot")
        await self._delete("Dropped")
        return self.seen

    async def _pane(self) -> ModelsPane:
        key(Qt.Key.Key_7, CTRL)
        pane = self._desk.window.pane_on_screen()[1]
        assert isinstance(pane, ModelsPane)
        await until(pane.isVisible)
        return pane

    async def _pull(self, step: str, pasted: str) -> None:
        """Paste, wait for the cut and for it to be gone on with, and ask what came."""
        pane = await self._pane()
        before = set(pane.findChildren(PullRow))
        click(pane.getting.strip.field)
        QApplication.clipboard().setText(pasted)
        key(Qt.Key.Key_V, CTRL)
        QApplication.clipboard().clear()  # Python's object must not outlive the application
        understood = pane.getting.strip.words.text()
        key(Qt.Key.Key_Return)
        await until(lambda: set(pane.findChildren(PullRow)) - before, 10)
        (row,) = set(pane.findChildren(PullRow)) - before
        await until(lambda: "tries again" in row.words.full_text, 30)
        cut = row.words.full_text
        await until(row.chat.isVisible, 60)
        ready = row.words.full_text
        click(row.chat)
        self.seen[step] = {"understood": understood, "cut": cut, "ready": ready, "answer": await self._ask()}

    async def _drop(self, path: Path) -> None:
        """A file from outside: its header is read on the screen, it is copied, and asked."""
        window = self._desk.window
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        action, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0)
        place = QPointF(300, 300)
        QApplication.sendEvent(window, QDragEnterEvent(place.toPoint(), action, data, left, none))
        QApplication.sendEvent(window, QDropEvent(place, action, data, left, none))
        dialog = await self._dialog(ImportDialog)
        header = _words(dialog)
        loaded = sorted(self._desk.services.room.loaded)
        click(dialog.copy_button)
        await self._come_back()
        await self._follow_toast("Chat", "Dropped", 30)
        self.seen["drop"] = {"header": header, "loaded": loaded, "answer": await self._ask()}

    async def _make(self, name: str, base: str) -> None:
        """A custom model over another: what was written into its system prompt shows in its answer."""
        await self._choose_from_menu(f"builtin/{base}", "New custom model from it…")
        dialog = await self._dialog(CustomDialog)
        click(dialog.name)
        write(name)
        click(dialog.system.viewport())
        write(SYSTEM)
        click(dialog.parameters.viewport())
        write("temperature 0")
        key(Qt.Key.Key_Return)
        QTest.keyClicks(QApplication.focusWidget(), "num_predict 12")
        click(dialog.save_button)
        await self._come_back()
        await self._follow_toast("Chat", name, 10)
        answer = await self._ask("Which word?")
        pane = await self._pane()
        await until(lambda: pane.table.rows.row_of(f"builtin/{name}") is not None)
        self.seen["make"] = {"answer": answer, "listed": self._cells(pane, f"builtin/{name}")}

    async def _delete(self, name: str) -> None:
        """By its menu; what the question and the word afterwards say, and what is on the disk."""
        pane = await self._pane()
        before = _bytes_in(self._desk.services.paths.models)
        await self._choose_from_menu(f"builtin/{name}", "Delete…")
        dialog = await self._dialog(Dialog)
        question = _words(dialog)
        click(button(dialog, "Delete"))
        await self._come_back()
        await until(lambda: "is deleted" in self._toast(), 10)
        await until(lambda: pane.table.rows.row_of(f"builtin/{name}") is None, 10)
        freed = before - _bytes_in(self._desk.services.paths.models)
        self.seen[f"delete {name}"] = {"question": question, "told": self._toast(), "freed": freed}

    async def _ask(self, question: str = "Say hello.") -> str:
        """Type a question to the model of the new chat; its answer."""
        await until(lambda: self._desk.window.pane_on_screen()[0] == "Chat")
        await self._come_back()
        chat = self._desk._chat_pane
        assert chat is not None
        await until(lambda: chat._session is None or not chat._session.messages)
        click(chat.prompt.edit.viewport())
        QTest.keyClicks(chat.prompt.edit, question)
        key(Qt.Key.Key_Return)
        await until(lambda: chat._session and len(chat._session.messages) == 2, 30)
        await until(lambda: not chat.runner.sessions, 60)
        assert chat._session is not None
        return str(chat.transcript.message_text(chat._session.messages[-1].id))

    async def _choose_from_menu(self, ref: str, words: str) -> None:
        """With the right button on the row."""
        pane = await self._pane()
        table = pane.table
        await until(lambda: table.rows.row_of(ref) is not None, 10)
        table.choose(ref)
        place = table.visualRect(table.rows.index(table.rows.row_of(ref) or 0, 0)).center()
        click(table.viewport(), place)
        reason = QContextMenuEvent.Reason.Mouse
        event = QContextMenuEvent(reason, place, table.viewport().mapToGlobal(place))
        QApplication.sendEvent(table.viewport(), event)
        menu = next(one for one in pane.findChildren(QMenu) if one.isVisible())
        action = next(one for one in menu.actions() if one.text() == words)
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())

    async def _dialog(self, kind: type[D]) -> D:
        def found() -> list[D]:
            return [one for one in self._desk.window.findChildren(kind) if one.isVisible()]

        await until(found, 10)
        dialog = found()[-1]
        dialog.activateWindow()
        await until(dialog.isActiveWindow)
        return dialog

    async def _come_back(self) -> None:
        """The window has the keyboard again, once no dialog stands over it."""
        window = self._desk.window

        def is_back() -> bool:
            if any(one.isVisible() for one in window.findChildren(Dialog)):
                return False
            window.activateWindow()
            return window.isActiveWindow()

        await until(is_back, 30)

    async def _follow_toast(self, words: str, about: str, within_s: float) -> None:
        await until(lambda: about in self._toast(), within_s)
        click(next(one for one in self._toasts() if about in _words(one)).findChildren(QPushButton)[0])

    def _toasts(self) -> list[QWidget]:
        return [one for one in self._desk.window.findChildren(QWidget, "toast") if one.isVisible()]

    def _toast(self) -> str:
        return " ".join(map(_words, self._toasts()))

    def _cells(self, pane: ModelsPane, ref: str) -> list[str]:
        rows = pane.table.rows
        number = rows.row_of(ref) or 0
        return [str(rows.index(number, column).data()) for column in range(rows.columnCount())]


def _words(widget: QWidget) -> str:
    labels = [label for label in widget.findChildren(QLabel) if label.isVisible()]
    return "\n".join(str(getattr(label, "full_text", label.text())) for label in labels)


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.suffix == ".gguf")
