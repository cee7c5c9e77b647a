"""What this program and each engine take of the machine: their processes' CPU and memory, summed."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a twentieth of a second: imported by the thread that asks first
    import psutil

OWN_LABEL = "SLM Desk"
# Engines that others start, by how the names of their processes begin.
FOREIGN = {
    "ollama": "Ollama",
    "llama-server": "llama.cpp",
    "llamafile": "llama.cpp",
    "lm studio": "LM Studio",
    "lm-studio": "LM Studio",
    "llmster": "LM Studio",
    "vllm": "vLLM",
}
# A server in Python has the interpreter's name: then the first words of its command tell it.
INTERPRETER = "python"
MODULES = {"vllm": "vLLM", "llama_cpp.server": "llama.cpp"}
COMMAND_WORDS = 4  # python -m vllm.entrypoints.openai.api_server: what follows are its options
SEARCH_EVERY_S = 10.0  # looking at every process of the machine is not cheap


@dataclass(frozen=True, slots=True)
class ProcessShare:
    """One engine, one model or this window: CPU in per cent of the whole machine, resident memory."""

    label: str
    pids: tuple[int, ...]
    cpu_percent: float | None
    memory_bytes: int | None


class Processes:
    """Keeps the process handles between samples: a CPU share is a difference of two looks."""

    def __init__(
        self,
        engine_pids: Callable[[], Mapping[str, Sequence[int]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine_pids = engine_pids
        self._clock = clock
        self._known: dict[int, psutil.Process] = {}
        self._found: Mapping[str, Sequence[int]] = {}
        self._searched_at = float("-inf")

    def __call__(self) -> tuple[ProcessShare, ...]:
        groups = {label: tuple(pids) for label, pids in self._engine_pids().items() if pids}
        ours = {pid for pids in groups.values() for pid in pids}
        for label, pids in self._foreign_pids().items():
            if others := tuple(pid for pid in pids if pid not in ours):
                groups[label] = (*groups.get(label, ()), *others)
        groups[OWN_LABEL] = (os.getpid(),)
        wanted = {pid for pids in groups.values() for pid in pids}
        self._known = {pid: process for pid, process in self._known.items() if pid in wanted}
        shares = [self._share(label, pids) for label, pids in groups.items()]
        return tuple(share for share in shares if share.pids)

    def _foreign_pids(self) -> Mapping[str, Sequence[int]]:
        import psutil

        now = self._clock()
        if now - self._searched_at >= SEARCH_EVERY_S:
            self._searched_at = now
            found: dict[str, list[int]] = {}
            for process in psutil.process_iter(["name"]):
                if label := _engine_of(process):
                    found.setdefault(label, []).append(process.pid)
            self._found = found
        return self._found

    def _share(self, label: str, pids: Sequence[int]) -> ProcessShare:
        import psutil

        alive: list[int] = []
        cpu: float | None = None
        memory: int | None = None
        for pid in pids:
            try:
                is_new = pid not in self._known or not self._known[pid].is_running()
                process = psutil.Process(pid) if is_new else self._known[pid]
                percent = process.cpu_percent() / (psutil.cpu_count() or 1)
                resident = process.memory_info().rss
            except psutil.Error:
                self._known.pop(pid, None)
                continue
            self._known[pid] = process
            alive.append(pid)
            memory = (memory or 0) + resident
            if not is_new:  # the first look has nothing to compare with
                cpu = (cpu or 0.0) + percent
        return ProcessShare(label, tuple(alive), cpu, memory)


def resident_bytes(pids: Sequence[int]) -> int | None:
    """What these processes take of the memory now; None where none of them is there."""
    import psutil

    found: int | None = None
    for pid in pids:
        try:
            found = (found or 0) + psutil.Process(pid).memory_info().rss
        except psutil.Error:
            continue
    return found


def _engine_of(process: "psutil.Process") -> str:
    """The engine that this process of somebody else belongs to; "" for none."""
    import psutil

    name = (process.info["name"] or "").casefold()
    if not name.startswith(INTERPRETER):
        return next((label for start, label in FOREIGN.items() if name.startswith(start)), "")
    try:
        words = process.cmdline()[1:COMMAND_WORDS]
    except psutil.Error:
        return ""
    called = [Path(word).name.casefold() for word in words]
    return next(
        (label for start, label in MODULES.items() if any(word.startswith(start) for word in called)), ""
    )
