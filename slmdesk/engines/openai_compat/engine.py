"""Models of any server that speaks OpenAI's chat completions: llama.cpp, vLLM, LM Studio, a cloud."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slmdesk.base.errors import ModelMissing, RequestRefused
from slmdesk.base.words import say
from slmdesk.engines.base import (
    Capabilities,
    Chunk,
    Done,
    LoadedModel,
    ModelInfo,
    Phase,
    Progress,
    Request,
    Vector,
)
from slmdesk.engines.openai_compat.dialect import COMPATIBLE, Dialect, Objections
from slmdesk.engines.wire.addresses import is_loopback, openai_address, origin
from slmdesk.engines.wire.chat_body import chat_body
from slmdesk.engines.wire.chat_stream import chat_chunks
from slmdesk.engines.wire.frames import Frame
from slmdesk.engines.wire.lazy_client import LazyClient
from slmdesk.engines.wire.patience import patient_call, patiently
from slmdesk.engines.wire.turns import Turns
from slmdesk.engines.wire.values import count, mapping, vectors

if TYPE_CHECKING:  # 0.7 s to import: see LazyClient
    from slmdesk.engines.openai_compat.client import OpenAIClient


class OpenAICompatible:
    """One server, by its base address; the key goes to that origin alone.

    `at_once` limits the requests that run together, 0 for no limit.
    """

    capabilities = Capabilities(embed=True, schema=True, logprobs=True, vision=True)

    def __init__(
        self,
        engine_id: str,
        label: str,
        address: str,
        api_key: str | None = None,
        *,
        dialect: Dialect = COMPATIBLE,
        at_once: int = 0,
    ) -> None:
        self.id = engine_id
        self.label = label
        self.address = origin(address) if dialect.api_version else openai_address(address)
        self.is_local = is_loopback(self.address)
        self._api_key = api_key or None
        self._client: LazyClient[OpenAIClient] = LazyClient(self.label, self._make_client)
        self._dialect = dialect
        self._objections = Objections(dialect)
        self._turns = Turns(at_once)

    async def models(self) -> list[ModelInfo]:
        """What `/models` lists; most servers tell no more than names. Azure's deployments are looked for."""
        client = await self._client.get()
        if self._dialect.deployments:
            return [await self._deployment(client, name) for name in self._dialect.deployments]
        return [self._info(entry) for entry in await client.listed() if isinstance(entry.get("id"), str)]

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Generate. What the model does not take is left out, see Objections."""
        yield Progress(Phase.WAITING)
        body = chat_body(request)
        client = await self._client.get()
        answer = self._turns.served(lambda: patiently(lambda: self._answer(client, body)))
        with self._client.in_use():
            async with contextlib.aclosing(answer) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, put in order by the index that the server gives."""
        if not texts:
            return []
        client = await self._client.get()
        async with self._turns.place() as place:
            await place.come()
            entries = await patient_call(lambda: client.embeddings(model, texts))
        ordered = sorted(enumerate(entries), key=lambda item: (_index(item[1], item[0]), item[0]))
        return vectors([entry.get("embedding") for _, entry in ordered], len(texts))

    async def count_tokens(self, model: str, text: str) -> int | None:
        """These servers do not tell."""
        return None

    async def loaded(self) -> list[LoadedModel]:
        """These servers do not tell."""
        return []

    async def unload(self, model: str) -> None:
        """These servers keep their models themselves."""

    async def renew(self, model: str) -> None:
        """These servers keep their models themselves."""

    async def aclose(self) -> None:
        """Close all connections; the engine cannot be used afterwards."""
        await self._client.close()

    @contextlib.asynccontextmanager
    async def _open(
        self, client: "OpenAIClient", body: dict[str, Any]
    ) -> AsyncGenerator[AsyncGenerator[bytes, None], None]:
        """Send the request, without what the model refuses; each refusal takes one thing away."""
        async with contextlib.AsyncExitStack() as stack:
            while True:
                sent = self._objections.adapted(body)
                try:
                    data = await stack.enter_async_context(client.open_chat(sent))
                    break
                except RequestRefused as refusal:
                    if not self._objections.learn(sent, refusal.message):
                        raise
            yield data

    async def _answer(self, client: "OpenAIClient", body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        async with self._open(client, body) as data, contextlib.aclosing(chat_chunks(data)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Done):
                    chunk = replace(chunk, left_out=self._objections.left_out(body))
                yield chunk

    async def _deployment(self, client: "OpenAIClient", name: str) -> ModelInfo:
        """A deployment that is not there is listed with its problem; a wrong key is raised."""
        try:
            await client.require_deployment(name)
        except ModelMissing:
            return ModelInfo(self.id, name, problem=say("there is no deployment of this name"))
        return ModelInfo(self.id, name)

    def _make_client(self) -> "OpenAIClient":
        from slmdesk.engines.openai_compat.client import OpenAIClient

        return OpenAIClient(self.address, self.label, self._api_key, self._dialect)

    def _info(self, entry: Frame) -> ModelInfo:
        meta = mapping(entry.get("meta"))  # llama.cpp tells more
        return ModelInfo(
            engine_id=self.id,
            name=entry["id"],
            size_bytes=count(meta.get("size")),
            parameters=count(meta.get("n_params")),
            context_tokens=count(meta.get("n_ctx_train")) or count(entry.get("max_model_len")),  # vLLM's word
        )


def _index(entry: Frame, position: int) -> int:
    index = count(entry.get("index"))
    return position if index is None else index
