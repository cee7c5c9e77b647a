"""What the graphics cards say: NVIDIA through NVML, AMD through sysfs, Apple as unified memory."""

import contextlib
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DRM = Path("/sys/class/drm")
AMD_VENDOR = "0x1002"
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
        return (*self._nvidia(), *_amd(self._drm), *_apple())


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
        try:
            count = pynvml.nvmlDeviceGetCount()
            return tuple(_nvidia_card(pynvml, index) for index in range(count))
        except pynvml.NVMLError:  # the driver went away, after sleep for instance
            return ()

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
    for device in sorted(drm.glob("card[0-9]/device")):
        if _read(device / "vendor") != AMD_VENDOR:
            continue
        busy = _number(device / "gpu_busy_percent")
        yield GpuSample(
            _read(device / "product_name") or "AMD",
            None if busy is None else float(busy),
            _number(device / "mem_info_vram_used"),
            _number(device / "mem_info_vram_total"),
            temperature_c=_sensor(device, "temp1_input", 1_000),
            watts=_sensor(device, "power1_average", 1_000_000),
        )


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
