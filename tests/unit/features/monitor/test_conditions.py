"""Heat, throttling, power and disks: what can be read is right, what cannot is None and never 0."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from slmdesk.features.monitor.conditions import Conditions, ConditionsProbe
from slmdesk.features.monitor.disks import Disks
from slmdesk.features.monitor.gpus import Gpus, GpuSample


@pytest.fixture(autouse=True)
def bare(monkeypatch) -> None:
    """A machine without sensors and battery."""
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)


def put(path: Path, text: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def sensors(*celsius: float | None) -> list[SimpleNamespace]:
    return [SimpleNamespace(current=value) for value in celsius]


def test_a_machine_that_says_nothing(tmp_path) -> None:
    probe = ConditionsProbe(tmp_path)
    assert probe() == probe() == Conditions()


def test_systems_without_sensors_at_all(monkeypatch, tmp_path) -> None:
    monkeypatch.delattr(psutil, "sensors_temperatures")
    monkeypatch.delattr(psutil, "sensors_battery")
    assert ConditionsProbe(tmp_path)() == Conditions()


@pytest.mark.parametrize(
    ("chips", "celsius"),
    [
        ({"nvme": sensors(88), "coretemp": sensors(61, 64)}, 64),
        ({"acpitz": sensors(27.8), "k10temp": sensors(55)}, 55),
        ({"cpu_thermal": sensors(48.3)}, 48.3),
        ({"coretemp": sensors(0, None), "acpitz": sensors(41)}, 41),
        ({"acpitz": sensors(-273, 0, 999)}, None),
        ({"nvme": sensors(50)}, None),
    ],
)
def test_the_temperature_is_that_of_the_processor(monkeypatch, tmp_path, chips, celsius) -> None:
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: chips)
    assert ConditionsProbe(tmp_path)().temperature_c == celsius


def test_a_driver_that_fails_hides_only_itself(monkeypatch, tmp_path) -> None:
    def fail() -> None:
        raise OSError("no")

    monkeypatch.setattr(psutil, "sensors_temperatures", fail)
    monkeypatch.setattr(
        psutil, "sensors_battery", lambda: SimpleNamespace(percent=80, power_plugged=True), raising=False
    )
    assert ConditionsProbe(tmp_path)() == Conditions(battery_percent=80.0, is_on_mains=True)


def test_throttling_is_a_count_that_grows(tmp_path) -> None:
    counter = tmp_path / "devices/system/cpu/cpu0/thermal_throttle/core_throttle_count"
    put(counter, 4)
    probe = ConditionsProbe(tmp_path)
    assert probe().is_throttled is None  # nothing to compare with
    assert probe().is_throttled is False
    put(counter, 5)
    assert probe().is_throttled is True
    assert probe().is_throttled is False


@pytest.mark.parametrize(("bits", "is_throttled"), [("0", False), ("50000", False), ("50005", True)])
def test_a_raspberry_pi_says_it_by_bits(tmp_path, bits: str, is_throttled: bool) -> None:
    put(tmp_path / "devices/platform/soc/soc:firmware/get_throttled", bits)
    assert ConditionsProbe(tmp_path)().is_throttled is is_throttled


def test_power_is_energy_over_time_and_a_counter_may_begin_anew(tmp_path) -> None:
    now = [10.0]
    counter = tmp_path / "class/powercap/intel-rapl:0/energy_uj"
    put(counter, 1_000_000)
    probe = ConditionsProbe(tmp_path, clock=lambda: now[0])
    assert probe().cpu_watts is None
    now[0] = 14.0
    put(counter, 61_000_000)
    assert probe().cpu_watts == 15.0
    now[0] = 18.0
    put(counter, 5)
    assert probe().cpu_watts is None


def test_what_only_the_administrator_may_read_is_unknown(tmp_path) -> None:
    (tmp_path / "class/powercap/intel-rapl:0/energy_uj").mkdir(parents=True)  # cannot be read, even by root
    probe = ConditionsProbe(tmp_path)
    assert (probe().cpu_watts, probe().cpu_watts) == (None, None)


@pytest.mark.parametrize(
    ("files", "watts"),
    [
        ({"power_now": -11_500_000}, 11.5),
        ({"current_now": 2_000_000, "voltage_now": 12_000_000}, 24.0),
        ({"power_now": 0}, None),
        ({}, None),
    ],
)
def test_what_the_battery_gives(monkeypatch, tmp_path, files: dict[str, int], watts: float | None) -> None:
    for name, value in files.items():
        put(tmp_path / "class/power_supply/BAT0" / name, value)
    battery = SimpleNamespace(percent=41.5, power_plugged=False)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery)
    found = ConditionsProbe(tmp_path)()
    assert (found.battery_percent, found.is_on_mains, found.battery_watts) == (41.5, False, watts)
    battery.power_plugged = True
    assert ConditionsProbe(tmp_path)().battery_watts is None


def test_heat_and_power_of_an_amd_card(tmp_path) -> None:
    device = tmp_path / "card0" / "device"
    put(device / "vendor", "0x1002")
    put(device / "hwmon/hwmon3/temp1_input", 51_000)
    put(device / "hwmon/hwmon3/power1_average", 0)
    card = next(card for card in Gpus(tmp_path)() if card.name == "AMD")
    assert card == GpuSample("AMD", temperature_c=51.0)


def test_every_amd_card_is_found_in_the_order_of_its_number(tmp_path) -> None:
    for number in (0, 2, 10, 11):
        put(tmp_path / f"card{number}/device/vendor", "0x1002")
        put(tmp_path / f"card{number}/device/mem_info_vram_total", 100 + number)
    put(tmp_path / "card0-DP-1/device/vendor", "0x1002")  # a socket of the first one
    put(tmp_path / "renderD128/device/vendor", "0x1002")
    found = [card for card in Gpus(tmp_path)() if not card.is_unified]
    assert [card.vram_total_bytes for card in found] == [100, 102, 110, 111]
    assert [card.name for card in found] == ["AMD #1", "AMD #2", "AMD #3", "AMD #4"]


def test_an_amd_card_that_tells_its_power_of_the_moment(tmp_path) -> None:
    put(tmp_path / "card1/device/vendor", "0x1002")
    put(tmp_path / "card1/device/hwmon/hwmon0/power1_input", 9_000_000)
    assert Gpus(tmp_path)()[0].watts == 9.0


def test_folders_on_one_disk_are_one_disk(tmp_path) -> None:
    (tmp_path / "models").mkdir()
    found = Disks(lambda: {"Chats": tmp_path, "Models": tmp_path / "models", "Gone": tmp_path / "no"})()
    assert [disk.holds for disk in found] == [("Chats", "Models")]
    assert 0 < found[0].free_bytes < found[0].total_bytes
