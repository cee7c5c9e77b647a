"""An engine without a model: it plays what a test wrote down, faults included, and keeps the contract."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from slmdesk.base.errors import EngineError, ModelMissing, RequestRefused
from slmdesk.engines.base import (
    Capabilities,
    Chunk,
    Delta,
    Done,
    LoadedModel,
    ModelInfo,
    Phase,
    Progress,
    Request,
    StopReason,
    Timings,
    Vector,
)

# A chunk is yielded, an error raised, an event waited for.
Step: TypeAlias = Chunk | EngineError | asyncio.Event
Script: TypeAlias = Sequence[Step] | Callable[[Request], Sequence[Step]]

DONE = Done(StopReason.END, Timings(prompt_tokens=7, prompt_tokens_cached=0, output_tokens=2, output_s=0.1))


def says(*texts: str) -> Sequence[Step]:
    """A whole answer in these pieces."""
    return (Progress(Phase.READING, 3, 7), *(Delta(text) for text in texts), DONE)


@dataclass
class ScriptedEngine:
    """`requests` are all that came, `closed` the models whose stream was closed before its end."""

    scripts: Mapping[str, Script]
    id: str = "scripted"
    label: str = "Scripted engine"
    address: str = ""
    is_local: bool = True
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(unload=True))
    sizes: Mapping[str, int] = field(default_factory=dict)
    problem: EngineError | None = None
    requests: list[Request] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    unloaded: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    in_memory: dict[str, int] = field(default_factory=dict)
    pids: tuple[int, ...] = ()
    running: int = 0
    most_running: int = 0
    is_closed: bool = False

    async def models(self) -> list[ModelInfo]:
        if self.problem:
            raise self.problem
        return [
            ModelInfo(self.id, name, self.sizes.get(name), context_tokens=8192, kv_bytes_per_token=1000)
            for name in self.scripts
        ]

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        self.requests.append(request)
        if request.model not in self.scripts:
            raise ModelMissing(f"{request.model} is not there.")
        script = self.scripts[request.model]
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.in_memory[request.model] = request.options.context_tokens
        is_ended = False
        try:
            yield Progress(Phase.WAITING)
            for step in script(request) if callable(script) else script:
                await asyncio.sleep(0)
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, EngineError):
                    is_ended = True
                    raise step
                else:
                    is_ended = isinstance(step, Done)
                    yield step
            is_ended = True
        finally:
            self.running -= 1
            if not is_ended:
                self.closed.append(request.model)

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        raise RequestRefused(f"{model} does not embed.")

    async def count_tokens(self, model: str, text: str) -> int | None:
        return len(text.split()) if model in self.in_memory else None

    async def loaded(self) -> list[LoadedModel]:
        return [
            LoadedModel(self.id, name, self.sizes.get(name), context_tokens=context, pids=self.pids)
            for name, context in self.in_memory.items()
        ]

    async def unload(self, model: str) -> None:
        self.unloaded.append(model)
        self.in_memory.pop(model, None)

    async def renew(self, model: str) -> None:
        self.renewed.append(model)

    async def aclose(self) -> None:
        self.is_closed = True
