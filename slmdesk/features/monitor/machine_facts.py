"""What this machine offers a model, asked all at once."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from slmdesk.base.errors import DataFolderUnusable
from slmdesk.base.machine import Bandwidth, Machine, Program
from slmdesk.features.monitor.bandwidth import (
    measure_bandwidth,
    remember_bandwidth,
    remembered_bandwidth,
)
from slmdesk.features.monitor.gpus import GpuSample, free_video_bytes
from slmdesk.features.monitor.probe import Probe
from slmdesk.features.monitor.sampler import free_memory_bytes, total_memory_bytes, usable_threads

_LEAST_PROGRAM_BYTES = 200_000_000  # closing less is not worth a word
_MOST_PROGRAMS = 5


class MachineFacts:
    """Asks anew each time but for the bandwidth, which is measured at the first asking and kept in `path`."""

    def __init__(self, gpus: Probe[tuple[GpuSample, ...]], folder: Path, path: Path) -> None:
        self._gpus = gpus
        self._folder = folder
        self._path = path
        self._measuring = asyncio.Lock()
        self._bandwidth: Bandwidth | None = None

    async def ask(self) -> Machine:
        """The machine now; the first time ever this takes half a second of its memory's full speed."""
        gpus = await self._gpus.ask() or ()
        bandwidth = await self.bandwidth()
        return await asyncio.to_thread(self._look, gpus, bandwidth)

    async def glance(self) -> Machine:
        """The machine now, without measuring anything: its bandwidth is None until it was measured once."""
        gpus = await self._gpus.ask() or ()
        known = self._bandwidth or await asyncio.to_thread(remembered_bandwidth, self._path)
        return await asyncio.to_thread(self._look, gpus, known)

    async def bandwidth(self, *, is_fresh: bool = False) -> Bandwidth:
        """How fast main memory is read; `is_fresh` measures again."""
        async with self._measuring:
            if self._bandwidth is None:
                self._bandwidth = await asyncio.to_thread(remembered_bandwidth, self._path)
            if self._bandwidth is None or is_fresh:
                self._bandwidth = await asyncio.to_thread(measure_bandwidth, usable_threads())
                with contextlib.suppress(DataFolderUnusable):  # then it is measured again the next time
                    await asyncio.to_thread(remember_bandwidth, self._path, self._bandwidth)
            return self._bandwidth

    def _look(self, gpus: tuple[GpuSample, ...], bandwidth: Bandwidth | None) -> Machine:
        return Machine(
            free_memory_bytes(),
            total_memory_bytes(),
            free_video_bytes(gpus),
            tuple(gpu.name for gpu in gpus),
            usable_threads(),
            _free_disk_bytes(self._folder),
            bandwidth,
            tuple(_largest_programs()),
        )


def _free_disk_bytes(folder: Path) -> int | None:
    """Of the disk that holds the folder, or will hold it."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return None


def _largest_programs() -> Iterable[Program]:
    """Programs of this user by name, the processes of one program together, without this one."""
    import psutil

    own = psutil.Process()
    mine = {own.pid, *(child.pid for child in own.children(recursive=True))}
    sizes: dict[str, int] = {}
    for process in psutil.process_iter(["name", "username", "memory_info"]):
        info = process.info
        if process.pid not in mine and info["memory_info"] and info["username"] == own.username():
            sizes[info["name"]] = sizes.get(info["name"], 0) + info["memory_info"].rss
    programs = [Program(name, size) for name, size in sizes.items() if name and size >= _LEAST_PROGRAM_BYTES]
    return sorted(programs, key=lambda program: -program.size_bytes)[:_MOST_PROGRAMS]
