"""What can be done with a model that is here: details, update, copy, change, export, unload, delete, test."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from slmdesk.base.errors import BadInput, SlmdeskError
from slmdesk.config.atomic_file import write_atomically
from slmdesk.engines.base import Engine
from slmdesk.engines.library import file_engine
from slmdesk.features.catalog.speed_test import SpeedTest
from slmdesk.features.pulls.keeper import Deleted
from slmdesk.features.pulls.progress import amount
from slmdesk.services import Services
from slmdesk.ui.labels import short_name
from slmdesk.ui.notify import ask, tell, toast
from slmdesk.ui.widgets.models.custom_dialog import CustomDialog, CustomEntry, parameters_of
from slmdesk.ui.widgets.models.details_dialog import DetailsDialog, test_words
from slmdesk.ui.widgets.models.keep_menu import fill_keep_menu, keep_words
from slmdesk.ui.widgets.models.name_dialog import NameDialog

JOB = "models:care"
JOB_TEST = "models:speed"


class ModelCare(QObject):
    """One thing at a time, in a job of its own; `measured` tells of every test of speed.

    `home` is the widget over which the questions stand.
    """

    measured = Signal(object)
    chat_requested = Signal(str)

    def __init__(self, services: Services, home: QWidget) -> None:
        super().__init__(home)
        self._services = services
        self._home = home
        self.tests = services.speed_tests

    def fill(self, menu: QMenu, ref: str) -> None:
        """Add the commands for one model, those that it has."""
        menu.addSeparator()
        info = self._services.registry.info(ref)
        menu.addAction(self.tr("Measure speed (20 s)"), partial(self.measure, ref))
        if self._can_unload(ref):
            base = self._in_memory_as(ref)
            keep = menu.addMenu(self.tr("Keep in memory"))
            fill_keep_menu(keep, self._services.keep_alive.seconds(base), partial(self.keep, base))
            if base in self._services.room.loaded:
                menu.addAction(self.tr("Unload now"), partial(self.start, self.unload, base))
        if not self._is_kept_here(ref):
            return
        menu.addAction(self.tr("Details…"), partial(self.start, self.show_details, ref))
        menu.addSeparator()
        menu.addAction(self.tr("New custom model from it…"), partial(self.make, ref))
        if info is not None and info.base:
            menu.addAction(self.tr("Change…"), partial(self.start, self.change, ref))
        menu.addAction(self.tr("Copy…"), partial(self.start, self.copy, ref))
        menu.addAction(self.tr("Export as Modelfile…"), partial(self.start, self.export, ref))
        menu.addAction(self.tr("Check for an update"), partial(self.start, self.check_update, ref))
        menu.addSeparator()
        menu.addAction(self.tr("Delete…"), partial(self.start, self.delete, ref))

    def start(self, work: Callable[[str], Awaitable[None]], ref: str) -> None:
        """Do it, unless something else is done; what goes wrong is said."""
        if not self._services.jobs.is_running(JOB):
            self._services.jobs.start(JOB, partial(self._told, work, ref))

    def keep(self, ref: str, seconds: float | None) -> None:
        """Choose how long it stays in memory after its last answer; None for the usual time."""
        self.start(partial(self._keep, seconds=seconds), ref)

    def make(self, base_ref: str = "") -> None:
        """Ask for a new custom model, over this one to begin with."""
        ref = base_ref or self._services.default_model()
        info = self._services.registry.info(ref)
        if info is not None and info.base:
            ref = f"{info.engine_id}/{info.base}"
        self.start(self._make, ref)

    def measure(self, ref: str) -> None:
        """Test how fast it writes, unless a test runs."""
        if not self._services.jobs.is_running(JOB_TEST):
            self._services.jobs.start(JOB_TEST, partial(self._told, self._measure, ref))

    async def show_details(self, ref: str) -> None:
        details = await self._services.keeper.details(ref)
        test = (await asyncio.to_thread(self.tests.all)).get(ref)
        DetailsDialog(self._home, ref, details, test).open()

    async def check_update(self, ref: str) -> None:
        is_newer = await self._services.keeper.has_update(ref)
        name = short_name(ref)
        if is_newer is None:
            words = self.tr("Whether {0} has an update cannot be known from here.")
        elif is_newer:
            words = self.tr("The source of {0} has another version now. Pull it again to have it.")
        else:
            words = self.tr("{0} is what its source has.")
        toast(self._home, words.format(name))

    async def copy(self, ref: str) -> None:
        dialog = NameDialog(
            self._home,
            self.tr("Copy {0}").format(short_name(ref)),
            self.tr("The same model under another name; it takes no more room."),
            f"{short_name(ref).replace(':', '-')}-copy",
            self.tr("Copy"),
        )
        if await dialog.answer():
            copied = await self._services.keeper.copy(ref, dialog.wanted)
            toast(self._home, self.tr("{0} is there now.").format(short_name(copied)))

    async def _keep(self, ref: str, seconds: float | None) -> None:
        await self._services.keep_alive.choose(ref, seconds)
        words = self.tr("{0} stays in memory: {1}.").format(short_name(ref), keep_words(seconds))
        toast(self._home, words)

    async def unload(self, ref: str) -> None:
        engine, name = self._services.registry.resolve(ref)
        await engine.unload(name)
        await self._services.refresh_engines((ref,))

    async def delete(self, ref: str) -> None:
        """Ask first, since it cannot be undone; what is free again is said before and after."""
        keeper = self._services.keeper
        before = await keeper.freed_by(ref)
        title = self.tr("Delete {0}?").format(short_name(ref))
        if not await ask(self._home, title, self._before_words(before), self.tr("Delete")):
            return
        gone = await keeper.delete(ref)
        if gone.kept is not None:
            words = self.tr("{0} is off the list; its file stays.").format(short_name(ref))
        elif gone.freed_bytes:
            words = self.tr("{0} is deleted: {1} are free again.").format(
                short_name(ref), amount(gone.freed_bytes)
            )
        else:
            words = self.tr("{0} is deleted.").format(short_name(ref))
        toast(self._home, words)

    async def change(self, ref: str) -> None:
        """The system prompt, the parameters and the adapter of a custom model."""
        details = await self._services.keeper.details(ref)
        engine, name = self._services.registry.resolve(ref)
        adapter = _adapter_of(details.modelfile) if file_engine(engine) else ""
        entry = CustomEntry(
            name,
            f"{engine.id}/{details.base}",
            details.system,
            parameters_of(details.parameters),
            Path(adapter) if adapter else None,
            details.kept_adapter,
        )
        await self._ask_and_make(entry, is_new=False)

    async def export(self, ref: str) -> None:
        text = await self._services.keeper.modelfile(ref)
        place = await _save_place(self._home, f"{short_name(ref).replace(':', '-')}.modelfile")
        if not place:
            return
        try:
            await asyncio.to_thread(write_atomically, Path(place), text.encode())
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise BadInput(self.tr("{0} cannot be written ({1}).").format(place, reason)) from error
        toast(self._home, self.tr("Written to {0}.").format(Path(place).name))

    async def _make(self, base_ref: str) -> None:
        await self._ask_and_make(CustomEntry("", base_ref), is_new=True)

    async def _ask_and_make(self, entry: CustomEntry, *, is_new: bool) -> None:
        """Asked again with what was entered when the engine refuses it."""
        while True:
            services = self._services
            dialog = CustomDialog(
                self._home, services.registry, services.fit, services.presets.all(), entry, is_new=is_new
            )
            if not await dialog.answer():
                return
            entry = dialog.entry
            try:
                ref = await services.keeper.make(
                    entry.name,
                    entry.base,
                    entry.system,
                    entry.parameters,
                    entry.adapter,
                    kept_adapter=entry.kept_adapter,
                )
            except SlmdeskError as error:
                await tell(self._home, self.tr("That was not possible"), error.sentence()).answer()
                continue
            self._offer_chat(ref)
            return

    def _offer_chat(self, ref: str) -> None:
        toast(
            self._home,
            self.tr("{0} is there now.").format(short_name(ref)),
            action=self.tr("Chat"),
            callback=lambda: self.chat_requested.emit(ref),
            is_undoing=False,
        )

    async def _measure(self, ref: str) -> None:
        toast(self._home, self.tr("Measuring {0}: about 20 seconds.").format(short_name(ref)))
        test: SpeedTest = await self.tests.run(ref)
        self.measured.emit(test)
        toast(self._home, f"{short_name(ref)}: {test_words(test)}")

    async def _told(self, work: Callable[[str], Awaitable[None]], ref: str) -> None:
        try:
            await work(ref)
        except SlmdeskError as error:
            tell(self._home, self.tr("That was not possible"), error.sentence())

    def _before_words(self, before: Deleted) -> str:
        if before.kept is not None:
            return self.tr("It is taken off the list. Its file {0} is yours and stays.").format(before.kept)
        if before.freed_bytes:
            words = self.tr("{0} are free again afterwards. It cannot be undone, only fetched again.")
            return words.format(amount(before.freed_bytes))
        if before.freed_bytes == 0:
            return self.tr("Its base stays, so no room becomes free. It cannot be undone.")
        return self.tr("It cannot be undone.")

    def _engine_of(self, ref: str) -> Engine | None:
        info = self._services.registry.info(ref)
        engines = self._services.registry.engines
        return next((one for one in engines if info and one.id == info.engine_id), None)

    def _can_unload(self, ref: str) -> bool:
        engine = self._engine_of(ref)
        return engine is not None and engine.capabilities.unload

    def _in_memory_as(self, ref: str) -> str:
        """A custom model of the built-in engine is in memory as its base, unless it has an adapter."""
        info, engine = self._services.registry.info(ref), self._engine_of(ref)
        files = file_engine(engine) if engine else None
        return f"{info.engine_id}/{files.in_memory(info.name)}" if files and info else ref

    def _is_kept_here(self, ref: str) -> bool:
        """Whether its engine keeps models that can be changed from here."""
        engine = self._engine_of(ref)
        return engine is not None and (file_engine(engine) is not None or engine.capabilities.pull)


def _adapter_of(modelfile: str) -> str:
    lines = [line for line in modelfile.splitlines() if line.startswith("ADAPTER ")]
    return lines[0].removeprefix("ADAPTER ").strip() if lines else ""


async def _save_place(parent: QWidget, name: str) -> str:
    """Where to write; "" if the reader thought better of it."""
    decided: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def decide(path: str = "") -> None:
        if not decided.done():
            decided.set_result(path)

    dialog = QFileDialog(parent)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(name)
    dialog.fileSelected.connect(decide)
    dialog.rejected.connect(decide)
    dialog.open()
    try:
        return await decided
    finally:
        dialog.deleteLater()
