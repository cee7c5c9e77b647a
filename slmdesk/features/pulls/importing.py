"""Importing a GGUF file: looked at before anything is loaded, then used where it lies or copied."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slmdesk.base.errors import BadInput
from slmdesk.base.jobs import stoppable, uninterrupted
from slmdesk.base.words import number, say
from slmdesk.engines.builtin.custom_models import custom_models_in
from slmdesk.engines.builtin.gguf import GgufHeader
from slmdesk.engines.builtin.model_files import ModelShelf, all_parts, first_part
from slmdesk.features.pulls.part_file import PartFile, check_room, forget_journal
from slmdesk.features.pulls.progress import Meter, PullPhase
from slmdesk.features.pulls.safe_names import place_in, stem, with_stem

_BLOCK_BYTES = 1 << 20
_UNFIT = re.compile(r"[^A-Za-z0-9_.+@()=-]+")
_MAX_STEM = 120
_MAX_SAME_NAMES = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model file that can be used: all its parts in order, what they hold and how large they are."""

    name: str
    parts: tuple[Path, ...]
    header: GgufHeader
    parameters: int
    size_bytes: int

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """What the header says, for reading: label and value, plain text."""
        header = self.header
        tokens = header.context_tokens
        known: list[tuple[str, object]] = [
            (say("name"), header.name),
            (say("architecture"), header.architecture),
            (say("parameters"), number(self.parameters)),
            (say("quantization"), header.quantization),
            (say("context"), None if tokens is None else say("{count:,} tokens", count=tokens)),
            (say("licence"), header.license),
            (say("chat template"), say("yes") if header.chat_template else say("no: it goes on with a text")),
            (say("files"), len(self.parts)),
            (say("size"), say("{count:,} bytes", count=self.size_bytes)),
        ]
        return [(label, str(value)) for label, value in known if value not in (None, "")]


def examine(path: Path) -> Candidate:
    """Read the header, of the first part whichever part was chosen; raises BadInput with the reason.

    Works on the disk.
    """
    first = first_part(path.expanduser().resolve())
    model = ModelShelf(first.parent, ()).examine(stem(first.name), first)
    if model.problem or model.header is None:
        raise BadInput(
            say("{name} cannot be used: {problem}.", name=path.name, problem=model.problem),
            next_step=say("Choose a file that ends in .gguf and was downloaded whole."),
        )
    parts = tuple(all_parts(first)) if model.header.shard_count > 1 else (first,)
    return Candidate(model.name, parts, model.header, model.parameters or 0, model.size_bytes or 0)


async def copy_in(candidate: Candidate, folder: Path, meter: Meter) -> Path:
    """Copy all parts into the folder of models; the first part in its place. Raises StoreError, BadInput.

    A copy that is broken off is gone on with by the next one.
    """
    await asyncio.to_thread(check_room, folder, candidate.size_bytes)
    meter.expect(candidate.size_bytes)
    meter.show(PullPhase.FETCHING)
    finals = await asyncio.to_thread(_finals, candidate, folder)
    parts: list[PartFile] = []
    try:
        for source, final in zip(candidate.parts, finals, strict=True):
            parts.append(await stoppable(partial(PartFile.open, final, _address(source)), PartFile.close))
            await _copy(source, parts[-1], meter)
        for part in reversed(parts):
            await uninterrupted(partial(asyncio.to_thread, part.become_final))
        for final in finals:
            await asyncio.to_thread(forget_journal, final)
    finally:
        for part in parts:
            await uninterrupted(partial(asyncio.to_thread, part.close))
    meter.show(PullPhase.DONE)
    return finals[0]


async def _copy(source: Path, part: PartFile, meter: Meter) -> None:
    meter.add(part.size_bytes)
    with source.open("rb") as file:
        file.seek(part.size_bytes)
        while block := await asyncio.to_thread(file.read, _BLOCK_BYTES):
            await uninterrupted(partial(asyncio.to_thread, part.write, block))
            meter.add(len(block))


def _finals(candidate: Candidate, folder: Path) -> list[Path]:
    """Names that any system takes, and that nothing else has."""
    base = _UNFIT.sub("_", candidate.name).strip("._-")[:_MAX_STEM] or "model"
    custom = {one.name for one in custom_models_in(folder).list()}
    for nth in range(1, _MAX_SAME_NAMES):
        name = base if nth == 1 else f"{base}-{nth}"
        names = [with_stem(part.name, name) for part in candidate.parts]
        finals = [place_in(folder, one) for one in names]
        if name not in custom and not any(final.exists() for final in finals):
            return finals
    raise BadInput(
        say(
            "There are {count} models named {base} already.",
            count=_MAX_SAME_NAMES,
            base=base,
        )
    )


def _address(source: Path) -> str:
    """What a part belongs to: this very content of the file."""
    status = source.stat()
    return f"{source.as_uri()}#{status.st_size}-{status.st_mtime_ns}"
