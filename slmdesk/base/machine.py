"""What this machine offers a model: plain values, told by the monitor and used by the catalogue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """How fast main memory was read: bytes a second, measured here at `measured_at` (Unix seconds)."""

    bytes_per_s: float
    measured_at: float


@dataclass(frozen=True, slots=True)
class Program:
    """A running program and the memory that closing it would free."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Amounts in bytes, None where the system does not say.

    `gpus` are names; `free_video_bytes` counts the memory of those cards that have their own.
    `programs` are the largest that run, the largest first.
    """

    free_bytes: int | None
    total_bytes: int | None
    free_video_bytes: int = 0
    gpus: tuple[str, ...] = ()
    threads: int = 1
    free_disk_bytes: int | None = None
    bandwidth: Bandwidth | None = None
    programs: tuple[Program, ...] = ()
