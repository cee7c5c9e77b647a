"""The machine once a second: CPU, memory, graphics cards, disks, conditions, the share of each engine."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slmdesk.base.events import Event
from slmdesk.features.monitor.conditions import UNKNOWN, Conditions, ConditionsProbe
from slmdesk.features.monitor.disks import Disks, DiskSample
from slmdesk.features.monitor.gpus import Gpus, GpuSample
from slmdesk.features.monitor.probe import Probe, Seldom
from slmdesk.features.monitor.processes import Processes, ProcessShare

PERIOD_S = 1.0
SAMPLE_IS_FRESH_S = 3.0
CONDITIONS_EVERY_S = 4.0  # some sensors take tens of milliseconds to answer
DISKS_EVERY_S = 15.0
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the machine; None where it could not be had. CPU is a share of all cores."""

    cpu_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    memory_free_bytes: int | None = None
    gpus: tuple[GpuSample, ...] = ()
    processes: tuple[ProcessShare, ...] = ()
    disks: tuple[DiskSample, ...] = ()
    conditions: Conditions = UNKNOWN


class Sampler:
    """Looks once a second while it is not paused; `latest` is the last look.

    `folders` names those whose disks are watched.
    """

    def __init__(
        self,
        engine_pids: Callable[[], Mapping[str, Sequence[int]]],
        folders: Callable[[], Mapping[str, Path]] = dict,
    ) -> None:
        self.sampled: Event[Sample] = Event()
        self.latest = Sample()
        self._cpu = Probe("cpu", _CpuLoad())
        self._memory = Probe("memory", _memory)
        self._gpus = Probe("gpu", Gpus())
        self._engine_pids = engine_pids
        self._pids: Mapping[str, Sequence[int]] = {}
        self._processes = Probe("processes", Processes(lambda: self._pids))
        self._disks = Seldom(Probe("disks", Disks(folders)), DISKS_EVERY_S)
        self._conditions = Seldom(Probe("conditions", ConditionsProbe()), CONDITIONS_EVERY_S)
        self._sampled_at = float("-inf")
        self._is_wanted = asyncio.Event()
        self._is_wanted.set()

    @property
    def other_cpu_percent(self) -> float | None:
        """The load of other programs at the last look; None while nobody looks."""
        is_fresh = time.monotonic() - self._sampled_at <= SAMPLE_IS_FRESH_S
        if self.latest.cpu_percent is None or not is_fresh:
            return None
        ours = sum(share.cpu_percent or 0.0 for share in self.latest.processes)
        return max(0.0, self.latest.cpu_percent - ours)

    def pause(self) -> None:
        """Stop looking: nobody sees it."""
        self._is_wanted.clear()

    def resume(self) -> None:
        self._is_wanted.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._is_wanted.wait()
            self.take(await self._look())
            await asyncio.sleep(PERIOD_S)

    def take(self, sample: Sample) -> None:
        """A look has been taken: keep it and tell."""
        self.latest, self._sampled_at = sample, time.monotonic()
        self.sampled.emit(sample)

    async def _look(self) -> Sample:
        self._pids = self._engine_pids()  # asked here, so that the engines are never read from a thread
        cpu, memory, gpus, processes, disks, conditions = await asyncio.gather(
            self._cpu.ask(),
            self._memory.ask(),
            self._gpus.ask(),
            self._processes.ask(),
            self._disks.ask(),
            self._conditions.ask(),
        )
        used, total, free = memory or (None, None, None)
        return Sample(cpu, used, total, free, gpus or (), processes or (), disks or (), conditions or UNKNOWN)


def physical_cores() -> int:
    """Cores without their twins; at least one."""
    import psutil  # here and below: a twentieth of a second that the first picture need not wait for

    return psutil.cpu_count(logical=False) or psutil.cpu_count() or 1


def usable_threads() -> int:
    """One fewer than the physical cores, at least one; SLMDESK_THREADS decides where it is set."""
    with contextlib.suppress(ValueError):
        return max(1, int(os.environ.get("SLMDESK_THREADS", "")))
    return max(1, physical_cores() - 1)


def free_memory_bytes() -> int | None:
    """What could be had now without swapping, inside the limit of the container if there is one."""
    try:
        _used, _total, free = _memory()
    except OSError:
        return None
    return free


def total_memory_bytes() -> int | None:
    """The memory of the machine, or of the container if it has less."""
    try:
        _used, total, _free = _memory()
    except OSError:
        return None
    return total


class _CpuLoad:
    """The load since the last call; None at the first, which has nothing to compare with.

    Not psutil.cpu_percent, which compares with the last call in the same thread.
    """

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None

    def __call__(self) -> float | None:
        import psutil

        times = psutil.cpu_times()._asdict()
        # Linux counts the guests' time in the hosts' already.
        total_s = sum(seconds for name, seconds in times.items() if not name.startswith("guest"))
        now = (total_s, total_s - times["idle"] - times.get("iowait", 0.0))
        last, self._last = self._last, now
        if last is None or now[0] <= last[0]:
            return None
        share: float = (now[1] - last[1]) / (now[0] - last[0])
        return min(max(100 * share, 0.0), 100.0)


def _memory() -> tuple[int, int, int]:
    """Used, total and free bytes, of the container where it has less than the machine."""
    import psutil

    machine = psutil.virtual_memory()
    limit = _cgroup_number("memory.max")
    current = _cgroup_number("memory.current")
    if limit is None or current is None or limit >= machine.total:
        return machine.total - machine.available, machine.total, machine.available
    used = max(0, current - _inactive_file_bytes())
    free = max(0, min(machine.available, limit - used))
    return limit - free, limit, free


def _cgroup_number(name: str) -> int | None:
    with contextlib.suppress(OSError, ValueError):  # "max" is no number and no limit
        return int((CGROUP / name).read_text("ascii"))
    return None


def _inactive_file_bytes() -> int:
    """The page cache that goes first when memory is wanted."""
    with contextlib.suppress(OSError, ValueError):
        for line in (CGROUP / "memory.stat").read_text("ascii").splitlines():
            if line.startswith("inactive_file "):
                return int(line.split()[1])
    return 0
