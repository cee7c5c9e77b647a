"""The window over its services: the panes that there are, and what one tells the other."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from slmdesk.base.errors import SlmdeskError, StoreError
from slmdesk.base.events import Event
from slmdesk.config.settings import Settings, save_settings
from slmdesk.ui.actions import Actions, Group
from slmdesk.ui.main_window import MainWindow, PaneSpec

if TYPE_CHECKING:  # all that comes after the first picture
    from slmdesk.features.chat.session import ChatSession
    from slmdesk.services import Services
    from slmdesk.store.messages import StoredMessage
    from slmdesk.ui.panes.chat_pane import ChatPane
    from slmdesk.ui.panes.compare_pane import ComparePane
    from slmdesk.ui.panes.settings_pane import SettingsPane
    from slmdesk.ui.relocating import Relocation, Seat
    from slmdesk.ui.widgets.paint_scheduler import PaintScheduler

JOB_ADD_FILE = "add-model-file"
LAYOUT_DELAY_MS = 400  # a window that is being dragged is not saved at every step

log = logging.getLogger(__name__)


class Desk:
    """Begins as the window's empty frame; `attach` lays the services under it."""

    services: "Services"

    def __init__(self, settings: Settings) -> None:
        self._scheduler: PaintScheduler | None = None
        self._chat_pane: ChatPane | None = None
        self._compare_pane: ComparePane | None = None
        self.relocation_asked: Event[Relocation] = Event()
        self._settings_pane: SettingsPane | None = None
        self.window = MainWindow(self._specs())
        self._layout_timer = QTimer(self.window)
        self._layout_timer.setSingleShot(True)
        self._layout_timer.setInterval(LAYOUT_DELAY_MS)
        self._layout_timer.timeout.connect(self._keep_layout)
        self.window.restore(settings.window_geometry)
        self.window.remember_panel(settings.is_machine_panel_open)
        self.window.commands.use_keys(dict(settings.shortcuts))

    def attach(self, services: "Services") -> None:
        """Show what the services know."""
        from slmdesk.ui.activity import ActivityDesk
        from slmdesk.ui.file_drop import FileDrop
        from slmdesk.ui.pulling import PullDesk
        from slmdesk.ui.widgets.frame.machine_panel import MachinePanel

        self.services = services
        self._activity = ActivityDesk(self.window, services.activity)
        FileDrop(self.window, self._add_file)
        self._pulls = PullDesk(self.window, services, self._on_model_chat_requested)
        add_file = QApplication.translate("Desk", "Add a model file…")
        self.window.commands.add("add_model_file", add_file, lambda: self._add_file(None), group=Group.FILE)
        add_server = QApplication.translate("Desk", "Add a server…")
        self.window.commands.add("add_server", add_server, self._add_server, group=Group.FILE)
        panel = MachinePanel(services.sampler, services.registry, services.room, services.jobs)
        self.window.attach(services.registry, panel)
        for notice in services.notices.current:
            self.window.show_notice(notice)
        services.notices.came.subscribe(self.window.show_notice)
        services.notices.withdrawn.subscribe(self.window.withdraw_notice)
        self.window.placed.connect(self._layout_timer.start)
        services.settings_changed.subscribe(lambda now: self.window.commands.use_keys(dict(now.shortcuts)))

    def start(self) -> None:
        """Reach the engines and look at the machine."""
        jobs = self.services.jobs
        jobs.start("engines", self._reach_engines)
        jobs.start("sampler", self.services.sampler.run)
        jobs.start("pulls", self._pulls.run)

    async def _reach_engines(self) -> None:
        await self.services.start()
        await self.services.discover()

    async def may_end(self) -> bool:
        """Ask before text is dropped for which there was no room on the disk."""
        from slmdesk.ui import notify

        if (problem := self.services.saving.problem) is None:
            return True
        tr = QApplication.translate
        self.window.come_to_front()
        return await notify.ask(
            self.window,
            tr("Desk", "Not everything is stored"),
            tr("Desk", "{0} What came last may be lost when SLM Desk closes.").format(problem.sentence()),
            tr("Desk", "Close and lose it"),
        )

    def remember(self) -> None:
        """Keep where the window was, now: the program ends."""
        self._layout_timer.stop()
        settings = self.services.settings
        for name, value in self._layout().items():
            settings = settings.with_value(name, value)
        try:
            save_settings(self.services.paths, settings)
        except StoreError as error:
            log.warning("the place of the window was not kept: %s", error)

    def _keep_layout(self) -> None:
        self.services.kept.arrange(**self._layout())

    def _layout(self) -> dict[str, object]:
        return {
            "window_geometry": self.window.place(),
            "is_machine_panel_open": self.window.is_panel_wanted,
        }

    def seat(self) -> "Seat":
        """What the user has before them, for the window that comes after this one."""
        from slmdesk.ui.relocating import Seat

        return Seat(
            self._chat_pane.open.wanted if self._chat_pane else "",
            self._compare_pane.prompt.text() if self._compare_pane else "",
        )

    def sit_down(self, seat: "Seat") -> None:
        """Go on where another window ended, at the settings of the data folder."""
        self.window.commands.use_keys(dict(self.services.settings.shortcuts))
        if self._chat_pane is not None and seat.chat_id:
            self._chat_pane.open_chat(seat.chat_id)
        if seat.compare_prompt:
            self.window.open_pane("compare")
            if self._compare_pane is not None:
                self._compare_pane.take_prompt(seat.compare_prompt)
        self.window.open_pane("settings")
        if self._settings_pane is not None:
            self._settings_pane.show_data_folder()

    def _specs(self) -> tuple[PaneSpec, ...]:
        tr = QApplication.translate
        return (
            PaneSpec("chat", tr("Desk", "Chat"), "chat", "Ctrl+1", self._chat),
            PaneSpec("compare", tr("Desk", "Compare"), "compare", "Ctrl+2", self._compare),
            PaneSpec("evaluate", tr("Desk", "Evaluate"), "evaluate", "Ctrl+3", self._evaluate),
            PaneSpec("models", tr("Desk", "Models"), "models", "Ctrl+7", self._models),
            PaneSpec(
                "settings", tr("Desk", "Settings"), "settings", "Ctrl+,", self._settings, is_at_foot=True
            ),
        )

    def _chat(self, actions: Actions) -> QWidget:
        from slmdesk.ui.panes.chat_pane import ChatPane

        pane = ChatPane(self.services, actions, self._paint_scheduler())
        pane.add_file_requested.connect(lambda: self._add_file(None))
        pane.model_file_offered.connect(lambda path: self._add_file(Path(path)))
        pane.compare_requested.connect(self._on_compare_requested)
        self._chat_pane = pane
        return pane

    def _compare(self, actions: Actions) -> QWidget:
        from slmdesk.ui.panes.compare_pane import ComparePane

        pane = ComparePane(self.services, actions, self._paint_scheduler())
        pane.add_file_requested.connect(lambda: self._add_file(None))
        pane.chat_requested.connect(self._on_chat_requested)
        self._compare_pane = pane
        return pane

    def _evaluate(self, actions: Actions) -> QWidget:
        from slmdesk.ui.panes.evaluate_pane import EvaluatePane

        pane = EvaluatePane(self.services, actions)
        pane.add_file_requested.connect(lambda: self._add_file(None))
        return pane

    def _models(self, actions: Actions) -> QWidget:
        from slmdesk.ui.panes.models_pane import ModelsPane

        pane = ModelsPane(self.services, actions)
        pane.chat_requested.connect(self._on_model_chat_requested)
        pane.add_file_requested.connect(
            lambda path: self._add_file(Path(path).expanduser() if path else None)
        )
        return pane

    def _settings(self, actions: Actions) -> QWidget:
        from slmdesk.ui.panes.settings_pane import SettingsPane

        pane = SettingsPane(self.services, actions)
        pane.relocation_asked.connect(self.relocation_asked.emit)
        self._settings_pane = pane
        return pane

    def _paint_scheduler(self) -> "PaintScheduler":
        """One for the window, however many panes draw."""
        if self._scheduler is None:
            from slmdesk.ui.widgets.paint_scheduler import PaintScheduler

            self._scheduler = PaintScheduler(self.window)
        return self._scheduler

    def _on_compare_requested(self, prompt: "StoredMessage", model_ref: str) -> None:
        self.window.open_pane("compare")
        if self._compare_pane is not None:
            self._compare_pane.take_prompt(prompt.text, model_ref, prompt.attachments)

    def _on_chat_requested(self, session: "ChatSession") -> None:
        self.window.open_pane("chat")
        if self._chat_pane is not None:
            self._chat_pane.take_chat(session)

    def _on_model_chat_requested(self, model_ref: str) -> None:
        self.window.open_pane("chat")
        if self._chat_pane is not None:
            self._chat_pane.new_chat_with(model_ref)

    def _add_server(self) -> None:
        self.window.open_pane("settings")
        if self._settings_pane is not None:
            self._settings_pane.add_server()

    def _add_file(self, path: Path | None) -> None:
        if not self.services.jobs.is_running(JOB_ADD_FILE):
            self.services.jobs.start(JOB_ADD_FILE, lambda: self._take_file(path))

    async def _take_file(self, path: Path | None) -> None:
        from slmdesk.ui import notify
        from slmdesk.ui.model_files import choose_model_file, import_model_file

        path = path or await choose_model_file(self.window)
        if path is None:
            return
        try:
            ref = await import_model_file(self.services, self.window, path)
        except SlmdeskError as error:
            notify.tell(
                self.window, QApplication.translate("Desk", "This file was not added"), error.sentence()
            )
        else:
            if ref:
                self._offer_chat(path.name, ref)

    def _offer_chat(self, name: str, ref: str) -> None:
        from slmdesk.ui import notify

        notify.toast(
            self.window,
            QApplication.translate("Desk", "{0} is in the model list now.").format(name),
            action=QApplication.translate("Desk", "Chat"),
            callback=lambda: self._on_model_chat_requested(ref),
            is_undoing=False,
        )
