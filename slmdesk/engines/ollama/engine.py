"""Models of an Ollama server, over its native API."""

import asyncio
import contextlib
import math
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from slmdesk.base.errors import EngineError, ModelMissing
from slmdesk.engines.base import (
    DEFAULT_CONTEXT_TOKENS,
    Capabilities,
    Chunk,
    LoadedModel,
    ModelInfo,
    Phase,
    Progress,
    Request,
    Vector,
)
from slmdesk.engines.ollama.library import OllamaLibrary
from slmdesk.engines.ollama.models import model_info
from slmdesk.engines.ollama.stream import Residence, answer_chunks, base_body, keep_alive, ollama_body
from slmdesk.engines.wire.addresses import is_loopback, ollama_address, origin
from slmdesk.engines.wire.frames import Frame
from slmdesk.engines.wire.lazy_client import LazyClient
from slmdesk.engines.wire.patience import patient_call, patiently
from slmdesk.engines.wire.turns import Turns
from slmdesk.engines.wire.values import vectors

if TYPE_CHECKING:  # 0.4 s to import: see LazyClient
    from ollama import ProcessResponse, ShowResponse

    from slmdesk.engines.ollama.client import OllamaClient

_CLOUD_ORIGIN = "https://ollama.com:443"
_GLANCE_S = 0.5  # a look at `ps` before a generation must not hold it up
_SHOW_BUDGET_S = 3.0  # for details of all models; what is missing comes at the next look
_SHOWS_AT_ONCE = 4
_UNLOAD_WAIT_S = 5.0
_UNLOAD_POLL_S = 0.1
_RELEASE_S = 0.5  # the program ends, and does not wait for a server


