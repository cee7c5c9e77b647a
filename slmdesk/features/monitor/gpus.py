"""What the graphics cards say: NVIDIA through NVML, AMD through sysfs, Apple as unified memory."""

import contextlib
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

DRM = Path("/sys/class/drm")
AMD_VENDOR = "0x1002"
# What a card in trouble says beyond these is no figure: drivers give 2³² - 1 or a reading of another card.
HOTTEST_C = 150.0
MOST_WATTS = 2_000.0
# Slowed down by heat or by the board; the usual limit of power (4) is reached under every full load.
NVML_SLOWED = 0x08 | 0x20 | 0x40 | 0x80
NVIDIA_DRIVERS = (
    Path("/proc/driver/nvidia"),
    Path("/usr/lib/wsl/lib/libnvidia-ml.so.1"),
    Path(r"C:\Windows\System32\nvml.dll"),
)


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One card now; None where it does not say. Unified memory has no VRAM of its own."""

    name: str
    busy_percent: float | None = None
    vram_used_bytes: int | None = None
    vram_total_bytes: int | None = None
    is_unified: bool = False
    temperature_c: float | None = None
    watts: float | None = None
    is_throttled: bool | None = None


class Gpus:
    """All cards of the machine; the drivers are looked for at the first call."""

    def __init__(self, drm: Path = DRM) -> None:
        self._drm = drm
        self._nvidia: Callable[[], tuple[GpuSample, ...]] | None = None

    def __call__(self) -> tuple[GpuSample, ...]:
        if self._nvidia is None:
            self._nvidia = _open_nvml()
        return _numbered([_sound(card) for card in (*self._nvidia(), *_amd(self._drm), *_apple())])


def _sound(card: GpuSample) -> GpuSample:
    """The same card without figures that cannot be true."""
    used, total = card.vram_used_bytes, card.vram_total_bytes or None
    return replace(
        card,
        busy_percent=_within(card.busy_percent, 0.0, 100.0),
        vram_used_bytes=None if used is not None and total is not None and used > total else used,
        vram_total_bytes=total,
        temperature_c=_within(card.temperature_c, 0.1, HOTTEST_C),
        watts=_within(card.watts, 0.0, MOST_WATTS),
    )


def _within(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and low <= value <= high else None


def _numbered(cards: Sequence[GpuSample]) -> tuple[GpuSample, ...]:
    """Cards of one name are told apart by their number."""
    names = [card.name for card in cards]
    return tuple(
        replace(card, name=f"{card.name} #{names[:at].count(card.name) + 1}")
        if names.count(card.name) > 1
        else card
        for at, card in enumerate(cards)
    )


def _open_nvml() -> Callable[[], tuple[GpuSample, ...]]:
    """A reader of NVIDIA's cards; one that finds nothing where there is no driver."""
    if not any(path.exists() for path in NVIDIA_DRIVERS):
        return tuple  # the bindings alone take 14 MB
    try:
        import pynvml
    except ImportError:
        return tuple
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return tuple

    def read() -> tuple[GpuSample, ...]:
        found: list[GpuSample] = []
        with contextlib.suppress(pynvml.NVMLError):  # the driver went away, after sleep for instance
            for index in range(pynvml.nvmlDeviceGetCount()):
                with contextlib.suppress(pynvml.NVMLError):  # this card fell off its bus: the others stay
                    found.append(_nvidia_card(pynvml, index))
        return tuple(found)

    return read


def _nvidia_card(nvml: Any, index: int) -> GpuSample:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    name = nvml.nvmlDeviceGetName(handle)
    busy: float | None = None
    used: int | None = None
    total: int | None = None
    with contextlib.suppress(nvml.NVMLError):  # some cards do not tell their load
        busy = float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
    with contextlib.suppress(nvml.NVMLError):
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        used, total = int(memory.used), int(memory.total)
    text = name.decode(errors="replace") if isinstance(name, bytes) else str(name)
    celsius, watts, is_throttled = _nvidia_heat(nvml, handle)
    return GpuSample(
        text.removeprefix("NVIDIA ").removeprefix("GeForce "),
        busy,
        used,
        total,
        temperature_c=celsius,
        watts=watts,
        is_throttled=is_throttled,
    )


def _nvidia_heat(nvml: Any, handle: Any) -> tuple[float | None, float | None, bool | None]:
    """Temperature, power and whether the card is slowed down, each where it can be had."""
    celsius: float | None = None
    watts: float | None = None
    is_throttled: bool | None = None
    with contextlib.suppress(nvml.NVMLError):
        celsius = float(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
    with contextlib.suppress(nvml.NVMLError):
        watts = nvml.nvmlDeviceGetPowerUsage(handle) / 1000  # milliwatts
    with contextlib.suppress(nvml.NVMLError):
        is_throttled = bool(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle) & NVML_SLOWED)
    return celsius, watts, is_throttled


def _amd(drm: Path) -> Iterator[GpuSample]:
    for device in sorted(drm.glob("card*/device"), key=_card_number):
        if _card_number(device) < 0 or _read(device / "vendor") != AMD_VENDOR:
            continue
        busy = _number(device / "gpu_busy_percent")
        yield GpuSample(
            _read(device / "product_name") or "AMD",
            None if busy is None else float(busy),
            _number(device / "mem_info_vram_used"),
            _number(device / "mem_info_vram_total"),
            temperature_c=_sensor(device, "temp1_input", 1_000),
            watts=_sensor(device, "power1_average", 1_000_000) or _sensor(device, "power1_input", 1_000_000),
        )


def _card_number(device: Path) -> int:
    """10 of `card10/device`; -1 for a socket of a card, such as `card0-DP-1`."""
    number = device.parent.name.removeprefix("card")
    return int(number) if number.isascii() and number.isdecimal() else -1


def _sensor(device: Path, name: str, per_unit: int) -> float | None:
    """The first sensor of that name on the card; a sensor that sleeps says 0, which is no figure."""
    for path in sorted(device.glob(f"hwmon/hwmon*/{name}")):
        if value := _number(path):
            return value / per_unit
    return None


def _apple() -> Iterator[GpuSample]:
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        yield GpuSample("Apple", is_unified=True)


def _read(path: Path) -> str | None:
    try:
        return path.read_text("ascii", errors="replace").strip()
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = _read(path)
    return int(text) if text is not None and text.isdigit() else None


def free_video_bytes(gpus: Sequence[GpuSample]) -> int:
    """What the cards together have left, of those that say so."""
    return sum(
        max(0, gpu.vram_total_bytes - gpu.vram_used_bytes)
        for gpu in gpus
        if gpu.vram_total_bytes is not None and gpu.vram_used_bytes is not None
    )
