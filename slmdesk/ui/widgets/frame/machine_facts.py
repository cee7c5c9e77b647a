"""What the machine panel says in words: disks, heat, power, battery, what each process takes."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QCoreApplication

from slmdesk.base.memory import gigabytes, round_gigabytes
from slmdesk.base.words import number
from slmdesk.features.monitor.conditions import Conditions
from slmdesk.features.monitor.disks import DiskSample
from slmdesk.features.monitor.gpus import GpuSample
from slmdesk.features.monitor.processes import ProcessShare
from slmdesk.ui.widgets.frame.fact_rows import Fact

NEARLY_FULL = 0.05  # of a disk
LOW_BATTERY_PERCENT = 20


def tr(text: str) -> str:
    return QCoreApplication.translate("MachinePanel", text)


def condition_facts(now: Conditions) -> Iterator[Fact]:
    """Only what is known; the temperature has a line of its own."""
    if now.is_throttled:
        tip = tr("The processor runs slower than it could, because it is too hot or short of power.")
        yield Fact(tr("Processor"), tr("slowed down"), tip, is_warning=True)
    if now.cpu_watts is not None:
        yield Fact(tr("Processor's power"), watts(now.cpu_watts))
    if now.is_on_mains is False and now.battery_percent is not None:
        is_low = now.battery_percent <= LOW_BATTERY_PERCENT
        draw = "" if now.battery_watts is None else f" · {watts(now.battery_watts)}"
        tip = tr("On battery most machines run slower.")
        yield Fact(tr("On battery"), f"{now.battery_percent:.0f} %{draw}", tip, is_warning=is_low)
    elif now.battery_percent is not None:
        name = tr("On mains") if now.is_on_mains else tr("Battery")
        yield Fact(name, f"{now.battery_percent:.0f} %")


def disk_facts(disks: Sequence[DiskSample]) -> Iterator[Fact]:
    """One disk is "Disk"; more are named after what lies there."""
    for disk in disks:
        name = tr("Disk") if len(disks) == 1 else tr("Disk · {0}").format(disk.holds[0])
        free = tr("{0} GB free").format(whole_gigabytes(disk.free_bytes))
        tip = tr("{0} of {1} GB free; holds {2}").format(
            gigabytes(disk.free_bytes), gigabytes(disk.total_bytes), ", ".join(disk.holds)
        )
        yield Fact(name, free, tip, is_warning=disk.free_bytes < NEARLY_FULL * disk.total_bytes)


def share_facts(shares: Sequence[ProcessShare]) -> Iterator[Fact]:
    """What each engine, model and this window take."""
    for share in shares:
        memory = tr("unknown") if share.memory_bytes is None else f"{gigabytes(share.memory_bytes)} GB"
        pids = ", ".join(map(str, share.pids))
        tip = tr("Share of the whole machine and memory; process {0}").format(pids)
        yield Fact(share.label, f"{percent(share.cpu_percent)} · {memory}", tip)


def card_words(card: GpuSample) -> str:
    """ "61 °C · 45 W · slowed down", as far as it is known."""
    parts = [
        "" if card.temperature_c is None else celsius(card.temperature_c),
        "" if card.watts is None else watts(card.watts),
        tr("slowed down") if card.is_throttled else "",
    ]
    return " · ".join(part for part in parts if part)


def percent(value: float | None) -> str:
    return tr("unknown") if value is None else f"{value:.0f} %"


def celsius(value: float) -> str:
    return f"{value:.0f} °C"


def watts(value: float) -> str:
    return f"{value:.0f} W" if value >= 9.95 else f"{number(value, '.1f')} W"


def amount(used: int | None, total: int | None) -> str:
    """ "9.8 / 16 GB"; unknown is said, never 0."""
    if used is None or not total:
        return tr("unknown")
    return f"{gigabytes(used)} / {round_gigabytes(total)} GB"


def whole_gigabytes(size_bytes: int) -> str:
    """A disk's room without tenths, but for the last gigabytes."""
    return gigabytes(size_bytes) if size_bytes < 10_000_000_000 else number(size_bytes // 1_000_000_000)
