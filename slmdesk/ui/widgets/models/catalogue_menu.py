"""The menu of the Models pane: the guide, comparing, and which catalogue is used."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLineEdit, QMenu, QToolButton, QWidget

from slmdesk.base.errors import PrivateAddress, SlmdeskError
from slmdesk.base.words import counted
from slmdesk.features.catalog.catalogue import Catalogue
from slmdesk.features.catalog.catalogue_file import read_file
from slmdesk.features.documents.web import fetch_safely
from slmdesk.services import Services
from slmdesk.ui import notify, theme
from slmdesk.ui.icons import icon
from slmdesk.ui.known_errors import InTurn
from slmdesk.ui.labels import tr

JOB = "models:catalogue"
ICON_PX = 16
WIDTH_PX = 480


class CatalogueMenu(QObject):
    """Fetches and replaces the catalogue; `changed` tells that another one is in use."""

    changed = Signal()

    def __init__(self, services: Services, pane: QWidget) -> None:
        super().__init__(pane)
        self._services = services
        self._pane = pane
        self._changes = InTurn(services.jobs, JOB, self._tell)
        self.menu = QMenu(pane)
        self.button = QToolButton()
        self.button.setProperty("role", "button")
        self.button.setAccessibleName(self.tr("More"))
        self.button.setToolTip(self.tr("More"))
        self.button.setIconSize(QSize(ICON_PX, ICON_PX))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        theme.changed.connect(self._colour)
        self._colour()

    def ask_file(self) -> None:
        """A catalogue from a file."""
        dialog = QFileDialog(self._pane, self.tr("Choose a catalogue"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self.tr("Catalogues (*.json)"))
        dialog.fileSelected.connect(lambda path: self.take_file(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_file(self, path: Path) -> None:
        """Use the catalogue in this file."""

        async def take() -> None:
            content = await asyncio.to_thread(read_file, path)
            await self._use(lambda: self._services.catalogue.replace(content))

        self._start(take)

    def ask_address(self) -> None:
        """A catalogue from an https address."""
        dialog = notify.Dialog(
            self._pane, self.tr("Catalogue from an address"), self.tr("An address that begins with https://")
        )
        dialog.setMinimumWidth(theme.scaled(WIDTH_PX))
        field = QLineEdit()
        field.setAccessibleName(self.tr("Address"))
        field.setPlaceholderText("https://")
        dialog.body.addWidget(field)
        fetch = dialog.add_button(self.tr("Fetch"), QDialogButtonBox.ButtonRole.AcceptRole)
        fetch.setEnabled(False)
        field.textChanged.connect(lambda text: fetch.setEnabled(bool(text.strip())))
        dialog.add_button(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        dialog.accepted.connect(lambda: self.take_address(field.text().strip()))
        dialog.open()

    def take_address(self, address: str) -> None:
        """Use the catalogue that is there."""

        async def take() -> None:
            content = await self._fetched(address)
            if content is not None:
                await self._use(lambda: self._services.catalogue.replace(content))

        self._start(take)

    def go_back(self) -> None:
        """Use the catalogue from before."""
        self._start(lambda: self._use(self._services.catalogue.restore))

    async def _fetched(self, address: str) -> bytes | None:
        """One in the own network, as a company may have it, is asked about; None if it is not wanted then."""
        try:
            return await fetch_safely(address)
        except PrivateAddress as error:
            title, button = self.tr("Fetch it from there?"), self.tr("Fetch")
            if not await notify.ask(self._pane, title, error.sentence(), button):
                return None
            return await fetch_safely(address, is_private_allowed=True)

    async def _use(self, change: Callable[[], Catalogue]) -> None:
        fresh = await asyncio.to_thread(change)
        self.changed.emit()
        what = (
            self.tr("The catalogue of the program is in use: {0}.")
            if self._services.catalogue.is_shipped
            else self.tr("This catalogue is in use now: {0}.")
        )
        models = counted(len(fresh.entries), "{count} model", "{count} models")
        notify.toast(self._pane, what.format(models))

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._changes.start(work)

    def _tell(self, error: SlmdeskError) -> None:
        notify.tell(self._pane, tr("The catalogue stays as it is"), error.sentence())

    def _colour(self) -> None:
        self.button.setIcon(icon("more", theme.current().muted, ICON_PX))
