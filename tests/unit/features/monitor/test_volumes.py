"""The disk of a folder is the innermost that is mounted there, and what can be pulled out is known."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from slmdesk.config.volume import Volume
from slmdesk.features.monitor import volumes
from slmdesk.features.monitor.volumes import volume_of


def part(device: str, mountpoint: str, fstype: str, opts: str = "rw") -> SimpleNamespace:
    return SimpleNamespace(device=device, mountpoint=mountpoint, fstype=fstype, opts=opts)


def mounted(monkeypatch: pytest.MonkeyPatch, *parts: SimpleNamespace) -> None:
    monkeypatch.setattr("psutil.disk_partitions", lambda **_all: list(parts))


def test_this_machine_tells(tmp_path: Path) -> None:
    volume = volume_of(tmp_path / "not" / "there" / "yet")
    assert volume is None or (tmp_path.is_relative_to(volume.mount) and volume.kind)


def test_the_innermost_and_latest_mount_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, root = str(tmp_path), Path(tmp_path.anchor)
    mounted(
        monkeypatch, part("a", str(root), "ext4"), part("b", place, "ext4"), part("host:/c", place, "nfs4")
    )
    assert volume_of(tmp_path / "data") == Volume(tmp_path, "nfs4")
    assert volume_of(tmp_path / "data").is_network
    assert volume_of(tmp_path.parent) == Volume(root, "ext4")


def test_what_windows_says_of_a_drive_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(monkeypatch, part("E:", tmp_path.anchor, "NTFS", "rw,removable"))
    assert volume_of(tmp_path).is_removable
    mounted(monkeypatch, part("Z:", tmp_path.anchor, "NTFS", "rw,remote"))
    assert volume_of(tmp_path).is_network


@pytest.mark.parametrize(
    ("block", "flag", "is_removable"),
    [
        ("pci0/usb2/2-1/block/sda/sda1", "0", True),
        ("pci0/mmc/block/sda/sda1", "1", True),
        ("pci0/ata1/block/sda/sda1", "0", False),
    ],
)
def test_a_disk_on_usb_can_be_pulled_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str, flag: str, is_removable: bool
) -> None:
    real, blocks = tmp_path / "devices" / block, tmp_path / "class"
    real.mkdir(parents=True)
    blocks.mkdir()
    (real.parent / "removable").write_text(f"{flag}\n")
    (blocks / "sda1").symlink_to(real)
    monkeypatch.setattr(volumes, "_BLOCKS", blocks)
    mounted(monkeypatch, part("/dev/sda1", tmp_path.anchor, "ext4"))
    assert volume_of(tmp_path).is_removable is is_removable


def test_without_an_answer_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_all: bool) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("psutil.disk_partitions", refuse)
    assert volume_of(tmp_path) is None
