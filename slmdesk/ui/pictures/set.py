"""The window as a photographer handles it: ask, compare, press, and wait until it stands still."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QToolButton, QWidget

from slmdesk.ui import theme
from slmdesk.ui.desk import Desk
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.panes.compare_pane import ComparePane
from slmdesk.ui.panes.models_pane import ModelsPane
from slmdesk.ui.pictures.stage import PROMPT, Line, StageEngine

D = TypeVar("D", bound=QDialog)

WITHIN_S = 60.0
LOOK_S = 0.05
FIRST = "qwen3:4b"


class Set:
    """`engine` is the only one the window knows."""

    def __init__(self, desk: Desk, engine: StageEngine) -> None:
        self.desk = desk
        self.engine = engine

    def open(self, pane_id: str) -> QWidget:
        return self.desk.window.open_pane(pane_id)

    def run(self, command: str) -> None:
        """A command of the window or of the pane on the screen."""
        self.desk.window.commands.get(command).trigger()

    def press(self, name: str) -> None:
        """The button with this name."""
        for button in self.desk.window.findChildren(QToolButton):
            if button.accessibleName() == name:
                button.click()

    def new_chat(self) -> ChatPane:
        pane = self.open("chat")
        if not isinstance(pane, ChatPane):
            raise TypeError(f"the chat pane is a {type(pane).__name__}")
        pane.new_chat()
        pane.header.picker.set_ref("")
        pane.header.set_model(f"{self.engine.id}/{FIRST}")
        return pane

    async def ask(self, *lines: Line, prompt: str = PROMPT) -> ChatPane:
        """A new chat in which this is answered, until it ends or is held."""
        return await self.ask_in(self.new_chat(), *lines, prompt=prompt)

    async def ask_in(self, pane: ChatPane, *lines: Line, prompt: str = PROMPT) -> ChatPane:
        """The same in the chat that is open."""
        self.engine.play({FIRST: lines})
        pane.prompt.set_text(prompt)
        pane.prompt.send_button.click()
        await until(lambda: pane.prompt.is_running)
        await until(lambda: self.engine.held > 0 or not pane.prompt.is_running)
        return pane

    def columns(self, *names: str) -> ComparePane:
        pane = self.open("compare")
        if not isinstance(pane, ComparePane):
            raise TypeError(f"the compare pane is a {type(pane).__name__}")
        pane.columns.replace_all([(f"{self.engine.id}/{name}", None) for name in names])
        pane.prompt.set_text(PROMPT)
        return pane

    async def compare(self, lines: Mapping[str, Sequence[Line]], *, is_blind: bool = False) -> ComparePane:
        """A column for each model that says something, until all end or are held."""
        pane = self.columns(*lines)
        pane.blind_button.setChecked(is_blind)
        self.engine.play(lines)
        pane.prompt.send_button.click()
        await until(lambda: pane.prompt.is_running)
        await until(lambda: self.engine.held == len(lines) or not pane.prompt.is_running)
        return pane

    async def models(self) -> ModelsPane:
        """The models, all of them, once the machine was measured."""
        pane = self.open("models")
        if not isinstance(pane, ModelsPane):
            raise TypeError(f"the models pane is a {type(pane).__name__}")
        await until(lambda: pane.table.rows.is_measured)
        return pane

    async def sheet(self, kind: type[D]) -> D:
        """The dialog of this kind, once it is open."""

        def open_ones() -> list[D]:
            return [one for one in self.desk.window.findChildren(kind) if one.isVisible()]

        await until(lambda: bool(open_ones()))
        return open_ones()[-1]

    async def clear(self) -> None:
        """Popups and dialogs closed, answers ended, what was opened beside the pane gone."""
        for widget in QApplication.topLevelWidgets():
            if widget is not self.desk.window and widget.isVisible():
                widget.close()
        self.engine.let_go()
        await until(lambda: self.engine.held == 0)
        for toast in self.desk.window.findChildren(QWidget, "toast"):
            toast.hide()
        for sheet in self.desk.window.findChildren(QWidget, "activity_sheet"):
            sheet.hide()
        for pane in self.desk.window.findChildren(ChatPane):
            pane.list.search.clear()
            pane.tools.enclosures.tray.clear("")
        for models in self.desk.window.findChildren(ModelsPane):
            models.tools.search.clear()
        for page in self.desk.window.findChildren(ComparePane):
            page.blind_button.setChecked(False)
            page.layouts.choose("columns")
            page.show_columns()

    def picture(self) -> QPixmap:
        """The window, with the popups and dialogs above it."""
        window = self.desk.window
        picture = window.grab()
        painter = QPainter(picture)
        for widget in QApplication.topLevelWidgets():
            if widget is not window and widget.isVisible() and widget.width() > 1:
                widget.resize(
                    widget.size().expandedTo(widget.minimumSizeHint())
                )  # as a system's window would
                place = _place(widget, window)
                painter.drawPixmap(place, widget.grab())
                if isinstance(widget, QDialog):  # in the place of the system's frame
                    painter.setPen(QColor(theme.current().muted))
                    painter.drawRect(QRect(place, widget.size()))
        painter.end()
        return picture


def _place(widget: QWidget, window: QWidget) -> QPoint:
    """Where it stands in the window; a dialog in its middle, which is the affair of the system."""
    if isinstance(widget, QDialog):
        return window.rect().center() - widget.rect().center()
    return window.mapFromGlobal(widget.mapToGlobal(QPoint(0, 0)))


async def until(is_reached: Callable[[], bool]) -> None:
    """Wait for what has no event of its own."""
    async with asyncio.timeout(WITHIN_S):
        while not is_reached():  # noqa: ASYNC110 - as said
            await asyncio.sleep(LOOK_S)