class OllamaEngine:
    """One Ollama server. `address` as people write it; "" means OLLAMA_HOST or this machine.

    `at_once` limits the requests that run together, 0 for no limit of ours. `keep_of` tells for how many
    seconds an `engine/model` stays in memory, None for the usual time; one without an end is released when
    the engine is closed.
    """

    capabilities = Capabilities(
        embed=True,
        schema=True,
        logprobs=True,
        vision=True,
        thinking=True,
        pull=True,
        create=True,
        unload=True,
        prefill=True,
    )

    def __init__(
        self,
        address: str = "",
        *,
        engine_id: str = "ollama",
        label: str | None = None,
        api_key: str | None = None,
        at_once: int = 0,
        keep_of: Callable[[str], float | None] = lambda _ref: None,
    ) -> None:
        self.id = engine_id
        self.address = ollama_address(address)
        self.label = label or "Ollama"
        self.is_local = is_loopback(self.address)
        if api_key is None and origin(self.address) == _CLOUD_ORIGIN:
            api_key = os.environ.get("OLLAMA_API_KEY")  # it belongs to that origin and to no other
        self._api_key = api_key
        self._client: LazyClient[OllamaClient] = LazyClient(self.label, self._make_client)
        self.library = OllamaLibrary(self._client)
        self._shown: dict[str, ShowResponse] = {}
        self._turns = Turns(at_once)
        self._limits: dict[str, int] = {}
        self._contexts: dict[str, int] = {}
        self._keep_of = keep_of
        self._held: set[str] = set()

    async def models(self) -> list[ModelInfo]:
        """All models of the server; a detail that cannot be had does not lose the list."""
        client = await self._client.get()
        tags = [tag for tag in await client.tags() if tag.get("model") or tag.get("name")]
        await self._show_all(client, tags)
        found = [self._info(tag) for tag in tags]
        self._limits = {model.name: model.context_tokens for model in found if model.context_tokens}
        return found

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Generate. While the server loads, queues or reads it says nothing: headers come with the text."""
        yield Progress(Phase.WAITING)
        body = ollama_body(request, self._keep_s(request.model))
        client = await self._client.get()
        answer = self._turns.served(lambda: patiently(lambda: self._answer(client, request, body)))
        with self._client.in_use():
            async with contextlib.aclosing(answer) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        """Vectors with the context the model was last used with: another one would reload it."""
        if not texts:
            return []
        body = base_body(model, self._contexts.get(model, DEFAULT_CONTEXT_TOKENS))
        body["keep_alive"] = keep_alive(self._keep_s(model))
        client = await self._client.get()
        async with self._turns.place() as place:
            await place.come()
            found = await patient_call(lambda: client.vectors(body | {"input": list(texts)}))
        return vectors(found, len(texts))

    async def count_tokens(self, model: str, text: str) -> int | None:
        """The server has no call for it."""
        return None

    async def loaded(self) -> list[LoadedModel]:
        """What `ps` lists: with the context that was given, which may be less than was asked for."""
        client = await self._client.get()
        return [
            LoadedModel(
                self.id,
                model.model or model.name or "",
                None if model.size is None else int(model.size),
                None if model.size_vram is None else int(model.size_vram),
                model.context_length,
                model.expires_at.timestamp() if model.expires_at else None,
            )
            for model in (await client.running()).models
        ]

    async def unload(self, model: str) -> None:
        """Let the model go and wait until it has, at most 5 s: a running answer keeps it."""
        client = await self._client.get()
        body = base_body(model, self._contexts.get(model, DEFAULT_CONTEXT_TOKENS))
        with contextlib.suppress(ModelMissing):
            await client.expire(body | {"messages": [], "stream": False, "keep_alive": 0})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_UNLOAD_WAIT_S):
                while _find(await client.running(), model) is not None:  # noqa: ASYNC110 - no event tells of it
                    await asyncio.sleep(_UNLOAD_POLL_S)

    async def renew(self, model: str) -> None:
        """Tell the server, if it has the model in memory."""
        await self._expire(model, self._keep_s(model))

    async def aclose(self) -> None:
        """Close all connections; the engine cannot be used afterwards."""
        with contextlib.suppress(EngineError, TimeoutError):
            async with asyncio.timeout(_RELEASE_S):
                for model in self._held:
                    await self._expire(model, None)
        await self._client.close()

    def _keep_s(self, model: str) -> float | None:
        seconds = self._keep_of(f"{self.id}/{model}")
        if seconds == math.inf:
            self._held.add(model)
        else:
            self._held.discard(model)
        return seconds

    async def _expire(self, model: str, seconds: float | None) -> None:
        """With the context that it has: another one would load it anew."""
        client = await self._client.get()
        found = _find(await client.running(), model)
        if found is None:
            return
        body = base_body(model, found.context_length or self._contexts.get(model, DEFAULT_CONTEXT_TOKENS))
        with contextlib.suppress(ModelMissing):
            await client.expire(body | {"messages": [], "stream": False, "keep_alive": keep_alive(seconds)})

    async def _answer(
        self, client: "OllamaClient", request: Request, body: dict[str, Any]
    ) -> AsyncGenerator[Chunk, None]:
        residence = await self._glance(client, request)
        if residence.is_known and not residence.is_loaded:
            yield Progress(Phase.LOADING)
        self._contexts[request.model] = request.options.context_tokens
        async with (
            client.open_chat(body) as data,
            contextlib.aclosing(answer_chunks(data, residence)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk

    def _make_client(self) -> "OllamaClient":
        from slmdesk.engines.ollama.client import OllamaClient

        return OllamaClient(self.address, self._api_key)

    async def _glance(self, client: "OllamaClient", request: Request) -> Residence:
        """Ask what is in memory before a generation: it costs a millisecond and names the phase."""
        try:
            async with asyncio.timeout(_GLANCE_S):
                running = await client.running()
        except (EngineError, TimeoutError):
            return Residence()
        wanted = request.options.context_tokens
        limit = self._limits.get(request.model, wanted)
        found = _find(running, request.model)
        return Residence(
            is_known=True,
            is_loaded=found is not None and found.context_length in (None, min(wanted, limit)),
            is_alone=not running.models,
        )

    async def _show_all(self, client: "OllamaClient", tags: Sequence[Frame]) -> None:
        at_once = asyncio.Semaphore(_SHOWS_AT_ONCE)

        async def show(tag: Frame) -> None:
            async with at_once:
                with contextlib.suppress(EngineError):
                    self._shown[_digest(tag)] = await client.details(_name(tag))

        missing = {_digest(tag): tag for tag in tags if _digest(tag) not in self._shown}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SHOW_BUDGET_S):
                await asyncio.gather(*(show(tag) for tag in missing.values()))

    def _info(self, tag: Frame) -> ModelInfo:
        shown = self._shown.get(_digest(tag))
        details: Mapping[str, Any] = (shown.modelinfo if shown else None) or {}
        return model_info(self.id, tag, details, (shown.capabilities if shown else None) or [])


def _find(running: "ProcessResponse", model: str) -> "ProcessResponse.Model | None":
    names = (model, f"{model}:latest")
    return next((entry for entry in running.models if entry.model in names or entry.name in names), None)


def _name(tag: Frame) -> str:
    return str(tag.get("model") or tag.get("name"))


def _digest(tag: Frame) -> str:
    return str(tag.get("digest") or _name(tag))
