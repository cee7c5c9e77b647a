"""What the graphics cards say: NVIDIA through NVML, AMD through sysfs, Apple as unified memory."""

import contextlib
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DRM = Path("/sys/class/drm")
AMD_VENDOR = "0x1002"
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
    return GpuSample(text.removeprefix("NVIDIA ").removeprefix("GeForce "), busy, used, total)


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
        )


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
