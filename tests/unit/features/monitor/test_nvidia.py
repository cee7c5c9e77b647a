"""NVIDIA's cards through NVML: what a card does not tell is None, and a lost driver is no crash."""

import sys
from types import SimpleNamespace

import pytest

from slmdesk.features.monitor.gpus import Gpus, GpuSample


class NVMLError(Exception):
    """The same base as the real one: none of OSError or RuntimeError."""


def library(
    *, is_load_told: bool = True, is_driver_there: bool = True, is_hot: bool = False
) -> SimpleNamespace:
    def load(_handle: object) -> SimpleNamespace:
        if not is_load_told:
            raise NVMLError
        return SimpleNamespace(gpu=64)

    def init() -> None:
        if not is_driver_there:
            raise NVMLError

    def power(_handle: object) -> int:
        raise NVMLError  # laptops' cards do not tell it

    return SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=init,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda _handle: "NVIDIA GeForce RTX 4060",
        nvmlDeviceGetUtilizationRates=load,
        nvmlDeviceGetMemoryInfo=lambda _handle: SimpleNamespace(used=5, total=8),
        NVML_TEMPERATURE_GPU=0,
        nvmlDeviceGetTemperature=lambda _handle, _sensor: 61,
        nvmlDeviceGetPowerUsage=power,
        nvmlDeviceGetCurrentClocksThrottleReasons=lambda _handle: 0x24 if is_hot else 0x04,
    )


def cards(monkeypatch: pytest.MonkeyPatch, tmp_path, nvml: object) -> Gpus:
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setattr("slmdesk.features.monitor.gpus.NVIDIA_DRIVERS", (tmp_path,))
    return Gpus(tmp_path)


def test_a_card_with_all_it_tells(monkeypatch, tmp_path) -> None:
    assert cards(monkeypatch, tmp_path, library())()[0] == GpuSample(
        "RTX 4060", 64.0, 5, 8, temperature_c=61.0, is_throttled=False
    )


def test_a_card_slowed_down_by_its_heat(monkeypatch, tmp_path) -> None:
    assert cards(monkeypatch, tmp_path, library(is_hot=True))()[0].is_throttled is True


def test_the_bindings_are_not_even_imported_without_a_driver(monkeypatch, tmp_path) -> None:
    gpus = cards(monkeypatch, tmp_path, library())
    monkeypatch.setattr("slmdesk.features.monitor.gpus.NVIDIA_DRIVERS", (tmp_path / "none",))
    assert [card for card in gpus() if not card.is_unified] == []


def test_a_card_that_hides_its_load(monkeypatch, tmp_path) -> None:
    gpus = cards(monkeypatch, tmp_path, library(is_load_told=False))
    assert gpus()[0] == GpuSample("RTX 4060", None, 5, 8, temperature_c=61.0, is_throttled=False)


def test_no_driver_means_no_card(monkeypatch, tmp_path) -> None:
    gpus = cards(monkeypatch, tmp_path, library(is_driver_there=False))
    assert [card for card in gpus() if not card.is_unified] == []


def test_no_library_means_no_card(monkeypatch, tmp_path) -> None:
    gpus = cards(monkeypatch, tmp_path, None)
    assert [card for card in gpus() if not card.is_unified] == []


def test_a_driver_that_goes_away_is_no_crash(monkeypatch, tmp_path) -> None:
    nvml = library()
    gpus = cards(monkeypatch, tmp_path, nvml)
    assert gpus()

    def gone() -> int:
        raise NVMLError

    nvml.nvmlDeviceGetCount = gone
    assert [card for card in gpus() if not card.is_unified] == []


def test_a_card_that_falls_off_its_bus_leaves_the_others(monkeypatch, tmp_path) -> None:
    nvml = library()
    nvml.nvmlDeviceGetCount = lambda: 3

    def handle(index: int) -> int:
        if index == 1:
            raise NVMLError
        return index

    nvml.nvmlDeviceGetHandleByIndex = handle
    found = cards(monkeypatch, tmp_path, nvml)()
    assert [card.name for card in found if not card.is_unified] == ["RTX 4060 #1", "RTX 4060 #2"]


def test_what_cannot_be_true_is_unknown(monkeypatch, tmp_path) -> None:
    nvml = library()
    nvml.nvmlDeviceGetUtilizationRates = lambda _handle: SimpleNamespace(gpu=2**32 - 1)
    nvml.nvmlDeviceGetMemoryInfo = lambda _handle: SimpleNamespace(used=2**64 - 1, total=8)
    nvml.nvmlDeviceGetTemperature = lambda _handle, _sensor: 255
    nvml.nvmlDeviceGetPowerUsage = lambda _handle: 2**32 - 1
    card = cards(monkeypatch, tmp_path, nvml)()[0]
    assert card == GpuSample("RTX 4060", vram_total_bytes=8, is_throttled=False)
    nvml.nvmlDeviceGetMemoryInfo = lambda _handle: SimpleNamespace(used=0, total=0)
    assert cards(monkeypatch, tmp_path, nvml)()[0].vram_total_bytes is None


def test_an_apple_chip_shares_its_memory(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert cards(monkeypatch, tmp_path, None)() == (GpuSample("Apple", is_unified=True),)
