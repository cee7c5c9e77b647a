"""Can this machine run a chosen model: GPU, memory, disk and threads, each with why and what would help."""

from collections.abc import Sequence
from dataclasses import dataclass

from slmdesk.base.machine import Machine
from slmdesk.base.memory import USABLE_SHARE, gigabytes
from slmdesk.base.words import joined, later, say
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
        return Requirement("GPU", True, say("not needed: the processor does the work, more slowly"))
    names = ", ".join(machine.gpus)
    free = gigabytes(machine.free_video_bytes)
    match choice.place:
        case "GPU":
            return Requirement(
                "GPU",
                True,
                say(
                    "{names}: all of the model fits on it ({free} GB of its memory free)",
                    names=names,
                    free=free,
                ),
            )
        case "partly on GPU":
            return Requirement(
                "GPU",
                True,
                say(
                    "{names}: a part of the model fits on it ({free} GB of its memory free)",
                    names=names,
                    free=free,
                ),
            )
    return Requirement(
        "GPU", True, say("{names}: no memory of its own is free; the processor does the work", names=names)
    )


def _memory(card: Card, choice: Estimate, machine: Machine) -> Requirement:
    needed, free = choice.fit.needed_bytes, choice.fit.free_bytes
    if needed is None:
        return Requirement(later("memory"), None, say("the size of this model is unknown"))
    if free is None:
        return Requirement(
            later("memory"),
            None,
            say("{needed} GB needed; what is free is not known", needed=gigabytes(needed)),
        )
    reason = say(
        "{needed} GB needed, {free} GB free (at most {usable} GB of it are used)",
        needed=gigabytes(needed),
        free=gigabytes(free),
        usable=gigabytes(int(free * USABLE_SHARE)),
    )
    if choice.is_possible:
        tight = say("Little would be left for other programs.") if choice.fit.kind == "tight" else ""
        return Requirement(later("memory"), True, reason, tight)
    return Requirement(later("memory"), False, reason, _memory_help(card, choice, machine, needed, free))


def _memory_help(card: Card, choice: Estimate, machine: Machine, needed: int, free: int) -> str:
    """What to close, which quantization would fit, or that the machine is too small."""
    steps = []
    missing = int(needed / USABLE_SHARE) - free
    if closing := _closing(machine, missing):
        steps.append(say("close {closing}", closing=closing))
    fitting = [other for other in card.choices if other.is_possible]
    if fitting:
        best = max(fitting, key=lambda other: other.fit.weights_bytes)
        steps.append(
            say(
                "take {name}, which needs {needed} GB",
                name=best.quantization.name,
                needed=gigabytes(best.fit.needed_bytes or 0),
            )
        )
    elif choice.fit.kv_bytes > missing:
        steps.append(say("choose a smaller context, which makes up for it"))
    if steps:
        words = steps[0] if len(steps) == 1 else say("{first}; or {second}", first=steps[0], second=steps[1])
        return f"{words[0].upper()}{words[1:]}."
    total = machine.total_bytes
    if total is not None and needed > (total + machine.free_video_bytes) * USABLE_SHARE:
        return say("This machine has {total} GB in all: choose a smaller model.", total=gigabytes(total))
    return say("Free {missing} GB more, or choose a smaller model.", missing=gigabytes(missing))


def _closing(machine: Machine, missing: int) -> str:
    """The fewest of the largest programs that would free so much, "" if they would not."""
    freed, names = 0, []
    for program in machine.programs[:_MOST_PROGRAMS]:
        freed += program.size_bytes
        names.append(f"{program.name} ({gigabytes(program.size_bytes)} GB)")
        if freed >= missing:
            return joined(names)
    return ""


def _disk(choice: Estimate, machine: Machine) -> Requirement:
    needed, free = choice.fit.weights_bytes, machine.free_disk_bytes
    if not needed or free is None:
        return Requirement(later("disk"), None, say("what is needed or free is not known"))
    reason = say("{needed} GB to store, {free} GB free", needed=gigabytes(needed), free=gigabytes(free))
    if needed + _DISK_RESERVE_BYTES <= free:
        return Requirement(later("disk"), True, reason)
    missing = needed + _DISK_RESERVE_BYTES - free
    return Requirement(
        later("disk"),
        False,
        reason,
        say("Free {missing} GB, or move the data folder.", missing=gigabytes(missing)),
    )


def _threads(machine: Machine) -> Requirement:
    if machine.threads >= _LEAST_THREADS:
        return Requirement(
            later("threads"), True, say("{threads} threads work on it", threads=machine.threads)
        )
    return Requirement(
        later("threads"), True, say("one thread works on it"), say("It runs, and slower than it could.")
    )
