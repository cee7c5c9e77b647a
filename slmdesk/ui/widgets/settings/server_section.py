"""The servers in the settings: add, change, test and remove them, and keep their keys."""

import asyncio
from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.config.servers import ServerAddress
from slmdesk.engines.wire.addresses import is_encrypted, is_loopback, origin
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.widgets.settings.entry_list import Entry, EntryList
from slmdesk.ui.widgets.settings.server_dialog import ServerDialog, ServerEntry
from slmdesk.ui.widgets.settings.setting_row import error_label

JOB = "settings:servers"


class ServerSection(QWidget):
    """One entry a server, with what its engine said at the last look."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._list = EntryList(self.tr("None yet. Add one to use its models beside your own."))
        self._list.pressed.connect(self._on_list_pressed)
        self.error = error_label()
        add = QPushButton(self.tr("Add a server…"))
        add.clicked.connect(lambda: self._start("", "edit"))
        foot = QHBoxLayout()
        foot.addWidget(add)
        foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._list)
        layout.addWidget(self.error)
        layout.addLayout(foot)
        self.destroyed.connect(services.registry.changed.subscribe(lambda _none: self.refresh()))
        self.refresh()

    def refresh(self) -> None:
        """Show the servers as they are known now."""
        self._list.show_entries([self._entry(server) for server in self._services.settings.openai_servers])

    def _entry(self, server: ServerAddress) -> Entry:
        state = self._services.registry.states.get(server.id)
        buttons = (("test", self.tr("Test")), ("edit", self.tr("Change…")), ("remove", self.tr("Remove…")))
        if state is None:
            return Entry(server.id, server.label, server.address, buttons, self.tr("not asked yet"))
        if state.is_online:
            words = self.tr("answers · {0} models").format(len(state.models))
            return Entry(server.id, server.label, server.address, buttons, words, "good")
        note = f"{state.problem} {state.next_step}".strip()
        return Entry(server.id, server.label, server.address, buttons, self.tr("off"), "warn", note)

    def _on_list_pressed(self, button_id: str, server_id: str) -> None:
        self._start(server_id, button_id)

    def _start(self, server_id: str, what: str) -> None:
        if not self._services.jobs.is_running(JOB):
            self._services.jobs.start(JOB, lambda: self._run(server_id, what))

    async def _run(self, server_id: str, what: str) -> None:
        known = next((one for one in self._services.settings.openai_servers if one.id == server_id), None)
        self._say("")
        try:
            match what:
                case "edit":
                    await self._edit(known)
                case "remove" if known:
                    await self._remove(known)
                case "test":
                    await self._services.refresh_engines()
        except SlmdeskError as error:
            self._say(error.sentence())
        self.refresh()

    async def _edit(self, known: ServerAddress | None) -> None:
        has_key = known is not None and await self._key_of(known.address) is not None
        others = [one.id for one in self._services.settings.openai_servers if one is not known]
        dialog = ServerDialog(self, known, has_key, others)
        await dialog.answer()
        entry = dialog.accepted_entry
        if entry is not None and await self._is_wanted(entry):
            await self._keep(known, entry)

    async def _is_wanted(self, entry: ServerEntry) -> bool:
        address = entry.server.address
        if is_encrypted(address) or is_loopback(address):
            return True
        return await notify.ask(
            self,
            self.tr("Send prompts without encryption?"),
            self.tr(
                "This address begins with http:// and lies on another machine: everyone on the way can read "
                "your prompts, the answers and the key."
            ),
            self.tr("Use it anyway"),
            detail=address,
        )

    async def _keep(self, known: ServerAddress | None, entry: ServerEntry) -> None:
        settings = self._services.settings
        if entry.key:
            await self._keep_key(entry.server.address, entry.key)
        servers = [entry.server if one == known else one for one in settings.openai_servers]
        if known is None:
            servers.append(entry.server)
        await self._services.update_settings(replace(settings, openai_servers=tuple(servers)))
        if known is not None:
            await self._forget_unused_key(known.address)

    async def _remove(self, server: ServerAddress) -> None:
        is_sure = await notify.ask(
            self,
            self.tr("Remove {0}?").format(server.label),
            self.tr("Its address and its key are forgotten. Chats with its models are kept."),
            self.tr("Remove"),
        )
        if not is_sure:
            return
        settings = self._services.settings
        left = tuple(one for one in settings.openai_servers if one != server)
        await self._services.update_settings(replace(settings, openai_servers=left))
        await self._forget_unused_key(server.address)

    async def _forget_unused_key(self, address: str) -> None:
        servers = self._services.settings.openai_servers
        if origin(address) not in {origin(one.address) for one in servers}:
            await self._keep_key(address, "")

    async def _key_of(self, address: str) -> str | None:
        return await asyncio.to_thread(self._services.secrets.get, address)

    async def _keep_key(self, address: str, key: str) -> None:
        """A keyring may take its time, or ask for its password: never in the window's thread."""
        secrets = self._services.secrets
        if key:
            await asyncio.to_thread(secrets.set, address, key)
            self._say(secrets.notice)
        else:
            await asyncio.to_thread(secrets.delete, address)

    def _say(self, text: str) -> None:
        self.error.setText(text)
        self.error.setVisible(bool(text))
