"""Run as a program: the real window moves its data folder, cancelled or not, and goes on at the new place.

Prints a line of JSON for each window that came: where the data is, the open chat, its draft.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtWidgets import QApplication

from slmdesk import app
from slmdesk.ui.desk import Desk
from slmdesk.ui.notify import Dialog
from slmdesk.ui.panes.chat_pane import ChatPane
from slmdesk.ui.panes.settings_pane import SettingsPane
from slmdesk.ui.relocating import MoveDialog
from slmdesk.ui.widgets.settings.folder_place import FolderPlace
from tests.fakes.window_steps import when


def dialogs() -> list[Dialog]:
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, Dialog) and one.isVisible()]


def place(desk: Desk) -> FolderPlace:
    pane = desk.window.open_pane("settings")
    assert isinstance(pane, SettingsPane)
    return pane._data.place


def chat(desk: Desk) -> ChatPane:
    pane = desk.window.all_panes()["Chat"]
    assert isinstance(pane, ChatPane)
    return pane


def say(desk: Desk, **more: object) -> None:
    pane = chat(desk)
    line = {
        "folder": str(desk.services.paths.data_dir),
        "chat": pane.open.wanted,
        "draft": pane.prompt.text(),
        "chats": len(pane.shelf.summaries),
        **more,
    }
    print(json.dumps(line), flush=True)


def is_ready(desk: Desk) -> bool:
    pane = chat(desk)
    return bool(pane.open.session and pane.shelf.summaries) and place(desk).figures.text() != ""


def write(desk: Desk, then: Callable[[], object]) -> None:
    """Two chats; a draft in the older one, which is the open one."""
    pane = chat(desk)
    desk.window.open_pane("chat")

    async def fill() -> None:
        first = await desk.services.session()
        await desk.services.session()
        await pane.shelf.reload()
        pane.open_chat(first.chat.id)

    def draft() -> None:
        pane.prompt.edit.setPlainText("a draft that stays")
        when(lambda: not desk.services.jobs.is_running(f"draft:{pane.open.wanted}"), then)

    def is_open() -> bool:
        """Not the one that a start shows by itself: its draft would stay there."""
        session = pane.open.session
        is_filled = not desk.services.jobs.is_running("fill")
        return is_filled and session is not None and session.chat.id == pane.open.wanted

    desk.services.jobs.start("fill", fill)
    when(is_open, draft)


def move(desk: Desk, target: Path) -> None:
    """As if the folder had been chosen; the question is answered with yes."""
    section = place(desk)
    section._start(lambda: section.propose(target))
    when(dialogs, lambda: dialogs()[0].accept())


def go_back(desk: Desk) -> None:
    section = place(desk)
    when(section.back_button.isEnabled, section.back_button.click)
    when(dialogs, lambda: dialogs()[0].accept())


def steps(target: Path) -> Iterator[Callable[[Desk], object]]:
    """What is done in one window after the other."""
    yield lambda desk: (cancel_the_next_move(), write(desk, lambda: move(desk, target)))
    yield lambda desk: (say(desk, is_target_there=target.exists()), move(desk, target))
    yield lambda desk: (say(desk), go_back(desk))
    yield lambda desk: (say(desk), desk.window.close())


def cancel_the_next_move() -> None:
    run = MoveDialog.run_move

    def cancelled(dialog: MoveDialog) -> object:
        MoveDialog.run_move = run
        dialog.reject()
        return run(dialog)

    MoveDialog.run_move = cancelled


def terminated_steps(target: Path) -> Iterator[Callable[[Desk], object]]:
    """The system ends the program while it moves."""
    run = MoveDialog.run_move

    def terminated(dialog: MoveDialog) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        dialog._is_stopped.wait(30)
        return run(dialog)

    MoveDialog.run_move = terminated
    yield lambda desk: write(desk, lambda: move(desk, target))


def main() -> int:
    todo = (terminated_steps if sys.argv[2:] else steps)(Path(sys.argv[1]))
    start = Desk.start
    is_first = True

    def start_and_drive(desk: Desk) -> None:
        nonlocal is_first
        start(desk)
        step = next(todo)
        if is_first:
            is_first = False
            step(desk)
        else:
            when(lambda: is_ready(desk), lambda: step(desk))

    Desk.start = start_and_drive
    return app.run()


if __name__ == "__main__":
    sys.exit(main())
