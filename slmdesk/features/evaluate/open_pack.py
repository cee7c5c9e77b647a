"""The pack that the user has before them: edited, undone, stored half a second later."""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.base.events import Event
from slmdesk.base.jobs import JobRunner, uninterrupted
from slmdesk.features.evaluate.pack import Pack
from slmdesk.features.evaluate.setup import Setup
from slmdesk.features.evaluate.stored_pack import from_stored, to_stored
from slmdesk.store.packs import Packs, StoredPack

JOB_SAVE = "evaluate:save"
SAVE_AFTER_S = 0.4  # a kill may lose half a second, and not every key is a write
UNDOS = 100
EMPTY = Pack("")


@dataclass(frozen=True, slots=True)
class _Step:
    """What undoing brings back; steps with the same `what`, one after the other, are one step."""

    pack: Pack
    what: str


class OpenPack:
    """`id` is "" until the pack is stored, which its first edit does: a starter is never changed itself.

    `changed` tells of every edit and of another pack, `closed_over` that another pack was opened.
    """

    def __init__(self, packs: Packs, jobs: JobRunner) -> None:
        self._packs = packs
        self._jobs = jobs
        self._undos: deque[_Step] = deque(maxlen=UNDOS)
        self._stored: StoredPack | None = None
        self._is_unsaved = False
        self.id = ""
        self.pack = EMPTY
        self.setup = Setup()
        self.changed: Event[None] = Event()
        self.replaced: Event[None] = Event()

    @property
    def is_open(self) -> bool:
        return self.pack is not EMPTY

    @property
    def can_undo(self) -> bool:
        return bool(self._undos)

    async def open(self, pack_id: str) -> None:
        """Open a pack of the user's; raises BadInput when it is gone."""
        await self.store_now()
        stored = await self._packs.load(pack_id)
        pack, setup = await asyncio.to_thread(from_stored, stored)
        self._show(pack, setup, stored)
        await self._packs.use(pack_id)

    async def show(self, pack: Pack, setup: Setup) -> None:
        """Show a starter: it becomes the user's own once it is edited."""
        await self.store_now()
        self._show(pack, setup, None)

    async def add(self, pack: Pack, setup: Setup) -> None:
        """Open a pack and keep it at once: one that was imported, duplicated or is new."""
        await self.show(pack, setup)
        self._keep()
        await self.store_now()

    async def close(self) -> None:
        """Nothing is open any more."""
        await self.store_now()
        self._show(EMPTY, Setup(), None)

    def forget(self) -> None:
        """Nothing is open any more, and nothing is stored: all was deleted for good."""
        self._is_unsaved = False
        self._show(EMPTY, Setup(), None)

    def edit(self, pack: Pack, what: str = "") -> None:
        """Another pack in its place. Typing goes by one name in `what`: it is undone at once."""
        if pack == self.pack:
            return
        if not (what and self._undos and self._undos[-1].what == what):
            self._undos.append(_Step(self.pack, what))
        self.pack = pack
        self._keep()
        self.changed.emit(None)

    def keep(self) -> None:
        """Make a starter the user's own without an edit: it is run, and is to be there afterwards."""
        if self.is_open and not self.id:
            self._keep()

    def undo(self) -> None:
        """Take the last edit back."""
        if self._undos:
            self.pack = self._undos.pop().pack
            self._keep()
            self.changed.emit(None)

    def set_up(self, setup: Setup) -> None:
        """Evaluate it like this from now on."""
        if setup != self.setup:
            self.setup = setup
            self._keep()
            self.changed.emit(None)

    async def store_now(self) -> None:
        """Store what is not stored yet; raises StoreError."""
        if self._is_unsaved:
            self._is_unsaved = False
            before, self._stored = self._stored, self._plain()
            with contextlib.suppress(DataFolderUnusable):  # the store keeps it until there is room
                await self._packs.save(self._stored, before)

    def _show(self, pack: Pack, setup: Setup, stored: StoredPack | None) -> None:
        self._undos.clear()
        self._stored = stored
        self.id = stored.id if stored else ""
        self.pack, self.setup = pack, setup
        self.replaced.emit(None)
        self.changed.emit(None)

    def _keep(self) -> None:
        self.id = self.id or self._packs.new_id()
        self._is_unsaved = True
        if not self._jobs.is_running(JOB_SAVE):
            self._jobs.start(JOB_SAVE, self._save)

    async def _save(self) -> None:
        while self._is_unsaved:
            try:
                await asyncio.sleep(SAVE_AFTER_S)
            finally:  # the program ends: now or never
                await uninterrupted(self.store_now)

    def _plain(self) -> StoredPack:
        return to_stored(self.id, self.pack, self.setup)
