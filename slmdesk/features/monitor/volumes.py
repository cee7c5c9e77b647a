"""Which disk a folder is on: its file system, and whether it can be pulled out or is elsewhere."""

import os
from pathlib import Path

import psutil

from slmdesk.config.volume import Volume

_BLOCKS = Path("/sys/class/block")  # Linux alone


def volume_of(folder: Path) -> Volume | None:
    """The disk of a folder, which need not exist yet; None where the system does not tell."""
    place = Path(os.path.realpath(folder))
    try:
        parts = psutil.disk_partitions(all=True)
    except OSError:
        return None
    holding = [part for part in reversed(parts) if place.is_relative_to(part.mountpoint)]
    if not holding:
        return None
    part = max(holding, key=lambda one: len(Path(one.mountpoint).parts))  # what was mounted over it last
    options = part.opts.split(",")
    return Volume(
        Path(part.mountpoint),
        part.fstype,
        is_removable="removable" in options or _is_plugged_in(part.device),
        is_remote="remote" in options,
    )


def _is_plugged_in(device: str) -> bool:
    """On Linux: a block device that says so of itself, or hangs on USB."""
    block = _BLOCKS / Path(os.path.realpath(device)).name
    if not device.startswith("/dev/") or not block.exists():
        return False
    real = Path(os.path.realpath(block))
    disk = real if (real / "removable").exists() else real.parent  # of a partition
    try:
        is_removable = (disk / "removable").read_text("ascii").strip() == "1"
    except (OSError, ValueError):
        is_removable = False
    return is_removable or any(part.startswith("usb") for part in real.parts)
