"""How much room is left on the disks that hold chats and models."""

import contextlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from slmdesk.base.words import say
from slmdesk.engines.ollama.folder import ollama_models_folder


@dataclass(frozen=True, slots=True)
class DiskSample:
    """One disk, by what lies on it ("Data", "Models"), with its bytes."""

    holds: tuple[str, ...]
    free_bytes: int
    total_bytes: int


class Disks:
    """Asks for every folder; those on the same disk are one."""

    def __init__(self, folders: Callable[[], Mapping[str, Path]]) -> None:
        self._folders = folders

    def __call__(self) -> tuple[DiskSample, ...]:
        """In the order of the folders; one that is not there, or cannot be asked, is left out."""
        found: dict[int, DiskSample] = {}
        for name, folder in self._folders().items():
            with contextlib.suppress(OSError):
                device, usage = folder.stat().st_dev, shutil.disk_usage(folder)
                held = found[device].holds if device in found else ()
                found[device] = DiskSample((*held, name), usage.free, usage.total)
        return tuple(found.values())


def model_folders(model_files: Iterable[str]) -> Mapping[str, Path]:
    """Where others on this machine keep models: Ollama, and the folders of the user's own files."""
    files = sorted({Path(file).parent for file in model_files})
    return {"Ollama": ollama_models_folder()} | {
        say("Models in {name}", name=folder.name): folder for folder in files
    }
