"""The settings in use and on the disk: changed in turn, so that no change overwrites another."""

import asyncio
import contextlib
from collections.abc import Callable

from slmdesk.base.errors import StoreError
from slmdesk.base.events import Event
from slmdesk.base.jobs import JobRunner
from slmdesk.config.paths import Paths
from slmdesk.config.settings import Settings, save_settings

_JOB = "layout"


class KeptSettings:
    """`now` are those in use; `changed` tells of others, but not of a layout."""

    def __init__(self, paths: Paths, settings: Settings, jobs: JobRunner) -> None:
        self.now = settings
        self.changed: Event[Settings] = Event()
        self._paths = paths
        self._jobs = jobs
        self._writing = asyncio.Lock()
        self._is_closing = False

    async def change(self, edit: Callable[[Settings], Settings]) -> None:
        """Save what `edit` makes of them, then use it; raises DataFolderUnusable, and nothing has changed."""
        async with self._writing:
            before = self.now
            settings = edit(before)
            if settings is before:
                return
            await asyncio.to_thread(save_settings, self._paths, settings)
            self.now = settings.with_changes(before, self.now)  # the window may have been moved meanwhile
        self.changed.emit(self.now)

    def arrange(self, **values: object) -> None:
        """Remember how the window stands; a moment later it is on the disk."""
        before = self.now
        for name, value in values.items():
            self.now = self.now.with_value(name, value)
        if self.now != before and not self._is_closing and not self._jobs.is_running(_JOB):
            self._jobs.start(_JOB, self._save_layout)

    def close(self) -> None:
        """The program ends: nothing more is written of its own accord."""
        self._is_closing = True

    async def _save_layout(self) -> None:
        saved = None
        while saved is not self.now:  # it has changed meanwhile
            async with self._writing:
                saved = self.now
                with contextlib.suppress(StoreError):  # no reason to disturb anybody
                    await asyncio.to_thread(save_settings, self._paths, saved)
