"""What decides how fast the machine may run: heat, throttling, power, mains or battery."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SYS = Path("/sys")
# Which chip of a board measures the processor, the surest first; a part of its name is enough.
CPU_CHIPS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "soc_thermal", "acpitz")
HOTTEST_C = 150.0  # a sensor that says more, or nothing above zero, is broken
PI_SLOWED = 0b1110  # capped, throttled or at the soft limit of heat; the first bit is under-voltage


@dataclass(frozen=True, slots=True)
class Conditions:
    """As far as they can be read; None where not.

    `cpu_watts` is what the processor takes, `battery_watts` what the whole machine draws from its
    battery while it runs on it.
    """

    temperature_c: float | None = None
    is_throttled: bool | None = None
    cpu_watts: float | None = None
    battery_percent: float | None = None
    is_on_mains: bool | None = None
    battery_watts: float | None = None


UNKNOWN = Conditions()


class ConditionsProbe:
    """Reads them. Throttling and the processor's power are differences of two looks."""

    def __init__(self, sys: Path = SYS, clock: Callable[[], float] = time.monotonic) -> None:
        self._sys = sys
        self._clock = clock
        self._throttled_count: int | None = None
        self._energy: tuple[float, int] | None = None

    def __call__(self) -> Conditions:
        percent, is_on_mains = _battery()
        return Conditions(
            temperature_c=_cpu_temperature(),
            is_throttled=self._is_throttled(),
            cpu_watts=self._cpu_watts(),
            battery_percent=percent,
            is_on_mains=is_on_mains,
            battery_watts=None if is_on_mains is not False else self._battery_watts(),
        )

    def _is_throttled(self) -> bool | None:
        """Whether the processor was slowed down since the last look."""
        if (bits := _hex(self._sys / "devices/platform/soc/soc:firmware/get_throttled")) is not None:
            return bool(bits & PI_SLOWED)
        counts = [
            _number(path)
            for path in self._sys.glob("devices/system/cpu/cpu[0-9]*/thermal_throttle/*_throttle_count")
        ]
        now = sum(count for count in counts if count is not None) if counts else None
        last, self._throttled_count = self._throttled_count, now
        return None if now is None or last is None else now > last

    def _cpu_watts(self) -> float | None:
        """From the counter of energy; on many systems only the administrator may read it."""
        packages = sorted(self._sys.glob("class/powercap/intel-rapl:[0-9]"))
        energies = [_number(package / "energy_uj") for package in packages]
        if not energies or None in energies:
            self._energy = None
            return None
        now = (self._clock(), sum(energy for energy in energies if energy is not None))
        last, self._energy = self._energy, now
        if last is None or now[0] <= last[0] or now[1] <= last[1]:  # a counter may begin anew
            return None
        return (now[1] - last[1]) / 1_000_000 / (now[0] - last[0])

    def _battery_watts(self) -> float | None:
        for battery in sorted(self._sys.glob("class/power_supply/BAT*")):
            if power := _number(battery / "power_now"):
                return power / 1_000_000
            current, voltage = _number(battery / "current_now"), _number(battery / "voltage_now")
            if current and voltage:
                return current * voltage / 1e12
        return None


def _cpu_temperature() -> float | None:
    """The hottest sensor of the processor in degrees Celsius."""
    import psutil

    ask = getattr(psutil, "sensors_temperatures", None)  # only on Linux and FreeBSD
    chips = {}
    if ask is not None:
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            chips = ask()
    for wanted in CPU_CHIPS:
        for name, sensors in chips.items():
            sound = [sensor.current for sensor in sensors if 0 < (sensor.current or 0) < HOTTEST_C]
            if wanted in name.casefold() and sound:
                return float(max(sound))
    return None


def _battery() -> tuple[float | None, bool | None]:
    """Charge in per cent and whether the machine runs on mains; None and None without a battery."""
    import psutil

    ask = getattr(psutil, "sensors_battery", None)
    battery = None
    if ask is not None:
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            battery = ask()
    if battery is None:
        return None, None
    return float(battery.percent), battery.power_plugged


def _number(path: Path) -> int | None:
    try:
        return abs(int(path.read_text("ascii")))  # some drivers count what leaves a battery below zero
    except (OSError, ValueError):
        return None


def _hex(path: Path) -> int | None:
    try:
        return int(path.read_text("ascii").strip(), 16)
    except (OSError, ValueError):
        return None
