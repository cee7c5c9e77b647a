"""Pulls of the window: they go on with its start, stand at its foot, and say when they have ended."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from slmdesk.base.errors import SlmdeskError
from slmdesk.features.pulls.queue import Pull, PullState
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.labels import short_name
from slmdesk.ui.main_window import MainWindow
from slmdesk.ui.widgets.models.pull_words import status_words


class PullDesk:
    """`chat` is called with the `engine/model` that the reader wants to talk to."""

    def __init__(self, window: MainWindow, services: Services, chat: Callable[[str], None]) -> None:
        self._window = window
        self._services = services
        self._chat = chat
        self._states: dict[str, PullState] = {}
        window.destroyed.connect(services.keeper.queue.changed.subscribe(self._on_pull_changed))

    async def run(self) -> None:
        """Go on with what was not paused when the program was closed."""
        queue = self._services.keeper.queue
        await queue.load()
        queue.start()

    def _on_pull_changed(self, pull: Pull) -> None:
        before = self._states.get(pull.id)
        self._states[pull.id] = pull.state
        self._show_foot()
        if before == PullState.RUNNING and pull.state == PullState.DONE:
            key = f"pulled:{pull.id}"
            if not self._services.jobs.is_running(key):
                self._services.jobs.start(key, lambda: self._tell(pull))
        elif before == PullState.RUNNING and pull.state == PullState.FAILED:
            words = QApplication.translate("Desk", "{0} was not fetched: {1}")
            notify.toast(self._window, words.format(short_name(pull.name), pull.error))

    async def _tell(self, pull: Pull) -> None:
        """Once the model is on offer, so that a chat with it can begin."""
        await self._services.refresh_engines((f"{pull.engine_id}/",))
        try:
            ref = await self._services.keeper.ref_of_pull(pull)
        except SlmdeskError as error:  # a projector or an adapter is no model to chat with
            notify.toast(self._window, error.sentence())
            return
        tr = QApplication.translate
        notify.toast(
            self._window,
            tr("Desk", "{0} is ready to use.").format(short_name(pull.name)),
            action=tr("Desk", "Chat"),
            callback=lambda: self._chat(ref),
            is_undoing=False,
        )

    def _show_foot(self) -> None:
        running = [pull for pull in self._services.keeper.queue.pulls if pull.state == PullState.RUNNING]
        words = status_words(running[0]) if running else ""
        if more := len(running) - 1 if running else 0:
            words += " · " + QApplication.translate("Desk", "{0} more").format(more)
        self._window.show_pulls(words)
