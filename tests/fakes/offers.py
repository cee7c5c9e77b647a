"""Engines that offer models and hold them in memory, for tests of what shows them."""

from collections.abc import AsyncGenerator, Sequence

from slmdesk.base.errors import EngineError, EngineOffline
from slmdesk.engines.base import Capabilities, Chunk, LoadedModel, ModelInfo, Request, Vector

GB = 1_000_000_000


class OfferingEngine:
    """Lists what it was given; `problem` makes it fail as an engine that is off."""

    def __init__(
        self,
        engine_id: str,
        label: str,
        *names: str,
        address: str = "",
        is_local: bool = True,
        problem: str = "",
    ) -> None:
        self.id = engine_id
        self.label = label
        self.address = address
        self.is_local = is_local
        self.capabilities = Capabilities(unload=True)
        self.offered = [ModelInfo(engine_id, name, size_bytes=GB, quantization="Q4_K_M") for name in names]
        self.in_memory: list[LoadedModel] = []
        self.problem = problem
        self.unload_error: EngineError | None = None
        self.unloaded: list[str] = []

    async def models(self) -> list[ModelInfo]:
        if self.problem:
            raise EngineOffline(self.problem)
        return list(self.offered)

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        raise EngineOffline("This engine lists models and runs none.")
        yield

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        raise EngineOffline("This engine lists models and runs none.")

    async def loaded(self) -> list[LoadedModel]:
        if self.problem:
            raise EngineOffline(self.problem)
        return list(self.in_memory)

    async def unload(self, model: str) -> None:
        if self.unload_error is not None:
            raise self.unload_error
        self.unloaded.append(model)
        self.in_memory = [one for one in self.in_memory if one.name != model]

    async def renew(self, model: str) -> None: ...

    async def aclose(self) -> None:
        pass
