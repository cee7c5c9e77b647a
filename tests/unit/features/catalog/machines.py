"""Machines to try models on."""

from slmdesk.base.machine import Bandwidth, Machine

GB = 1_000_000_000

LAPTOP = Machine(
    free_bytes=12 * GB,
    total_bytes=16 * GB,
    threads=7,
    free_disk_bytes=100 * GB,
    bandwidth=Bandwidth(60 * GB, 1_760_000_000.0),
)
GAMER = Machine(
    free_bytes=24 * GB,
    total_bytes=32 * GB,
    free_video_bytes=7 * GB,
    gpus=("RTX 4060",),
    threads=7,
    free_disk_bytes=400 * GB,
    bandwidth=Bandwidth(60 * GB, 1_760_000_000.0),
)
