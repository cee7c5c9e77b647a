"""What this machine offers a model, and how fast its memory is: measured once and kept."""

import json
import time
from pathlib import Path

import pytest

from slmdesk.base.machine import Bandwidth
from slmdesk.features.monitor.bandwidth import (
    measure_bandwidth,
    remember_bandwidth,
    remembered_bandwidth,
)
from slmdesk.features.monitor.gpus import GpuSample
from slmdesk.features.monitor.machine_facts import MachineFacts
from slmdesk.features.monitor.probe import Probe

GB = 1_000_000_000


def facts(folder: Path) -> MachineFacts:
    cards = (GpuSample("card", vram_used_bytes=GB, vram_total_bytes=8 * GB),)
    return MachineFacts(Probe("test-gpus", lambda: cards), folder / "models", folder / "machine.json")


def test_memory_is_read_at_a_plausible_speed() -> None:
    before = time.time()
    measured = measure_bandwidth(1, for_s=0.05)
    assert 0.5 * GB < measured.bytes_per_s < 2000 * GB  # from a slow board to the fastest server
    assert before <= measured.measured_at <= time.time()


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "machine.json"
    assert remembered_bandwidth(path) is None
    remember_bandwidth(path, Bandwidth(61.5 * GB, 1_760_000_000.0))
    assert remembered_bandwidth(path) == Bandwidth(61.5 * GB, 1_760_000_000.0)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"bandwidth": 61}',
        '{"bandwidth": {"bytes_per_s": "fast", "measured_at": 1}}',
        '{"bandwidth": {"bytes_per_s": 0, "measured_at": 1}}',
        '{"bandwidth": {"bytes_per_s": 1}}',
    ],
)
def test_a_damaged_file_is_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "machine.json"
    path.write_text(content)
    assert remembered_bandwidth(path) is None


async def test_it_is_measured_once_and_again_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = iter((10.0 * GB, 20.0 * GB))
    monkeypatch.setattr(
        "slmdesk.features.monitor.machine_facts.measure_bandwidth",
        lambda _threads: Bandwidth(next(rates), 1.0),
    )
    first = facts(tmp_path)
    assert (await first.bandwidth()).bytes_per_s == 10 * GB
    assert (await first.bandwidth()).bytes_per_s == 10 * GB
    assert (await facts(tmp_path).bandwidth()).bytes_per_s == 10 * GB  # the next start
    assert (await first.bandwidth(is_fresh=True)).bytes_per_s == 20 * GB
    assert json.loads((tmp_path / "machine.json").read_bytes())["bandwidth"]["bytes_per_s"] == 20 * GB


async def test_the_machine_is_asked_all_at_once(tmp_path: Path) -> None:
    remember_bandwidth(tmp_path / "machine.json", Bandwidth(61.5 * GB, 1.0))
    machine = await facts(tmp_path).ask()
    assert machine.bandwidth == Bandwidth(61.5 * GB, 1.0)
    assert machine.gpus == ("card",)
    assert machine.free_video_bytes == 7 * GB
    assert machine.free_bytes
    assert machine.total_bytes
    assert machine.free_bytes <= machine.total_bytes
    assert machine.free_disk_bytes  # of the disk that will hold the folder
    assert machine.threads >= 1
    sizes = [program.size_bytes for program in machine.programs]
    assert sizes == sorted(sizes, reverse=True)
