"""The servers in the settings: found, added, changed, tested and removed, and their keys."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from slmdesk.base.errors import SlmdeskError
from slmdesk.base.words import counted
from slmdesk.config.servers import ServerAddress
from slmdesk.engines.discovery import Found
from slmdesk.engines.examination import Verdict
from slmdesk.engines.wire.addresses import is_encrypted, is_loopback, origin
from slmdesk.services import Services
from slmdesk.ui import notify
from slmdesk.ui.widgets.chip import Tone
from slmdesk.ui.widgets.settings.entry_list import Entry, EntryList
from slmdesk.ui.widgets.settings.server_dialog import ServerDialog, ServerEntry
from slmdesk.ui.widgets.settings.setting_row import error_label

JOB = "settings:servers"
JOB_TEST = "settings:test"


class ServerSection(QWidget):
    """One entry a server, with what its engine said at the last look, or at the last test."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._verdicts: dict[ServerAddress, Verdict] = {}
        self._agreed: set[str] = set()  # origins elsewhere that may be asked without encryption
        self._list = EntryList(self.tr("None yet. Add one to use its models beside your own."))
        self._list.pressed.connect(self._on_list_pressed)
        self.error = error_label()
        add = QPushButton(self.tr("Add a server…"))
        add.clicked.connect(self.add)
        foot = QHBoxLayout()
        search = QPushButton(self.tr("Look on this machine"))
        search.clicked.connect(lambda: self._start("", "search"))
        foot.addWidget(add)
        foot.addWidget(search)
        foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._list)
        layout.addWidget(self.error)
        layout.addLayout(foot)
        self.destroyed.connect(services.registry.changed.subscribe(lambda _none: self.refresh()))
        self.refresh()

    def add(self) -> None:
        """Ask for one more."""
        self._start("", "edit")

    def refresh(self) -> None:
        """Show the servers as they are known now, those that were found after those that were added."""
        self._list.show_entries(list(self._entries()))

    def _entries(self) -> Iterator[Entry]:
        for server in self._services.settings.openai_servers:
            yield self._entry(server)
        for found in self._services.servers.found:
            yield self._found_entry(found)

    def _found_entry(self, found: Found) -> Entry:
        title = f"{found.server.label} {found.version}".strip()
        button = ("keep", self.tr("Enter its key…") if found.needs_key else self.tr("Keep"))
        note = self.tr("Found on this machine. It is kept once you use one of its models.")
        if found.needs_key:
            note = self.tr("Found on this machine. It wants a key.")
        return Entry(found.server.id, title, found.server.address, (button,), self.tr("found"), "plain", note)

    def _entry(self, server: ServerAddress) -> Entry:
        if (verdict := self._verdicts.get(server)) is not None:
            if verdict.is_good:
                return self._shown(server, self.tr("works"), "good", verdict.words)
            return self._shown(server, self.tr("fails"), "warn", verdict.words)
        state = self._services.registry.states.get(server.id)
        if state is None:
            return self._shown(server, self.tr("not asked yet"))
        if state.is_online:
            words = counted(len(state.models), "answers · {count:,} model", "answers · {count:,} models")
            return self._shown(server, words, "good")
        return self._shown(server, self.tr("off"), "warn", f"{state.problem} {state.next_step}".strip())

    def _shown(self, server: ServerAddress, chip: str, tone: Tone = "plain", note: str = "") -> Entry:
        buttons = (("test", self.tr("Test")), ("edit", self.tr("Change…")), ("remove", self.tr("Remove…")))
        return Entry(server.id, server.label, server.address, buttons, chip, tone, note)

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
                case "test" if known:
                    self._verdicts[known] = await self._services.servers.examine(known, "")
                    await self._services.registry.refresh([f"{known.id}/"])
                case "search":
                    await self._search()
                case "keep":
                    await self._keep_found(server_id)
        except SlmdeskError as error:
            self._say(error.sentence())
        self.refresh()

    async def _search(self) -> None:
        await self._services.servers.discover()
        if not self._services.servers.found:
            self._say(self.tr("No other model server was found on this machine."))

    async def _keep_found(self, server_id: str) -> None:
        found = next((one for one in self._services.servers.found if one.server.id == server_id), None)
        if found is not None and found.needs_key:
            await self._edit(None, found.server)
        elif found is not None:
            await self._services.servers.keep(found.server)

    async def _edit(self, known: ServerAddress | None, proposed: ServerAddress | None = None) -> None:
        """Change a known server, or add one, with `proposed` in the fields."""
        shown = known or proposed
        has_key = shown is not None and await self._services.servers.key_of(shown.address) is not None
        others = [one for one in self._services.settings.openai_servers if one is not known]
        dialog = ServerDialog(self, shown, has_key, others)
        dialog.test_asked.connect(lambda: self._start_test(dialog))
        await dialog.answer()
        self._services.jobs.cancel(JOB_TEST)
        entry = dialog.accepted_entry
        if entry is not None and await self._is_wanted(entry):
            await self._keep(known, entry)

    def _start_test(self, dialog: ServerDialog) -> None:
        entry = dialog.checked_entry()
        if entry is not None and not self._services.jobs.is_running(JOB_TEST):
            self._services.jobs.start(JOB_TEST, lambda: self._test_entry(dialog, entry))

    async def _test_entry(self, dialog: ServerDialog, entry: ServerEntry) -> None:
        """Of what stands in the dialog. The key is sent, so the same question comes first."""
        if not await self._is_wanted(entry) or dialog.is_closed:
            return
        dialog.show_testing()
        verdict = await self._services.servers.examine(entry.server, entry.key)
        if not dialog.is_closed:
            dialog.show_verdict(verdict)

    async def _is_wanted(self, entry: ServerEntry) -> bool:
        """Asked once for a place: not for the test and again for keeping what was tested."""
        address = entry.server.address
        kept = {origin(one.address) for one in self._services.settings.openai_servers}
        if is_encrypted(address) or is_loopback(address) or origin(address) in self._agreed | kept:
            return True
        is_agreed = await notify.ask(
            self,
            self.tr("Send prompts without encryption?"),
            self.tr(
                "This address begins with http:// and lies on another machine: everyone on the way can read "
                "your prompts, the answers and the key."
            ),
            self.tr("Use it anyway"),
            detail=address,
        )
        if is_agreed:
            self._agreed.add(origin(address))
        return is_agreed

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
