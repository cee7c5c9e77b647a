"""Can this machine run a chosen model: GPU, memory, disk and threads, each with why and what would help."""

from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.machine import Machine
from slmdesk.base.memory import USABLE_SHARE, gigabytes
from slmdesk.features.catalog.cards import Card
from slmdesk.features.catalog.estimate import Estimate

_LEAST_THREADS = 2
_DISK_RESERVE_BYTES = 1_000_000_000  # a disk that is full to the last byte breaks other programs
_MOST_PROGRAMS = 3


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that is needed: whether it is there (None: not known), why, and what would help."""

    name: str
    is_met: bool | None
    reason: str
    next_step: str = ""


def requirements(card: Card, choice: Estimate, machine: Machine) -> Sequence[Requirement]:
    """What this choice of the card needs: graphics card, memory, disk, threads."""
    return (
        _gpu(choice, machine),
        _memory(card, choice, machine),
        _disk(choice, machine),
        _threads(machine),
    )


def are_met(some: Sequence[Requirement]) -> bool:
    """Whether nothing is missing; what is not known is no hindrance."""
    return all(requirement.is_met is not False for requirement in some)


def _gpu(choice: Estimate, machine: Machine) -> Requirement:
    if not machine.gpus:
        return Requirement("GPU", True, "not needed: the processor does the work, more slowly")
    names = ", ".join(machine.gpus)
    free = f"{gigabytes(machine.free_video_bytes)} GB of its memory free"
    match choice.place:
        case "GPU":
            return Requirement("GPU", True, f"{names}: all of the model fits on it ({free})")
        case "partly on GPU":
            return Requirement("GPU", True, f"{names}: a part of the model fits on it ({free})")
    return Requirement("GPU", True, f"{names}: no memory of its own is free; the processor does the work")


def _memory(card: Card, choice: Estimate, machine: Machine) -> Requirement:
    needed, free = choice.fit.needed_bytes, choice.fit.free_bytes
    if needed is None:
        return Requirement("memory", None, "the size of this model is unknown")
    if free is None:
        return Requirement("memory", None, f"{gigabytes(needed)} GB needed; what is free is not known")
    reason = (
        f"{gigabytes(needed)} GB needed, {gigabytes(free)} GB free "
        f"(at most {gigabytes(int(free * USABLE_SHARE))} GB of it are used)"
    )
    if choice.is_possible:
        tight = " Little would be left for other programs." if choice.fit.kind == "tight" else ""
        return Requirement("memory", True, reason, tight.strip())
    return Requirement("memory", False, reason, _memory_help(card, choice, machine, needed, free))


def _memory_help(card: Card, choice: Estimate, machine: Machine, needed: int, free: int) -> str:
    """What to close, which quantization would fit, or that the machine is too small."""
    steps = []
    missing = int(needed / USABLE_SHARE) - free
    if closing := _closing(machine, missing):
        steps.append(f"close {closing}")
    fitting = [other for other in card.choices if other.is_possible]
    if fitting:
        best = max(fitting, key=lambda other: other.fit.weights_bytes)
        steps.append(f"take {best.quantization.name}, which needs {gigabytes(best.fit.needed_bytes or 0)} GB")
    elif choice.fit.kv_bytes > missing:
        steps.append("choose a smaller context, which makes up for it")
    if steps:
        words = "; or ".join(steps)
        return f"{words[0].upper()}{words[1:]}."
    total = machine.total_bytes
    if total is not None and needed > (total + machine.free_video_bytes) * USABLE_SHARE:
        return f"This machine has {gigabytes(total)} GB in all: choose a smaller model."
    return f"Free {gigabytes(missing)} GB more, or choose a smaller model."


def _closing(machine: Machine, missing: int) -> str:
    """The fewest of the largest programs that would free so much, "" if they would not."""
    freed, names = 0, []
    for program in machine.programs[:_MOST_PROGRAMS]:
        freed += program.size_bytes
        names.append(f"{program.name} ({gigabytes(program.size_bytes)} GB)")
        if freed >= missing:
            return " and ".join(names)
    return ""


def _disk(choice: Estimate, machine: Machine) -> Requirement:
    needed, free = choice.fit.weights_bytes, machine.free_disk_bytes
    if not needed or free is None:
        return Requirement("disk", None, "what is needed or free is not known")
    reason = f"{gigabytes(needed)} GB to store, {gigabytes(free)} GB free"
    if needed + _DISK_RESERVE_BYTES <= free:
        return Requirement("disk", True, reason)
    missing = needed + _DISK_RESERVE_BYTES - free
    return Requirement("disk", False, reason, f"Free {gigabytes(missing)} GB, or move the data folder.")


def _threads(machine: Machine) -> Requirement:
    if machine.threads >= _LEAST_THREADS:
        return Requirement("threads", True, f"{machine.threads} threads work on it")
    return Requirement("threads", True, "one thread works on it", "It runs, and slower than it could.")
