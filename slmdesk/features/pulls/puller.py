"""Carries out a pull with the engine that it is for: its files for the built-in one, its name for Ollama."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias
from urllib.parse import urlsplit

from slmdesk.base.errors import BadInput
from slmdesk.base.jobs import stoppable
from slmdesk.base.words import say
from slmdesk.engines.library import Library
from slmdesk.features.pulls.gguf_pull import GgufPulls, PulledFile
from slmdesk.features.pulls.ollama_pull import pull_with_ollama
from slmdesk.features.pulls.pace import Patience
from slmdesk.features.pulls.pasted import HubModel, LocalFile, OllamaModel, Pasted, WebFile
from slmdesk.features.pulls.progress import Meter, PullProgress
from slmdesk.features.pulls.transfer import RemoteFile

BUILTIN = "builtin"

Source: TypeAlias = OllamaModel | HubModel | WebFile


def source_for(pasted: Pasted, engine_id: str) -> tuple[Source, str]:
    """What is pulled and by which engine: "" chooses by what was pasted; raises BadInput."""
    if isinstance(pasted, LocalFile):
        raise BadInput(
            say("{path} is on this machine already.", path=pasted.path), next_step=say("Import it instead.")
        )
    if isinstance(pasted, OllamaModel):
        if engine_id == BUILTIN:
            raise BadInput(
                say(
                    "“{name}” is a name of Ollama, which the built-in engine does not know.", name=pasted.name
                ),
                next_step=say("Pull it with Ollama, or paste the address of its GGUF file."),
            )
        return pasted, engine_id or "ollama"
    if engine_id in ("", BUILTIN):
        return pasted, BUILTIN
    if isinstance(pasted, WebFile):
        raise BadInput(
            say("Ollama does not fetch files from any address."),
            next_step=say("Pull it for the built-in engine."),
        )
    return OllamaModel(pasted.name, "hf.co", pasted.question), engine_id


def host_of(source: Source, engine_id: str) -> str:
    """Whom a pull keeps busy: the web server, or the engine that pulls by itself."""
    match source:
        case HubModel():
            return "huggingface.co"
        case WebFile(address):
            return urlsplit(address).hostname or ""
    return engine_id


class Puller:
    """`library` finds the library of an engine by its id, or raises EngineError."""

    def __init__(
        self,
        gguf: GgufPulls,
        library: Callable[[str], Library],
        *,
        free_bytes: Callable[[str], int | None] = lambda _engine_id: None,
        patience: Patience | None = None,
    ) -> None:
        self._gguf = gguf
        self._library = library
        self._free_bytes = free_bytes
        self._patience = patience

    async def plan(self, source: Source) -> tuple[RemoteFile, ...]:
        """The files of a pull for the built-in engine; none for one that Ollama does."""
        return () if isinstance(source, OllamaModel) else await self._gguf.plan(source)

    async def fetch(
        self, source: Source, engine_id: str, files: Sequence[RemoteFile], meter: Meter
    ) -> tuple[PulledFile, ...]:
        """Until the engine has the model; raises SlmdeskError. What came is kept then."""
        if not isinstance(source, OllamaModel):
            return await self._gguf.fetch(files, meter)
        await pull_with_ollama(
            self._library(engine_id),
            source,
            meter,
            patience=self._patience,
            free_bytes=lambda: self._free_bytes(engine_id),
        )
        return ()

    async def settle(self, pulled: Sequence[PulledFile]) -> None:
        """Where these files came from is recorded now; raises StoreError."""
        await asyncio.to_thread(self._gguf.settle, pulled)

    async def kept(self, files: Sequence[RemoteFile]) -> PullProgress:
        """How far these files came before; nothing is known of what Ollama fetches."""
        if not files:
            return PullProgress()
        done = await stoppable(partial(self._gguf.kept_bytes, files))
        sizes = [file.size_bytes for file in files]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        return PullProgress(done_bytes=done, total_bytes=total, fraction=done / total if total else None)

    async def drop(self, files: Sequence[RemoteFile]) -> int:
        """Delete what was begun; the bytes that are free again. Ollama drops its own parts when it starts."""
        return await asyncio.to_thread(self._gguf.drop, files) if files else 0
